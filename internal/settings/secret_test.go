package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestRedisURL(t *testing.T) {
	for _, in := range []string{
		"", "localhost:6379", "10.0.0.1:6379", "[::1]:6379", "redis://h", "redis://h:6379", "redis://h:6379/", "redis://h:6379/3", "redis://:pw@h:1/0",
		"rediss://user:pw@h.example:6380?dial_timeout=3s", "redis://[::1]:6379", "unix:///run/redis/redis.sock", "unix://u:p@/run/redis.sock?db=2",
	} {
		if err := checkRedisURL(SecretURL(in)); err != nil {
			t.Errorf("checkRedisURL(%q) = %v, want nil", in, err)
		}
	}
	for _, in := range []string{
		"localhost", ":6379", "localhost:", "localhost:0", "localhost:redis", "pw@localhost:6379", "http://h:1", "redis:h", "redis://", "redis://:6379",
		"redis://h:99999", "redis://h/db", "redis://h/1/2", "redis://a b", "redis://u:p%zz@h", "redis://:p/w@h:1", "unix://", "unix:///", "unix://run/redis.sock",
		"://h:1", "h 1:1",
	} {
		if err := checkRedisURL(SecretURL(in)); err == nil {
			t.Errorf("checkRedisURL(%q) = nil, want an error", in)
		}
	}
}

func TestSecretURLPrintsMasked(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		"localhost:6379":                    "localhost:6379",
		"redis://h:6379/2":                  "redis://h:6379/2",
		"redis://:sesame@h:6379/2":          "redis://***@h:6379/2",
		"redis://sesame@h:6379":             "redis://***@h:6379",
		"rediss://u:sesame@h?password=open": "rediss://***@h?***",
		"unix://u:sesame@/run/r.sock?db=1":  "unix://***@/run/r.sock?***",
		"redis://h/#sesame":                 "redis://h/?***",
		"redis://:sesame%zz@h":              "***",
		"sesame@h:6379":                     "***",
	} {
		u := SecretURL(in)
		if got := u.String(); got != want {
			t.Errorf("SecretURL(%q).String() = %q, want %q", in, got, want)
		}
		asJSON, err := json.Marshal(map[string]any{"url": u})
		if err != nil {
			t.Fatal(err)
		}
		var logged bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&logged, nil))
		logger.Info("m", "url", u, "settings", Redis{URL: u})
		for _, out := range []string{string(asJSON), logged.String(), fmt.Sprintf("%v %+v %#v %q %s %x", u, Redis{URL: u}, Redis{URL: u}, u, u, u)} {
			if strings.Contains(out, "sesame") || strings.Contains(out, fmt.Sprintf("%x", "sesame")) {
				t.Errorf("SecretURL(%q) prints as %q, want it masked", in, out)
			}
		}
		if got := u.Reveal(); got != in {
			t.Errorf("SecretURL(%q).Reveal() = %q", in, got)
		}
	}
}

// A password appears nowhere, whatever is wrong with it and wherever somebody put it.
func TestPasswordsAppearInNoFault(t *testing.T) {
	for _, url := range []string{
		"redis://:sesame@h:99999", "sesame@h:1", "redis://:se%zzsesame@h:1", "redis://:ses/ame-sesame@h:1", "http://u:sesame@h:1", "redis://:sesame\x7f@h:1",
	} {
		quoted := fmt.Sprintf("%q", url)
		for _, in := range []sources{
			{file: "redis:\n  url: " + quoted},
			{file: "redis.url: [" + quoted + "]"},
			{file: "redis.url: {" + quoted + ": 1}"},
			{file: "redis: {" + quoted + ": 1}"},
			{file: "redis: " + quoted},
			{file: "listen: " + quoted},
			{file: "allowed_hosts: [" + quoted + "]"},
			{file: quoted + ": 1"},
			{file: "redis.url: 1\nredis.url: " + quoted},
			{file: "- " + quoted},
			{env: []string{"OLLYSTACK_REDIS_URL=" + url}},
			{env: []string{"REDIS_URL=" + url}},
			{env: []string{"HTTP_PORT=" + url}},
			{env: []string{"OLLYSTACK_REDIS_URI=" + url}},
			{args: []string{"--redis-url", url}},
			{args: []string{"--redis-timeout", url}},
		} {
			for _, line := range faultLines(t, in) {
				if strings.Contains(line, "sesame") {
					t.Errorf("Load(%+v) has the fault %q, want no password in it", in, line)
				}
			}
		}
	}
}

func TestListingsAreMasked(t *testing.T) {
	const url = "redis://u:sesame@h:1"
	in := sources{args: []string{"--redis-url", url}}
	flags := parseFlags(t, in.args)
	if got := flags.FlagUsages() + flags.Lookup("redis-url").Value.String(); strings.Contains(got, "sesame") {
		t.Errorf("flags print as %s, want no password", got)
	}
	loaded, _ := mustLoad(t, in)
	if got := loaded.Settings.Redis.URL.Reveal(); got != url {
		t.Errorf("Redis.URL.Reveal() = %q, want %q", got, url)
	}
	var printed strings.Builder
	if err := loaded.Print(&printed); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&printed, "%v %+v %#v", loaded.Values(), loaded.Settings, loaded.Settings)
	if strings.Contains(printed.String(), "sesame") {
		t.Errorf("listings = %s, want no password", printed.String())
	}
	if !strings.Contains(printed.String(), "redis://***@h:1") {
		t.Errorf("listings = %s, want the masked address", printed.String())
	}
}
