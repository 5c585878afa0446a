// Package applycmd is `ollystack apply` and `ollystack export`: configurations as files
// declare them, and files as a server has them. What files say is internal/declared's.
package applycmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/internal/declared"
)

// apply is a run of the command.
type apply struct {
	w          cli.World
	connection cli.Connection
	output     cli.Format
	file, set  string
	prune      bool
	adopt      bool
	detach     bool
	dryRun     bool
	yes        bool
	confirm    int
}

// NewApply makes the command.
func NewApply(w cli.World) *cobra.Command {
	a := &apply{w: w}
	cmd := &cobra.Command{
		Use:   "apply -f FILE|FOLDER",
		Short: "Make configurations what files declare",
		Long: `Make a server's configurations what a file or a folder declares, as a Git
repository would hold it: NAME.yaml is the body of a configuration, and
NAME.meta.yaml next to it says its description, selector, priority and labels.
docs/gitops.md has the form, and how to keep a repository of it.

Everything is checked before anything is written; then the plan is shown, as a
diff, and what differs is written, nothing else. What is new comes first and what
goes comes last, so that no agent is without its configuration in between. The
first refusal stops it; run it again when its cause is gone. On a terminal it asks
before it writes; elsewhere it does not.

Exit codes: 0 everything is as declared, or with --dry-run could be made so. 4 a
file or a configuration has errors, and nothing was written. 5 the guard, the
present state or another set forbids it. Others are as everywhere.`,
		Example: `  ollystack apply -f configurations --dry-run
  ollystack apply -f configurations --prune --set production
  ollystack apply -f edge.yaml --yes`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&a.file, "file", "f", "", "`FILE` or folder that declares configurations")
	flags.BoolVar(&a.prune, "prune", false, "delete what apply has made of this set of files and no file declares any more")
	flags.BoolVar(&a.dryRun, "dry-run", false, "check and show the plan, and write nothing")
	flags.StringVar(&a.set, "set", "", "`NAME` of this set of files, where a server has several, each from a repository of its own")
	flags.BoolVar(&a.adopt, "adopt", false, "from now on, what the files declare belongs to this set, also what another set or a person has made")
	flags.BoolVar(&a.detach, "detach", false, "with --prune, delete also what agents have: they get what another selector has for them, or keep running what they have")
	flags.BoolVarP(&a.yes, "yes", "y", false, "do not ask")
	flags.IntVar(&a.confirm, "confirm-agents", 0, "reach up to `N` connected agents at once, where that is more than the server's guard allows")
	a.output.Register(cmd, cli.FormatText, cli.FormatJSON, cli.FormatYAML, cli.FormatName)
	a.connection.Register(flags)
	return cmd
}

func (a *apply) run(ctx context.Context) error {
	set, err := a.checkFlags()
	if err != nil {
		return err
	}
	configs, err := readFiles(a.file)
	if err != nil {
		return err
	}
	server, err := a.connection.Open(a.w)
	if err != nil {
		return err
	}
	p, err := makePlan(ctx, a.w, server, configs, declared.Options{Set: set, Prune: a.prune, Adopt: a.adopt})
	if err != nil {
		return err
	}
	err = a.carryOut(ctx, server, p)
	if !a.output.Is(cli.FormatText) {
		view := cli.View{Value: p.shown(a.dryRun), Names: p.names()}
		err = errors.Join(err, cli.Print(a.w, a.output, view))
	}
	return err
}

func (a *apply) checkFlags() (set string, err error) {
	switch {
	case a.file == "":
		return "", cli.Usagef("what is to be applied? Say so with -f FILE or -f FOLDER")
	case a.file == "-":
		return "", cli.Usagef("apply reads no standard input: a configuration is called after its file. `ollystack configs edit NAME -f -` takes one from there")
	case a.prune && !isFolder(a.file):
		return "", cli.Usagef("--prune needs a folder: after one file alone it would delete what all others declare")
	case a.detach && !a.prune:
		return "", cli.Usagef("--detach is for what --prune deletes")
	case a.confirm < 0:
		return "", cli.Usagef("--confirm-agents is a number of agents")
	}
	if set, err = declared.SetLabel(a.set); err != nil {
		return "", cli.UsageError(fmt.Errorf("--set: %w", err))
	}
	return set, nil
}

// readFiles reads what is declared, which must be something: a folder that was moved
// or a checkout that failed is not the wish to have nothing.
func readFiles(path string) ([]declared.Config, error) {
	configs, err := declared.Read(path)
	switch faults, ok := errors.AsType[declared.Faults](err); {
	case ok:
		return nil, &cli.Error{Code: cli.ExitRefused, Err: fmt.Errorf("nothing was written, because of %s in the files:\n%w", cli.Count(len(faults), "fault"), faults)}
	case err != nil:
		return nil, err
	case len(configs) == 0:
		return nil, cli.WithHint(fmt.Errorf("%s declares no configuration, so nothing was done", path),
			"A configuration is a file NAME.yaml. What is not wanted any more can be deleted with: ollystack configs delete NAME")
	}
	return configs, nil
}

