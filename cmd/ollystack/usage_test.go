package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		code   int
		stdout string // contained in it
		stderr string
	}{
		{nil, 0, "Available Commands:", ""},
		{[]string{"--help"}, 0, "validate", ""},
		{[]string{"version"}, 0, "ollystack 1.2.3\ncommit abc\ngo1.", ""},
		{[]string{"--version"}, 0, "ollystack 1.2.3\ncommit abc\ngo1.", ""},
		{[]string{"agents", "lst"}, 2, "", `there is no command "agents lst"; did you mean list?`},
		{[]string{"configs", "nosuchcommand"}, 2, "", "See 'ollystack configs --help'."},
		{[]string{"token", "creat"}, 2, "", "did you mean create?"},
		{[]string{"store", "compct"}, 2, "", "did you mean compact?"},
		{[]string{"context", "lst"}, 2, "", "did you mean list?"},
		{[]string{"apply", "-f", "-"}, 2, "", "reads no standard input"},
		{[]string{"agents", "get", ".."}, 3, "", `nothing is called ".."`},
		{[]string{"configs", "delete", "."}, 3, "", `nothing is called "."`},
		{[]string{"completion", "tcsh"}, 2, "", "for which shell?"},
		{[]string{"version", "x"}, 2, "", "ollystack version takes no arguments"},
		{[]string{"servr"}, 2, "", `there is no command "servr"; did you mean serve?`},
		{[]string{"nosuchcommand"}, 2, "", "See 'ollystack --help'."},
		{[]string{"exit-codes"}, 0, "7    the server did not answer", ""},
		{[]string{"help", "exit-codes"}, 0, "7    the server did not answer", ""},
		{[]string{"serve", "--nosuch"}, 2, "", "See 'ollystack serve --help'."},
		{[]string{"serve", "--listen", "nowhere", "--guard-max-agents", "many"}, 2, "", "2 faults in the settings:"},
		{[]string{"serve", "--config", "/nosuch/ollystack.yaml"}, 2, "", "/nosuch/ollystack.yaml"},
		{[]string{"validate"}, 2, "", "which file"},
		{[]string{"validate", "-o", "xml", "-"}, 2, "", "must be text or json"},
		{[]string{"token", "create", "x"}, 2, "", "--role must be"},
		{[]string{"token", "create", "--role", "admin"}, 2, "", "one name"},
		{[]string{"token", "create", "x", "--role", "king"}, 2, "", "--role must be"},
		{[]string{"token", "revoke"}, 2, "", "which token"},
		{[]string{"token", "list", "--server", "127.0.0.1:4320"}, 2, "", "is not the URL of a server"},
		{[]string{"token", "list", "--server", "http://127.0.0.1:1", "--data-dir", "x"}, 2, "", "one or the other"},
		{[]string{"backup"}, 2, "", "where to?"},
		{[]string{"backup", "a", "b"}, 2, "", "where to?"},
		{[]string{"backup", "a", "--dir", "b"}, 2, "", "leave out FILE"},
		{[]string{"backup", "a", "--keep", "3"}, 2, "", "--keep needs --dir"},
		{[]string{"backup", "--dir", "b", "--keep", "-1"}, 2, "", "--keep is a number"},
		{[]string{"restore"}, 2, "", "which backup?"},
		{[]string{"restore", "/nosuch/backup.db"}, 1, "", "there is no file /nosuch/backup.db"},
		{[]string{"store"}, 0, "compact", ""},
		{[]string{"store", "stats", "--data-dir", "/nosuch"}, 1, "", "there is no store /nosuch/fleet.db"},
		{[]string{"store", "check", "x"}, 2, "", "takes no arguments"},
		{[]string{"healthcheck", "--url", "localhost"}, 2, "", "is not the URL of a server"},
		{[]string{"healthcheck", "--listen", ":0"}, 1, "", "--url"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			got := call(t, world{}, c.args...)
			if got.code != c.code || !strings.Contains(got.stdout, c.stdout) || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("ollystack %v = %+v, want code %d, %q on stdout and %q on stderr", c.args, got, c.code, c.stdout, c.stderr)
			}
		})
	}
}

// TestPrecedence: defaults, file, environment and flags, each winning over the one before.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ollystack.yaml")
	writeFile(t, file, "listen: 127.0.0.1:1\ndata_dir: /from/file\nguard:\n  max_agents: 7\nredis:\n  url: redis://u:verysecret@h:1\n")
	got := call(t, world{environ: []string{"OLLYSTACK_DATA_DIR=/from/env", "OLLYSTACK_GUARD_MAX_AGENTS=8", "HTTP_PORT=9999", "OLLYSTACK_TOKEN=x"}},
		"serve", "--config", file, "--guard-max-agents", "9", "--print-settings")
	for _, want := range []string{
		"listen: 127.0.0.1:1 # file " + file + ":1\n",
		"data_dir: /from/env # environment OLLYSTACK_DATA_DIR\n",
		"guard.max_agents: 9 # flag --guard-max-agents\n",
		"shutdown_timeout: 15s # default\n",
	} {
		if got.code != 0 || !strings.Contains(got.stdout, want) {
			t.Errorf("serve --print-settings = %+v, want code 0 and %q", got, want)
		}
	}
	if strings.Contains(got.stdout+got.stderr, "verysecret") {
		t.Error("serve --print-settings tells the password of the Redis")
	}
}
