//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/internal/cli"
)

const seededBody = "receivers:\n  otlp:\n    protocols:\n      grpc:\nexporters:\n  debug:\nservice:\n  pipelines:\n    traces:\n      receivers: [otlp]\n      exporters: [debug]\n"

// The stack's own seed is stored, once: a second run leaves it alone.
func TestSeed(t *testing.T) {
	p := startProcess(t)
	seed := func() outcome { return call(t, world{}, "seed", "../../stack/collector/seed", "--server", p.url) }
	if got, want := seed(), (outcome{stdout: "gateway: created\nagent: created\n"}); got != want {
		t.Fatalf("seed = %+v, want %+v", got, want)
	}
	// As the stack's container of that name does: an empty file is no token.
	seed = func() outcome {
		return call(t, world{environ: []string{"OLLYSTACK_TOKEN_FILE=../../stack/no-token"}}, "seed", "../../stack/collector/seed", "--server", p.url)
	}
	if got := seed(); got.code != cli.ExitOK || strings.Count(got.stdout, "left as it is") != 2 {
		t.Errorf("a second seed = %+v, want both left as they are", got)
	}
}

func TestSeedFaults(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, seedList)
	writeFile(t, filepath.Join(dir, "good.yaml"), seededBody)
	p := startProcess(t)
	for _, tc := range []struct {
		list string
		code int
		want string
	}{
		{`[{"name": "a", "selektor": "x=y"}]`, 1, "selektor"},
		{`{"name": "a"}`, 1, "not a list of configurations"},
		{`[{"name": "a", "file": "../good.yaml"}]`, 1, "not one of the same folder"},
		{`[{"name": "a", "file": "missing.yaml"}]`, 1, "missing.yaml"},
		{`[{"name": "a", "config": "receivers: ["}]`, 4, `seed the configuration "a"`},
		{`[{"name": "a", "file": "good.yaml", "selector": "((("}]`, 4, "selector"},
	} {
		writeFile(t, list, tc.list)
		if got := call(t, world{}, "seed", dir, "--server", p.url); got.code != tc.code || !strings.Contains(got.stderr, tc.want) {
			t.Errorf("seed of %s = %+v, want exit code %d and %q", tc.list, got, tc.code, tc.want)
		}
	}
	if got := call(t, world{}, "seed"); got.code != cli.ExitUsage {
		t.Errorf("seed without a folder = %+v, want exit code 2", got)
	}
	if got := call(t, world{}, "seed", t.TempDir(), "--server", p.url); got.code != cli.ExitFailure || !strings.Contains(got.stderr, seedList) {
		t.Errorf("seed of an empty folder = %+v, want exit code 1 and %s", got, seedList)
	}
}

// A password that was not changed is warned of at every run, one that was is not.
func TestSeedWarnsOfDefaults(t *testing.T) {
	p := startProcess(t)
	for password, warned := range map[string]bool{"well-known": true, "own": false, "": false} {
		got := call(t, world{environ: []string{"PASSWORD=" + password}}, "seed", "../../stack/collector/seed", "--server", p.url, "--warn-if", "PASSWORD=well-known")
		if got.code != cli.ExitOK || strings.Contains(got.stderr, "WARNING: PASSWORD") != warned || strings.Contains(got.stderr, "well-known") {
			t.Errorf("seed with the password %q = %+v, want a warning: %v, without the password", password, got, warned)
		}
	}
	if got := call(t, world{}, "seed", ".", "--warn-if", "PASSWORD"); got.code != cli.ExitUsage {
		t.Errorf("seed --warn-if PASSWORD = %+v, want exit code 2", got)
	}
}

// TestSeedOfAFolder: files as apply takes them are seeded too, once, and belong to nobody's set.
func TestSeedOfAFolder(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	dir := t.TempDir()
	declare(t, dir, "edge", "first", "selector: env=production\npriority: 3\n")
	seed := func() outcome { return call(t, world{}, "seed", dir, "--server", p.url) }
	if got, want := seed(), (outcome{stdout: "edge: created\n"}); got != want {
		t.Fatalf("seed = %+v, want %+v", got, want)
	}
	state := stateOf(t, p)["edge"]
	if !strings.Contains(state, `"env=production"`) || !strings.Contains(state, "# first") {
		t.Errorf("after seed edge is %s, want what the files declare", state)
	}
	declare(t, dir, "edge", "second", "priority: 4\n")
	if got := seed(); got.code != 0 || stateOf(t, p)["edge"] != state {
		t.Errorf("a second seed = %+v and edge is %s, want it left as it was", got, stateOf(t, p)["edge"])
	}
	if got := call(t, world{}, "apply", "-f", dir, "--server", p.url); got.code != 0 || !strings.Contains(got.stdout, "priority: 3 -> 4\n") || strings.Contains(got.stdout, "labels") {
		t.Errorf("apply after seed = %+v, want the change, and no label", got)
	}
	writeFile(t, filepath.Join(dir, "edge.meta.yaml"), "selector: '((('\n")
	if got := seed(); got.code != 1 || !strings.Contains(got.stderr, "edge.meta.yaml:1: the selector") {
		t.Errorf("seed of faulty files = %+v, want code 1 and where", got)
	}
}
