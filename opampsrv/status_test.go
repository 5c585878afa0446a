package opampsrv

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// Parts C, D, F, I and J2 of the obligations: status reporting, capabilities,
// effective configuration, health, components and custom messages.

func TestC1_EveryMessageIsAnswered(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, _ := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			a.ask(a.full())
			for range 3 {
				got := a.ask(a.heartbeat())
				want := &protobufs.ServerToAgent{InstanceUid: a.uid[:], Capabilities: 7}
				if !proto.Equal(got, want) {
					t.Errorf("answer to a heartbeat = %v, want %v", got, want)
				}
			}
		})
	}
}

func TestC2_DuplicatesAreAnsweredAndProcessedOnce(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			a.ask(a.full())
			same := a.heartbeat()
			for range 3 {
				if got := a.ask(same); !bytes.Equal(got.GetInstanceUid(), a.uid[:]) || got.GetFlags() != 0 {
					t.Errorf("answer = %v, want a bare acknowledgement", got)
				}
			}
			if got := a.ask(a.heartbeat()); got.GetFlags() != 0 {
				t.Errorf("the next answer = %v, want one that asks for nothing", got)
			}
			if view, err := m.Agent(t.Context(), a.uid.String()); err != nil || view.Agent.SequenceNum != 2 {
				t.Errorf("SequenceNum = %d, %v, want 2", view.Agent.SequenceNum, err)
			}
		})
	}
}

func TestC3_AGapAsksForFullState(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, _ := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			a.ask(a.full())
			a.seq += 3
			if got := a.ask(a.heartbeat()).GetFlags(); got&reportFullState == 0 {
				t.Errorf("after a gap flags = %#x, want ReportFullState", got)
			}
			if got := a.ask(a.full()).GetFlags(); got != 0 {
				t.Errorf("after the full state flags = %#x, want none", got)
			}
			// A restarted agent says everything at once.
			a.seq = 0
			if got := a.ask(a.full()).GetFlags(); got != 0 {
				t.Errorf("after a restart flags = %#x, want none", got)
			}
		})
	}
}

func TestC4_WhatIsLeftOutIsUnchanged(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	a.ask(a.full())
	a.ask(a.heartbeat())
	sick := a.heartbeat()
	sick.Health = &protobufs.ComponentHealth{LastError: "broken"}
	a.ask(sick)
	view, err := m.Agent(t.Context(), a.uid.String())
	if err != nil || view.Agent.Type() != "x" || view.Status != fleet.StatusUnhealthy || view.Agent.Health.LastError != "broken" ||
		view.EffectiveConfig == nil || string(view.EffectiveConfig.Files[""].Body) != "receivers: {}\n" {
		t.Errorf("Agent() = %+v, %v, want the description and configuration of before, and the new health", view, err)
	}
}

func TestC5_AReconnectMayLeaveOutWhatIsKnown(t *testing.T) {
	store := mem.New()
	v, m := serveStore(t, store, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	a.ask(a.full())
	_ = a.ws.ws.Close()
	eventually(t, "disconnected", func() bool { return m.FleetStatus().Connected == 0 })
	a.ws = v.dial()
	if got := a.ask(a.heartbeat()).GetFlags(); got != 0 {
		t.Errorf("after a reconnect flags = %#x, want none", got)
	}

	// Nor does a clean restart of the server make a difference.
	stop(t, v, m)
	v, m = serveStore(t, store.Reopen(), Options{})
	a.v, a.ws = v, v.dial()
	if got := a.ask(a.heartbeat()).GetFlags(); got != 0 {
		t.Errorf("after a clean restart flags = %#x, want none", got)
	}
	if view, err := m.Agent(t.Context(), a.uid.String()); err != nil || view.Agent.Type() != "x" || !view.Connected {
		t.Errorf("Agent() = %+v, %v, want what was known, connected", view.Agent, err)
	}

	// A server that has never heard of the agent asks.
	v, _ = serveFleet(t, Options{})
	a.v, a.ws = v, v.dial()
	if got := a.ask(a.heartbeat()).GetFlags(); got&reportFullState == 0 {
		t.Errorf("to a new server flags = %#x, want ReportFullState", got)
	}
}

func stop(t *testing.T, v *served, m *fleet.Manager) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := v.Shutdown(ctx); err != nil {
		t.Fatalf("Shutdown() = %v", err)
	}
	if err := m.Close(ctx); err != nil {
		t.Fatalf("Close() = %v", err)
	}
}

