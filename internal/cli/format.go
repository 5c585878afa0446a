package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Formats.
const (
	FormatTable = "table"
	FormatWide  = "wide"
	FormatJSON  = "json"
	FormatYAML  = "yaml"
	FormatName  = "name"
	FormatText  = "text"
	FormatCSV   = "csv"
)

// ListFormats are those of a command that shows resources.
var ListFormats = []string{FormatTable, FormatWide, FormatJSON, FormatYAML, FormatName}

// Format is the value of --output.
type Format struct {
	value   string
	allowed []string
}

// Register adds --output to cmd; the first of the formats is the default.
func (f *Format) Register(cmd *cobra.Command, formats ...string) {
	f.value, f.allowed = formats[0], formats
	cmd.Flags().VarP(f, "output", "o", "`FORMAT`: "+f.choices())
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)) // fails for a flag that is not there
}

func (f *Format) choices() string {
	last := len(f.allowed) - 1
	return strings.Join(f.allowed[:last], ", ") + " or " + f.allowed[last]
}

// Set implements pflag.Value.
func (f *Format) Set(text string) error {
	if !slices.Contains(f.allowed, text) {
		return fmt.Errorf("must be %s", f.choices())
	}
	f.value = text
	return nil
}

// String implements pflag.Value.
func (f *Format) String() string { return f.value }

// Type implements pflag.Value.
func (*Format) Type() string { return "format" }

// Is reports whether it is that one.
func (f *Format) Is(format string) bool { return f.value == format }
