package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/settings"
)

// newMan is for whoever makes packages. cobra has a generator of its own, which
// would add a converter of Markdown to what the product depends on.
func newMan(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of all commands, and of the settings file, into a directory",
		Long: `Write the manual pages into DIR/man1 and DIR/man5. They carry the date in
SOURCE_DATE_EPOCH, in seconds since 1970, where that is set, and else today's.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(errors.New("name one directory"))
			}
			return nil
		},
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			date := time.Now()
			if epoch := s.Env("SOURCE_DATE_EPOCH"); epoch != "" {
				seconds, err := strconv.ParseInt(epoch, 10, 64)
				if err != nil {
					return fmt.Errorf("read SOURCE_DATE_EPOCH: %w", err)
				}
				date = time.Unix(seconds, 0)
			}
			m := manual{dir: args[0], version: s.build.Version, date: date.UTC().Format(time.DateOnly)}
			if err := m.command(cmd.Root()); err != nil {
				return err
			}
			return m.settingsFile()
		},
	}
}

// manual is the set of pages.
type manual struct{ dir, version, date string }

// page is one page, in the language of man(7).
type page struct{ bytes.Buffer }

// line writes a line of a request or of text, which must be escaped.
func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// text writes what is meant for a terminal: paragraphs, and indented lines as they are.
func (p *page) text(text string) {
	verbatim := false
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		line = strings.TrimRight(line, "\n")
		indented := strings.HasPrefix(line, "  ")
		if indented != verbatim && line != "" {
			p.line("%s", map[bool]string{true: ".PP\n.RS 4\n.nf", false: ".fi\n.RE"}[indented])
			verbatim = indented
		}
		switch {
		case line != "":
			p.line("%s", roff(strings.TrimPrefix(line, "  ")))
		case verbatim:
			p.line("")
		default:
			p.line(".PP")
		}
	}
	if verbatim {
		p.line(".fi\n.RE")
	}
}

// roff escapes what the formatter would take for itself.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

func (m manual) start(name string, section int, short string) *page {
	p := &page{}
	p.line(`.TH "%s" "%d" "%s" "ollystack %s" "OllyStack Control Plane"`, roff(strings.ToUpper(name)), section, m.date, roff(m.version))
	p.line(".SH NAME\n%s \\- %s", roff(name), roff(short))
	return p
}

// write leaves the page at DIR/manN/NAME.N.
func (m manual) write(p *page, name string, section int) error {
	dir := filepath.Join(m.dir, fmt.Sprintf("man%d", section))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%d", name, section)), p.Bytes(), 0o644)
}

// manName is the name of a command's page: ollystack-token-create.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// command writes the page of a command and of those below it.
func (m manual) command(cmd *cobra.Command) error {
	name := manName(cmd)
	p := m.start(name, 1, cmd.Short)
	p.line(".SH SYNOPSIS\n.B %s", roff(strings.TrimSuffix(cmd.UseLine(), " [flags]")))
	if cmd.HasAvailableFlags() {
		p.line(".RI [ options ]")
	}
	p.line(".SH DESCRIPTION")
	p.text(cmp.Or(cmd.Long, cmd.Short+"."))
	p.flags("OPTIONS", cmd.NonInheritedFlags())
	p.flags("OPTIONS OF ALL ITS KIND", cmd.InheritedFlags())
	if cmd.Example != "" {
		p.line(".SH EXAMPLES")
		p.text(cmd.Example)
	}
	also := []string{`\fBollystack.yaml\fR(5)`}
	if parent := cmd.Parent(); parent != nil {
		also = append(also, `\fB`+roff(manName(parent))+`\fR(1)`)
	}
	for _, sub := range cmd.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		also = append(also, `\fB`+roff(manName(sub))+`\fR(1)`)
		if err := m.command(sub); err != nil {
			return err
		}
	}
	p.line(".SH SEE ALSO\n%s", strings.Join(also, ",\n"))
	return m.write(p, name, 1)
}

func (p *page) flags(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.line(".SH %s", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		short := ""
		if f.Shorthand != "" {
			short = `\fB\-` + f.Shorthand + `\fR, `
		}
		p.line(".TP\n%s\\fB\\-\\-%s\\fR \\fI%s\\fR", short, roff(f.Name), roff(kind))
		if !slices.Contains([]string{"", "false", "0", "[]"}, f.DefValue) {
			usage += " (default " + f.DefValue + ")"
		}
		p.line("%s", roff(usage))
	})
}

// settingsFile writes ollystack.yaml(5), from the same table as everything about settings.
func (m manual) settingsFile() error {
	p := m.start("ollystack.yaml", 5, "settings of the OllyStack Control Plane")
	p.line(".SH DESCRIPTION")
	p.text(fmt.Sprintf(`The settings file of ollystack serve, in YAML: %s, or the one that --config or OLLYSTACK_CONFIG names.
A setting with a dot in its name is written below its section, or with the dot.

  listen: 0.0.0.0:4320
  redis:
    url: redis://cache.example:6379/0

Each can also be a credential of systemd with the setting's name, an environment variable and a flag; the later of these wins. What is unknown or wrong
stops the start, with every fault listed. Paths are relative to the working directory.`, settings.DefaultFile))
	p.line(".SH SETTINGS")
	for _, k := range settings.Keys() {
		p.line(".TP\n\\fB%s\\fR (%s)", roff(k.Name), roff(k.Type))
		p.line("%s.", roff(k.Help))
		if k.Default != "" {
			p.line("Default: %s.", roff(k.Default))
		}
		p.line(".br\n%s, \\-\\-%s", roff(k.Env), roff(k.Flag))
	}
	p.line(".SH SEE ALSO\n\\fBollystack\\-serve\\fR(1)")
	return m.write(p, "ollystack.yaml", 5)
}
