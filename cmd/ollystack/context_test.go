package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestContext: contexts are made, chosen, changed and deleted, and no token follows to another server.
func TestContext(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	w := world{environ: []string{"XDG_CONFIG_HOME=" + home}}
	file := filepath.Join(home, "ollystack", "config.yaml")
	want := func(code int, says string, args ...string) {
		t.Helper()
		got := call(t, w, append([]string{"context"}, args...)...)
		if got.code != code || !strings.Contains(got.stdout+got.stderr, says) {
			t.Errorf("context %v = %+v, want code %d and %q", args, got, code, says)
		}
	}
	want(0, "No contexts.", "list")
	want(2, "which server", "set", "one")
	want(2, "is not the URL", "set", "one", "--server", "one:4320")
	want(0, "one: http://one:1, in "+file, "set", "one", "--server", "http://one:1", "--token-file", "/secrets/one")
	want(0, "", "set", "two", "--server", "http://two:2")
	want(0, "*  one   http://one:1  /secrets/one  -\n   two   http://two:2  -             -\n", "list")
	want(0, "now http://two:2", "use", "two")
	want(0, "one\ntwo\n", "list", "-o", "name")
	want(3, `no context "three"`, "use", "three")
	want(0, "", "set", "one", "--server", "http://other:1")
	want(0, "   one   http://other:1  -      -\n*  two", "list")
	want(0, "", "delete", "two")
	want(3, `no context "two"`, "delete", "two")
	want(2, "which context", "use")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("Stat(%s) = %v, %v, want mode 0600", file, info.Mode(), err)
	}
	if got := call(t, w, "__complete", "context", "use", ""); !strings.HasPrefix(got.stdout, "one\n") {
		t.Errorf("completion of context use = %+v, want the name of the context", got)
	}
}

// TestContextsUnderNoKey: a file whose list was emptied by hand is one without contexts.
func TestContextsUnderNoKey(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "ollystack"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(home, "ollystack", "config.yaml"), "contexts:\n")
	got := call(t, world{environ: []string{"XDG_CONFIG_HOME=" + home}}, "context", "set", "one", "--server", "http://one:1")
	if got.code != 0 || !strings.HasPrefix(got.stdout, "one: http://one:1") {
		t.Errorf("context set = %+v, want it made", got)
	}
}
