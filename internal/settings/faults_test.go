package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   sources
		want []string
	}{
		{"unknown key", sources{file: "lisen: :4320\n"}, []string{"file FILE:1: lisen: no such setting; did you mean listen?"}},
		{
			"unknown key in a section",
			sources{file: "opamp:\n\n  max_mesage_size: 1MiB\n"},
			[]string{"file FILE:3: opamp.max_mesage_size: no such setting; did you mean opamp.max_message_size?"},
		},
		{
			"known key in the wrong section",
			sources{file: "max_message_size: 1MiB\n"},
			[]string{"file FILE:1: max_message_size: no such setting; did you mean opamp.max_message_size?"},
		},
		{"unknown section", sources{file: "kafka:\n  brokers: [a]\n"}, []string{"file FILE:1: kafka: no such setting"}},
		{"below a setting", sources{file: "listen:\n  port: 1\n"}, []string{"file FILE:1: listen: wants text (in quotes, if need be), not a section"}},
		{"section with a value", sources{file: "redis: localhost:6379\n"}, []string{"file FILE:1: redis: is a section; wants settings indented below it"}},
		{"section with a list", sources{file: "redis: []\n"}, []string{"file FILE:1: redis: is a section; wants settings indented below it"}},
		{"merge key", sources{file: "x: &x {listen: ':1'}\n<<: *x\n"}, []string{"file FILE:1: x: no such setting", "file FILE:2: <<: no such setting"}},
		{"given twice", sources{file: "data_dir: a\ndata_dir: b\n"}, []string{"file FILE:2: data_dir: given a second time, after line 1"}},
		{"given twice in two spellings", sources{file: "log.level: info\nlog:\n  level: warn\n"}, []string{"file FILE:3: log.level: given a second time, after line 1"}},

		{"text for a number", sources{file: "guard:\n  max_agents: many\n"}, []string{"file FILE:2: guard.max_agents: wants a whole number, not a text"}},
		{"quoted number", sources{file: "guard:\n  max_agents: \"100\"\n"}, []string{"file FILE:2: guard.max_agents: wants a whole number, not a text"}},
		{"fraction", sources{file: "guard:\n  max_agents: 1.5\n"}, []string{"file FILE:2: guard.max_agents: wants a whole number, not a number"}},
		{"number too large", sources{file: "guard:\n  max_agents: 99999999999999999999\n"}, []string{"file FILE:2: guard.max_agents: wants a whole number, not a number"}},
		{"list for a number", sources{file: "guard:\n  max_agents: [1]\n"}, []string{"file FILE:2: guard.max_agents: wants a whole number, not a list"}},
		{"number for a text", sources{file: "data_dir: 2026\n"}, []string{"file FILE:1: data_dir: wants text (in quotes, if need be), not a number"}},
		{"bool for a text", sources{file: "data_dir: true\n"}, []string{"file FILE:1: data_dir: wants text (in quotes, if need be), not true or false"}},
		{"no value", sources{file: "data_dir:\n"}, []string{"file FILE:1: data_dir: has no value; leave the line out for the default"}},
		{"text for a bool", sources{file: "opamp: {compression: yes}\n"}, []string{"file FILE:1: opamp.compression: wants true or false, not a text"}},
		{"text for a list", sources{file: "allowed_hosts: a.example\n"}, []string{"file FILE:1: allowed_hosts: wants a list, not a text"}},
		{"map in a list", sources{file: "allowed_hosts: [a, {b: c}]\n"}, []string{"file FILE:1: allowed_hosts: wants a text for each of the list's items, not a section"}},
		{
			"number for a duration",
			sources{file: "shutdown_timeout: 30\n"},
			[]string{`file FILE:1: shutdown_timeout: wants a duration with its unit, such as 30s, 5m, 12h or 7d, got "30"`},
		},

		{"several documents", sources{file: "listen: ':1'\n---\nlisten: ':2'\n"}, []string{"file FILE:2: begins a second document; wants one"}},
		{"no map", sources{file: "- listen\n"}, []string{"file FILE:1: wants settings, one NAME: VALUE to a line"}},
		{"no YAML", sources{file: "listen: ':1'\n  data_dir: x\n"}, []string{"file FILE: is not YAML, near line 1: did not find expected key"}},
		{"no YAML in a later document", sources{file: "listen: ':1'\n---\na: b: c\n"}, []string{"file FILE: is not YAML, near line 3: mapping values are not allowed in this context"}},
		{"unknown anchor", sources{file: "data_dir: *sesame\n"}, []string{"file FILE: is not YAML: unknown anchor '...' referenced"}},

		{"unknown variable", sources{env: []string{"OLLYSTACK_LISTN=:1"}}, []string{"environment OLLYSTACK_LISTN: no such setting; did you mean OLLYSTACK_LISTEN?"}},
		{"unknown variable, empty", sources{env: []string{"OLLYSTACK_DATADIR="}}, []string{"environment OLLYSTACK_DATADIR: no such setting; did you mean OLLYSTACK_DATA_DIR?"}},
		{"unknown variable, far from all", sources{env: []string{"OLLYSTACK_ZZZZZZZZ=1"}}, []string{"environment OLLYSTACK_ZZZZZZZZ: no such setting"}},
		{"port that Kubernetes would not set", sources{env: []string{"OLLYSTACK_HTTP_PORT=80"}}, []string{"environment OLLYSTACK_HTTP_PORT: no such setting; did you mean HTTP_PORT?"}},
		{"bad variable", sources{env: []string{"OLLYSTACK_GUARD_MAX_AGENTS=1e3"}}, []string{`environment OLLYSTACK_GUARD_MAX_AGENTS: guard.max_agents: wants a whole number, got "1e3"`}},
		{"bad HTTP_PORT", sources{env: []string{"HTTP_PORT=65536"}}, []string{`environment HTTP_PORT: wants a port from 0 to 65535, got "65536"`}},
		{"bad flag", sources{args: []string{"--opamp-compression=perhaps"}}, []string{`flag --opamp-compression: opamp.compression: wants true or false, got "perhaps"`}},
		{"config flag without a name", sources{args: []string{"--config="}}, []string{"flag --config: wants the name of a file"}},
		{
			"a bad value that another overrides",
			sources{file: "log: {level: loud}", env: []string{"OLLYSTACK_LOG_LEVEL=info"}},
			[]string{`file FILE:1: log.level: wants debug, info, warn or error, got "loud"`},
		},

		{"auth.mode", sources{file: "auth:\n  mode: open\n"}, []string{`file FILE:2: auth.mode: wants none or token, got "open"`}},
		{"log.format", sources{args: []string{"--log-format=xml"}}, []string{`flag --log-format: log.format: wants text or json, got "xml"`}},
		{
			"listen without a port",
			sources{args: []string{"--listen=localhost"}},
			[]string{`flag --listen: listen: wants host:port, such as 127.0.0.1:4320, or :4320 for every address, got "localhost"`},
		},
		{"listen on a named port", sources{args: []string{"--listen=:http"}}, []string{`flag --listen: listen: wants a port from 0 to 65535 after the last colon, got ":http"`}},
		{"listen on a bad host", sources{args: []string{"--listen=a b:1"}}, []string{`flag --listen: listen: wants an IP address or the name of a host before the port, got "a b:1"`}},
		{"data_dir", sources{args: []string{"--data-dir="}}, []string{`flag --data-dir: data_dir: must not be empty, got ""`}},
		{"control character", sources{args: []string{"--data-dir=a\nb"}}, []string{`flag --data-dir: data_dir: must not hold control characters, got "a\nb"`}},
		{"duration zero", sources{args: []string{"--redis-timeout=0"}}, []string{`flag --redis-timeout: redis.timeout: must be more than zero, got "0"`}},
		{"duration negative", sources{args: []string{"--agents-forget-after=-1h"}}, []string{`flag --agents-forget-after: agents.forget_after: must not be negative, got "-1h"`}},
		{"number negative", sources{args: []string{"--guard-max-agents=-1"}}, []string{`flag --guard-max-agents: guard.max_agents: must be at least 0, got "-1"`}},
		{"number zero", sources{args: []string{"--opamp-max-connections=0"}}, []string{`flag --opamp-max-connections: opamp.max_connections: must be at least 1, got "0"`}},
		{"retry after", sources{args: []string{"--opamp-retry-after=10ms"}}, []string{`flag --opamp-retry-after: opamp.retry_after: must be at least 1s, got "10ms"`}},
		{"size without its unit", sources{file: "opamp: {max_message_size: 64}"}, []string{`file FILE:1: opamp.max_message_size: must be at least 4KiB, got "64"`}},
		{"size with a bad unit", sources{args: []string{"--http-max-body-size=8 M"}}, []string{`flag --http-max-body-size: http.max_body_size: wants a size such as 64MiB, got "8 M"`}},
		{"path", sources{args: []string{"--opamp-path=v1"}}, []string{`flag --opamp-path: opamp.path: wants a path that begins with a slash, such as /v1/opamp, got "v1"`}},
		{"path of the API", sources{args: []string{"--opamp-path=/api/v1/agents"}}, []string{`flag --opamp-path: opamp.path: must not be one of the API's own paths, got "/api/v1/agents"`}},
		{
			"allowed host with a port",
			sources{file: "allowed_hosts:\n- a.example\n- b.example:80\n"},
			[]string{`file FILE:1: allowed_hosts: wants names of hosts, without scheme, port or wildcard, got "a.example,b.example:80"`},
		},

		{"certificate without key", sources{file: "tls:\n  cert_file: /c\n"}, []string{"file FILE:2: tls.cert_file: wants tls.key_file beside it: set both or neither"}},
		{
			"key without certificate",
			sources{env: []string{"OLLYSTACK_TLS_KEY_FILE=/k"}},
			[]string{"environment OLLYSTACK_TLS_KEY_FILE: tls.key_file: wants tls.cert_file beside it: set both or neither"},
		},
		{
			"ping as long as idle",
			sources{args: []string{"--opamp-idle-timeout=30s"}},
			[]string{"flag --opamp-idle-timeout: opamp.ping_interval: must be less than opamp.idle_timeout (30s), got 30s"},
		},
		{
			"message above half the budget",
			sources{args: []string{"--opamp-max-message-size=129MiB"}},
			[]string{"flag --opamp-max-message-size: opamp.max_message_size: must be at most half of opamp.max_inflight_bytes (256MiB), got 129MiB"},
		},
		{
			"share above budget",
			sources{file: "opamp: {max_message_size: 8MiB, max_inflight_bytes: 32MiB, max_inflight_share: 64MiB}"},
			[]string{"file FILE:1: opamp.max_inflight_share: must be at most opamp.max_inflight_bytes (32MiB), got 64MiB"},
		},
		{
			"nothing fits what was refused",
			sources{args: []string{"--opamp-ping-interval=3m", "--opamp-idle-timeout=long"}},
			[]string{`flag --opamp-idle-timeout: opamp.idle_timeout: wants a duration with its unit, such as 30s, 5m, 12h or 7d, got "long"`},
		},

		{"everything at once, in order", sources{
			file: "lisen: x\nlog:\n  level: 1\n", env: []string{"OLLYSTACK_Z=1", "OLLYSTACK_A=1", "OLLYSTACK_HTTP_IDLE_TIMEOUT=x"},
			args: []string{"--guard-max-agents=x", "--tls-key-file=/k"},
		}, []string{
			"file FILE:1: lisen: no such setting; did you mean listen?",
			"file FILE:3: log.level: wants debug, info, warn or error, not a number",
			`environment OLLYSTACK_HTTP_IDLE_TIMEOUT: http.idle_timeout: wants a duration with its unit, such as 30s, 5m, 12h or 7d, got "x"`,
			"environment OLLYSTACK_A: no such setting",
			"environment OLLYSTACK_Z: no such setting",
			`flag --guard-max-agents: guard.max_agents: wants a whole number, got "x"`,
			"flag --tls-key-file: tls.key_file: wants tls.cert_file beside it: set both or neither",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := faultLines(t, tc.in); !slices.Equal(got, tc.want) {
				t.Errorf("Load(%+v) faults:\n%s\nwant:\n%s", tc.in, strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	faults := &Faults{}
	faults.add("flag --a", "a", "wants %s", "b")
	if got, want := faults.Error(), "1 fault in the settings:\n  flag --a: a: wants b"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	faults.add("", "", "c")
	if got, want := faults.Error(), "2 faults in the settings:\n  flag --a: a: wants b\n  c"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, []byte(strings.Repeat("# \n", maxFileSize)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:   "file " + dir + ": cannot be read: is a directory",
		large: "file " + large + ": cannot be read: it is larger than 1MiB",
	} {
		_, err := Load(Options{DefaultFile: path})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Load(%s) = %v, want %q at its end", path, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"listen", "data_dir", "opamp.max_message_size", "http.idle_timeout", "opamp.idle_timeout"}
	for in, want := range map[string]string{
		"listne":             "listen",
		"data-dir":           "data_dir",
		"max_message_size":   "opamp.max_message_size",
		"opanp.idle_timeout": "opamp.idle_timeout",
		"idle_timeout":       "http.idle_timeout",
		"xyz":                "",
		"":                   "",
	} {
		if got := nearest(in, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", in, got, want)
		}
	}
}
