package configcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

func (g *group) edit() *cobra.Command {
	var s spec
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change a configuration: its body in an editor or from a file, or what is said of it",
		Long: `Change a configuration. Without flags its body is opened in the editor that VISUAL
or EDITOR names (else vi), and stored when the editor ends. Where it is refused,
or somebody else was quicker, the text is kept in a file that is named.

With flags nothing is opened: -f takes the body from a file, the others change what
is said of the configuration, and what they do not name stays as it is.`,
		Example: `  ollystack configs edit production
  ollystack configs edit production -f production.yaml
  ollystack configs edit production --priority 20 --label team=platform --label old-`,
		Args:              cli.Exactly(1, oneConfig),
		ValidArgsFunction: cli.At(0, g.conn.Configs(g.World)),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			now, err := server.Config(cmd.Context(), args[0])
			if err != nil {
				return hint(err)
			}
			flags := cmd.Flags()
			e := editing{group: g, server: server, now: now, confirm: s.confirm, dryRun: dryRun}
			e.next = now.ConfigSpec
			if err := s.into(cmd, &e.next); err != nil {
				return err
			}
			if flags.Changed("file") {
				if e.next.Config, err = g.body(s.file); err != nil {
					return err
				}
				return e.store(cmd.Context())
			}
			for _, name := range []string{"selector", "priority", "label", "description", "rename"} {
				if flags.Changed(name) {
					return e.store(cmd.Context())
				}
			}
			return e.inEditor(cmd.Context())
		},
	}
	s.register(g, cmd)
	cmd.Flags().StringVar(&s.rename, "rename", "", "give it this `NAME`")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say which agents would get it and which would lose what, and change nothing")
	return cmd
}

// editing is a change of one configuration.
type editing struct {
	*group

	server  *client.Client
	now     client.Config // as it was read
	next    client.ConfigSpec
	confirm int
	dryRun  bool
}

// store writes the configuration, if it is still what was read.
func (e *editing) store(ctx context.Context) error {
	if e.dryRun {
		return e.preview(ctx, e.server, e.now.ID, e.next)
	}
	if e.next.Same(e.now.ConfigSpec) {
		fmt.Fprintf(e.Stdout, "%s: nothing has changed\n", e.now.Name)
		return nil
	}
	c, err := e.server.ReplaceConfig(ctx, e.now.ID, e.next, client.WriteOptions{IfMatch: e.now.ETag, Confirm: e.confirm})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("version %d", c.Version)
	if c.Version == e.now.Version {
		what = fmt.Sprintf("changed, still version %d", c.Version)
	}
	fmt.Fprintf(e.Stdout, "%s: %s, meant for %s\n", c.Name, what, cli.Count(c.Agents.Total, "agent"))
	return nil
}

// inEditor has a person change the body, until it is taken or the person has enough. What was written is
// never lost: unless it was stored, it stays in a file.
func (e *editing) inEditor(ctx context.Context) error {
	file, err := e.write()
	if err != nil {
		return err
	}
	for {
		if err := e.openEditor(ctx, file); err != nil {
			return e.kept(file, err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if string(text) == e.now.Config {
			fmt.Fprintf(e.Stdout, "%s: nothing has changed\n", e.now.Name)
			return os.Remove(file)
		}
		if err := e.take(ctx, file, text); err != nil {
			if cli.ExitCode(err) == cli.ExitRefused && e.again(ctx, err) {
				continue
			}
			return e.kept(file, err)
		}
		if e.dryRun {
			return e.kept(file, nil)
		}
		return os.Remove(file)
	}
}

// take stores what was written.
func (e *editing) take(ctx context.Context, file string, text []byte) (err error) {
	if e.next.Config, err = sendable(file, text); err != nil {
		return err
	}
	return e.store(ctx)
}

// again asks whether to open the editor once more.
func (e *editing) again(ctx context.Context, err error) bool {
	if !e.CanAsk() {
		return false
	}
	fmt.Fprintln(e.Stderr, cli.Message(err))
	return e.Confirm(ctx, false, "Edit it again?") == nil
}

// write leaves the body in a file, for its owner alone.
func (e *editing) write() (string, error) {
	f, err := os.CreateTemp(e.Env("TMPDIR"), "ollystack-"+e.now.Name+"-*.yaml") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(e.now.Config)
	return f.Name(), errors.Join(err, f.Close())
}

// kept says where the text is.
func (e *editing) kept(file string, err error) error {
	text, readErr := os.ReadFile(file)
	if readErr == nil && string(text) == e.now.Config {
		return errors.Join(err, os.Remove(file))
	}
	hint := fmt.Sprintf("Your text is kept in %s. To try it again: ollystack configs edit %s -f %s", file, e.now.Name, file)
	if err == nil {
		fmt.Fprintln(e.Stderr, hint)
		return nil
	}
	if more := cli.Hint(err); more != "" {
		hint = more + "\n" + hint
	}
	return cli.WithHint(err, "%s", hint)
}

func (e *editing) openEditor(ctx context.Context, file string) error {
	name := cmp.Or(e.Env("VISUAL"), e.Env("EDITOR"), "vi")
	words := strings.Fields(name) // as in EDITOR="code --wait"
	if len(words) == 0 {
		return cli.Usagef("EDITOR names no program")
	}
	// An interruption of the terminal is the editor's to deal with.
	editor := exec.CommandContext(context.WithoutCancel(ctx), words[0], append(words[1:], file)...)
	editor.Stdin, editor.Stdout, editor.Stderr, editor.Env = e.Stdin, e.Stdout, e.Stderr, e.Environ
	if err := editor.Run(); err != nil {
		err = fmt.Errorf("the editor %q: %w", name, err)
		return cli.WithHint(err, "Which editor is opened is said in VISUAL or EDITOR; -f FILE needs none.")
	}
	return nil
}
