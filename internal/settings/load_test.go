package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// sources is what a test sets, as an operator would.
type sources struct {
	file string   // the settings file's text; empty is no file
	env  []string // NAME=value
	args []string // of the command line
}

// load runs Load as the server does. It returns the path of the file too.
func load(t *testing.T, in sources) (Loaded, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ollystack.yaml")
	if in.file != "" {
		write(t, path, in.file)
	}
	loaded, err := Load(Options{Flags: parseFlags(t, in.args), Environ: in.env, DefaultFile: path})
	return loaded, path, err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func parseFlags(t *testing.T, args []string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	RegisterFlags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatalf("Parse(%q) = %v, want nil", args, err)
	}
	return fs
}

func mustLoad(t *testing.T, in sources) (Loaded, string) {
	t.Helper()
	loaded, path, err := load(t, in)
	if err != nil {
		t.Fatalf("Load(%+v) = %v, want nil", in, err)
	}
	return loaded, path
}

// faultLines loads what must not load and returns the faults, one string each,
// with the file's changing path replaced by FILE.
func faultLines(t *testing.T, in sources) []string {
	t.Helper()
	_, path, err := load(t, in)
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("Load(%+v) = %v, want *Faults", in, err)
	}
	var lines []string
	for _, f := range faults.List {
		lines = append(lines, strings.ReplaceAll(f.String(), path, "FILE"))
	}
	if got, want := strings.Count(faults.Error(), "\n"), len(lines); got != want {
		t.Errorf("Error() has %d lines of faults, want %d:\n%v", got, want, faults)
	}
	return lines
}

func TestNothingSet(t *testing.T) {
	loaded, _ := mustLoad(t, sources{})
	if got, want := loaded.Settings, Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("Load() = %+v, want %+v", got, want)
	}
	if loaded.File != "" {
		t.Errorf("Load().File = %q, want none", loaded.File)
	}
	for _, v := range loaded.Values() {
		if v.Origin != "default" {
			t.Errorf("Origin(%s) = %q, want default", v.Key.Name, v.Origin)
		}
	}
	if _, err := Load(Options{}); err != nil {
		t.Errorf("Load(Options{}) = %v, want nil", err)
	}
}

// Every combination of sources, and which of them wins.
func TestPrecedence(t *testing.T) {
	for mask := range 16 {
		in, want, origin := sources{}, "127.0.0.1:4320", "default"
		if mask&1 != 0 {
			in.env = append(in.env, "HTTP_PORT=1001")
			want, origin = "127.0.0.1:1001", "environment HTTP_PORT"
		}
		if mask&2 != 0 {
			in.file = "# the port\nlisten: 127.0.0.1:1002\n"
			want, origin = "127.0.0.1:1002", "file FILE:2"
		}
		if mask&4 != 0 {
			in.env = append(in.env, "OLLYSTACK_LISTEN=127.0.0.1:1003")
			want, origin = "127.0.0.1:1003", "environment OLLYSTACK_LISTEN"
		}
		if mask&8 != 0 {
			in.args = []string{"--listen", "127.0.0.1:1004"}
			want, origin = "127.0.0.1:1004", "flag --listen"
		}
		t.Run(fmt.Sprintf("%04b", mask), func(t *testing.T) {
			loaded, path := mustLoad(t, in)
			if got := loaded.Settings.Listen; got != want {
				t.Errorf("Load(%+v).Settings.Listen = %q, want %q", in, got, want)
			}
			if got := strings.ReplaceAll(loaded.Origin("listen"), path, "FILE"); got != origin {
				t.Errorf("Load(%+v).Origin(listen) = %q, want %q", in, got, origin)
			}
		})
	}
}

