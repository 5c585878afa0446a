package fleet_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

// names lists the names that a sequence of agents has, calling between after each.
func names(t *testing.T, w *world, q fleet.AgentQuery, between func(n int)) []string {
	t.Helper()
	all, err := w.AllAgents(q)
	if err != nil {
		t.Fatalf("AllAgents(%+v) = %v", q, err)
	}
	var out []string
	for v := range all {
		out = append(out, v.Agent.Name())
		if between != nil {
			between(len(out))
		}
	}
	return out
}

func TestAllAgentsAreThoseOfTheFilter(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		a := w.agent(i+1, websocket())
		a.start()
		if i == 1 {
			a.say(&fleet.Report{Health: &fleet.Health{}})
		}
	}
	for name, tc := range map[string]struct {
		q    fleet.AgentQuery
		want []string
	}{
		"all":     {fleet.AgentQuery{}, []string{"host-1", "host-2", "host-3"}},
		"turned":  {fleet.AgentQuery{Page: fleet.Page{OrderBy: "name desc"}}, []string{"host-3", "host-2", "host-1"}},
		"by name": {fleet.AgentQuery{Page: fleet.Page{OrderBy: "name", Size: 1, Token: "ignored"}}, []string{"host-1", "host-2", "host-3"}},
		"some":    {fleet.AgentQuery{Statuses: []fleet.AgentStatus{fleet.StatusUnhealthy}}, []string{"host-2"}},
		"none":    {fleet.AgentQuery{Text: "nobody"}, nil},
	} {
		if got := names(t, w, tc.q, nil); !slices.Equal(got, tc.want) {
			t.Errorf("AllAgents(%s) = %q, want %q", name, got, tc.want)
		}
	}
	for name, q := range map[string]fleet.AgentQuery{"selector": {Selector: "a=b=c"}, "order": {Page: fleet.Page{OrderBy: "colour"}}} {
		if _, err := w.AllAgents(q); fleet.KindOf(err) != fleet.Invalid {
			t.Errorf("AllAgents(bad %s) = %v, want it refused", name, err)
		}
	}
}

// The consumer may take its time: what happens meanwhile is seen, and waits for nothing.
func TestAllAgentsWhileTheFleetChanges(t *testing.T) {
	w := newWorld(t)
	var agents []*agent
	for i := range 600 {
		a := w.agent(i+1, websocket())
		a.start()
		agents = append(agents, a)
	}
	last := agents[599]
	w.Disconnected(last.link, last.uid)
	all, err := w.AllAgents(fleet.AgentQuery{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for v := range all {
		if seen++; seen == 1 {
			if err := w.ForgetAgent(t.Context(), last.uid.String(), fleet.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
			agents[598].say(&fleet.Report{Health: &fleet.Health{}})
			w.agent(1000, websocket()).start()
		}
		if v.Agent.UID == last.uid {
			t.Error("an agent that has been forgotten is shown")
		}
		if v.Agent.UID == agents[598].uid && v.Status != fleet.StatusUnhealthy {
			t.Errorf("an agent that has become unhealthy is shown as %s", v.Status)
		}
	}
	if seen != 599 {
		t.Errorf("AllAgents() = %d agents, want those 599 that were there throughout", seen)
	}
}

func TestFleetComponents(t *testing.T) {
	w := newWorld(t)
	if got, err := w.FleetComponents(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("FleetComponents() of nobody = %v, %v; want none", got, err)
	}
	on := func(n int, hash string, c fleet.Components) {
		a := w.agent(n, websocket())
		a.start()
		a.say(&fleet.Report{ComponentsHash: fleet.ConfigHash(hash), Components: c})
	}
	on(1, "\x01", fleet.Components{"receivers": {"otlp", "hostmetrics"}, "exporters": {"debug"}})
	w.saved()
	on(2, "\x01", fleet.Components{"receivers": {"otlp", "hostmetrics"}, "exporters": {"debug"}})
	on(3, "\x02", fleet.Components{"receivers": {"otlp", "filelog"}, "connectors": {"count"}})
	want := fleet.Components{"receivers": {"filelog", "hostmetrics", "otlp"}, "exporters": {"debug"}, "connectors": {"count"}}
	for _, when := range []string{"while some are not stored", "when all are stored"} {
		if got, err := w.FleetComponents(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("FleetComponents() %s = %v, %v; want %v", when, got, err, want)
		}
		w.saved()
	}
}
