//go:build !unix || solaris || illumos || netbsd || openbsd

package bolt

import "errors"

func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
