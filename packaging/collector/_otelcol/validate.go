package main

import (
	"os"
	"path/filepath"
	"strings"
)

// The supervisor (v0.149.0) checks a configuration that it was given with
//
//	validate --config .../validate-config-123.yaml --config .../effective.yaml
//
// where the second is what runs, and the collector merges the two, what runs over what is
// new. A good configuration is then refused where the two do not fit together (a
// connector's pipeline, replaced by the old one, has lost it), and a bad one can pass. Only
// the first is to be checked.
//
// `make collector` compiles this file into the collector, beside what the builder writes.
func init() {
	os.Args = withoutRunning(os.Args)
}

// withoutRunning drops what runs from the supervisor's command line, and leaves every other one alone.
func withoutRunning(args []string) []string {
	const command, flag = 1, 2 // where they stand after the program's name
	asks := len(args) > flag+3 && args[command] == "validate" && args[flag] == "--config" && args[flag+2] == "--config" &&
		strings.HasPrefix(filepath.Base(args[flag+1]), "validate-config-") && filepath.Base(args[flag+3]) == "effective.yaml"
	if !asks {
		return args
	}
	return append(args[:flag+2:flag+2], args[flag+4:]...)
}
