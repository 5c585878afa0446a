//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/internal/cli"
)

// Bodies of the configurations in the transcripts.
const (
	goldenBody    = "receivers:\n  otlp:\n    protocols:\n      grpc:\nexporters:\n  debug:\nservice:\n  pipelines:\n    traces:\n      receivers: [otlp]\n      exporters: [debug]\n"
	goldenRefused = "receivers:\n  otlp/refuse-me:\n    protocols:\n      grpc:\nexporters:\n  debug:\nservice:\n  pipelines:\n    traces:\n      receivers: [otlp/refuse-me]\n      exporters: [debug]\n"
	goldenBad     = "exporters:\n  debug:\nservice:\n  pipelines:\n    traces:\n      receivers: [otpl]\n      exporters: [debug]\n"
)

// TestGolden holds what every command prints to the transcripts in testdata/golden: commands of a
// person against a real server, three and a half hours after its three agents came.
func TestGolden(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	for _, a := range []*simulated{
		{name: "edge-eu-17", attributes: map[string]string{"region": "eu"}},
		{name: "edge-eu-18", attributes: map[string]string{"region": "eu"}},
		{name: "core-us-1", attributes: map[string]string{"region": "us"}, sick: "exporter otlp: connection refused"},
	} {
		connectAgent(t, p.url, a)
	}
	dir := t.TempDir()
	for name, body := range map[string]string{
		"good.yaml": goldenBody, "bad.yaml": goldenBad, "refused.yaml": goldenRefused,
		"better.yaml": strings.Replace(goldenBody, "exporters:\n  debug:\n", "processors:\n  batch:\nexporters:\n  debug:\n", 1),
	} {
		writeFile(t, filepath.Join(dir, name), body)
	}
	g := &transcripts{t: t, dir: dir, names: map[string]string{}, w: world{
		environ: []string{"OLLYSTACK_SERVER=" + p.url, "HOME=" + dir},
		now:     func() time.Time { return time.Now().Add(3*time.Hour + 30*time.Minute) },
	}}
	g.until("agents list", "edge-eu-18")
	g.write("empty", "configs list", "agents list -q nosuch", "configs list -o json")
	g.write("configs-write",
		"configs create production -f bad.yaml",
		"configs create production -f good.yaml --selector region=eu --dry-run",
		"configs create production -f good.yaml --selector region=eu --priority 10 --label team=platform --description 'For production'",
		"configs create canary -f refused.yaml",
		"configs create production -f good.yaml",
		"configs edit production -f better.yaml --dry-run",
		"configs edit production -f better.yaml",
		"configs edit production --priority 20",
		"configs edit production --priority 20",
		"configs rollback canary",
		"configs rollback canary --to 1",
	)
	g.until("configs list", "2 applied")
	g.write("agents-write",
		"agents label edge-eu-17 env=production team=edge",
		"agents label edge-eu-17 team-",
		"agents label -l region=eu env=production",
		"agents label -l region=eu env=production --yes",
		"agents assign core-us-1 canary",
		"agents assign core-us-1 nosuch",
	)
	g.until("agents list --config-status failed", "core-us-1")
	g.write("agents-acts",
		"agents retry edge-eu-17",
		"agents restart edge-eu-17 nosuch",
		"agents restart -l region=eu --yes",
		"agents assign -l region=eu production --yes",
		"agents unassign edge-eu-17 edge-eu-18",
		"agents unassign -l region=eu --yes",
		"agents forget edge-eu-17",
		"agents retry -l region=us --yes",
	)
	g.until("agents list --config-status failed", "core-us-1")
	g.until("configs list", "2 applied")
	g.write("agents", "agents list", "agents list -o wide", "agents list -o name", "agents list -q core -o json", "agents list -q core -o yaml", "agents list -o csv --order-by name", "agents list -o csv --selector (((",
		"agents get core-us-1", "agents get core-us-1 -o name", "agents get core-us-1 --effective-config", "agents get nosuch")
	g.write("configs", "configs list", "configs list -o wide", "configs list -o name", "configs list -q production -o json", "configs get production",
		"configs get production -o yaml", "configs get production -o json", "configs get production -o name", "configs get production --version 1", "configs get production --version 1 --body",
		"configs history production", "configs history production -o name", "configs diff production", "configs diff production -f good.yaml", "configs diff production -f better.yaml", "configs get nosuch")
	g.write("fleet", "status", "status -o json", "status -o yaml", "validate --server SERVER good.yaml bad.yaml")
	g.w.screen = cli.Screen{Width: 60, Colour: true}
	g.write("narrow", "agents list", "configs list", "status", "configs diff production")
	g.w.screen.Width = 80
	g.write("terminal", "agents list", "agents list -o wide", "configs list")
	g.w.screen = cli.Screen{}
	g.write("delete", "configs delete production", "configs delete canary --detach", "configs delete nosuch")
	g.write("token", "token create prometheus --role read", "token create prometheus --role read -o json", "token list", "token list -o name", "token list -o yaml", "token revoke nosuch", "context list", "context set here --server SERVER", "context list", "context list -o yaml", "context use here", "context delete here")
}

