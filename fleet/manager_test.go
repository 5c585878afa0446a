package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

func TestGuard(t *testing.T) {
	inWorld(t, "a slip does not reach the whole fleet", func(t *testing.T, w *world) {
		for i := range 5 {
			w.agent(i+1, websocket()).start()
		}
		spec := fleet.ConfigSpec{Name: "all", Body: []byte("a: 1"), Selector: "env=production"}
		_, err := w.CreateConfig(t.Context(), spec, fleet.WriteOptions{})
		if fleet.KindOf(err) != fleet.Conflict || !strings.Contains(err.Error(), "5 connected agents") {
			t.Errorf("CreateConfig() = %v, want a conflict that names 5 agents", err)
		}
		if _, err := w.CreateConfig(t.Context(), spec, fleet.WriteOptions{Confirm: 4}); fleet.KindOf(err) != fleet.Conflict {
			t.Errorf("CreateConfig(confirming 4) = %v, want a conflict", err)
		}
		if _, err := w.CreateConfig(t.Context(), spec, fleet.WriteOptions{Confirm: 5}); err != nil {
			t.Errorf("CreateConfig(confirming 5) = %v", err)
		}
		spec.Description = "nobody is reached by this"
		if _, err := w.ReplaceConfig(t.Context(), "all", spec, fleet.WriteOptions{}); err != nil {
			t.Errorf("ReplaceConfig(the same body) = %v", err)
		}
		spec.Body = []byte("a: 2")
		if _, err := w.ReplaceConfig(t.Context(), "all", spec, fleet.WriteOptions{}); fleet.KindOf(err) != fleet.Conflict {
			t.Errorf("ReplaceConfig(another body) = %v, want a conflict", err)
		}
	})
}

