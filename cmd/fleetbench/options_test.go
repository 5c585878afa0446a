package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOptionsRefused(t *testing.T) {
	for _, tc := range []struct{ arg, want string }{
		{"--phases=connect,dance", `no phase "dance"`},
		{"--phases=connect,restart", "needs --exec"},
		{"--endpoint=ws://192.0.2.1:4320/v1/opamp", "not a loopback address"},
		{"--endpoint=http://127.0.0.1:4320", "no ws:// or wss:// URL"},
		{"--api=ftp://127.0.0.1", "no http:// or https:// URL"},
		{"--api=http://192.0.2.1", "not a loopback address"},
		{"--agents=0", "out of range"},
		{"--restart-signal=hup", "neither term nor kill"},
		{"--phases=connect,watch", "needs --watch"},
		{"--token-file=/nonexistent/token", "read token"},
		{"connect", "unexpected argument"},
	} {
		args := []string{tc.arg}
		if !strings.HasPrefix(tc.arg, "--phases") {
			args = append(args, "--phases=connect")
		}
		if _, err := parseOptions(args); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("parseOptions(%s) = %v, want an error with %q", tc.arg, err, tc.want)
		}
	}
}

func TestOptionsCompleted(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a-made-up-one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseOptions([]string{"--phases=connect", "--endpoint=wss://localhost:9/opamp", "--token-file=" + token})
	if err != nil {
		t.Fatalf("parseOptions = %v, want no error", err)
	}
	if o.api != "https://localhost:9" || o.agentToken != "a-made-up-one" || o.apiToken != o.agentToken {
		t.Errorf("parseOptions = api %q, tokens %q and %q, want the endpoint's host and the file's token for both", o.api, o.agentToken, o.apiToken)
	}
	if _, err := parseOptions([]string{"--phases=connect", "--endpoint=ws://192.0.2.1:1/", "--allow-remote"}); err != nil {
		t.Errorf("parseOptions(--allow-remote) = %v, want no error", err)
	}
}

func TestSourceAddresses(t *testing.T) {
	many := &options{agents: 60000, endpoint: "ws://127.0.0.1:4320/v1/opamp"}
	for agent, want := range map[int]string{0: "127.0.0.1", 24999: "127.0.0.1", 25000: "127.0.0.2", 59999: "127.0.0.3"} {
		if got := many.sourceAddress(agent).String(); got != want {
			t.Errorf("sourceAddress(%d of 60000) = %s, want %s", agent, got, want)
		}
	}
	few := &options{agents: 25000, endpoint: many.endpoint}
	far := &options{agents: 60000, endpoint: "ws://192.0.2.1:4320/v1/opamp"}
	for name, o := range map[string]*options{"few": few, "far": far} {
		if got := o.sourceAddress(59999); got != nil {
			t.Errorf("%s.sourceAddress = %s, want none", name, got)
		}
	}
}