func TestPrecedenceOfRedisURL(t *testing.T) {
	const file, plain, ours, flag = "redis: {url: 'file:1'}", "REDIS_URL=plain:1", "OLLYSTACK_REDIS_URL=ours:1", "--redis-url=flag:1"
	for _, tc := range []struct {
		in     sources
		want   string
		origin string
	}{
		{sources{env: []string{plain}}, "plain:1", "environment REDIS_URL"},
		{sources{file: file, env: []string{plain}}, "plain:1", "environment REDIS_URL"},
		{sources{env: []string{ours, plain}}, "ours:1", "environment OLLYSTACK_REDIS_URL"},
		{sources{env: []string{plain, ours}}, "ours:1", "environment OLLYSTACK_REDIS_URL"},
		{sources{env: []string{"OLLYSTACK_REDIS_URL=", plain}}, "plain:1", "environment REDIS_URL"},
		{sources{file: file, env: []string{plain, ours}, args: []string{flag}}, "flag:1", "flag --redis-url"},
		{sources{file: file, env: []string{plain}, args: []string{"--redis-url="}}, "", "flag --redis-url"},
	} {
		loaded, _ := mustLoad(t, tc.in)
		if got := loaded.Settings.Redis.URL.Reveal(); got != tc.want {
			t.Errorf("Load(%+v) redis.url = %q, want %q", tc.in, got, tc.want)
		}
		if got := loaded.Origin("redis.url"); got != tc.origin {
			t.Errorf("Load(%+v).Origin(redis.url) = %q, want %q", tc.in, got, tc.origin)
		}
	}
}

func TestPortIsNotLookedAtWhereListenIsGiven(t *testing.T) {
	in := sources{env: []string{"HTTP_PORT=tcp://10.0.0.1:80", "OLLYSTACK_LISTEN=:4320"}}
	if loaded, _ := mustLoad(t, in); loaded.Settings.Listen != ":4320" {
		t.Errorf("Load(%+v).Settings.Listen = %q, want :4320", in, loaded.Settings.Listen)
	}
	// Also where what was given is bad: one fault, not two.
	in = sources{env: []string{"HTTP_PORT=many"}, args: []string{"--listen=nowhere"}}
	if got := faultLines(t, in); len(got) != 1 {
		t.Errorf("Load(%+v) = %q, want one fault", in, got)
	}
}

// A list replaces the list below it; it does not add to it.
func TestListsReplace(t *testing.T) {
	const file = "allowed_hosts: [one.example, two.example]"
	for _, tc := range []struct {
		in   sources
		want []string
	}{
		{sources{file: file}, []string{"one.example", "two.example"}},
		{sources{file: "allowed_hosts: []"}, []string{}},
		{sources{file: file, env: []string{"OLLYSTACK_ALLOWED_HOSTS=Three.Example , four"}}, []string{"three.example", "four"}},
		{sources{file: file, args: []string{"--allowed-hosts", "a,b", "--allowed-hosts=c"}}, []string{"a", "b", "c"}},
		{sources{file: file, args: []string{"--allowed-hosts="}}, []string{}},
	} {
		if loaded, _ := mustLoad(t, tc.in); !reflect.DeepEqual(loaded.Settings.AllowedHosts, tc.want) {
			t.Errorf("Load(%+v) allowed_hosts = %q, want %q", tc.in, loaded.Settings.AllowedHosts, tc.want)
		}
	}
}

