//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// isJournal reports whether what is written to w is read by systemd's journal,
// which says in JOURNAL_STREAM what its stream is (systemd.exec(5)).
func isJournal(s surroundings, w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Env("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}
