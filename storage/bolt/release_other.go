//go:build !linux

package bolt

func (*Store) touch(int) {}

// release does nothing: only Linux is known to keep what it drops.
func (*Store) release(int64) {}