func TestC6_AFailureIsReportedAlone(t *testing.T) {
	for _, tc := range []struct {
		name   string
		err    error
		want   protobufs.ServerErrorResponseType
		text   string
		status int
		reason string
	}{
		{"invalid", fleet.Errorf(fleet.Invalid, "no such thing"), badRequestType, "no such thing", 200, "invalid"},
		{"unavailable", fleet.Errorf(fleet.Unavailable, "stopping"), protobufs.ServerErrorResponseType_ServerErrorResponseType_Unavailable, "stopping", 503, "unavailable"},
		{"conflict", fleet.Errorf(fleet.Conflict, "in use"), protobufs.ServerErrorResponseType_ServerErrorResponseType_Unknown, "in use", 200, "internal"},
		{"internal", errors.New("secret of the disk"), protobufs.ServerErrorResponseType_ServerErrorResponseType_Unknown, "internal error", 200, "internal"},
		{"classified internal", &fleet.Error{Msg: "secret"}, protobufs.ServerErrorResponseType_ServerErrorResponseType_Unknown, "internal error", 200, "internal"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &scripted{receive: func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
				return fleet.Reply{UID: r.UID, ReportFullState: true}, tc.err
			}}
			v := serve(t, Options{Fleet: f, RetryAfter: 40 * time.Second})
			u := uid(1)
			overWS := v.dial().ask(heartbeat(u, 0))
			overHTTP := v.post(encoded(t, heartbeat(u, 0)))
			if overHTTP.status != tc.status {
				t.Errorf("POST = %d, want %d", overHTTP.status, tc.status)
			}
			for _, got := range []*protobufs.ServerToAgent{overWS, overHTTP.msg} {
				bareError(t, got, tc.want, u[:])
				if text := got.GetErrorResponse().GetErrorMessage(); text != tc.text {
					t.Errorf("error_message = %q, want %q", text, tc.text)
				}
				retry := time.Duration(got.GetErrorResponse().GetRetryInfo().GetRetryAfterNanoseconds())
				if unavailable := tc.status == http.StatusServiceUnavailable; unavailable && (retry < 40*time.Second || retry > 81*time.Second) {
					t.Errorf("retry_after = %v, want 40 s and up to as much again", retry)
				} else if !unavailable && retry != 0 {
					t.Errorf("retry_after = %v, want none", retry)
				}
			}
			if after, _ := strconv.Atoi(overHTTP.header.Get("Retry-After")); (after >= 40) != (tc.status == 503) {
				t.Errorf("Retry-After = %q with status %d", overHTTP.header.Get("Retry-After"), tc.status)
			}
			if got := v.metric("opamp_rejected_total", "reason="+tc.reason); got != 2 {
				t.Errorf("rejected = %v, want 2", got)
			}
		})
	}
}

func TestC7_CapabilitiesMayChange(t *testing.T) {
	v, m := serveFleet(t, Options{})
	create(t, m, "one", "receivers: {}", "service.name=x")
	a := v.agent(fleet.WebSocket, uid(1), "x")
	first := a.full()
	first.Capabilities &^= uint64(fleet.AcceptsRemoteConfig)
	first.Capabilities |= 1 << 60 // unknown bits are ignored
	if got := a.ask(first); got.GetRemoteConfig() != nil || got.GetErrorResponse() != nil {
		t.Errorf("without AcceptsRemoteConfig = %v, want no offer", got)
	}
	if got := a.ask(a.heartbeat()); got.GetRemoteConfig() == nil {
		t.Errorf("with AcceptsRemoteConfig = %v, want an offer", got)
	}
}

func TestC8_NoCapabilitiesSaidKeepsTheLast(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	a.ask(a.full())
	bare := a.heartbeat()
	bare.Capabilities = 0
	a.ask(bare)
	if view, err := m.Agent(t.Context(), a.uid.String()); err != nil || view.Agent.Capabilities != collectorCapabilities {
		t.Errorf("Capabilities = %v, %v, want %v", view.Agent.Capabilities, err, collectorCapabilities)
	}
}