func TestResolution(t *testing.T) {
	inWorld(t, "assignment, then priority, then name", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		w.config("none", "0")
		w.config("b", "1", selecting("env=production", 1))
		w.config("a", "2", selecting("env=production", 1))
		w.config("low", "3", selecting("env", 0))
		want := func(name string, source fleet.ConfigSource) {
			t.Helper()
			if c := a.view().Config; c.Name != name || c.Source != source {
				t.Errorf("Config = %q by %v, want %q by %v", c.Name, c.Source, name, source)
			}
		}
		want("a", fleet.SourceSelector)
		w.assign(a, "none")
		want("none", fleet.SourceAssignment)
		if _, err := w.Unassign(t.Context(), a.uid.String(), fleet.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		want("a", fleet.SourceSelector)
		staging := "staging"
		if _, err := w.PatchLabels(t.Context(), a.uid.String(), map[string]*string{"env": &staging}, fleet.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		want("low", fleet.SourceSelector)
		if _, err := w.PatchLabels(t.Context(), a.uid.String(), map[string]*string{"env": nil}, fleet.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		want("a", fleet.SourceSelector)
	})
	inWorld(t, "a pinned version stays", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		w.config("one", "v1")
		for _, body := range []string{"v2", "v3"} {
			if _, err := w.ReplaceConfig(t.Context(), "one", fleet.ConfigSpec{Name: "one", Body: []byte(body)}, fleet.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		v, err := w.Assign(t.Context(), a.uid.String(), "one", 2, fleet.WriteOptions{})
		if err != nil || v.Config.Version != 2 || v.Config.Hash != fleet.NewRemoteConfig([]byte("v2")).Hash {
			t.Errorf("Assign(version 2) = %+v, %v", v.Config, err)
		}
		c, err := w.Rollback(t.Context(), "one", 1, fleet.WriteOptions{})
		if err != nil || c.Config.Version != 4 || string(c.Body) != "v1" {
			t.Errorf("Rollback(1) = %+v, %v; want version 4 with the first body", c, err)
		}
		a.w = w.crash()
		if got := a.view().Config; got.Version != 2 {
			t.Errorf("after a restart Config.Version = %d, want 2", got.Version)
		}
	})
	inWorld(t, "delete refuses, or lets go", func(t *testing.T, w *world) {
		a, b := w.agent(1, websocket()), w.agent(2, websocket())
		a.start()
		b.start()
		w.config("one", "v1", selecting("host.name=host-2", 0))
		w.assign(a, "one")
		err := w.DeleteConfig(t.Context(), "one", fleet.WriteOptions{})
		if fleet.KindOf(err) != fleet.Conflict || !strings.Contains(err.Error(), "1 agents are assigned") || !strings.Contains(err.Error(), "takes 1") {
			t.Errorf("DeleteConfig() = %v, want a conflict that says how many", err)
		}
		if err := w.DeleteConfig(t.Context(), "one", fleet.WriteOptions{Detach: true}); err != nil {
			t.Fatal(err)
		}
		a.offered, b.offered = nil, nil
		a.push()
		b.push()
		a.wantOffers()
		a.wantState(fleet.DeliveryUnassigned)
		b.wantState(fleet.DeliveryUnassigned)
		w.saved()
		if v := w.crash(); v.total() != 2 {
			t.Errorf("%d records after a restart, want 2", v.total())
		}
	})
}

func TestForgetting(t *testing.T) {
	w := newWorld(t, func(o *fleet.Options) { o.ForgetAfter = time.Hour })
	gone, assigned, here := w.agent(1, websocket()), w.agent(2, websocket()), w.agent(3, websocket())
	for _, a := range []*agent{gone, assigned, here} {
		a.start()
	}
	w.config("one", "a: 1")
	w.assign(assigned, "one")
	if err := w.ForgetAgent(t.Context(), gone.uid.String(), fleet.WriteOptions{}); fleet.KindOf(err) != fleet.Conflict {
		t.Errorf("ForgetAgent(a connected one) = %v, want a conflict", err)
	}
	w.Disconnected(gone.link, gone.uid)
	w.Disconnected(assigned.link, assigned.uid)
	sub := w.Subscribe("")
	told := func(a *agent) {
		t.Helper()
		ev, err := sub.Next(t.Context())
		if err != nil || ev.Type != fleet.EventAgentForgotten || ev.Agent.Agent.UID != a.uid {
			t.Errorf("event = %+v, %v; want that %v is forgotten", ev, err, a.uid)
		}
	}
	w.pass(3000 * time.Second)
	if w.total() != 3 {
		t.Errorf("%d records after 50 minutes, want 3", w.total())
	}
	w.pass(900 * time.Second)
	if w.total() != 2 {
		t.Errorf("%d records after 65 minutes, want 2", w.total())
	}
	if _, err := w.Agent(t.Context(), gone.uid.String()); fleet.KindOf(err) != fleet.NotFound {
		t.Errorf("the one that is gone: %v, want not found", err)
	}
	if got := w.crash().total(); got != 2 {
		t.Errorf("%d stored records, want 2", got)
	}
	told(gone)
	if err := w.ForgetAgent(t.Context(), assigned.uid.String(), fleet.WriteOptions{}); err != nil || w.total() != 1 {
		t.Errorf("ForgetAgent() = %v; %d records, want 1", err, w.total())
	}
	told(assigned)
}

func TestHeartbeatsWriteNothing(t *testing.T) {
	counting := &countingStore{}
	w := newWorld(t, func(o *fleet.Options) { counting.Store = o.Store; o.Store = counting })
	a := w.agent(1, websocket())
	a.start()
	w.saved()
	before := counting.updates.Load()
	for range 10 {
		a.heartbeat()
		w.saved()
		a.say(a.full())
		w.saved()
	}
	if got := counting.updates.Load() - before; got != 0 {
		t.Errorf("10 heartbeats and reports of nothing new made %d writes, want none", got)
	}
	a.say(&fleet.Report{Health: &fleet.Health{Healthy: true, Components: map[string]fleet.Health{"pipeline:traces": {}}}})
	w.saved()
	if got := counting.updates.Load() - before; got != 1 {
		t.Errorf("a component's failure made %d writes, want one", got)
	}
}

type countingStore struct {
	fleet.Store
	updates atomic.Int64
	broken  atomic.Bool
}

func (s *countingStore) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	s.updates.Add(1)
	if s.broken.Load() {
		return fleet.Errorf(fleet.Unavailable, "the disk is full")
	}
	return s.Store.Update(ctx, fn)
}

func TestWritesThatFail(t *testing.T) {
	store := &countingStore{}
	w := newWorld(t, func(o *fleet.Options) { store.Store = o.Store; o.Store = store })
	a := w.agent(1, websocket())
	store.broken.Store(true)
	a.start()
	w.saved()
	if v := a.view(); v.EffectiveConfig == nil || len(v.Agent.Health.Components) != 1 {
		t.Errorf("while nothing can be saved Agent() = %+v, want all of it", v)
	}
	_, err := w.CreateConfig(t.Context(), fleet.ConfigSpec{Name: "one", Body: []byte("a")}, fleet.WriteOptions{})
	if fleet.KindOf(err) != fleet.Unavailable {
		t.Errorf("CreateConfig() = %v, want unavailable", err)
	}
	if p, err := w.Configs(fleet.ConfigQuery{}); err != nil || p.Total != 0 {
		t.Errorf("Configs() = %d, %v; want what could not be stored not to be there", p.Total, err)
	}
	store.broken.Store(false)
	w.saved()
	w.saved()
	if got := w.crash().total(); got != 1 {
		t.Errorf("%d stored records once the disk is free, want 1", got)
	}
}

func TestSecretsAreHiddenBeforeTheyAreStored(t *testing.T) {
	w := newWorld(t, func(o *fleet.Options) {
		o.Redact = func(m fleet.ConfigMap) (fleet.ConfigMap, bool) {
			return fleet.ConfigMap{"": {Body: []byte("password: [REDACTED]")}}, true
		}
		o.RedactText = func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }
	})
	a := w.agent(1, websocket())
	a.effective = "password: hunter2"
	a.start()
	a.report("x", fleet.RemoteConfigFailed, "bad password hunter2")
	a.say(&fleet.Report{Health: &fleet.Health{LastError: "hunter2", Components: map[string]fleet.Health{"x": {LastError: "hunter2"}}}})
	w.saved()
	v := a.view()
	if c := v.EffectiveConfig; !c.Redacted || strings.Contains(string(c.Files[""].Body), "hunter2") {
		t.Errorf("EffectiveConfig = %+v, want it redacted", c)
	}
	if got := v.Agent.RemoteConfigStatus.Error; strings.Contains(got, "hunter2") {
		t.Errorf("RemoteConfigStatus.Error = %q, want it redacted", got)
	}
	if h := v.Agent.Health; h.LastError != "***" || h.Components["x"].LastError != "***" {
		t.Errorf("Health = %+v, want its errors redacted", h)
	}
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	sub := w.Subscribe("")
	a := w.agent(1, websocket())
	a.start()
	w.config("one", "a: 1", selecting("env=production", 0))
	a.push()
	a.say(&fleet.Report{Health: &fleet.Health{}})
	w.Disconnected(a.link, a.uid)
	var got []string
	var ids []string
	for range 5 {
		ev, err := sub.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, ids = append(got, string(ev.Type)), append(ids, ev.ID)
		if ev.Type == fleet.EventAgentConnected && ev.Agent.Agent.Name() != "host-1" {
			t.Errorf("agent.connected names %q", ev.Agent.Agent.Name())
		}
	}
	want := "[agent.connected config.created agent.config agent.status agent.disconnected]"
	if fmt.Sprint(got) != want {
		t.Errorf("events = %v, want %v", got, want)
	}
	if ev, err := w.Subscribe(ids[2]).Next(t.Context()); err != nil || ev.ID != ids[3] {
		t.Errorf("resumed after the third: %+v, %v; want the fourth", ev, err)
	}
	if ev, _ := w.Subscribe("other-3").Next(t.Context()); ev.Type != fleet.EventReset {
		t.Errorf("an id of another run gets %v, want reset", ev.Type)
	}
	for range 3000 {
		a.link = websocket()
		a.start()
		w.Disconnected(a.link, a.uid)
	}
	if ev, _ := w.Subscribe(ids[0]).Next(t.Context()); ev.Type != fleet.EventReset {
		t.Errorf("an id that is too old gets %v, want reset", ev.Type)
	}
	if ev, _ := sub.Next(t.Context()); ev.Type != fleet.EventReset {
		t.Errorf("a subscriber that fell behind gets %v, want reset", ev.Type)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sub.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next() with nothing to tell = %v, want the context's error", err)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	token, text, err := w.CreateToken(t.Context(), "ci", fleet.RoleRead)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(w.Tokens()), text) {
		t.Errorf("the token's text is kept")
	}
	if c, ok := w.Authenticate(text); !ok || c.Role != fleet.RoleRead || c.Name != "ci" {
		t.Errorf("Authenticate() = %+v, %v", c, ok)
	}
	if c, ok := w.TokenCaller(token.ID); !ok || c.TokenID != token.ID || c.Role != fleet.RoleRead || c.Name != "ci" {
		t.Errorf("TokenCaller() = %+v, %v", c, ok)
	}
	if c, ok := w.crash().Authenticate(text); !ok {
		t.Errorf("after a restart Authenticate() = %+v, %v", c, ok)
	}
	if _, ok := w.Authenticate(text + "x"); ok {
		t.Errorf("a wrong token is accepted")
	}
	if err := w.RevokeToken(t.Context(), token.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Authenticate(text); ok {
		t.Errorf("a revoked token is accepted")
	}
	if c, ok := w.TokenCaller(token.ID); ok {
		t.Errorf("TokenCaller() of a revoked token = %+v, want none", c)
	}
	if err := w.RevokeToken(t.Context(), token.ID); fleet.KindOf(err) != fleet.NotFound {
		t.Errorf("RevokeToken(again) = %v, want not found", err)
	}
	if _, _, err := w.CreateToken(t.Context(), "x", "root"); fleet.KindOf(err) != fleet.Invalid {
		t.Errorf("CreateToken(role root) = %v, want it refused", err)
	}
}

func TestConditionalWrites(t *testing.T) {
	w := newWorld(t)
	a := w.agent(1, websocket())
	a.start()
	before := a.view().Tag()
	a.heartbeat()
	if got := a.view().Tag(); got != before {
		t.Errorf("a heartbeat changed the tag from %s to %s", before, got)
	}
	x := "x"
	if _, err := w.PatchLabels(t.Context(), a.uid.String(), map[string]*string{"k": &x}, fleet.WriteOptions{IfMatch: []string{before}}); err != nil {
		t.Fatal(err)
	}
	_, err := w.PatchLabels(t.Context(), a.uid.String(), map[string]*string{"k": nil}, fleet.WriteOptions{IfMatch: []string{before}})
	if fleet.KindOf(err) != fleet.Stale {
		t.Errorf("the second write with one tag = %v, want stale", err)
	}
	c := w.config("one", "a")
	spec := fleet.ConfigSpec{Name: "one", Body: []byte("b")}
	if _, err := w.ReplaceConfig(t.Context(), "one", spec, fleet.WriteOptions{IfMatch: []string{c.Tag()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ReplaceConfig(t.Context(), "one", spec, fleet.WriteOptions{IfMatch: []string{c.Tag()}}); fleet.KindOf(err) != fleet.Stale {
		t.Errorf("the second write with one tag = %v, want stale", err)
	}
	if _, err := w.CreateConfig(t.Context(), spec, fleet.WriteOptions{}); fleet.KindOf(err) != fleet.Conflict {
		t.Errorf("CreateConfig(a name that is taken) = %v, want a conflict", err)
	}
	_, err = w.CreateConfig(t.Context(), fleet.ConfigSpec{Name: "two", Body: []byte("bad")}, fleet.WriteOptions{})
	if fleet.KindOf(err) != fleet.Unprocessable {
		t.Errorf("CreateConfig(a bad body) = %v, want unprocessable", err)
	}
}

func TestSpecsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for path, spec := range map[string]fleet.ConfigSpec{
		"name":        {Name: "-x", Body: []byte("a")},
		"selector":    {Name: "x", Body: []byte("a"), Selector: "a=b=c"},
		"labels::k":   {Name: "x", Body: []byte("a"), Labels: map[string]string{"k": "a\nb"}},
		"labels":      {Name: "x", Body: []byte("a"), Labels: map[string]string{"": "b"}},
		"description": {Name: "x", Body: []byte("a"), Description: strings.Repeat("x", 5000)},
	} {
		_, err := w.CreateConfig(t.Context(), spec, fleet.WriteOptions{})
		var e *fleet.Error
		if !errors.As(err, &e) || e.Kind != fleet.Unprocessable || len(e.Findings) != 1 || e.Findings[0].Path != path {
			t.Errorf("CreateConfig(bad %s) = %v, want it refused with a finding there", path, err)
		}
	}
	if _, err := w.CreateConfig(t.Context(), fleet.ConfigSpec{Name: "0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a", Body: []byte("a")},
		fleet.WriteOptions{}); fleet.KindOf(err) != fleet.Unprocessable {
		t.Errorf("CreateConfig(a name like an id) = %v, want it refused", err)
	}
}
