//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestDestructiveAsk: what cannot be had back is asked about on a terminal, with its name and what goes with it; a no and an
// interruption leave it, --yes asks nothing, and is not the guard's number.
func TestDestructiveAsk(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--guard-max-agents", "1")
	for _, name := range []string{"edge-1", "edge-2"} {
		connectAgent(t, p.url, &simulated{name: name, attributes: map[string]string{"region": "eu"}})
	}
	gone := connectAgent(t, p.url, &simulated{name: "edge-3"})
	file := filepath.Join(t.TempDir(), "good.yaml")
	writeFile(t, file, goldenBody)
	writeFile(t, file+".low", goldenBody+"# low\n")
	server := []string{"OLLYSTACK_SERVER=" + p.url}
	do := func(line string) outcome {
		t.Helper()
		got := call(t, world{environ: server}, strings.Fields(strings.ReplaceAll(line, "FILE", file))...)
		if got.code != 0 {
			t.Fatalf("ollystack %s = %+v", line, got)
		}
		return got
	}
	do("configs create spare -f FILE")
	do("configs create high -f FILE --selector region=eu --priority 2 --confirm-agents 2")
	do("configs create low -f FILE.low --selector region=eu --priority 1 --confirm-agents 2")
	do("agents label edge-3 env=production")
	do("agents assign edge-3 spare")
	gone.disconnect()
	await(t, server, "Connected         no", "agents", "get", "edge-3")

	ask := func(line, question, keys string, code int) *terminal {
		t.Helper()
		x := onTerminal(t, server, strings.Fields(line)...)
		x.shows(t, question+" [y/N] ")
		x.types(t, keys)
		x.ends(t, code)
		return x
	}
	const spare = `Delete the configuration "spare" and its history of 1 version? 1 agent has it: it gets what another selector has for it, or keeps running what it has.`
	for keys, says := range map[string]string{"n" + enter: "nothing was done", enter: "nothing was done", interrupt: "interrupted"} {
		ask("configs delete spare --detach", spare, keys, 1).shows(t, says)
	}
	// What the server would refuse anyway is refused, unasked.
	x := onTerminal(t, server, "configs", "delete", "spare")
	x.shows(t, "To let them go first, so that they keep running what they have: --detach")
	x.ends(t, 5)
	neverAsked(t, x)
	ask("agents forget edge-3", "Forget it?", "n"+enter, 1)
	x = ask("agents forget edge-3", "Forget it?", "y"+enter, 0)
	if !strings.Contains(x.screen.String(), "edge-3: last seen ") || !strings.Contains(x.screen.String(), " ago, labels env=production, assigned spare v1\r\n") {
		t.Errorf("agents forget says\n%s\nwant what goes with it", &x.screen)
	}
	x = onTerminal(t, server, "agents", "forget", "edge-1", "nosuch")
	x.shows(t, "`ollystack agents list` shows the agents")
	x.ends(t, 3)
	neverAsked(t, x)
	ask("configs delete spare", `Delete the configuration "spare" and its history of 1 version? No agent has it.`, "y"+enter, 0).shows(t, "spare: deleted")

	// The guard: two agents would be sent another configuration. A yes to their number is its confirmation; --yes is not.
	x = onTerminal(t, server, "configs", "delete", "high", "--detach", "--yes")
	x.shows(t, "--confirm-agents 2")
	x.ends(t, 5)
	neverAsked(t, x)
	ask("configs delete high --detach", `Delete the configuration "high" and its history of 1 version? 2 agents have it: they get what other selectors have for them, or keep running what they have.`,
		"y"+enter, 0).shows(t, "high: deleted")

	// Nobody at a terminal is asked.
	do("configs delete low --detach")
	do("token create old --role read")
	id := strings.TrimSpace(do("token list -o name").stdout)
	ask("token revoke "+id, `Revoke the token "old" with the role read? What comes with it is refused from then on.`, "n"+enter, 1)
	x = onTerminal(t, server, "token", "revoke", id, "--yes")
	x.ends(t, 0)
	neverAsked(t, x)
}

func neverAsked(t *testing.T, x *terminal) {
	t.Helper()
	if strings.Contains(x.screen.String(), unasked) {
		t.Errorf("ollystack %v asks:\n%s", x.cmd.Args[1:], &x.screen)
	}
}

// await runs a command until its output has text in it.
func await(t *testing.T, environ []string, text string, args ...string) {
	t.Helper()
	g := &transcripts{t: t, w: world{environ: environ}}
	g.until(strings.Join(args, " "), text)
}
