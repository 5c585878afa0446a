package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"wss://h:4320/v1/opamp", "ws://127.0.0.1:1/x", "https://h/v1/opamp", "http://[::1]:4320/v1/opamp"} {
		if u, err := parseEndpoint(good); err != nil || u.String() != good {
			t.Errorf("parseEndpoint(%q) = %v, %v; want it as it is", good, u, err)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"", "wss://HOST:4320/v1/opamp"},
		{"fleet", "did you mean wss://fleet:4320/v1/opamp?"},
		{"fleet:4321", "did you mean wss://fleet:4321/v1/opamp?"},
		{"fleet/v1/other", "did you mean wss://fleet:4320/v1/other?"},
		{"::1", "did you mean wss://[::1]:4320/v1/opamp?"},
		{"http://fleet:4320", "did you mean ws://fleet:4320/v1/opamp?"},
		{"https://fleet:4320/", "did you mean wss://fleet:4320/v1/opamp?"},
		{"tcp://fleet:4320", "did you mean wss://fleet:4320/v1/opamp?"},
		{"wss://:4320/v1/opamp", "names no host"},
		{"wss://me:secret@fleet:4320/v1/opamp", "--token-file"},
		{"wss://fleet:4320/v1/opamp?token=x", "more than scheme"},
		{"wss://fleet:4320/${env:X}", "no endpoint needs"},
		{"wss://fleet:port/v1/opamp", "no URL"},
	} {
		_, err := parseEndpoint(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("parseEndpoint(%q) = %v, want an error with %q", c.text, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("parseEndpoint(%q) = %v, which tells a password", c.text, err)
		}
	}
}

func TestReadToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got, err := readToken(write(t, filepath.Join(dir, "good"), "\n"+testToken+"\r\n")); err != nil || got != testToken {
		t.Errorf("readToken(with line ends) = %q, %v; want the token alone", got, err)
	}
	for _, c := range []struct{ name, content, want string }{
		{"empty", " \n", "is empty"},
		{"two", testToken + "\n" + testToken, "several lines"},
		{"pem", "-----BEGIN CERTIFICATE-----\nx", "a certificate or a key"},
		{"short", "hello", "no token"},
		{"expands", "olly_${env:HOME}_0123456789", "no token"},
		{"binary", "\x00\x01olly_0123456789abcdef", "no token"},
	} {
		_, err := readToken(write(t, filepath.Join(dir, c.name), c.content))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("readToken(%s) = %v, want an error with %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "olly_0123456789abcdef") {
			t.Errorf("readToken(%s) = %v, which tells the token", c.name, err)
		}
	}
	if _, err := readToken(filepath.Join(dir, "none")); err == nil {
		t.Error("readToken(no file) succeeds")
	}
	if _, err := readToken("/dev/zero"); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("readToken(/dev/zero) = %v, want it too large", err)
	}
}

// TestIdentity: the UIDs are part of the contract with every fleet that is out there.
func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, role, wantName, wantUID, wantDir string }{
		{"X", "gateway", "X-gateway", "bfeffd8d-4c25-5ac5-b552-55dde1121f3b", "/s/bfeffd8d-4c25-5ac5-b552-55dde1121f3b"},
		{"X", "agent", "X-agent", "7826b521-28ba-59f8-b74d-250cf928322a", "/s/7826b521-28ba-59f8-b74d-250cf928322a"},
		{"auto", "gateway", "", "", "/s/auto-gateway"},
		{"AUTO", "", "", "", "/s/auto"},
		{"", "agent", "", "", "/s/auto-agent"},
	} {
		got, err := newIdentity(c.name, c.role)
		if err != nil || got.Name != c.wantName || got.UID != c.wantUID || got.storage("/s") != c.wantDir {
			t.Errorf("newIdentity(%q, %q) = %+v in %s, %v; want %q, %q in %s", c.name, c.role, got, got.storage("/s"), err, c.wantName, c.wantUID, c.wantDir)
		}
	}
	for _, bad := range []string{"a b", "../x", "ä", strings.Repeat("x", 129), `x"`} {
		if got, err := newIdentity(bad, ""); err == nil {
			t.Errorf("newIdentity(%q) = %+v, want an error", bad, got)
		}
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	if err := addAttributes(got, []string{"env=production", " k8s.node.name=a=b"}); err != nil || got["env"] != "production" || got["k8s.node.name"] != "a=b" {
		t.Errorf("addAttributes = %v, %v", got, err)
	}
	for _, bad := range []string{"env", "env=", "=x", "a b=c", `a="`, `a=\`, "a=${env:X}", "a=b\nc", "service.instance.id=x"} {
		if err := addAttributes(map[string]string{}, []string{bad}); err == nil {
			t.Errorf("addAttributes(%q) succeeds", bad)
		}
	}
}

// TestRender: the file is YAML, and what comes last in the merge is this node's.
func TestRender(t *testing.T) {
	t.Parallel()
	id, err := newIdentity("X", "")
	if err != nil {
		t.Fatal(err)
	}
	content, err := supervisorFile{
		Endpoint: "wss://h:4320/v1/opamp", TokenFile: credentialToken, CAFile: "/a b/$ca.pem", Collector: "/c", Identity: id,
		Attributes: map[string]string{"team": "a: b # c"}, LocalFiles: []string{"/etc/l.yaml"}, Storage: "/s",
	}.render()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Server struct {
			Headers map[string][]string
			TLS     map[string]string
		}
		Agent struct {
			InstanceID  string   `yaml:"instance_id"`
			Validate    bool     `yaml:"validate_config"`
			ConfigFiles []string `yaml:"config_files"`
			Description struct {
				Attributes map[string]string `yaml:"non_identifying_attributes"`
			}
		}
	}
	if err := yaml.Unmarshal(content, &got); err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
	for _, c := range []struct{ what, got, want string }{
		{"header", strings.Join(got.Server.Headers["Authorization"], "|"), "Bearer ${file:${env:CREDENTIALS_DIRECTORY}/agent.token}"},
		{"CA, not expanded", got.Server.TLS["ca_file"], "/a b/$$ca.pem"},
		{"instance_id", got.Agent.InstanceID, id.UID},
		{"team", got.Agent.Description.Attributes["team"], "a: b # c"},
		{"service.instance.id", got.Agent.Description.Attributes["service.instance.id"], "X"},
		{"config_files", strings.Join(got.Agent.ConfigFiles, " "), "$OWN_TELEMETRY_CONFIG $REMOTE_CONFIG $OPAMP_EXTENSION_CONFIG /etc/l.yaml"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.what, c.got, c.want)
		}
	}
	if !got.Agent.Validate {
		t.Error("validate_config is off")
	}
}

func TestKeepEdited(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if kept, err := keepEdited(file, now); kept != "" || err != nil {
		t.Errorf("keepEdited(no file) = %q, %v", kept, err)
	}
	write(t, file, string(seal([]byte("a: 1\n"))))
	if kept, err := keepEdited(file, now); kept != "" || err != nil {
		t.Errorf("keepEdited(ours) = %q, %v; want nothing kept", kept, err)
	}
	edited := read(t, file) + "b: 2\n"
	write(t, file, edited)
	kept, err := keepEdited(file, now)
	if err != nil || kept != file+".bak-20260301T120000Z" || read(t, kept) != edited {
		t.Errorf("keepEdited(edited) = %q, %v; want a copy with the time in its name", kept, err)
	}
}
