package validate

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pipeline"
)

// connectorUse is where the pipelines use one connector.
type connectorUse struct {
	id          component.ID
	asExporter  []connectorEnd // it takes from these pipelines
	asReceiver  []connectorEnd // and gives to these
	fromSignals []pipeline.Signal
	toSignals   []pipeline.Signal
}

type connectorEnd struct {
	pipeline int // index in document.pipelines
	ref      reference
}

// carriesSameSignal reports whether connectors of a type pass each signal on as
// itself and never turn one into another. Of other types that is not known here.
func carriesSameSignal(t component.Type) bool {
	switch t.String() {
	case "forward", "routing", "failover", "roundrobin":
		return true
	}
	return false
}

// mayCarry reports whether the connector may turn one signal into the other.
func (u *connectorUse) mayCarry(from, to pipeline.Signal) bool {
	return from == to || !carriesSameSignal(u.id.Type())
}

// mustCarry reports whether it has to, since otherwise the collector would
// refuse the connector for a side without any counterpart.
func (u *connectorUse) mustCarry(from, to pipeline.Signal) bool {
	if carriesSameSignal(u.id.Type()) {
		return from == to
	}
	return len(u.fromSignals) == 1 || len(u.toSignals) == 1
}

// connectorUses gathers the uses of all defined connectors, in the order of their definitions.
func (c *checker) connectorUses() []*connectorUse {
	uses := make([]*connectorUse, 0, len(c.connectors.order))
	byID := make(map[component.ID]*connectorUse, len(c.connectors.order))
	for _, d := range c.connectors.order {
		u := &connectorUse{id: d.id}
		uses = append(uses, u)
		byID[d.id] = u
	}
	for i, p := range c.pipelines {
		for _, ref := range p.exporters.items {
			if u := byID[ref.id]; u != nil {
				u.asExporter = append(u.asExporter, connectorEnd{i, ref})
				if !slices.Contains(u.fromSignals, p.id.Signal()) {
					u.fromSignals = append(u.fromSignals, p.id.Signal())
				}
			}
		}
		for _, ref := range p.receivers.items {
			if u := byID[ref.id]; u != nil {
				u.asReceiver = append(u.asReceiver, connectorEnd{i, ref})
				if !slices.Contains(u.toSignals, p.id.Signal()) {
					u.toSignals = append(u.toSignals, p.id.Signal())
				}
			}
		}
	}
	return uses
}

// connectorSides refuses connectors that take from a pipeline and give to none,
// or the other way round. Source: service/internal/graph, createNodes.
func (c *checker) connectorSides() {
	if !c.pipelinesRead {
		return // the other side may be where we cannot look
	}
	for _, u := range c.connectorUses() {
		for _, from := range u.fromSignals {
			if !slices.ContainsFunc(u.toSignals, func(to pipeline.Signal) bool { return u.mayCarry(from, to) }) {
				c.oneSided("connector-without-receiver", u, u.asExporter, from, "exporter", "receiver")
			}
		}
		for _, to := range u.toSignals {
			if !slices.ContainsFunc(u.fromSignals, func(from pipeline.Signal) bool { return u.mayCarry(from, to) }) {
				c.oneSided("connector-without-exporter", u, u.asReceiver, to, "receiver", "exporter")
			}
		}
	}
}

func (c *checker) oneSided(code string, u *connectorUse, ends []connectorEnd, signal pipeline.Signal, used, missing string) {
	var names []string
	var first *reference
	for _, end := range ends {
		id := c.pipelines[end.pipeline].id
		if id.Signal() != signal {
			continue
		}
		if first == nil {
			first = &end.ref
		}
		names = append(names, id.String())
	}
	c.r.errorf(code, first.where, "The connector %s is %s of %s but %s of no pipeline that it could serve.",
		quote(u.id.String()), article(used), strings.Join(names, ", "), missing)
}
