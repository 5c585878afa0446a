package agentcmd

import (
	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// Statuses of an agent, and of its configuration.
var (
	statuses       = []string{"healthy", "unhealthy", "disconnected", "unknown"}
	configStatuses = []string{"unassigned", "unsupported", "pending", "applying", "applied", "failed"}
)

const selectorHelp = "`SELECTOR` over labels and attributes, as Kubernetes has them: env=production,service.name in (otelcol,edge),!canary"

// filter is the flags that say which agents.
type filter struct {
	client.AgentFilter

	connected, disconnected bool
}

func (f *filter) register(g *group, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.Selector, "selector", "l", "", selectorHelp)
	flags.StringSliceVar(&f.Status, "status", nil, "only agents of this `STATUS`, or of several: healthy, unhealthy, disconnected, unknown")
	flags.StringVarP(&f.Query, "query", "q", "", "only agents with this `TEXT` in name, id, type, version or host name, in any case")
	flags.StringVar(&f.Config, "config", "", "only agents that this configuration is meant for, by its `NAME` or id")
	flags.StringSliceVar(&f.ConfigStatus, "config-status", nil, "only agents whose configuration has this `STATUS`, or one of several: unassigned, unsupported, pending, applying, applied, failed")
	flags.StringVar(&f.OrderBy, "order-by", "", "order by this `FIELD`, such as status or last_seen_at; \"FIELD desc\" is the other way round; by default by name")
	flags.BoolVar(&f.connected, "connected", false, "only agents that are connected")
	flags.BoolVar(&f.disconnected, "disconnected", false, "only agents that are not connected")
	cmd.MarkFlagsMutuallyExclusive("connected", "disconnected")
	cli.CompleteFlag(cmd, "selector", g.conn.AgentSelector(g.World))
	cli.CompleteFlag(cmd, "status", cli.OneOf(statuses...))
	cli.CompleteFlag(cmd, "config-status", cli.OneOf(configStatuses...))
	cli.CompleteFlag(cmd, "config", g.conn.Configs(g.World))
}

// any reports whether there is a filter at all.
func (f *filter) any() bool {
	return len(f.Status)+len(f.ConfigStatus) > 0 || f.Selector != "" || f.Query != "" || f.Config != "" || f.connected || f.disconnected
}

// value is the filter as the API takes it.
func (f *filter) value() client.AgentFilter {
	out := f.AgentFilter
	if f.connected || f.disconnected {
		out.Connected = &f.connected
	}
	return out
}
