package opampsrv

import (
	"bytes"
	"context"
	"testing"

	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// Part B of the obligations: identity.

func TestB1_InstanceUIDHas16Bytes(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	for _, wrong := range [][]byte{nil, make([]byte, 15), bytes.Repeat([]byte{1}, 15), make([]byte, 16), make([]byte, 17), make([]byte, 36)} {
		m := &protobufs.AgentToServer{InstanceUid: wrong, SequenceNum: 1}
		t.Run("", func(t *testing.T) {
			bareError(t, v.dial().ask(m), badRequestType, wrong)
			got := v.post(encoded(t, m))
			if got.status != 200 {
				t.Errorf("POST with instance_uid %x = %d, want 200", wrong, got.status)
			}
			bareError(t, got.msg, badRequestType, wrong)
		})
	}
	long := &protobufs.AgentToServer{InstanceUid: make([]byte, 10_000)}
	bareError(t, v.dial().ask(long), badRequestType, nil)
	if got := f.received(); got != 0 {
		t.Errorf("the fleet received %d messages, want none", got)
	}
	// Any other 16 bytes are taken, UUID or not.
	odd := fleet.InstanceUID(bytes.Repeat([]byte{0xff}, 16))
	if got := v.dial().ask(heartbeat(odd, 0)); !bytes.Equal(got.GetInstanceUid(), odd[:]) || got.GetErrorResponse() != nil {
		t.Errorf("answer to %v = %v, want an acknowledgement", odd, got)
	}
}

func TestB2_TextFormIsCanonical(t *testing.T) {
	v, m := serveFleet(t, Options{})
	u := fleet.InstanceUID{0x01, 0x95, 0xf2, 0xb4, 0x7c, 0x1e, 0x7d, 0x3a, 0x9a, 0x55, 0x3f, 0x0c, 0x1d, 0x2e, 0x4b, 0x6a}
	v.dial().ask(fullState(u, 0, "x"))
	const want = "0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a"
	if got, err := m.Agent(t.Context(), want); err != nil || got.Agent.UID.String() != want {
		t.Errorf("Agent(%s) = %v, %v, want it", want, got.Agent.UID, err)
	}
}

func TestB3_RequestInstanceUID(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			a.ask(a.full())
			patchLabels(t, m, uid(1).String())
			ask := a.heartbeat()
			ask.Flags = uint64(protobufs.AgentToServerFlags_AgentToServerFlags_RequestInstanceUid)
			got := a.ask(ask)
			fresh := got.GetAgentIdentification().GetNewInstanceUid()
			if len(fresh) != 16 || bytes.Equal(fresh, a.uid[:]) || fresh[6]>>4 != 7 {
				t.Fatalf("new_instance_uid = %x, want a UUID v7 of its own", fresh)
			}
			if !bytes.Equal(got.GetInstanceUid(), a.uid[:]) {
				t.Errorf("instance_uid = %x, want the incoming %v", got.GetInstanceUid(), a.uid)
			}
			// B4: the new one is taken from now on, the old one for a while.
			if got := a.ask(a.heartbeat()); got.GetErrorResponse() != nil {
				t.Errorf("answer under the old UID = %v, want no error", got)
			}
			a.uid = fleet.InstanceUID(fresh)
			if got := a.ask(a.heartbeat()); got.GetErrorResponse() != nil || got.GetFlags() != 0 {
				t.Errorf("answer under the new UID = %v, want an acknowledgement that asks for nothing", got)
			}
			// The record has moved, with all that is known.
			page, err := m.Agents(fleet.AgentQuery{})
			if err != nil || page.Total != 1 || page.Agents[0].Agent.UID != a.uid ||
				page.Agents[0].Agent.Type() != "x" || page.Agents[0].Agent.Labels["env"] != "test" || !page.Agents[0].Connected {
				t.Errorf("Agents() = %+v, %v, want the one, moved and connected", page.Agents, err)
			}
		})
	}
}

func patchLabels(t *testing.T, m *fleet.Manager, ref string) {
	t.Helper()
	value := "test"
	if _, err := m.PatchLabels(context.Background(), ref, map[string]*string{"env": &value}, fleet.WriteOptions{}); err != nil {
		t.Fatalf("PatchLabels() = %v", err)
	}
}

func TestB4_ARenamedAgentLeavesUnderItsNewUID(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	a.ask(a.full())
	ask := a.heartbeat()
	ask.Flags = uint64(protobufs.AgentToServerFlags_AgentToServerFlags_RequestInstanceUid)
	a.uid = fleet.InstanceUID(a.ask(ask).GetAgentIdentification().GetNewInstanceUid())
	_ = a.ws.ws.Close()
	eventually(t, "disconnected", func() bool { return m.FleetStatus().Connected == 0 })
}

