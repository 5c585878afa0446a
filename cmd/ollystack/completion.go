package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
)

// shellScripts write the completion of each shell, as Cobra makes it.
var shellScripts = map[string]func(*cobra.Command, io.Writer) error{
	"bash": func(root *cobra.Command, out io.Writer) error { return root.GenBashCompletionV2(out, true) },
	"zsh":  func(root *cobra.Command, out io.Writer) error { return root.GenZshCompletion(out) },
	"fish": func(root *cobra.Command, out io.Writer) error { return root.GenFishCompletion(out, true) },
}

// shellMends are what selectors need and Cobra's scripts lack: words with "=", "!" and "," in them. e2e/shells types them.
var shellMends = map[string][]struct{ of, to string }{
	"bash": {
		// What stands before the sign is taken off a word that was escaped, too.
		{
			`            COMPREPLY[idx]=${COMPREPLY[idx]#"$word"}` + "\n",
			`            COMPREPLY[idx]=${COMPREPLY[idx]#"$word"}` + "\n" +
				`            COMPREPLY[idx]=${COMPREPLY[idx]#"$(printf '%q' "$word")"}` + "\n",
		},
		// A comma is nothing that has to be escaped: braces are.
		{
			`            COMPREPLY[0]=$(printf "%q" "${COMPREPLY[0]}")` + "\n",
			`            COMPREPLY[0]=$(printf "%q" "${COMPREPLY[0]}")` + "\n" +
				`            COMPREPLY[0]=${COMPREPLY[0]//\\,/,}` + "\n",
		},
	},
	// A flag is what begins with a dash, and it ends with the first sign.
	"zsh": {{`=~ '-.*=' ]]`, `=~ '^-[^=]*=' ]]`}},
	"fish": {
		{`(string match -r -- '-.*=' "$lastArg")`, `(string match -r -- '^-[^=]*=' "$lastArg")`}, // as in zsh
		// A word that begins with a dash is no option of string.
		{`(string split --max 1 \t $__ollystack_comp_results[1])`, `(string split --max 1 -- \t $__ollystack_comp_results[1])`},
	},
}

func newCompletion(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print the completion for a shell",
		Long: `Print the completion for a shell. The packages install it; elsewhere it is read
where the shell starts.`,
		Example: `  source <(ollystack completion bash)
  source <(ollystack completion zsh)
  ollystack completion fish | source`,
		ValidArgsFunction: cli.At(0, cli.OneOf("bash", "zsh", "fish")),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || shellScripts[args[0]] == nil {
				return cli.Usagef("for which shell? bash, zsh or fish")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			script, err := shellScript(cmd.Root(), args[0])
			if err != nil {
				return err
			}
			_, err = io.WriteString(s.Stdout, script)
			return err
		},
	}
}

// shellScript is the completion of a shell. A mend that has nothing to mend is an error: Cobra has changed its script.
func shellScript(root *cobra.Command, shell string) (string, error) {
	var text bytes.Buffer
	if err := shellScripts[shell](root, &text); err != nil {
		return "", err
	}
	script := text.String()
	for _, mend := range shellMends[shell] {
		if !strings.Contains(script, mend.of) {
			return "", fmt.Errorf("the completion for %s has no %q", shell, mend.of)
		}
		script = strings.ReplaceAll(script, mend.of, mend.to)
	}
	return script, nil
}
