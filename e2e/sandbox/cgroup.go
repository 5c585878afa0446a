//go:build linux

package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// cgroupParent is where this run's containers are counted, so that what an engine that was
// killed leaves there can be told from others'.
func cgroupParent(dir string) string { return "/" + filepath.Base(dir) }

// removeCgroups removes the groups of one parent, in every hierarchy, the innermost first.
func removeCgroups(parent string) error {
	var errs []error
	roots, err := filepath.Glob("/sys/fs/cgroup/*" + parent)
	if err != nil {
		return err
	}
	for _, root := range append(roots, "/sys/fs/cgroup"+parent) {
		var groups []string
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				groups = append(groups, path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, group := range slices.Backward(groups) {
			errs = append(errs, os.Remove(group))
		}
	}
	return errors.Join(errs...)
}
