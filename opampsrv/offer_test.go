package opampsrv

import (
	"bytes"
	"strings"
	"testing"

	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// Part E of the obligations: remote configuration.

const (
	applied  = protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED
	applying = protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLYING
	failed   = protobufs.RemoteConfigStatuses_RemoteConfigStatuses_FAILED
)

func TestE1_OfferedInTheFirstAnswer(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			create(t, m, "one", "receivers: {}", "service.name=x")
			a := v.agent(over, uid(1), "x")
			got := a.ask(a.full())
			if body(got) != "receivers: {}" {
				t.Errorf("the first answer = %v, want the offer", got)
			}
			other := v.agent(over, uid(2), "y")
			if got := other.ask(other.full()); got.GetRemoteConfig() != nil {
				t.Errorf("answer to one that no selector takes = %v, want no offer", got)
			}
		})
	}
}

func TestE2_OneFileWithoutAName(t *testing.T) {
	v, m := serveFleet(t, Options{})
	create(t, m, "one", "receivers: {}", "service.name=x")
	a := v.agent(fleet.WebSocket, uid(1), "x")
	files := a.ask(a.full()).GetRemoteConfig().GetConfig().GetConfigMap()
	if f := files[""]; len(files) != 1 || f.GetContentType() != "text/yaml" {
		t.Errorf("files = %v, want one, named \"\", of type text/yaml", files)
	}
}

func TestE3_OfferedWhileTheHashDiffers(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			create(t, m, "one", "receivers: {}", "service.name=x")
			a := v.agent(over, uid(1), "x")
			hash := a.ask(a.full()).GetRemoteConfig().GetConfigHash()
			if got := a.ask(a.status(hash, applying, "")); got.GetRemoteConfig() != nil {
				t.Errorf("while it is applied = %v, want no offer", got)
			}
			if got := a.ask(a.status(hash, applied, "")); got.GetRemoteConfig() != nil {
				t.Errorf("once it is applied = %v, want no offer", got)
			}
			assertDelivery(t, m, a.uid, fleet.DeliveryApplied)
			for range 3 {
				if got := a.ask(a.heartbeat()); got.GetRemoteConfig() != nil {
					t.Errorf("afterwards = %v, want no offer", got)
				}
			}
		})
	}
}

func assertDelivery(t *testing.T, m *fleet.Manager, u fleet.InstanceUID, want fleet.DeliveryState) {
	t.Helper()
	view, err := m.Agent(t.Context(), u.String())
	if err != nil || view.Config.State != want {
		t.Errorf("Agent(%v).Config = %+v, %v, want state %s", u, view.Config, err, want)
	}
}

func TestE4_TheHashIsThatOfTheContents(t *testing.T) {
	v, m := serveFleet(t, Options{})
	create(t, m, "one", "receivers: {}", "service.name=x")
	want := fleet.NewRemoteConfig([]byte("receivers: {}")).Hash
	for i := range 5 {
		a := v.agent(fleet.HTTP, uid(i+1), "x")
		if got := a.ask(a.full()).GetRemoteConfig().GetConfigHash(); string(got) != string(want) {
			t.Errorf("config_hash = %x, want %v", got, want)
		}
	}
}

func TestE5_PushedOnWebSocketAndPolledOnHTTP(t *testing.T) {
	v, m := serveFleet(t, Options{})
	pushed, polls := v.agent(fleet.WebSocket, uid(1), "x"), v.agent(fleet.HTTP, uid(2), "x")
	pushed.ask(pushed.full())
	polls.ask(polls.full())
	c := create(t, m, "one", "v: 1", "service.name=x")
	if got := body(pushed.ws.recv()); got != "v: 1" {
		t.Errorf("unasked, over WebSocket: offer = %q, want v: 1", got)
	}
	if got := body(polls.ask(polls.heartbeat())); got != "v: 1" {
		t.Errorf("with the next poll: offer = %q, want v: 1", got)
	}
	replace(t, m, c, "v: 2")
	if got := body(pushed.ws.recv()); got != "v: 2" {
		t.Errorf("unasked, over WebSocket: offer = %q, want v: 2", got)
	}
	if got := body(polls.ask(polls.heartbeat())); got != "v: 2" {
		t.Errorf("with the next poll: offer = %q, want v: 2", got)
	}
}

