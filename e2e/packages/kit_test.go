//go:build appliance

package packages

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	controlPlane = "ollystack-control-plane"
	collector    = "ollystack-collector"
)

var rpmArch = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]

// repository is the checkout.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// built is the one file in dist/packages that a pattern takes.
func built(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(repository(t), "dist", "packages", pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("dist/packages/%s = %v (%v), want one; run the tests with: make e2e-appliance", pattern, found, err)
	}
	return found[0]
}

func builtDeb(t *testing.T, name string) string {
	t.Helper()
	return built(t, name+"_*_"+runtime.GOARCH+".deb")
}

func builtRPM(t *testing.T, name string) string {
	t.Helper()
	return built(t, name+"-*."+rpmArch+".rpm")
}

// run is what a command prints on its standard output; it must succeed.
func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	out, err := try(t, env, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// try is run for what may fail; it returns both outputs.
func try(t *testing.T, env []string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = repository(t)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// pack makes another version of a package, of the same files, as packaging/package/build
// does; format is deb or rpm.
func pack(t *testing.T, name, version, format string) string {
	t.Helper()
	release, file := "", fmt.Sprintf("%s_%s_%s.deb", name, version, runtime.GOARCH)
	if format == "rpm" {
		release, file = "1", fmt.Sprintf("%s-%s-1.%s.rpm", name, version, rpmArch)
	}
	path := filepath.Join(t.TempDir(), file)
	run(t, []string{
		"ARCH=" + runtime.GOARCH, "PACKAGE_VERSION=" + version, "PACKAGE_RELEASE=" + release, "SOURCE_DATE_EPOCH=1700000000",
		"BIN=bin/linux-" + runtime.GOARCH, "STAGE=dist/stage/" + name + "-" + runtime.GOARCH, "COMPLETION=dist/completion",
	}, ".cache/tools/nfpm", "package", "--config", "packaging/nfpm/"+name+".yaml", "--packager", format, "--target", path)
	return path
}

// contains complains about each part that a text lacks.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}
