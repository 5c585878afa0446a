//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/internal/cli"
)

// TestHostileAgent: whatever an agent says of itself, no command gives a terminal anything to obey, and none falls over it.
func TestHostileAgent(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b[2J\x1b]0;title\x07\u009b31m\u202e北\n\tb"
	p := startProcess(t)
	a := connectAgent(t, p.url, &simulated{name: evil, sick: evil, attributes: map[string]string{evil: evil, "region": "eu"}})
	for _, m := range []*protobufs.AgentToServer{
		{AvailableComponents: &protobufs.AvailableComponents{Hash: []byte("1"), Components: map[string]*protobufs.ComponentDetails{
			"":   {SubComponentMap: map[string]*protobufs.ComponentDetails{evil: {}}},
			evil: {SubComponentMap: map[string]*protobufs.ComponentDetails{evil: {}}},
			"北":  {},
		}}},
		{EffectiveConfig: effective("receivers: # " + evil + "\n")},
		{RemoteConfigStatus: &protobufs.RemoteConfigStatus{Status: protobufs.RemoteConfigStatuses_RemoteConfigStatuses_FAILED, ErrorMessage: evil, LastRemoteConfigHash: []byte("x")}},
		{Health: &protobufs.ComponentHealth{LastError: evil, Status: evil, ComponentHealthMap: map[string]*protobufs.ComponentHealth{evil: {LastError: evil, Status: evil}, "": {}}}},
	} {
		if err := a.send(m); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "evil.yaml")
	writeFile(t, file, goldenBody+"# \u009b2J\u202e\n")
	w := world{environ: []string{"OLLYSTACK_SERVER=" + p.url}, screen: cli.Screen{Width: 100}}
	uid := a.uid.String()
	g := &transcripts{t: t, w: w}
	g.until("agents get "+uid, "\n  agent: unhealthy, a")
	for _, line := range []string{
		"agents get " + uid, "agents get " + uid + " -o json", "agents get " + uid + " -o yaml", "agents get " + uid + " --effective-config",
		"agents list", "agents list -o wide", "agents list -o json", "agents list -o yaml", "agents list -o name", "agents list -o csv",
		"status", "status -o json", "status -o yaml", "agents label " + uid + " team=edge", "agents restart " + uid, "agents restart -l region=eu --yes",
		"configs create evil --selector region=eu --dry-run -f " + file, "configs create evil --selector region=eu -f " + file, "configs get evil", "configs get evil --body",
		"configs get evil -o yaml", "configs diff evil -f " + file, "events --since nosuch --count 1", "apply --dry-run -f " + file,
		"agents get " + strings.Fields(evil)[0], "__complete agents get 'a'", "validate " + file,
	} {
		got := g.run(line)
		harmful := func(r rune) bool {
			return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
		}
		if all := got.stdout + got.stderr; strings.ContainsFunc(all, harmful) || got.code == 2 {
			t.Errorf("ollystack %q = %d, %q, %q; want nothing in it that a terminal obeys", line, got.code, got.stdout, got.stderr)
		}
	}
}
