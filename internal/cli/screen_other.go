//go:build !unix

package cli

import "os"

// size knows no terminals here.
func size(*os.File) (width, height int, ok bool) { return 0, 0, false }