// TestGoldenFollowed holds what the commands print that go on until they are interrupted.
func TestGoldenFollowed(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "good.yaml"), goldenBody)
	writeFile(t, filepath.Join(dir, "refused.yaml"), goldenRefused)
	g := &transcripts{t: t, dir: dir, names: map[string]string{}, w: world{environ: []string{"OLLYSTACK_SERVER=" + p.url, "HOME=" + dir}}}
	begin := g.firstEvent(p)

	connectAgent(t, p.url, &simulated{name: "core-us-1", attributes: map[string]string{"region": "us"}, sick: "exporter otlp: connection refused"})
	all := follow(t, "agents", "watch", "--server", p.url)
	all.says(t, &all.stdout, "core-us-1")
	eu := follow(t, "agents", "watch", "-l", "region=eu", "-o", "json", "--server", p.url)
	edge := connectAgent(t, p.url, &simulated{name: "edge-eu-17", attributes: map[string]string{"region": "eu"}})
	// Each step is waited for in both, so that none is gathered with the next.
	for n, step := range []struct {
		do   func()
		says string
	}{
		{func() {}, "healthy"},
		{func() { g.run("configs create production -f good.yaml --selector region=eu") }, "applied"},
		{func() { g.run("configs edit production -f refused.yaml") }, "failed"},
		{func() { g.run("configs delete production --detach") }, "unassigned"},
		{edge.disconnect, "disconnected"},
		{func() { g.run("agents label edge-eu-17 region=nowhere"); g.run("configs create spare -f good.yaml") }, ""},
	} {
		step.do()
		if step.says != "" {
			all.settles(t, n+3, step.says)
			eu.settles(t, n+1, step.says)
		} else {
			eu.settles(t, n+1, "gone")
		}
	}
	g.followed("agents-watch", []string{"agents watch", "agents watch -l region=eu -o json"}, []*running{all, eu})
	g.w.environ = append(g.w.environ, "BEGIN="+begin)
	g.write("events", "events --since BEGIN --count 11", "events --since BEGIN --type agent.connected,agent.disconnected --count 3",
		"events --since BEGIN --type config.created --count 1 -o json", "events --since BEGIN --type agent.disconnected --count 1 -o json")
	g.w.screen = cli.Screen{Width: 80, Colour: true}
	g.write("events-terminal", "events --since BEGIN --type agent.connected,agent.config --count 3")
}

// settled is what has been printed, without what is only passing and may be gathered with what it comes to.
func (r *running) settled() []string {
	var lines []string
	for line := range strings.Lines(r.stdout.String()) {
		if !strings.Contains(line, "pending") && !strings.Contains(line, "applying") {
			lines = append(lines, line)
		}
	}
	return lines
}

