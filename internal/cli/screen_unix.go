//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// columns is the width of the terminal that f is; ok reports whether it is one.
func columns(f *os.File) (width int, ok bool) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return int(size.Col), true
}