func TestWhichFile(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"default", "env", "flag"} {
		write(t, path(name), "data_dir: from-"+name+"\n")
	}
	env := []string{"OLLYSTACK_CONFIG=" + path("env")}
	for _, tc := range []struct {
		name    string
		options Options
		want    string
	}{
		{"default", Options{DefaultFile: path("default")}, "from-default"},
		{"environment", Options{DefaultFile: path("default"), Environ: env}, "from-env"},
		{"flag", Options{DefaultFile: path("default"), Environ: env, Flags: parseFlags(t, []string{"--config", path("flag")})}, "from-flag"},
		{"none", Options{DefaultFile: path("missing")}, "./data"},
	} {
		loaded, err := Load(tc.options)
		if err != nil || loaded.Settings.DataDir != tc.want {
			t.Errorf("%s: Load() data_dir = %q, %v, want %q, nil", tc.name, loaded.Settings.DataDir, err, tc.want)
		}
	}
	for _, o := range []Options{
		{Environ: []string{"OLLYSTACK_CONFIG=" + path("missing")}},
		{Flags: parseFlags(t, []string{"--config", path("missing")})},
	} {
		_, err := Load(o)
		if want := "file " + path("missing") + ": cannot be read: no such file or directory"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%+v) = %v, want it to say %q", o, err, want)
		}
	}
	// A file that names both spellings of a section, and nothing but comments.
	for text, want := range map[string]string{
		"# nothing\n":                "",
		"":                           "",
		"---\n...\n":                 "",
		"redis:\n  # url: x:1\n":     "",
		"redis.url: dotted:1\n":      "dotted:1",
		"redis:\n  url: nested:1\n":  "nested:1",
		"redis: {url: \"flow:1\"}\n": "flow:1",
		"redis: &r\n  url: a:1\n":    "a:1",
	} {
		write(t, path("default"), text)
		loaded, err := Load(Options{DefaultFile: path("default")})
		if got := loaded.Settings.Redis.URL.Reveal(); err != nil || got != want {
			t.Errorf("Load(%q) redis.url = %q, %v, want %q, nil", text, got, err, want)
		}
	}
}

func TestOthersVariablesAreLetBe(t *testing.T) {
	mustLoad(t, sources{env: []string{
		"OLLYSTACK_SERVER=https://fleet.example", "OLLYSTACK_TOKEN=t", "OLLYSTACK_TOKEN_FILE=/f", "OLLYSTACK_CONTEXT=c", "OLLYSTACK_AGENT_TOKEN=t",
		"PATH=/bin", "OLLYSTACKING=1", "HOME=", "=C:=odd", "odd",
		// What Kubernetes sets beside Services named ollystack and ollystack-edge.
		"OLLYSTACK_SERVICE_HOST=10.0.0.11", "OLLYSTACK_SERVICE_PORT=4320", "OLLYSTACK_SERVICE_PORT_OPAMP=4320",
		"OLLYSTACK_PORT=tcp://10.0.0.11:4320", "OLLYSTACK_PORT_4320_TCP=tcp://10.0.0.11:4320", "OLLYSTACK_PORT_4320_TCP_PROTO=tcp",
		"OLLYSTACK_PORT_4320_TCP_PORT=4320", "OLLYSTACK_PORT_4320_TCP_ADDR=10.0.0.11",
		"OLLYSTACK_EDGE_SERVICE_HOST=10.0.0.12", "OLLYSTACK_EDGE_PORT=udp://10.0.0.12:1",
	}})
}

func TestPrintReadsBack(t *testing.T) {
	in := sources{env: []string{
		"OLLYSTACK_ALLOWED_HOSTS=a.example,b", "OLLYSTACK_DATA_DIR=with: colon #1", "OLLYSTACK_AGENTS_FORGET_AFTER=30d",
		"OLLYSTACK_OPAMP_COMPRESSION=false", "OLLYSTACK_AUTH_MODE=token", "OLLYSTACK_LOG_LEVEL=debug", "OLLYSTACK_REDIS_KEY_PREFIX=123",
	}}
	loaded, _ := mustLoad(t, in)
	var printed strings.Builder
	if err := loaded.Print(&printed); err != nil {
		t.Fatal(err)
	}
	if want := "log.level: debug # environment OLLYSTACK_LOG_LEVEL\n"; !strings.Contains(printed.String(), want) {
		t.Errorf("Print() = %s\nwant it to contain %q", printed.String(), want)
	}
	again, _ := mustLoad(t, sources{file: printed.String()})
	if !reflect.DeepEqual(again.Settings, loaded.Settings) {
		t.Errorf("Load(Print()) = %+v, want %+v", again.Settings, loaded.Settings)
	}
}
