//go:build !unix

package app

// openFilesWarning has nothing to say where there is no such limit.
func openFilesWarning(int) []string { return nil }
