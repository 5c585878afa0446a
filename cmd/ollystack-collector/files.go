package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// writeFile replaces a file in one step: after a crash there is the old content or
// the new one. It tells whether anything has changed.
func writeFile(path string, content []byte, mode fs.FileMode) (changed bool, err error) {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return false, os.Chmod(path, mode)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	defer tmp.Close()
	if _, err := tmp.Write(content); err != nil {
		return false, err
	}
	if err := tmp.Chmod(mode); err != nil {
		return false, err
	}
	if err := tmp.Sync(); err != nil {
		return false, err
	}
	if err := tmp.Close(); err != nil {
		return false, err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return false, err
	}
	return true, syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// sealPrefix begins the first line of a file that this program has written; the
// sum of what follows tells whether anybody has edited it since.
const sealPrefix = "# Written by ollystack-collector; edited by hand it is kept aside by the next enrolment. sha256="

func seal(content []byte) []byte {
	sum := sha256.Sum256(content)
	return append([]byte(sealPrefix+hex.EncodeToString(sum[:])+"\n"), content...)
}

// sealed tells whether content is as seal has made it.
func sealed(content []byte) bool {
	first, rest, ok := bytes.Cut(content, []byte("\n"))
	if !ok {
		return false
	}
	sum := sha256.Sum256(rest)
	return string(first) == sealPrefix+hex.EncodeToString(sum[:])
}

// keepEdited copies a file that a person has edited, or written, aside and returns
// the copy's name; empty where there is nothing to keep.
func keepEdited(path string, now time.Time) (string, error) {
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case sealed(content):
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	kept := path + ".bak-" + now.UTC().Format("20060102T150405Z")
	_, err = writeFile(kept, content, info.Mode().Perm())
	return kept, err
}

// createFile writes a file that is not there yet, and leaves one alone that is.
func createFile(path, content string, mode fs.FileMode) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err := writeFile(path, []byte(content), mode)
	return err
}

// writable explains, before anything is written, why nothing can be.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return needsRoot(err)
	}
	probe, err := os.CreateTemp(dir, ".probe.*")
	if err != nil {
		return needsRoot(err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}

func needsRoot(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; run it as root", err)
	}
	return err
}

// below puts an absolute path under another root.
func below(root, path string) string {
	return filepath.Join(root, strings.TrimPrefix(path, "/"))
}
