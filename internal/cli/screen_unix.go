//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// size is that of the terminal that f is, in columns and rows; ok reports whether it is one.
func size(f *os.File) (width, height int, ok bool) {
	found, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0, false
	}
	return int(found.Col), int(found.Row), true
}
