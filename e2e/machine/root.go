//go:build appliance

package machine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// recipe is part of a root's key: raise it when what debootstrap() does has changed.
const recipe = "2"

// suite is the release that the appliance is made for.
const suite = "bookworm"

// basePackages are what a small Debian server has, beside debootstrap's minbase.
var basePackages = []string{
	"ca-certificates", "curl", "dbus", "gpg", "iproute2", "procps", "systemd", "systemd-sysv",
}

// cacheDir is where roots are kept between runs.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("where to keep the Debian root: %w", err)
	}
	dir := filepath.Join(cache, "ollystack-e2e")
	return dir, os.MkdirAll(dir, 0o755)
}

// baseRoot is a Debian root with the base packages and those named, which nobody may
// write to. It is made when there is none yet, which takes minutes; one test makes it
// and the others wait.
func baseRoot(t *testing.T, packages []string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("the appliance's tests boot a machine and need root")
	}
	include := slices.Compact(slices.Sorted(slices.Values(slices.Concat(basePackages, packages))))
	key := sha256.Sum256([]byte(recipe + " " + suite + " " + runtime.GOARCH + " " + strings.Join(include, ",")))
	dir, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, fmt.Sprintf("debian-%s-%x", suite, key[:6]))

	held, err := lock(root+".lock", unix.LOCK_EX)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := os.Stat(root); err == nil {
		return root
	}
	t.Logf("making a Debian root once, in %s", root)
	if err := debootstrap(t.Context(), root, include); err != nil {
		t.Fatalf("make the Debian root: %v", err)
	}
	return root
}

// debootstrap makes a root beside the place where it will be, so that what is there is
// always whole.
func debootstrap(ctx context.Context, root string, include []string) error {
	unfinished := root + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	args := []string{"--variant=minbase", "--include=" + strings.Join(include, ","), suite, unfinished}
	args = append(args, mirror(ctx)...)
	if out, err := exec.CommandContext(ctx, "debootstrap", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("debootstrap: %w\n%s", err, lastLines(out, 20))
	}
	// What was downloaded is of no use any more, and packages must install without it.
	for _, pattern := range []string{"var/cache/apt/archives/*.deb", "var/lib/apt/lists/*"} {
		paths, err := filepath.Glob(filepath.Join(unfinished, pattern))
		if err != nil {
			return err
		}
		for _, path := range paths {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	// debootstrap leaves this machine's name and name servers, which are not theirs.
	for _, name := range []string{"etc/hostname", "etc/resolv.conf"} {
		if err := os.Remove(filepath.Join(unfinished, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	// What the installer of Debian leaves, and debootstrap does not.
	hosts := "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
	if err := os.WriteFile(filepath.Join(unfinished, "etc/hosts"), []byte(hosts), 0o644); err != nil {
		return err
	}
	// systemd makes a new one at each machine's first boot.
	if err := os.WriteFile(filepath.Join(unfinished, "etc/machine-id"), nil, 0o444); err != nil {
		return err
	}
	return os.Rename(unfinished, root)
}

// mirror is where this machine gets the same release from, if it does, else nothing:
// debootstrap has a default.
func mirror(ctx context.Context) []string {
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets",
		"--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages").Output()
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(out)) {
		if uri, ok := strings.CutSuffix(strings.TrimSpace(line), " "+suite+" main"); ok {
			return []string{uri}
		}
	}
	return nil
}

// root is a test's own copy of a base root. What it changes lies in dir; the whole is
// seen at merged by those whose mount namespace mounts it there, and by nobody else.
type root struct {
	merged string
	mount  string // the shell command that mounts it; empty where merged is a plain copy
}

func newRoot(t *testing.T, packages []string) root {
	t.Helper()
	// A machine's files have the modes that they are given, its root folder the first of them, whatever
	// the umask of who runs the tests; what is run in it inherits the one that a machine has.
	unix.Umask(0o022)
	base := baseRoot(t, packages)
	dir := runDir(t)
	r := root{merged: filepath.Join(dir, "root")}
	for _, d := range []string{"root", "changes", "work"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatalf("directory of the machine: %v", err)
		}
	}
	r.mount = fmt.Sprintf("mount -t overlay -o lowerdir=%s,upperdir=%s/changes,workdir=%s/work overlay %s",
		base, dir, dir, r.merged)
	if err := exec.CommandContext(t.Context(), "unshare", "--mount", "--propagation=private", "sh", "-c", r.mount).Run(); err == nil {
		return r
	}
	// No overlay here, as on top of another one: copy, cheaply where the disk can.
	r.mount = ""
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", "--reflink=auto", base+"/.", r.merged).CombinedOutput(); err != nil {
		t.Fatalf("copy the Debian root: %v\n%s", err, lastLines(out, 10))
	}
	return r
}

// command is a program that sees the root mounted, in a mount namespace of its own.
func (r root) command(ctx context.Context, args ...string) *exec.Cmd {
	script := `exec "$@"`
	if r.mount != "" {
		script = r.mount + " && " + script
	}
	return exec.CommandContext(ctx, "unshare", append([]string{
		"--mount", "--propagation=private", "sh", "-c", script, "sh",
	}, args...)...)
}

// Result is how a command ended.
type Result struct {
	Code   int // its exit code; -1 where a signal ended it
	Output string
	Errors string
}

func (r Result) String() string {
	return fmt.Sprintf("exit code %d\n%s%s", r.Code, r.Output, r.Errors)
}

// finish runs a command to its end.
func finish(cmd *exec.Cmd) (Result, error) {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Result{}, fmt.Errorf("run %s: %w", cmd.Path, err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Output: out.String(), Errors: errs.String()}, nil
}

// copyFile copies a file and its permissions.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