func TestC9_NoEndlessRequestsForFullState(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, _ := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			asked := 0
			for range 20 {
				a.seq++ // never follows, and never says more than a heartbeat
				if a.ask(a.heartbeat()).GetFlags()&reportFullState != 0 {
					asked++
				}
			}
			if asked == 0 || asked > 5 {
				t.Errorf("asked for full state %d times in 20 messages, want a few", asked)
			}
		})
	}
}

func TestC10_WhatWaitsForASlowReaderIsTheLatestOnly(t *testing.T) {
	v, m := serveFleet(t, Options{})
	c := create(t, m, "one", "v: 0", "service.name=x")
	a := v.agent(fleet.WebSocket, uid(1), "x")
	if got := body(a.ask(a.full())); got != "v: 0" {
		t.Fatalf("offer = %q, want v: 0", got)
	}
	link := onlyConn(t, v)
	link.telling.Lock() // as if a message were being written that the agent does not accept
	const last = 50
	for i := range last {
		replace(t, m, c, "v: "+strconv.Itoa(i+1))
	}
	link.telling.Unlock()
	got := body(a.ws.recv())
	for got != "v: "+strconv.Itoa(last) {
		t.Logf("offer = %q", got)
		got = body(a.ws.recv())
	}
	if n := m.Stats().OffersSent; n > 4 {
		t.Errorf("%d configurations were sent, want the first and the last, and hardly more", n)
	}
}

func onlyConn(t *testing.T, v *served) *conn {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.conns) != 1 {
		t.Fatalf("there are %d connections, want 1", len(v.conns))
	}
	return v.conns[0]
}

func create(t *testing.T, m *fleet.Manager, name, config, selector string) fleet.ConfigView {
	t.Helper()
	view, err := m.CreateConfig(t.Context(), fleet.ConfigSpec{Name: name, Body: []byte(config), Selector: selector}, fleet.WriteOptions{})
	if err != nil {
		t.Fatalf("CreateConfig() = %v", err)
	}
	return view
}

func replace(t *testing.T, m *fleet.Manager, c fleet.ConfigView, config string) fleet.ConfigView {
	t.Helper()
	view, err := m.ReplaceConfig(t.Context(), string(c.Config.ID),
		fleet.ConfigSpec{Name: c.Config.Name, Body: []byte(config), Selector: c.Config.Selector}, fleet.WriteOptions{})
	if err != nil {
		t.Fatalf("ReplaceConfig() = %v", err)
	}
	return view
}

// body is the configuration that m offers; empty for none.
func body(m *protobufs.ServerToAgent) string {
	return string(m.GetRemoteConfig().GetConfig().GetConfigMap()[""].GetBody())
}

func TestD1_ServerCapabilities(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, _ := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			for i, m := range []*protobufs.AgentToServer{a.full(), a.heartbeat()} {
				if got := a.ask(m).GetCapabilities(); got != 0x1|0x2|0x4 {
					t.Errorf("answer %d: capabilities = %#x, want 0x7", i, got)
				}
			}
		})
	}
}

func TestD3_OnlyWhatIsImplementedIsAdvertised(t *testing.T) {
	left := protobufs.ServerCapabilities_ServerCapabilities_OffersPackages |
		protobufs.ServerCapabilities_ServerCapabilities_AcceptsPackagesStatus |
		protobufs.ServerCapabilities_ServerCapabilities_OffersConnectionSettings |
		protobufs.ServerCapabilities_ServerCapabilities_AcceptsConnectionSettingsRequest
	if got := serverCapabilities & uint64(left); got != 0 {
		t.Errorf("capabilities hold %#x of what is not implemented", got)
	}
}

func TestD2_NothingIsOfferedThatTheAgentDidNotDeclare(t *testing.T) {
	v, m := serveFleet(t, Options{})
	create(t, m, "one", "receivers: {}", "service.name=x")
	a := v.agent(fleet.WebSocket, uid(1), "x")
	first := a.full()
	first.Capabilities = uint64(fleet.ReportsStatus)
	if got := a.ask(first); got.GetRemoteConfig() != nil || got.GetCommand() != nil || got.GetPackagesAvailable() != nil || got.GetConnectionSettings() != nil {
		t.Errorf("answer = %v, want no offer", got)
	}
	if _, err := m.Restart(t.Context(), a.uid.String()); fleet.KindOf(err) != fleet.Conflict {
		t.Errorf("Restart() = %v, want Conflict", err)
	}
}

