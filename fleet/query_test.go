package fleet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestPagesSurviveChanges(t *testing.T) {
	inWorld(t, "by id", func(t *testing.T, w *world) {
		var agents []*agent
		for i := range 50 {
			a := w.agent(2*i+2, websocket())
			a.start()
			agents = append(agents, a)
		}
		for _, orderBy := range []string{"id", "id desc", "first_seen_at", "name", "first_seen_at desc"} {
			seen := map[string]int{}
			q := fleet.AgentQuery{Page: fleet.Page{Size: 7, OrderBy: orderBy}}
			if filtered := len(orderBy)%2 == 0; filtered {
				q.Text = "HOST-"
			}
			for pages := 0; ; pages++ {
				p, err := w.Agents(q)
				if err != nil {
					t.Fatal(err)
				}
				if p.Total < 50 {
					t.Errorf("Total = %d, want 50 at least", p.Total)
				}
				for _, v := range p.Agents {
					seen[v.Agent.UID.String()]++
				}
				if q.Page.Token = p.Next; p.Next == "" {
					break
				}
				w.agent(2*pages+1001+len(orderBy)*100, websocket()).start()
			}
			for _, a := range agents {
				if n := seen[a.uid.String()]; n != 1 {
					t.Errorf("in order %q agent %v was listed %d times", orderBy, a.uid, n)
				}
			}
		}
		p, err := w.Agents(fleet.AgentQuery{Page: fleet.Page{Size: 7}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Agents(fleet.AgentQuery{Page: fleet.Page{Size: 7, OrderBy: "name", Token: p.Next}}); fleet.KindOf(err) != fleet.Invalid {
			t.Errorf("a token of another order: %v, want it refused", err)
		}
	})
}

func TestPagesHaveTheTotal(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		w.agent(i+1, websocket()).start()
	}
	for _, q := range []fleet.AgentQuery{{}, {Text: "host-1"}, {Text: "host-2"}, {Text: "nobody"}} {
		all, err := w.Agents(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, orderBy := range []string{"id", "id desc", "name"} {
			q.Page = fleet.Page{Size: 3, OrderBy: orderBy}
			seen := 0
			for more := true; more; more = q.Page.Token != "" {
				p, err := w.Agents(q)
				if err != nil || p.Total != all.Total {
					t.Fatalf("Agents(%q by %s) = %d in all, %v; want %d", q.Text, orderBy, p.Total, err, all.Total)
				}
				seen += len(p.Agents)
				q.Page.Token = p.Next
			}
			if seen != all.Total {
				t.Errorf("Agents(%q by %s) lists %d agents on all pages, want %d", q.Text, orderBy, seen, all.Total)
			}
		}
	}
}

func TestFilters(t *testing.T) {
	w := newWorld(t)
	a, b := w.agent(1, websocket()), w.agent(2, websocket())
	b.attributes["service.name"] = "edge"
	a.start()
	b.start()
	b.say(&fleet.Report{Health: &fleet.Health{}})
	w.Disconnected(a.link, a.uid)
	w.config("one", "v1", selecting("service.name=edge", 0))
	yes := true
	for name, tc := range map[string]struct {
		q    fleet.AgentQuery
		want int
	}{
		"none":           {fleet.AgentQuery{}, 2},
		"status":         {fleet.AgentQuery{Statuses: []fleet.AgentStatus{fleet.StatusUnhealthy}}, 1},
		"connected":      {fleet.AgentQuery{Connected: &yes}, 1},
		"selector":       {fleet.AgentQuery{Selector: "service.name in (edge, other)"}, 1},
		"not":            {fleet.AgentQuery{Selector: "!canary"}, 2},
		"text in name":   {fleet.AgentQuery{Text: "HOST-2"}, 1},
		"text in uid":    {fleet.AgentQuery{Text: a.uid.String()[30:]}, 1},
		"text, combined": {fleet.AgentQuery{Text: "host", Connected: &yes}, 1},
		"config":         {fleet.AgentQuery{Config: "one"}, 1},
		"no such config": {fleet.AgentQuery{Config: "two"}, 0},
		"config status":  {fleet.AgentQuery{ConfigStatuses: []fleet.DeliveryState{fleet.DeliveryPending}}, 1},
	} {
		p, err := w.Agents(tc.q)
		if err != nil || p.Total != tc.want || len(p.Agents) != tc.want {
			t.Errorf("Agents(%s) = %d of %d, %v; want %d", name, len(p.Agents), p.Total, err, tc.want)
		}
	}
	for name, q := range map[string]fleet.AgentQuery{
		"status": {Statuses: []fleet.AgentStatus{"sick"}}, "config status": {ConfigStatuses: []fleet.DeliveryState{"lost"}},
		"selector": {Selector: "a=b=c"}, "order": {Page: fleet.Page{OrderBy: "colour"}}, "size": {Page: fleet.Page{Size: 1001}},
		"token": {Page: fleet.Page{Token: "x"}},
	} {
		if _, err := w.Agents(q); fleet.KindOf(err) != fleet.Invalid {
			t.Errorf("Agents(bad %s) = %v, want it refused", name, err)
		}
	}
}

func TestReferences(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		a := w.agent(i+1, websocket())
		a.attributes["service.instance.id"] = fmt.Sprintf("instance-%d", i+1)
		if i > 0 {
			a.attributes["host.name"] = "shared-name"
		}
		a.start()
	}
	for ref, want := range map[string]fleet.Kind{
		uidOf(1).String(): 0, strings.ReplaceAll(uidOf(1).String(), "-", ""): 0, "instance-2": 0, "host-1": 0,
		"shared-name": fleet.Conflict, "nobody": fleet.NotFound, uidOf(9).String(): fleet.NotFound,
	} {
		_, err := w.Agent(t.Context(), ref)
		if want == 0 && err != nil || want != 0 && fleet.KindOf(err) != want {
			t.Errorf("Agent(%q) = %v, want %v", ref, err, want)
		}
	}
	_, err := w.Agent(t.Context(), "shared-name")
	if err == nil || !strings.Contains(err.Error(), uidOf(2).String()) || !strings.Contains(err.Error(), uidOf(3).String()) {
		t.Errorf("Agent(a name of two) = %v, want both named", err)
	}
}

func TestConfigAgentsAreThoseThatHoldItOrShould(t *testing.T) {
	w := newWorld(t)
	holds, should, other := w.agent(1, websocket()), w.agent(2, websocket()), w.agent(3, websocket())
	for _, a := range []*agent{holds, should, other} {
		a.start()
	}
	c := w.config("one", "v1")
	w.assign(holds, "one")
	holds.push()
	holds.report(c.Config.Hash, fleet.RemoteConfigApplied, "")
	if _, err := w.Unassign(t.Context(), holds.uid.String(), fleet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ReplaceConfig(t.Context(), "one", fleet.ConfigSpec{Body: []byte("v2")}, fleet.WriteOptions{}); err != nil {
		t.Fatalf("ReplaceConfig(without a name) = %v, want the name to stay", err)
	}
	w.assign(should, "one")
	w.saved()
	for _, m := range []*world{w, w.crash()} {
		p, err := m.ConfigAgents("one", fleet.Page{})
		if err != nil || p.Total != 2 || p.Agents[0].Agent.UID != holds.uid || p.Agents[1].Agent.UID != should.uid {
			t.Errorf("ConfigAgents() = %d agents, %v; want the one that holds it and the one that should", p.Total, err)
		}
	}
}

// TestLongSelectors: every agent is asked for every requirement while all others wait, so there are bounds.
func TestLongSelectors(t *testing.T) {
	w := newWorld(t)
	w.agent(1, websocket()).start()
	w.config("c", "1")
	most := "env" + strings.Repeat(",env", 63)
	if p, err := w.Agents(fleet.AgentQuery{Selector: most}); err != nil || p.Total != 1 {
		t.Errorf("Agents(a selector of 64 requirements) = %d, %v, want the one", p.Total, err)
	}
	for name, selector := range map[string]string{
		"requirements": most + ",env",
		"bytes":        "env in (production," + strings.Repeat("x,", 8<<10) + "x)",
	} {
		spec := fleet.ConfigSpec{Name: "d", Body: []byte("1"), Selector: selector}
		_, agents := w.Agents(fleet.AgentQuery{Selector: selector})
		_, all := w.AllAgents(fleet.AgentQuery{Selector: selector})
		_, configs := w.Configs(fleet.ConfigQuery{Selector: selector})
		_, batch := w.Batch(t.Context(), fleet.Batch{Selector: selector, Action: fleet.BatchRestart}, fleet.WriteOptions{})
		_, create := w.CreateConfig(t.Context(), spec, fleet.WriteOptions{})
		_, replace := w.ReplaceConfig(t.Context(), "c", spec, fleet.WriteOptions{})
		for what, err := range map[string]error{"Agents": agents, "AllAgents": all, "Configs": configs, "Batch": batch} {
			if fleet.KindOf(err) != fleet.Invalid || !strings.Contains(err.Error(), name) {
				t.Errorf("%s(a selector with too many %s) = %.200v, want it refused as invalid", what, name, err)
			}
		}
		for what, err := range map[string]error{"CreateConfig": create, "ReplaceConfig": replace} {
			if fleet.KindOf(err) != fleet.Unprocessable || !strings.Contains(err.Error(), name) {
				t.Errorf("%s(a selector with too many %s) = %.200v, want it refused as unprocessable", what, name, err)
			}
		}
	}
}
