package main

import (
	"os"
	"strings"
)

// The supervisor (v0.149.0) checks a configuration that it was given with
//
//	validate --config NEW --config RUNNING
//
// and the collector merges the two, what runs over what is new. A good configuration is then
// refused where the two do not fit together (a connector's pipeline, replaced by the
// old one, has lost it), and a bad one can pass. Only the first is to be checked.
//
// `make collector` compiles this file into the collector, beside what the builder writes.
func init() {
	os.Args = onlyFirstConfig(os.Args)
}

// onlyFirstConfig drops every --config after the first one from a command line of validate.
func onlyFirstConfig(args []string) []string {
	if len(args) < 2 || args[1] != "validate" {
		return args
	}
	kept := args[:2:2]
	seen := false
	for i := 2; i < len(args); i++ {
		words := 1
		if args[i] == "--config" && i+1 < len(args) {
			words = 2
		}
		if isConfig := words == 2 || strings.HasPrefix(args[i], "--config="); !isConfig || !seen {
			kept = append(kept, args[i:i+words]...)
			seen = seen || isConfig
		}
		i += words - 1
	}
	return kept
}