// settles waits until there are so many lines, and the last one says a word.
func (r *running) settles(t *testing.T, lines int, word string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		got := r.settled()
		if len(got) == lines && strings.Contains(got[lines-1], word) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v there is\n%s\nwant %d lines, and %q in the last", patience, strings.Join(got, ""), lines, word)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// firstEvent is the id of an event, after which there is none yet.
func (g *transcripts) firstEvent(p *process) string {
	g.t.Helper()
	r := follow(g.t, "events", "-o", "json", "--server", p.url)
	name := ""
	for n := 0; r.stdout.String() == ""; n++ { // its beginning cannot be seen from outside
		name = fmt.Sprintf("first-%d", n)
		g.run("configs create " + name + " -f good.yaml")
	}
	r.says(g.t, &r.stdout, `"`+name+`"`)
	r.cancel()
	r.ends(g.t, 0)
	lines := strings.Split(strings.TrimSpace(r.stdout.String()), "\n")
	return strings.SplitN(lines[len(lines)-1], `"`, 5)[3]
}

// transcripts runs commands and keeps what they print.
type transcripts struct {
	t     *testing.T
	w     world
	dir   string
	names map[string]string // of what differs each time
}

// run runs one command line, whose files are in the folder.
func (g *transcripts) run(line string) outcome {
	for _, kv := range g.w.environ {
		name, value, _ := strings.Cut(strings.TrimPrefix(kv, "OLLYSTACK_"), "=")
		line = strings.ReplaceAll(line, name, value)
	}
	var args []string
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		word = strings.Trim(word, "'")
		if strings.HasSuffix(word, ".yaml") {
			word = filepath.Join(g.dir, word)
		}
		args = append(args, word)
	}
	return call(g.t, g.w, args...)
}

// until waits for what takes its time.
func (g *transcripts) until(line, text string) {
	g.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		got := g.run(line)
		if strings.Contains(got.stdout, text) {
			return
		} else if time.Now().After(deadline) {
			g.t.Fatalf("ollystack %s = %+v, want %q", line, got, text)
		}
	}
}

func (g *transcripts) write(name string, lines ...string) {
	g.t.Helper()
	var out strings.Builder
	for _, line := range lines {
		got := g.run(line)
		fmt.Fprintf(&out, "$ ollystack %s\n%s", line, got.stdout)
		for text := range strings.Lines(got.stderr) {
			fmt.Fprintf(&out, "stderr: %s", text)
		}
		fmt.Fprintf(&out, "exit code %d\n\n", got.code)
	}
	g.compare(name, out.String())
}

// followed ends commands that go on, and keeps what they have printed.
func (g *transcripts) followed(name string, lines []string, commands []*running) {
	g.t.Helper()
	var out strings.Builder
	for i, r := range commands {
		r.cancel()
		r.ends(g.t, 0)
		fmt.Fprintf(&out, "$ ollystack %s\n%s%sexit code 0\n\n", lines[i], strings.Join(r.settled(), ""), &r.stderr)
	}
	g.compare(name, out.String())
}

func (g *transcripts) compare(name, text string) {
	g.t.Helper()
	text = g.steady(text)
	golden := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		writeFile(g.t, golden, text)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		g.t.Fatal(err)
	}
	if text != string(want) {
		g.t.Errorf("%s = \n%s\nwant (%s, -update rewrites it)\n%s", name, text, golden, want)
	}
}

var differs = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|20\d\d-\d\d-\d\dT[\d:.]+Z|127\.0\.0\.1:\d+|\b[0-9a-f]{64}\b|olly_[\w-]+|\b[0-9a-f]{8}-\d{1,6}\b`)

// steady puts steady words of the same length in the place of what is another one each time: ids that the
// server made, times and ports.
func (g *transcripts) steady(text string) string {
	text = strings.ReplaceAll(text, g.dir+string(filepath.Separator), "")
	return differs.ReplaceAllStringFunc(text, func(found string) string {
		switch {
		case strings.HasPrefix(found, "olly_"):
			return "olly_SECRET"
		case strings.HasPrefix(found, "127."):
			return "127.0.0.1:40000"
		case strings.Contains(found, "T"):
			return "2026-11-26T12:00:00Z"
		case len(found) < 16:
			return "00000000-0" // an event
		case len(found) == 64:
			return found // the hash of a body
		}
		if g.names[found] == "" {
			g.names[found] = fmt.Sprintf("00000000-0000-7000-8000-%012d", len(g.names)+1)
		}
		return g.names[found]
	})
}