func TestE6_AnAgentThatIgnoresOffersIsNotOfferedForEver(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			create(t, m, "one", "v: 1", "service.name=x")
			a := v.agent(over, uid(1), "x")
			offers := 0
			count := func(got *protobufs.ServerToAgent) {
				if got.GetRemoteConfig() != nil {
					offers++
				}
			}
			count(a.ask(a.full()))
			for range 30 {
				count(a.ask(a.status(nil, applied, ""))) // as the Java example does
			}
			if offers == 0 || offers > 5 {
				t.Errorf("offered %d times in 31 answers, want a few", offers)
			}
		})
	}
}

func TestE7_WhatFailedIsNotOfferedAgainUntilRetried(t *testing.T) {
	v, m := serveFleet(t, Options{})
	c := create(t, m, "one", "v: 1", "service.name=x")
	a := v.agent(fleet.WebSocket, uid(1), "x")
	hash := a.ask(a.full()).GetRemoteConfig().GetConfigHash()
	if got := a.ask(a.status(hash, failed, "no such receiver")); got.GetRemoteConfig() != nil {
		t.Errorf("once it has failed = %v, want no offer", got)
	}
	assertDelivery(t, m, a.uid, fleet.DeliveryFailed)
	view, err := m.Agent(t.Context(), a.uid.String())
	if err != nil || view.Config.Error != "no such receiver" {
		t.Errorf("Config.Error = %q, %v, want the agent's own", view.Config.Error, err)
	}
	a.ws.silent(a.heartbeat())
	if _, err := m.Retry(t.Context(), a.uid.String()); err != nil {
		t.Fatalf("Retry() = %v", err)
	}
	if got := body(a.ws.recv()); got != "v: 1" {
		t.Errorf("retried: offer = %q, want v: 1", got)
	}
	a.ask(a.status(hash, failed, "still none"))
	replace(t, m, c, "v: 2")
	if got := body(a.ws.recv()); got != "v: 2" {
		t.Errorf("changed: offer = %q, want v: 2", got)
	}
}

func TestE7_AnAgentThatRolledBackIsNotOfferedTheSameAgain(t *testing.T) {
	v, m := serveFleet(t, Options{})
	c := create(t, m, "one", "v: a", "service.name=x")
	a := v.agent(fleet.WebSocket, uid(1), "x")
	old := a.ask(a.full()).GetRemoteConfig().GetConfigHash()
	a.ask(a.status(old, applied, ""))
	replace(t, m, c, "v: b")
	fresh := a.ws.recv().GetRemoteConfig().GetConfigHash()
	if bytes.Equal(old, fresh) || len(fresh) == 0 {
		t.Fatalf("offered %x after %x, want another", fresh, old)
	}
	for _, s := range []*protobufs.AgentToServer{
		a.status(fresh, applying, ""), a.status(fresh, failed, "does not start"), a.status(old, applied, ""), a.heartbeat(), a.heartbeat(),
	} {
		if got := a.ask(s); got.GetRemoteConfig() != nil {
			t.Errorf("after %v = %v, want no offer", s.GetRemoteConfigStatus(), got)
		}
	}
	assertDelivery(t, m, a.uid, fleet.DeliveryFailed)
}

func TestE7_OutcomesSurviveARestart(t *testing.T) {
	store := mem.New()
	v, m := serveStore(t, store, Options{})
	create(t, m, "one", "v: 1", "service.name=x")
	a, b := v.agent(fleet.WebSocket, uid(1), "x"), v.agent(fleet.WebSocket, uid(2), "x")
	hash := a.ask(a.full()).GetRemoteConfig().GetConfigHash()
	a.ask(a.status(hash, failed, "no"))
	b.ask(b.full())
	b.ask(b.status(hash, applied, ""))
	stop(t, v, m)
	v, m = serveStore(t, store.Reopen(), Options{})
	for _, x := range []*simulated{a, b} {
		x.v, x.ws = v, v.dial()
		x.ws.silent(x.heartbeat())
	}
	assertDelivery(t, m, a.uid, fleet.DeliveryFailed)
	assertDelivery(t, m, b.uid, fleet.DeliveryApplied)
}

func TestE_LargeConfigurationsArrive(t *testing.T) {
	v, m := serveFleet(t, Options{Compression: true})
	want := "receivers: {}\n# " + strings.Repeat("padding ", 100_000)
	create(t, m, "one", want, "service.name=x")
	for _, over := range transports {
		a := v.agent(over, uid(len(over)), "x")
		if got := body(a.ask(a.full())); got != want {
			t.Errorf("over %s %d bytes arrived, want %d", over, len(got), len(want))
		}
	}
}
