package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// key names everything that the image is made of: the code here, what fill reads from the
// checkout, and the versions of Go and Node. Debian's packages are taken as they were when
// the image was made.
func (i *Image) key(ctx context.Context, checkout string) (string, error) {
	hash := sha256.New()
	settings, err := json.Marshal(i.config)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(hash, "%s %q %s\n", i.Name, i.packages, settings)
	for _, tool := range [][]string{{"go", "version"}, {"node", "--version"}} {
		output, err := exec.CommandContext(ctx, tool[0], tool[1:]...).Output()
		if err != nil {
			return "", fmt.Errorf("%s: %w", strings.Join(tool, " "), err)
		}
		fmt.Fprintf(hash, "%s\n", output)
	}
	for _, source := range append([]string{"e2e/images/root.go", "e2e/images/fill.go", "e2e/images/archive.go"}, i.sources...) {
		if err := addFiles(hash, filepath.Join(checkout, source)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

func addFiles(hash interface{ Write([]byte) (int, error) }, path string) error {
	return filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%s %d\n", filepath.Base(file), len(text))
		_, err = hash.Write(text)
		return err
	})
}

// lock keeps two builds of one image from doing the work twice.
func lock(path string) (func(), error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = file.Close() }, nil
}