func TestB5_BothAliveTheLaterGetsAFreshUID(t *testing.T) {
	v, m := serveFleet(t, Options{})
	older, later := v.agent(fleet.WebSocket, uid(1), "older"), v.agent(fleet.WebSocket, uid(1), "later")
	older.ask(older.full())
	first := later.ask(later.full())
	if !bytes.Equal(first.GetInstanceUid(), later.uid[:]) {
		t.Fatalf("the newcomer's answer = %v, want one at once", first)
	}
	got := later.ws.recv()
	fresh := got.GetAgentIdentification().GetNewInstanceUid()
	if len(fresh) != 16 || !bytes.Equal(got.GetInstanceUid(), later.uid[:]) {
		t.Fatalf("the newcomer is told %v, want a new_instance_uid", got)
	}
	later.uid = fleet.InstanceUID(fresh)
	later.seq++
	if got := later.ask(later.full()); got.GetErrorResponse() != nil {
		t.Errorf("answer under the fresh UID = %v, want no error", got)
	}
	// What is on record may be the newcomer's: the older one is asked.
	if got := older.ws.recv(); got.GetFlags() != reportFullState {
		t.Errorf("the older one is told %v, want ReportFullState", got)
	}
	older.ask(older.full())
	for u, want := range map[fleet.InstanceUID]string{uid(1): "older", later.uid: "later"} {
		view, err := m.Agent(t.Context(), u.String())
		if err != nil || view.Agent.Type() != want || !view.Connected {
			t.Errorf("Agent(%v) = type %q, connected %v, %v, want %q, connected", u, view.Agent.Type(), view.Connected, err, want)
		}
	}
}

func TestB5_HalfOpenIsTakenOver(t *testing.T) {
	v, m := serveFleet(t, Options{ProbeTimeout: shortly})
	wire := newWire(t, v.host)
	older := v.agentVia(wire.url(), uid(1), "x")
	older.ask(older.full())
	wire.freeze()
	later := v.agent(fleet.WebSocket, uid(1), "x")
	if got := later.ask(later.heartbeat()); !bytes.Equal(got.GetInstanceUid(), later.uid[:]) {
		t.Fatalf("the newcomer's answer = %v, want one at once", got)
	}
	eventually(t, "the dead connection is closed", func() bool {
		return v.metric("opamp_connections", "transport=websocket") == 1
	})
	if got := later.ask(later.heartbeat()); got.GetAgentIdentification() != nil {
		t.Errorf("the newcomer is told %v, want to keep its UID", got)
	}
	if s := m.FleetStatus(); s.Total != 1 || s.Connected != 1 || m.Stats().Duplicates != 0 {
		t.Errorf("FleetStatus() = %+v with %d duplicates, want one agent, connected, and no duplicate", s, m.Stats().Duplicates)
	}
}

func TestB5_BetweenConnectionsOfManyAMessageSettles(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a, b := v.gateway(), v.gateway()
	// Both carry others too, so that neither can be tried by a ping.
	a.add(uid(10)).ask(heartbeat(uid(10), 0))
	b.add(uid(11)).ask(heartbeat(uid(11), 0))
	older, later := a.add(uid(1)), b.add(uid(1))
	older.ask(older.full())
	if got := later.ask(later.full()); !bytes.Equal(got.GetInstanceUid(), later.uid[:]) || got.GetAgentIdentification() != nil {
		t.Fatalf("the newcomer's answer = %v, want a plain one at once", got)
	}
	if got := m.Stats().Duplicates; got != 0 {
		t.Fatalf("Duplicates = %d before the older has spoken, want 0", got)
	}
	older.ask(older.heartbeat())
	got := later.ws.recv()
	if len(got.GetAgentIdentification().GetNewInstanceUid()) != 16 {
		t.Errorf("the newcomer is told %v, want a new_instance_uid", got)
	}
}

func TestB5_AUIDMovesBetweenConnectionsOfMany(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a, b := v.gateway(), v.gateway()
	a.add(uid(10)).ask(heartbeat(uid(10), 0))
	b.add(uid(11)).ask(heartbeat(uid(11), 0))
	agent := a.add(uid(1))
	agent.ask(agent.full())
	agent.ws = b.peer
	for range 3 {
		if got := agent.ask(agent.heartbeat()); got.GetAgentIdentification() != nil || got.GetFlags() != 0 {
			t.Errorf("after the move = %v, want a bare acknowledgement", got)
		}
	}
	_ = a.peer.ws.Close()
	eventually(t, "the other agent has left", func() bool { return m.FleetStatus().Connected == 2 })
	if view, err := m.Agent(t.Context(), uid(1).String()); err != nil || !view.Connected {
		t.Errorf("Agent() = connected %v, %v, want connected", view.Connected, err)
	}
	if got := m.Stats().Duplicates; got != 0 {
		t.Errorf("Duplicates = %d, want 0", got)
	}
}

func TestB6_OneAgentOnTwoConnectionsEndsOnOne(t *testing.T) {
	v, m := serveFleet(t, Options{ProbeTimeout: shortly})
	one := v.agent(fleet.WebSocket, uid(1), "x")
	one.ask(one.full())
	// The same agent connects again, its sequence going on, and drops the first.
	two := v.agent(fleet.WebSocket, uid(1), "x")
	two.seq = one.seq
	two.ask(two.heartbeat())
	_ = one.ws.ws.Close()
	eventually(t, "one connection", func() bool { return v.metric("opamp_connections", "transport=websocket") == 1 })
	// It keeps its UID or, where the first connection answered a ping before it went, takes the fresh one.
	eventually(t, "one agent is connected", func() bool {
		got := two.ask(two.heartbeat())
		if fresh := got.GetAgentIdentification().GetNewInstanceUid(); fresh != nil {
			two.uid = fleet.InstanceUID(fresh)
		}
		return got.GetErrorResponse() == nil && m.FleetStatus().Connected == 1
	})
}
