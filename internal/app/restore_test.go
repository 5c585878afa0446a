package app

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-telemetry/opamp-go/client"
	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// silence is a log of the client's that nobody reads.
type silence struct{}

func (silence) Debugf(context.Context, string, ...any) {}
func (silence) Errorf(context.Context, string, ...any) {}

// simulated is an agent on the protocol's own client. It applies what it is
// offered, and remembers that over restarts of itself and of servers.
type simulated struct {
	uid  types.InstanceUid
	over fleet.Transport

	mu     sync.Mutex
	offers int
	status *protobufs.RemoteConfigStatus
	body   []byte
	client client.OpAMPClient
}

// connect starts the agent's client towards a server.
func (a *simulated) connect(t *testing.T, srv *server) {
	t.Helper()
	url := "ws://" + srv.address + "/v1/opamp"
	var c client.OpAMPClient = client.NewWebSocket(silence{})
	if a.over == fleet.HTTP {
		c, url = client.NewHTTP(silence{}), srv.url("/v1/opamp")
	}
	capabilities := protobufs.AgentCapabilities_AgentCapabilities_ReportsStatus |
		protobufs.AgentCapabilities_AgentCapabilities_AcceptsRemoteConfig |
		protobufs.AgentCapabilities_AgentCapabilities_ReportsRemoteConfig |
		protobufs.AgentCapabilities_AgentCapabilities_ReportsEffectiveConfig |
		protobufs.AgentCapabilities_AgentCapabilities_ReportsHealth | protobufs.AgentCapabilities_AgentCapabilities_ReportsHeartbeat
	text := func(s string) *protobufs.AnyValue {
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_StringValue{StringValue: s}}
	}
	often := 50 * time.Millisecond
	if err := c.SetAgentDescription(&protobufs.AgentDescription{
		IdentifyingAttributes: []*protobufs.KeyValue{{Key: "service.instance.id", Value: text("edge-1")}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetHealth(&protobufs.ComponentHealth{Healthy: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetCapabilities(&capabilities); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.client, a.offers = c, 0
	settings := types.StartSettings{
		OpAMPServerURL: url, InstanceUid: a.uid, HeartbeatInterval: &often, RemoteConfigStatus: a.status,
		Callbacks: types.Callbacks{
			OnMessage: func(_ context.Context, m *types.MessageData) { a.told(t, m) },
			GetEffectiveConfig: func(context.Context) (*protobufs.EffectiveConfig, error) {
				a.mu.Lock()
				defer a.mu.Unlock()
				return &protobufs.EffectiveConfig{ConfigMap: &protobufs.AgentConfigMap{
					ConfigMap: map[string]*protobufs.AgentConfigFile{"": {Body: a.body}},
				}}, nil
			},
		},
	}
	a.mu.Unlock()
	if err := c.Start(context.Background(), settings); err != nil {
		t.Fatalf("Start() = %v", err)
	}
}

func (a *simulated) told(t *testing.T, m *types.MessageData) {
	if m.RemoteConfig == nil {
		return
	}
	a.mu.Lock()
	a.offers++
	a.body = m.RemoteConfig.GetConfig().GetConfigMap()[""].GetBody()
	a.status = &protobufs.RemoteConfigStatus{
		LastRemoteConfigHash: m.RemoteConfig.GetConfigHash(), Status: protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED,
	}
	status := a.status
	a.mu.Unlock()
	if err := a.client.SetRemoteConfigStatus(status); err != nil {
		t.Errorf("SetRemoteConfigStatus() = %v", err)
	}
}

func (a *simulated) disconnect(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := a.client.Stop(ctx); err != nil {
		t.Errorf("Stop() = %v", err)
	}
}

func (a *simulated) offered() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.offers
}

// wantConfig waits until the server says that the agent is connected and has
// applied this version.
func (s *server) wantConfig(t *testing.T, version int) {
	t.Helper()
	var view struct {
		Connected bool
		Config    struct {
			Status  string
			Version int
		}
	}
	body := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if _, body = s.get(t, "/api/v1/agents/edge-1"); json.Unmarshal([]byte(body), &view) == nil &&
			view.Connected && view.Config.Status == "applied" && view.Config.Version == version {
			return
		}
	}
	t.Fatalf("after %v the agent is still %s, want version %d applied", patience, body, version)
}

// call sends JSON and wants the status.
func (s *server) call(t *testing.T, method, path, body string, want int) {
	t.Helper()
	status, answer := s.do(t, http.DefaultClient, "http", request{
		method: method, path: path, body: body, header: map[string]string{"Content-Type": "application/json"},
	})
	if status != want {
		t.Fatalf("%s %s = %d %s, want %d", method, path, status, answer, want)
	}
}

func configJSON(t *testing.T, level string) string {
	t.Helper()
	b, err := json.Marshal(map[string]string{
		"name": "edge", "selector": "service.instance.id=edge-1",
		"config": "receivers:\n  otlp:\n    protocols: {grpc: }\nexporters:\n  debug: {verbosity: " + level + "}\n" +
			"service:\n  pipelines:\n    traces: {receivers: [otlp], exporters: [debug]}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRestore: a server that starts from a backup has the fleet, and sends no
// agent what it runs already; what the fleet of the backup does not know, it does.
func TestRestore(t *testing.T) {
	for _, over := range []fleet.Transport{fleet.WebSocket, fleet.HTTP} {
		t.Run(string(over), func(t *testing.T) {
			t.Parallel()
			first := start(t, testSettings(t))
			agent := &simulated{uid: types.InstanceUid{1, 0x95, 6: 0x70, 8: 0x80, 15: 1}, over: over}
			agent.connect(t, first)
			first.call(t, http.MethodPost, "/api/v1/configs", configJSON(t, "basic"), http.StatusCreated)
			first.wantConfig(t, 1)
			if n := agent.offered(); n != 1 {
				t.Errorf("offered %d times, want once", n)
			}
			one := filepath.Join(t.TempDir(), "one.db")
			writeFile(t, one, string(fetchBackup(t, first, nil)))

			// The backup is as new as the fleet.
			agent.disconnect(t)
			second := restored(t, one)
			agent.connect(t, second)
			second.wantConfig(t, 1)
			second.settled(t)
			if n := agent.offered(); n != 0 {
				t.Errorf("by the restored server: offered %d times what it runs, want never", n)
			}
			agent.disconnect(t)

			// The agent has got another version since.
			agent.connect(t, first)
			first.call(t, http.MethodPut, "/api/v1/configs/edge", configJSON(t, "detailed"), http.StatusOK)
			first.wantConfig(t, 2)
			agent.disconnect(t)
			third := restored(t, one)
			agent.connect(t, third)
			third.wantConfig(t, 1)
			third.settled(t)
			if n := agent.offered(); n != 1 {
				t.Errorf("by a server restored to an older version: offered %d times, want once", n)
			}
			agent.disconnect(t)
		})
	}
}

// restored starts a server from a backup, with data of its own.
func restored(t *testing.T, backup string) *server {
	t.Helper()
	s := testSettings(t)
	done, err := RestoreStore(t.Context(), backup, s.DataDir, time.Now())
	if err != nil || done.Aside != "" {
		t.Fatalf("RestoreStore() = %+v, %v, want nothing kept", done, err)
	}
	return start(t, s)
}

// settled waits until the agent's later messages have been answered too.
func (s *server) settled(t *testing.T) {
	t.Helper()
	seen := func() string {
		var view struct {
			LastSeenAt string `json:"last_seen_at"`
		}
		_, body := s.get(t, "/api/v1/agents/edge-1")
		if err := json.Unmarshal([]byte(body), &view); err != nil {
			t.Fatal(err)
		}
		return view.LastSeenAt
	}
	before := seen()
	for n, deadline := 0, time.Now().Add(patience); n < 3; {
		if now := seen(); now != before {
			before, n = now, n+1
		}
		if time.Now().After(deadline) {
			t.Fatalf("no message in %v", patience)
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	srv := start(t, testSettings(t))
	backup := filepath.Join(t.TempDir(), "backup.db")
	whole := fetchBackup(t, srv, nil)
	writeFile(t, backup, string(whole))
	cut := filepath.Join(t.TempDir(), "cut.db")
	writeFile(t, cut, string(whole[:len(whole)-4096]))
	for _, c := range []struct{ name, file, dir, want string }{
		{"in use", backup, srv.dir, "stop the server first"},
		{"cut", cut, t.TempDir(), "is not a sound backup: it was cut"},
		{"missing", backup + "x", t.TempDir(), "there is no file"},
	} {
		_, err := RestoreStore(t.Context(), c.file, c.dir, time.Now())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: RestoreStore() = %v, want %q", c.name, err, c.want)
		}
		if c.dir != srv.dir {
			if left, err := os.ReadDir(c.dir); err != nil || len(left) != 0 {
				t.Errorf("%s: RestoreStore() left %v, %v, want nothing", c.name, left, err)
			}
		}
	}
}
