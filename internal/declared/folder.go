package declared

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Written says of one file what Write did.
type Written struct {
	Path    string
	Changed bool // it was not there, or was another
}

// Write brings files into a folder, which is made where it is missing. A file that is
// there already and the same is not touched; another is replaced as a whole or not at all.
func Write(dir string, files []File) ([]Written, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	done := make([]Written, 0, len(files))
	for _, f := range files {
		old, err := root.ReadFile(f.Path)
		same := err == nil && bytes.Equal(old, f.Content)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return done, fmt.Errorf("look at what is there: %w", err)
		}
		if !same {
			if err := replace(root, f); err != nil {
				return done, fmt.Errorf("write %s: %w", f.Path, err)
			}
		}
		done = append(done, Written{f.Path, !same})
	}
	return done, nil
}

// replace writes beside the file, under a hidden name that Read passes over, and renames. Who may read the
// file stays as it is.
func replace(root *os.Root, f File) error {
	beside := path.Join(path.Dir(f.Path), "."+path.Base(f.Path)+"."+rand.Text())
	mode := fs.FileMode(0o644)
	old, missing := root.Stat(f.Path)
	if missing == nil {
		mode = old.Mode().Perm()
	}
	err := root.WriteFile(beside, f.Content, mode)
	if err == nil && missing == nil {
		err = root.Chmod(beside, mode) // the process may make its files narrower
	}
	if err == nil {
		err = root.Rename(beside, f.Path)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(root.Remove(beside)))
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
