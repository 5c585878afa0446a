//go:build appliance

package boot

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// previousVersion is older than every version that a build of ours can have.
const previousVersion = "0.0.9"

// previousPackage is the control plane's package as an earlier build would have left it:
// its own program, which says so, in the package that is built now, under an earlier
// version.
func previousPackage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tree, deb := filepath.Join(dir, "tree"), filepath.Join(dir, "ollystack-control-plane_"+previousVersion+".deb")
	run(t, "dpkg-deb", "--raw-extract", builtPackage(t, "ollystack-control-plane"), tree)

	control := filepath.Join(tree, "DEBIAN/control")
	text, err := os.ReadFile(control)
	if err != nil {
		t.Fatal(err)
	}
	earlier := regexp.MustCompile(`(?m)^Version: .*$`).ReplaceAll(text, []byte("Version: "+previousVersion))
	if err := os.WriteFile(control, earlier, 0o644); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(tree, "usr/bin/ollystack")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath",
		"-ldflags", "-s -w -X main.version="+previousVersion, "-o", program, "./cmd/ollystack")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the previous program: %v\n%s", err, out)
	}
	// The sums are of the program that it was made from; dpkg does without them.
	if err := os.Remove(filepath.Join(tree, "DEBIAN/md5sums")); err != nil {
		t.Fatal(err)
	}
	run(t, "dpkg-deb", "--build", "-Zgzip", "-z1", "--root-owner-group", tree, deb)
	return deb
}

// run runs a program of this machine.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
