package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/declared"
	"github.com/ollystack/control-plane/validate"
)

// standardInput is the argument that stands for it.
const standardInput = "-"

// checkedFile is one file and what there is to say about it.
type checkedFile struct {
	name     string
	findings []fleet.Finding
	err      error // it could not be read, or a server did not check it
}

func newValidate(s surroundings) *cobra.Command {
	var output cli.Format
	var remote cli.Connection
	cmd := &cobra.Command{
		Use:   "validate FILE|FOLDER...",
		Short: "Check collector configurations, with or without a server",
		Long: `Check collector configurations as the server does before it stores one. "-" is
standard input. References such as ${env:NAME} are not expanded, and nothing but
the files themselves is read. Of a folder, all that it declares is checked as apply
does it, with what is said of each configuration beside its body.

No server is asked, unless --server, --context or --local says which: then it
checks, with its version of the checks.

Exit code 0: no errors (there may be warnings). 1: errors. 2: a file could not be checked.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.UsageError(errors.New("which file is to be checked? Name at least one, or - for standard input"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var checked []checkedFile
			check, err := checker(cmd, s, remote)
			if err != nil {
				return err
			}
			for _, name := range args {
				if info, err := os.Stat(name); err == nil && info.IsDir() {
					checked = append(checked, checkFolder(check, name)...)
					continue
				}
				body, err := readConfig(name, s.Stdin)
				if err != nil {
					checked = append(checked, checkedFile{name: name, err: err})
					continue
				}
				findings, err := checkFile(check, body)
				checked = append(checked, checkedFile{name: name, findings: findings, err: err})
			}
			if output.Is(cli.FormatJSON) {
				if err := printFindingsJSON(s.Stdout, checked); err != nil {
					return &cli.Error{Code: cli.ExitUsage, Err: fmt.Errorf("print the findings: %w", err)}
				}
			} else {
				printFindings(s.Stdout, checked)
			}
			return verdict(checked)
		},
	}
	remote.Register(cmd.Flags())
	cli.CompleteFlag(cmd, "context", cli.CompleteContexts(s.World))
	output.Register(cmd, cli.FormatText, cli.FormatJSON)
	return cmd
}

// check finds what is wrong with a body. Errors: a server that was to do it did not.
type check func(body []byte) ([]fleet.Finding, error)

// checker is this program's own, or a server's where one is named.
func checker(cmd *cobra.Command, s surroundings, remote cli.Connection) (check, error) {
	named := func(name string) bool { return cmd.Flags().Changed(name) }
	if !slices.ContainsFunc([]string{"server", "context", "local"}, named) {
		own := validate.New()
		return func(body []byte) ([]fleet.Finding, error) { return own.Check(body), nil }, nil
	}
	server, err := remote.Open(s.World)
	return func(body []byte) ([]fleet.Finding, error) {
		if len(body) > validate.DefaultMaxBytes || !utf8.Valid(body) { // it would not arrive as it is
			return validate.New().Check(body), nil
		}
		found, err := server.ValidateConfig(cmd.Context(), string(body))
		findings := make([]fleet.Finding, len(found))
		for i, f := range found {
			findings[i] = fleet.Finding{Severity: fleet.Severity(f.Severity), Code: f.Code, Path: f.Path, Line: f.Line, Column: f.Column, Message: f.Message}
		}
		return findings, err
	}, err
}

// readConfig reads a file, or of one that is too long, enough for the checker to say so.
func readConfig(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != standardInput {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, 2*validate.DefaultMaxBytes))
}

// checkFile checks a file's body, which may stand after a front document.
func checkFile(check check, text []byte) ([]fleet.Finding, error) {
	front, ok := declared.SplitFront(text)
	if !ok || front.Line == 0 {
		return check(text)
	}
	findings, err := check(front.Body)
	return below(findings, front.Line), err
}

// below moves findings of a body to the line of the file at which it begins.
func below(findings []fleet.Finding, line int) []fleet.Finding {
	for i := range findings {
		if findings[i].Line > 0 {
			findings[i].Line += line - 1
		}
	}
	return findings
}

// checkFolder checks what a folder declares.
func checkFolder(check check, folder string) []checkedFile {
	configs, err := declared.Read(folder)
	if faults, ok := errors.AsType[declared.Faults](err); ok {
		var checked []checkedFile
		for _, f := range faults {
			finding := fleet.Finding{Severity: fleet.SeverityError, Code: "declaration", Line: f.Line, Message: f.Msg}
			checked = append(checked, checkedFile{name: f.File, findings: []fleet.Finding{finding}})
		}
		return checked
	}
	if err == nil && len(configs) == 0 {
		err = fmt.Errorf("%s declares no configuration: one is a file NAME.yaml", folder)
	}
	if err != nil {
		return []checkedFile{{name: folder, err: err}}
	}
	checked := make([]checkedFile, len(configs))
	for i, c := range configs {
		findings, err := check([]byte(c.Body))
		checked[i] = checkedFile{name: c.File, findings: below(findings, c.Line), err: err}
	}
	return checked
}

// verdict returns the exit code as an error: what could not be checked counts more than what is wrong.
func verdict(checked []checkedFile) error {
	var unread error
	faulty := false
	for _, c := range checked {
		unread = errors.Join(unread, c.err)
		faulty = faulty || fleet.HasErrors(c.findings)
	}
	switch {
	case cli.ExitCode(unread) > cli.ExitUsage: // a server's
		return unread
	case unread != nil:
		return &cli.Error{Code: cli.ExitUsage, Err: unread}
	case faulty:
		return &cli.Error{Code: cli.ExitFailure}
	}
	return nil
}

func printFindings(w io.Writer, checked []checkedFile) {
	for _, c := range checked {
		if c.err != nil {
			continue // verdict tells
		}
		errs, warnings := 0, 0
		for _, f := range c.findings {
			if f.Severity == fleet.SeverityError {
				errs++
			} else {
				warnings++
			}
			at := ""
			if f.Path != "" {
				at = f.Path + ": "
			}
			fmt.Fprintln(w, cli.Plain(fmt.Sprintf("%s: %s: %s%s [%s]", place(c.name, f), f.Severity, at, f.Message, f.Code)))
		}
		if errs == 0 {
			fmt.Fprintf(w, "%s: ok%s\n", cli.Plain(c.name), counted(warnings, ", %d warning"))
		}
	}
}

// place is where a finding is, as far as that is known.
func place(file string, f fleet.Finding) string {
	switch {
	case f.Line == 0:
		return file
	case f.Column == 0:
		return fmt.Sprintf("%s:%d", file, f.Line)
	}
	return fmt.Sprintf("%s:%d:%d", file, f.Line, f.Column)
}

// counted fills a number into a text for one thing, and makes it plural; nothing for zero.
func counted(n int, format string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(format, n)
	}
	return fmt.Sprintf(format, n) + "s"
}

// fileFinding is a finding with its file, where there are several.
type fileFinding struct {
	File string `json:"file,omitempty"`
	fleet.Finding
}

func printFindingsJSON(w io.Writer, checked []checkedFile) error {
	report := struct {
		Findings []fileFinding `json:"findings"`
	}{[]fileFinding{}}
	for _, c := range checked {
		name := c.name
		if len(checked) == 1 {
			name = ""
		}
		for _, f := range c.findings {
			report.Findings = append(report.Findings, fileFinding{name, f})
		}
	}
	return cli.PrintJSON(w, report)
}
