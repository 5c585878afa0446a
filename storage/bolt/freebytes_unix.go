//go:build unix && !solaris && !illumos && !netbsd && !openbsd

package bolt

import "syscall"

// freeBytes is what an unprivileged process may still write on dir's filesystem.
func freeBytes(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	//nolint:unconvert // The types differ between systems.
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}
