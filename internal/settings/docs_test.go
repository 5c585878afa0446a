package settings

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the tables in docs/settings.md")

const (
	page        = "../../docs/settings.md"
	tablesBegin = "<!-- tables: begin; written by go test ./internal/settings -update -->\n"
	tablesEnd   = "<!-- tables: end -->\n"
)

// docs/settings.md holds the tables that the keys give, to the letter.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tablesBegin)
	got, after, ends := strings.Cut(rest, tablesEnd)
	if !begins || !ends {
		t.Fatalf("%s lacks the lines %q and %q", page, tablesBegin, tablesEnd)
	}
	want := tables(t, Keys())
	if *update {
		if err := os.WriteFile(page, []byte(before+tablesBegin+want+tablesEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if lineAt(gotLines, i) != lineAt(wantLines, i) {
			t.Fatalf("%s, line %d of the tables = %q, want %q (rewrite it with -update)", page, i+1, lineAt(gotLines, i), lineAt(wantLines, i))
		}
	}
}

// The example on the page loads.
func TestPageExample(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatalf("%s has no example in YAML", page)
	}
	loaded, _ := mustLoad(t, sources{file: example})
	set := 0
	for _, v := range loaded.Values() {
		if v.Origin != originDefault {
			set++
		}
	}
	if set < 5 {
		t.Errorf("the example of %s sets %d settings, want 5 at least", page, set)
	}
}

// The faults that the page shows are what Load says.
func TestPageFaults(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, path, err := load(t, sources{
		file: "\n\n\nopamp.max_mesage_size: 1MiB\n", env: []string{"OLLYSTACK_GUARD_MAX_AGENTS=many"}, args: []string{"--tls-key-file=/k"},
	})
	if err == nil {
		t.Fatal("Load() = nil, want faults")
	}
	if want := strings.ReplaceAll(err.Error(), path, DefaultFile); !strings.Contains(string(text), want) {
		t.Errorf("%s does not show the faults as they are:\n%s", page, want)
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// tables prints a heading and a table for each section.
func tables(t *testing.T, keys []Key) string {
	t.Helper()
	titles := map[string]string{
		"": "General", "log": "Log", "auth": "Access", "tls": "TLS", "redis": "Redis", "store": "Store", "agents": "Agents",
		"guard": "Guard", "packages": "Packages", "opamp": "OpAMP", "http": "HTTP",
	}
	var b strings.Builder
	last := "none yet"
	for _, k := range keys {
		if section := k.section(); section != last {
			if titles[section] == "" {
				t.Fatalf("section %q has no title, or its keys are not together", section)
			}
			fmt.Fprintf(&b, "\n### %s\n\n| Setting | Flag | Environment | Type | Default | Meaning |\n| --- | --- | --- | --- | --- | --- |\n", titles[section])
			delete(titles, section)
			last = section
		}
		env := "`" + k.Env + "`"
		switch k.AlsoEnv {
		case "":
		case portEnv:
			env += ", `" + k.AlsoEnv + "` (the port alone)"
		default:
			env += ", `" + k.AlsoEnv + "`"
		}
		value := ""
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s | %s | %s |\n", k.Name, k.Flag, env, strings.ReplaceAll(k.Type, "|", " or "), value, k.Help)
	}
	return b.String() + "\n"
}
