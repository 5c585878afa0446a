package bolt

import (
	"os"
	"syscall"
)

// releaseAfter is how many bytes of records are read and written before the
// pages of the file are let go.
const releaseAfter = 64 << 10

// touch notes that n bytes of the mapped file were looked at.
func (s *Store) touch(n int) { s.touched.Add(int64(n)) }

// release takes the first size bytes of the mapped file out of the process: they
// stay in the system's cache, and what is needed comes back for a microsecond
// per 64 KiB. Otherwise all that was ever touched would count as memory of the
// process. The caller holds the writer's token, so that bbolt does not map the
// file anew meanwhile, and size is one that bbolt has used: all of it is mapped.
func (s *Store) release(size int64) {
	if s.touched.Load() < releaseAfter {
		return
	}
	s.touched.Store(0)
	size -= size % int64(os.Getpagesize())
	// It is advice: an error changes nothing.
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, s.db.Info().Data, uintptr(size), syscall.MADV_DONTNEED)
}
