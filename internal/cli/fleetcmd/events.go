package fleetcmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

var eventTypes = []string{
	client.EventAgentConnected, client.EventAgentDisconnected, client.EventAgentStatus, client.EventAgentConfig, client.EventAgentForgotten,
	client.EventConfigCreated, client.EventConfigUpdated, client.EventConfigDeleted, client.EventReset,
}

// NewEvents makes `ollystack events`.
func NewEvents(w cli.World) *cobra.Command {
	var conn cli.Connection
	var output cli.Format
	var types []string
	var last string
	var count int
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Print what happens in the fleet, as it happens",
		Long: `Print what happens in the fleet, as it happens, until it is interrupted. When the
server goes away it is waited for, and what has happened since is printed then,
as far as the server still knows it; "reset" says that it does not.`,
		Example: `  ollystack events
  ollystack events --type agent.disconnected,agent.config
  ollystack events -o json | jq -r .agent.name`,
		Args: func(cmd *cobra.Command, args []string) error {
			for _, t := range types {
				if !slices.Contains(eventTypes, t) {
					return cli.Usagef("there are no events %q; there are %s", t, strings.Join(eventTypes, ", "))
				}
			}
			return cli.NoArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := conn.Open(w)
			if err != nil {
				return err
			}
			printed := 0
			return cli.Follow(cmd.Context(), w, server, last, nil, func(e client.Event) error {
				if len(types) > 0 && !slices.Contains(types, e.Type) {
					return nil
				}
				if err := printEvent(w, output, e); err != nil {
					return err
				}
				if printed++; printed == count {
					return cli.ErrEnough
				}
				return nil
			})
		},
	}
	conn.Register(cmd.Flags())
	cli.CompleteFlag(cmd, "context", cli.CompleteContexts(w))
	cmd.Flags().StringSliceVar(&types, "type", nil, "only events of this `TYPE`, or of several: "+strings.Join(eventTypes, ", "))
	cli.CompleteFlag(cmd, "type", cli.OneOf(eventTypes...))
	cmd.Flags().StringVar(&last, "since", "", "begin after the event with this `ID`, which -o json shows")
	cmd.Flags().IntVar(&count, "count", 0, "end after `N` events; 0 goes on")
	output.Register(cmd, cli.FormatText, cli.FormatJSON)
	return cmd
}

// identified is an event with its id, as JSON has it here.
type identified struct {
	ID     string     `json:"id"`
	Type   string     `json:"type"`
	At     string     `json:"at"`
	Agent  client.Raw `json:"agent,omitempty"`
	Config client.Raw `json:"config,omitempty"`
}

func printEvent(w cli.World, output cli.Format, e client.Event) error {
	if output.Is(cli.FormatJSON) {
		line := identified{ID: e.ID, Type: e.Type, At: e.At.UTC().Format("2006-01-02T15:04:05.999999999Z07:00")}
		if e.Agent != nil {
			line.Agent = e.Agent.Raw
		}
		if e.Config != nil {
			line.Config = e.Config.Raw
		}
		return cli.PrintLine(w.Stdout, line)
	}
	_, err := fmt.Fprintf(w.Stdout, "%s  %-18s  %s\n", cli.Time(e.At), e.Type, said(w.Screen, e))
	return err
}

// said is an event in words.
func said(screen cli.Screen, e client.Event) string {
	paint := func(status string) string { return screen.Paint(cli.StatusColour(status), status) }
	switch {
	case e.Agent != nil && e.Type == client.EventAgentConfig:
		s := e.Agent.Config
		text := fmt.Sprintf("%s: %s", cli.Plain(e.Agent.Name), paint(s.Status))
		if s.Name != "" {
			text = fmt.Sprintf("%s: %s v%d %s", cli.Plain(e.Agent.Name), cli.Plain(s.Name), s.Version, paint(s.Status))
		}
		if s.Error != "" {
			text += ": " + cli.Plain(s.Error)
		}
		return text
	case e.Agent != nil && e.Type == client.EventAgentForgotten:
		return cli.Plain(e.Agent.Name)
	case e.Agent != nil:
		text := fmt.Sprintf("%s: %s", cli.Plain(e.Agent.Name), paint(e.Agent.Status))
		if e.Agent.Health != nil && e.Agent.Health.LastError != "" {
			text += ": " + cli.Plain(e.Agent.Health.LastError)
		}
		return text
	case e.Config != nil:
		return fmt.Sprintf("%s v%d", cli.Plain(e.Config.Name), e.Config.Version)
	case e.Type == client.EventReset:
		return "what happened in between is not known any more"
	}
	return ""
}
