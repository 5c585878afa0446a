//go:build appliance

package machine

import (
	"context"
	"testing"
)

// Chroot is a Debian root that is not booted: no systemd runs in it, as where an image
// of a machine is being made.
type Chroot struct {
	root root
}

// NewChroot makes one. It ends with the test.
func NewChroot(t *testing.T) *Chroot {
	t.Helper()
	return &Chroot{root: newRoot(t, nil)}
}

// Try runs a shell script as root in it. Files of this machine can be handed in: they
// are put into the root's /root before.
func (c *Chroot) Try(t *testing.T, script string, files ...string) Result {
	t.Helper()
	// Everything that it starts ends with it, and it has no network.
	const enter = `root=$1 script=$2; shift 2
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
for file in "$@"; do cp "$file" "$root/root/"; done
exec chroot "$root" /bin/sh -c "$script"`
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	cmd := c.root.command(ctx, append([]string{
		"unshare", "--pid", "--fork", "--kill-child", "--net", "sh", "-eu", "-c", enter, "sh", c.root.merged, script,
	}, files...)...)
	cmd.Env = environment
	result, err := finish(cmd)
	if err != nil {
		t.Fatalf("chroot: %s: %v", script, err)
	}
	return result
}

// Run is Try for what must succeed; it returns the standard output.
func (c *Chroot) Run(t *testing.T, script string, files ...string) string {
	t.Helper()
	result := c.Try(t, script, files...)
	if result.Code != 0 {
		t.Fatalf("chroot: %s: %v", script, result)
	}
	return result.Output
}

// Outside runs a shell script as root of this machine, which sees the chroot's root at
// $ROOT: for what this machine's own tools do to it.
func (c *Chroot) Outside(t *testing.T, script string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	cmd := c.root.command(ctx, append([]string{
		"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "sh", "-eu", "-c", script, "sh",
	}, args...)...)
	cmd.Env = append(environment, "ROOT="+c.root.merged)
	result, err := finish(cmd)
	if err != nil {
		t.Fatalf("beside the chroot: %s: %v", script, err)
	}
	return result
}
