package opampsrv

import "github.com/ollystack/control-plane/fleet"

// httpLink stands for all of plain HTTP, where nothing can be told unasked: the agents poll.
type httpLink struct{ transport fleet.Transport }

var (
	_ fleet.Link = (*conn)(nil)
	_ fleet.Link = (*httpLink)(nil)
)

func (l *httpLink) Transport() fleet.Transport { return l.transport }

// Shared is always so.
func (l *httpLink) Shared() bool { return true }

// Wake does nothing: what is due is told with the next poll.
func (l *httpLink) Wake(fleet.InstanceUID) {}

// Probe finds nobody to ask.
func (l *httpLink) Probe(settled func(alive bool)) { go settled(false) }
