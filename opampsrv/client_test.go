package opampsrv

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/open-telemetry/opamp-go/client"
	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// The Go client of the protocol's authors, over both transports.

// silence is a log of the client's that nobody reads.
type silence struct{}

func (silence) Debugf(context.Context, string, ...any) {}
func (silence) Errorf(context.Context, string, ...any) {}

// realAgent is an agent on the real client: it applies what it is offered.
type realAgent struct {
	client.OpAMPClient

	mu       sync.Mutex
	running  string
	restarts int
	renamed  []byte
	errors   []*protobufs.ServerErrorResponse
}

func (a *realAgent) configMap() *protobufs.EffectiveConfig {
	a.mu.Lock()
	defer a.mu.Unlock()
	return effective(a.running)
}

func (a *realAgent) told(t *testing.T, m *types.MessageData) {
	if id := m.AgentIdentification; id != nil {
		a.mu.Lock()
		a.renamed = id.GetNewInstanceUid()
		a.mu.Unlock()
	}
	if m.RemoteConfig == nil {
		return
	}
	a.mu.Lock()
	a.running = string(m.RemoteConfig.GetConfig().GetConfigMap()[""].GetBody())
	a.mu.Unlock()
	status := &protobufs.RemoteConfigStatus{LastRemoteConfigHash: m.RemoteConfig.GetConfigHash(), Status: applied}
	if err := a.SetRemoteConfigStatus(status); err != nil {
		t.Errorf("SetRemoteConfigStatus() = %v", err)
	}
	if err := a.UpdateEffectiveConfig(context.Background()); err != nil {
		t.Errorf("UpdateEffectiveConfig() = %v", err)
	}
}

func startAgent(t *testing.T, v *served, over fleet.Transport, compressed bool) *realAgent {
	t.Helper()
	a := &realAgent{OpAMPClient: client.NewWebSocket(silence{}), running: "nothing: {}"}
	url := v.ws
	if over == fleet.HTTP {
		a.OpAMPClient, url = client.NewHTTP(silence{}), v.http
	}
	description := fullState(uid(1), 0, "real").GetAgentDescription()
	if err := a.SetAgentDescription(description); err != nil {
		t.Fatal(err)
	}
	if err := a.SetHealth(&protobufs.ComponentHealth{Healthy: true}); err != nil {
		t.Fatal(err)
	}
	capabilities := protobufs.AgentCapabilities(collectorCapabilities)
	if err := a.SetCapabilities(&capabilities); err != nil {
		t.Fatal(err)
	}
	often := 50 * time.Millisecond
	err := a.Start(context.Background(), types.StartSettings{
		OpAMPServerURL: url, InstanceUid: types.InstanceUid(uid(1)), EnableCompression: compressed, HeartbeatInterval: &often,
		Callbacks: types.Callbacks{
			OnMessage:          func(_ context.Context, m *types.MessageData) { a.told(t, m) },
			GetEffectiveConfig: func(context.Context) (*protobufs.EffectiveConfig, error) { return a.configMap(), nil },
			OnCommand: func(context.Context, *protobufs.ServerToAgentCommand) error {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.restarts++
				return nil
			},
			OnError: func(_ context.Context, e *protobufs.ServerErrorResponse) {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.errors = append(a.errors, e)
			},
		},
	})
	if err != nil {
		t.Fatalf("Start() = %v", err)
	}
	return a
}

func (a *realAgent) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		t.Errorf("Stop() = %v", err)
	}
}

func TestRealClient(t *testing.T) {
	for _, tc := range []struct {
		name       string
		over       fleet.Transport
		compressed bool
	}{
		{"WebSocket", fleet.WebSocket, false},
		{"WebSocket, compressed", fleet.WebSocket, true},
		{"HTTP", fleet.HTTP, false},
		{"HTTP, compressed", fleet.HTTP, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v, m := serveFleet(t, Options{Compression: true})
			a := startAgent(t, v, tc.over, tc.compressed)
			stopped := false
			defer func() {
				if !stopped {
					a.stop(t)
				}
			}()
			view := func() fleet.AgentView {
				got, err := m.Agent(context.Background(), uid(1).String())
				if err != nil {
					return fleet.AgentView{}
				}
				return got
			}
			eventually(t, "healthy", func() bool { return view().Status == fleet.StatusHealthy })
			if got := view(); got.Agent.Type() != "real" || got.Agent.Transport != tc.over {
				t.Errorf("Agent() = %+v, want its description, over %s", got.Agent, tc.over)
			}

			config := "receivers: {}\n# " + longComment()
			create(t, m, "one", config, "service.name=real")
			eventually(t, "applied, and effective", func() bool {
				got := view()
				return got.Config.State == fleet.DeliveryApplied && got.EffectiveConfig != nil &&
					string(got.EffectiveConfig.Files[""].Body) == config
			})

			if _, err := m.Restart(t.Context(), uid(1).String()); err != nil {
				t.Fatalf("Restart() = %v", err)
			}
			eventually(t, "restarted", func() bool {
				a.mu.Lock()
				defer a.mu.Unlock()
				return a.restarts == 1
			})

			a.SetFlags(protobufs.AgentToServerFlags_AgentToServerFlags_RequestInstanceUid)
			if err := a.SetHealth(&protobufs.ComponentHealth{Healthy: true, Status: "again"}); err != nil {
				t.Fatal(err)
			}
			var fresh fleet.InstanceUID
			eventually(t, "it has a new UID", func() bool {
				a.mu.Lock()
				defer a.mu.Unlock()
				copy(fresh[:], a.renamed)
				return !fresh.IsZero()
			})
			a.SetFlags(0)
			eventually(t, "it uses the new UID, and its record has moved", func() bool {
				got, err := m.Agent(context.Background(), fresh.String())
				return err == nil && got.Connected && got.Agent.Type() == "real" && got.Config.State == fleet.DeliveryApplied
			})

			a.stop(t)
			stopped = true
			if tc.over == fleet.WebSocket { // over HTTP the client says no goodbye
				eventually(t, "disconnected", func() bool { return m.FleetStatus().Connected == 0 })
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if len(a.errors) > 0 {
				t.Errorf("the agent was told of errors: %v", a.errors)
			}
		})
	}
}

// longComment makes a configuration larger than any buffer on the way.
func longComment() string {
	b := make([]byte, 100_000)
	for i := range b {
		b[i] = byte('a' + i*i%23)
	}
	return string(b)
}
