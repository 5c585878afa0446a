package images

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build is an image being made: its root, and where to work.
type build struct {
	checkout, cache, dir, root string
}

// layOut makes what a root has before any package: merged /usr, /tmp, who there is.
func (b *build) layOut() error {
	for _, dir := range []string{"usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/local/bin", "etc", "root", "tmp", "var/lib", "proc", "sys", "dev"} {
		if err := os.MkdirAll(filepath.Join(b.root, dir), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := os.Symlink("usr/"+name, filepath.Join(b.root, name)); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(b.root, "tmp"), 0o777|os.ModeSticky); err != nil {
		return err
	}
	files := map[string]string{
		"etc/passwd": "root:x:0:0::/root:/bin/sh\nclickhouse:x:101:101::/var/lib/clickhouse:/bin/false\n" +
			"redis:x:999:999::/data:/bin/false\nnobody:x:65534:65534::/:/bin/false\n",
		"etc/group":         "root:x:0:\nclickhouse:x:101:\nredis:x:999:\nnobody:x:65534:\n",
		"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
	}
	for name, text := range files {
		if err := b.file(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// unpack puts the files of Debian's packages into the root.
func (b *build) unpack(ctx context.Context, packages []string) error {
	debs := filepath.Join(b.dir, "debs")
	if err := os.Mkdir(debs, 0o755); err != nil {
		return err
	}
	// Without the sandbox apt complains of a folder that its own user may not write. It tries
	// again for a minute and a half: the mirror may be away for a moment.
	args := append([]string{"-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=7", "download"}, packages...)
	if err := run(ctx, debs, nil, "apt-get", args...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	if len(files) != len(packages) {
		return fmt.Errorf("apt-get brought %d of %d packages", len(files), len(packages))
	}
	for _, deb := range files {
		unpack := `dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink --exclude=./usr/share/doc --exclude=./usr/share/man`
		if err := run(ctx, "", nil, "bash", "-o", "pipefail", "-c", unpack, "unpack", deb, b.root); err != nil {
			return err
		}
	}
	return nil
}

// links gives busybox its names, where no package has brought the real thing.
func (b *build) links(ctx context.Context) error {
	names, err := exec.CommandContext(ctx, filepath.Join(b.root, "bin/busybox"), "--list").Output()
	if err != nil {
		return fmt.Errorf("list what busybox can do: %w", err)
	}
	for _, name := range strings.Fields(string(names)) {
		err := os.Symlink("busybox", filepath.Join(b.root, "usr/bin", name))
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

func (b *build) file(name, text string, mode os.FileMode) error {
	path := filepath.Join(b.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), mode)
}

// folder makes one that belongs to somebody.
func (b *build) folder(name string, owner int) error {
	path := filepath.Join(b.root, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return os.Chown(path, owner, owner)
}

// program copies a program of this machine with the libraries that it loads.
func (b *build) program(ctx context.Context, name string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	libraries, err := exec.CommandContext(ctx, "ldd", path).Output()
	if err != nil {
		return fmt.Errorf("ldd %s: %w", path, err)
	}
	for _, word := range strings.Fields(string(libraries)) {
		target := filepath.Join(b.root, word)
		if _, err := os.Lstat(target); err == nil || !strings.HasPrefix(word, "/") {
			continue
		}
		if err := run(ctx, "", nil, "cp", "-L", word, target); err != nil {
			return err
		}
	}
	return run(ctx, "", nil, "cp", path, filepath.Join(b.root, "usr/bin", name))
}

// run answers what a command that failed has printed.
func run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), env...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, output)
	}
	return nil
}