func TestF1_HealthTreesAreTaken(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	m := heartbeat(uid(1), 0)
	m.Health = &protobufs.ComponentHealth{
		Healthy: true, Status: "StatusOK", StartTimeUnixNano: 1_700_000_000_000_000_001, StatusTimeUnixNano: 1 << 63,
		ComponentHealthMap: map[string]*protobufs.ComponentHealth{
			"pipeline:traces": {Status: "StatusRecoverableError", LastError: "refused", ComponentHealthMap: map[string]*protobufs.ComponentHealth{
				"exporter:otlp": {Status: "anything at all"}, // F2: the words are the agent's
			}},
		},
	}
	v.dial().ask(m)
	h := f.last(t).Health
	if h == nil || !h.Healthy || h.Status != "StatusOK" || !h.StartedAt.Equal(time.Unix(1_700_000_000, 1)) || !h.StatusAt.IsZero() {
		t.Fatalf("Health = %+v, want what was sent, without the time that is none", h)
	}
	traces := h.Components["pipeline:traces"]
	if traces.Healthy || traces.LastError != "refused" || traces.Components["exporter:otlp"].Status != "anything at all" {
		t.Errorf("Health.Components = %+v, want the tree", h.Components)
	}
}

func TestF2_EffectiveConfigIsTaken(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	p := v.dial()
	m := heartbeat(uid(1), 0)
	p.ask(m)
	if got := f.last(t).EffectiveConfig; got != nil {
		t.Errorf("EffectiveConfig = %v where none was sent, want nil", got)
	}
	m.EffectiveConfig = &protobufs.EffectiveConfig{}
	p.ask(m)
	if got := f.last(t).EffectiveConfig; got != nil {
		t.Errorf("EffectiveConfig = %v where no map was sent, want nil", got)
	}
	m.EffectiveConfig = &protobufs.EffectiveConfig{ConfigMap: &protobufs.AgentConfigMap{}}
	p.ask(m)
	if got := f.last(t).EffectiveConfig; got == nil || len(got) != 0 {
		t.Errorf("EffectiveConfig = %v where an empty map was sent, want an empty one", got)
	}
	m.EffectiveConfig = &protobufs.EffectiveConfig{ConfigMap: &protobufs.AgentConfigMap{ConfigMap: map[string]*protobufs.AgentConfigFile{
		"": {Body: []byte("a: b")}, "ns/name": {Body: []byte{0xff}, ContentType: "yaml"},
	}}}
	p.ask(m)
	got := f.last(t).EffectiveConfig
	if len(got) != 2 || string(got[""].Body) != "a: b" || got[""].ContentType != "" || got["ns/name"].ContentType != "yaml" {
		t.Errorf("EffectiveConfig = %v, want both files", got)
	}
}

func TestI1_UnknownComponentsAreAskedFor(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			first := a.full()
			first.Capabilities |= uint64(fleet.ReportsAvailableComponents)
			first.AvailableComponents = &protobufs.AvailableComponents{Hash: []byte("h1")}
			if got := a.ask(first).GetFlags(); got != reportAvailableComponents {
				t.Errorf("flags = %#x where only the hash was sent, want ReportAvailableComponents", got)
			}
			second := a.heartbeat()
			second.Capabilities = first.Capabilities
			second.AvailableComponents = &protobufs.AvailableComponents{Hash: []byte("h1"), Components: map[string]*protobufs.ComponentDetails{
				"receivers": {SubComponentMap: map[string]*protobufs.ComponentDetails{
					"otlp": {Metadata: []*protobufs.KeyValue{text("code.namespace", "x")}}, "filelog": {},
				}},
				"exporters": {SubComponentMap: map[string]*protobufs.ComponentDetails{"debug": {}}},
			}}
			if got := a.ask(second).GetFlags(); got != 0 {
				t.Errorf("flags = %#x after the list, want none", got)
			}
			view, err := m.Agent(t.Context(), a.uid.String())
			want := fleet.Components{"receivers": {"filelog", "otlp"}, "exporters": {"debug"}}
			if err != nil || view.Components.Hash() != want.Hash() {
				t.Errorf("Components = %v, %v, want %v", view.Components, err, want)
			}
			third := a.heartbeat()
			third.Capabilities = first.Capabilities
			third.AvailableComponents = first.AvailableComponents
			if got := a.ask(third).GetFlags(); got != 0 {
				t.Errorf("flags = %#x where the hash is known, want none", got)
			}
		})
	}
}