// carryOut shows a plan, and does it.
func (a *apply) carryOut(ctx context.Context, server *client.Client, p *plan) error {
	lines, errorCount := p.findings()
	if len(lines) > 0 {
		fmt.Fprintln(a.w.Stderr, strings.Join(lines, "\n"))
	}
	if errorCount > 0 {
		return &cli.Error{Code: cli.ExitRefused, Err: fmt.Errorf("nothing was written, because of %s in the configurations", cli.Count(errorCount, "error"))}
	}
	text := a.output.Is(cli.FormatText)
	if text {
		p.show(a.w)
	}
	if n := p.count(declared.Refused); n > 0 {
		return &cli.Error{Code: cli.ExitConflict, Err: cli.WithHint(
			fmt.Errorf("nothing was written, because %s cannot be made as declared", cli.Count(n, "configuration")),
			"--set NAME says which set of files this is; --adopt makes what they declare its own.")}
	}
	if p.changes() == 0 || a.dryRun {
		a.announce(p)
		return nil
	}
	confirm, err := a.allowed(ctx, p)
	if err != nil {
		return err
	}
	return a.write(ctx, server, p, confirm)
}

// announce says of a dry run what would be asked for.
func (a *apply) announce(p *plan) {
	if s := p.unconfirmed(a.confirm); s != nil {
		fmt.Fprintf(a.w.Stderr, "To do this, say --confirm-agents %d: %s reaches that many agents at once.\n", s.preview.Reached, s.Name)
	}
}

// allowed asks where somebody can be asked, and returns how many agents a write may reach.
func (a *apply) allowed(ctx context.Context, p *plan) (confirm int, err error) {
	s := p.unconfirmed(a.confirm)
	ask := !a.yes && a.w.CanAsk()
	question := fmt.Sprintf("Make %s?", cli.Count(p.changes(), "change"))
	switch {
	case s != nil && !ask:
		return 0, &cli.Error{Code: cli.ExitConflict, Err: cli.WithHint(
			fmt.Errorf("nothing was written, because %s would reach %d connected agents at once", s.Name, s.preview.Reached),
			"If that is meant: --confirm-agents %d", s.preview.Reached)}
	case !ask:
		return a.confirm, nil
	case s != nil:
		confirm = s.preview.Reached
		question = fmt.Sprintf("%s reaches %d connected agents at once. %s", s.Name, confirm, question)
	}
	return max(confirm, a.confirm), a.w.Confirm(ctx, false, question)
}

// write makes the changes one by one; the first that is refused ends it.
func (a *apply) write(ctx context.Context, server *client.Client, p *plan, confirm int) error {
	done, total := 0, p.changes()
	progress := cli.NewProgress(a.w, "writing", total)
	defer progress.End()
	for _, s := range p.steps {
		if s.Action == declared.Unchanged {
			continue
		}
		if err := s.write(ctx, server, client.WriteOptions{IfMatch: s.etag, Confirm: confirm}, a.detach); err != nil {
			progress.End()
			p.tellDone(a.w)
			return fmt.Errorf("%s %s, after %d of %s: %w", s.Action, s.Name, done, cli.Count(total, "change"), err)
		}
		s.done = true
		done++
		progress.Step()
	}
	progress.End()
	if a.output.Is(cli.FormatText) {
		fmt.Fprintf(a.w.Stdout, "%s made\n", cli.Count(done, "change"))
	}
	return nil
}

// mostTold bounds how many changes are told one by one.
const mostTold = 20

// tellDone says which changes were made before one that was not.
func (p *plan) tellDone(w cli.World) {
	var made []string
	for _, s := range p.steps {
		if s.done {
			made = append(made, cli.Plain(fmt.Sprintf("%s %s", s.Action, s.Name)))
		}
	}
	if len(made) == 0 {
		return
	}
	more := ""
	if n := len(made) - mostTold; n > 0 {
		made, more = made[:mostTold], fmt.Sprintf(" and %d more", n)
	}
	fmt.Fprintf(w.Stderr, "Made before it, and not taken back: %s%s\n", strings.Join(made, ", "), more)
}

func (s *step) write(ctx context.Context, server *client.Client, o client.WriteOptions, detach bool) (err error) {
	switch s.Action {
	case declared.Create:
		s.result, err = server.CreateConfig(ctx, spec(&s.Change), o)
	case declared.Update:
		s.result, err = server.ReplaceConfig(ctx, s.Have.ID, spec(&s.Change), o)
	case declared.Delete:
		err = server.DeleteConfig(ctx, s.Have.ID, detach, o)
		if client.KindOf(err) == client.NotFound { // somebody was faster
			err = nil
		}
	}
	return err
}
