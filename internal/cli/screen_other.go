//go:build !unix

package cli

import "os"

// columns knows no terminals here.
func columns(*os.File) (width int, ok bool) { return 0, false }