func TestI2_ComponentsAreKeptOverARestart(t *testing.T) {
	store := mem.New()
	v, m := serveStore(t, store, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	first := a.full()
	first.Capabilities |= uint64(fleet.ReportsAvailableComponents)
	first.AvailableComponents = &protobufs.AvailableComponents{Hash: []byte("h1"), Components: map[string]*protobufs.ComponentDetails{
		"exporters": {SubComponentMap: map[string]*protobufs.ComponentDetails{"debug": {}}},
	}}
	a.ask(first)
	if err := m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	v, m = serveStore(t, store.Reopen(), Options{})
	a = v.agent(fleet.WebSocket, uid(1), "x")
	again := a.full()
	again.Capabilities = first.Capabilities
	again.AvailableComponents = &protobufs.AvailableComponents{Hash: []byte("h1")}
	if got := a.ask(again).GetFlags(); got != 0 {
		t.Errorf("flags = %#x after a restart, want none: the list of this hash is on record", got)
	}
	want := fleet.Components{"exporters": {"debug"}}
	if view, err := m.Agent(t.Context(), a.uid.String()); err != nil || view.Components.Hash() != want.Hash() {
		t.Errorf("Components = %v, %v, want %v", view.Components, err, want)
	}
	other := again
	other.SequenceNum = 5
	other.AvailableComponents = &protobufs.AvailableComponents{Hash: []byte("h2")}
	if got := a.ask(other).GetFlags(); got&reportAvailableComponents == 0 {
		t.Errorf("flags = %#x for another hash, want ReportAvailableComponents", got)
	}
}

func TestJ2_CustomMessagesAreIgnored(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	a.ask(a.full())
	custom := a.heartbeat()
	custom.CustomCapabilities = &protobufs.CustomCapabilities{Capabilities: []string{"com.example.one", "com.example.two/v2"}}
	custom.CustomMessage = &protobufs.CustomMessage{Capability: "com.example.one", Type: "t", Data: []byte("data")}
	got := a.ask(custom)
	if want := acknowledgement(a.uid); !proto.Equal(got, want) {
		t.Errorf("answer = %v, want %v", got, want)
	}
	if view, err := m.Agent(t.Context(), a.uid.String()); err != nil || view.Agent.Type() != "x" {
		t.Errorf("Agent() = %+v, %v, want it unchanged", view.Agent, err)
	}
	if got := v.metric("opamp_messages_total", "kind=other", "transport=websocket"); got != 1 {
		t.Errorf("messages of kind other = %v, want 1", got)
	}
}

func TestK10_UnknownFieldsAreIgnored(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	u := uid(1)
	b := encoded(t, fullState(u, 3, "x"))
	b = protowire.AppendTag(b, 2000, protowire.BytesType)
	b = protowire.AppendString(b, "from the future")
	b = protowire.AppendTag(b, 2001, protowire.VarintType)
	b = protowire.AppendVarint(b, 1)
	b = protowire.AppendTag(b, 2002, protowire.StartGroupType)
	b = protowire.AppendTag(b, 1, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, 1)
	b = protowire.AppendTag(b, 2002, protowire.EndGroupType)
	if got := v.post(b); got.status != 200 || got.msg.GetErrorResponse() != nil {
		t.Errorf("POST = %d, %v, want no error", got.status, got.msg)
	}
	if r := f.last(t); r.UID != u || r.SequenceNum != 3 || r.Description == nil || r.Health == nil {
		t.Errorf("report = %+v, want what is known of the message", r)
	}
	// ComponentHealth.attributes is newer than the library.
	h := encoded(t, &protobufs.ComponentHealth{Healthy: true})
	h = protowire.AppendTag(h, 7, protowire.BytesType)
	h = protowire.AppendBytes(h, encoded(t, text("a", "b")))
	b = encoded(t, heartbeat(u, 4))
	b = protowire.AppendTag(b, 5, protowire.BytesType)
	b = protowire.AppendBytes(b, h)
	if got := v.post(b); got.status != 200 || got.msg.GetErrorResponse() != nil {
		t.Errorf("POST with health attributes = %d, %v, want no error", got.status, got.msg)
	}
	if r := f.last(t); r.Health == nil || !r.Health.Healthy {
		t.Errorf("Health = %+v, want it healthy", r.Health)
	}
}
