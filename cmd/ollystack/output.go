package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// outputFormat is the value of --output.
type outputFormat string

const (
	outputText outputFormat = "text"
	outputJSON outputFormat = "json"
)

// register adds --output to cmd; f holds the default.
func (f *outputFormat) register(cmd *cobra.Command) {
	cmd.Flags().VarP(f, "output", "o", "text or json")
}

// Set implements pflag.Value.
func (f *outputFormat) Set(text string) error {
	switch v := outputFormat(text); v {
	case outputText, outputJSON:
		*f = v
		return nil
	}
	return fmt.Errorf("must be %s or %s", outputText, outputJSON)
}

// String implements pflag.Value.
func (f *outputFormat) String() string { return string(*f) }

// Type implements pflag.Value.
func (*outputFormat) Type() string { return "format" }
