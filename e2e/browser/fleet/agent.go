package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/open-telemetry/opamp-go/client"
	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"
)

const capabilities = protobufs.AgentCapabilities_AgentCapabilities_ReportsStatus |
	protobufs.AgentCapabilities_AgentCapabilities_AcceptsRemoteConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsEffectiveConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsRemoteConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsHealth |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsHeartbeat |
	protobufs.AgentCapabilities_AgentCapabilities_AcceptsRestartCommand |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsAvailableComponents

// poison is what makes an agent refuse a configuration that holds it.
const poison = "refuse.invalid"

// agent is one simulated agent.
type agent struct {
	number  int
	client  client.OpAMPClient
	started time.Time
	heard   chan struct{} // closed when the server has answered for the first time
	once    sync.Once

	mu        sync.Mutex
	effective []byte
	problem   string
	changed   time.Time // when the problem came or went
}

// startAgent connects an agent and waits until the server has answered it.
func startAgent(ctx context.Context, endpoint, token string, number int) (*agent, error) {
	a := &agent{
		number: number, client: client.NewWebSocket(quiet{}), started: time.Now(), changed: time.Now(),
		heard: make(chan struct{}), effective: []byte(bootConfig),
	}
	uid := uidOf(number)
	heartbeat := 30 * time.Second
	caps := capabilities
	settings := types.StartSettings{
		OpAMPServerURL: endpoint, InstanceUid: uid, HeartbeatInterval: &heartbeat,
		RemoteConfigStatus: &protobufs.RemoteConfigStatus{},
		Callbacks: types.Callbacks{
			OnMessage: a.onMessage,
			OnCommand: a.onCommand,
			GetEffectiveConfig: func(context.Context) (*protobufs.EffectiveConfig, error) {
				return a.effectiveConfig(), nil
			},
		},
	}
	if token != "" {
		settings.Header = http.Header{"Authorization": {"Bearer " + strings.TrimSpace(token)}}
	}
	for _, err := range []error{
		a.client.SetAgentDescription(description(number, uid)),
		a.client.SetHealth(a.health()),
		a.client.SetAvailableComponents(components()),
		a.client.SetCapabilities(&caps),
		// The client outlives the order that connected it.
		a.client.Start(context.WithoutCancel(ctx), settings),
	} {
		if err != nil {
			return nil, err
		}
	}
	select {
	case <-a.heard:
		return a, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no answer from %s: %w", endpoint, ctx.Err())
	}
}

func (a *agent) stop(ctx context.Context) error {
	return a.client.Stop(ctx)
}

func (a *agent) onMessage(ctx context.Context, m *types.MessageData) {
	a.once.Do(func() { close(a.heard) })
	if m.RemoteConfig == nil {
		return
	}
	body := m.RemoteConfig.GetConfig().GetConfigMap()[""].GetBody()
	status := &protobufs.RemoteConfigStatus{
		LastRemoteConfigHash: bytes.Clone(m.RemoteConfig.GetConfigHash()),
		Status:               protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED,
	}
	if bytes.Contains(body, []byte(poison)) {
		status.Status = protobufs.RemoteConfigStatuses_RemoteConfigStatuses_FAILED
		status.ErrorMessage = "cannot start pipelines: dial tcp: lookup " + poison + ": no such host"
	} else {
		a.mu.Lock()
		a.effective = bytes.Clone(body)
		a.mu.Unlock()
		report("effective configuration", a.client.UpdateEffectiveConfig(ctx))
	}
	report("status", a.client.SetRemoteConfigStatus(status))
}

// onCommand restarts: a real one comes back healthy.
func (a *agent) onCommand(context.Context, *protobufs.ServerToAgentCommand) error {
	a.mu.Lock()
	a.started = time.Now()
	a.mu.Unlock()
	return a.setHealth("")
}

func (a *agent) effectiveConfig() *protobufs.EffectiveConfig {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &protobufs.EffectiveConfig{ConfigMap: &protobufs.AgentConfigMap{ConfigMap: map[string]*protobufs.AgentConfigFile{
		"": {Body: a.effective, ContentType: "text/yaml"},
	}}}
}

func (a *agent) healthy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.problem == ""
}

func (a *agent) setHealth(problem string) error {
	a.mu.Lock()
	a.problem, a.changed = problem, time.Now()
	a.mu.Unlock()
	return a.client.SetHealth(a.health())
}

// uidOf gives agent n a UUID v7 of its own, the same in every run.
func uidOf(n int) types.InstanceUid {
	uid := types.InstanceUid{0x01, 0x95, 0xf2, 0xb4, 0, 0, 0x70, 0, 0x80}
	binary.BigEndian.PutUint32(uid[12:], uint32(n))
	return uid
}

func report(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "report %s: %v\n", what, err)
	}
}

// quiet is a logger for clients whose server comes and goes by intention.
type quiet struct{}

func (quiet) Debugf(context.Context, string, ...any) {}
func (quiet) Errorf(context.Context, string, ...any) {}
