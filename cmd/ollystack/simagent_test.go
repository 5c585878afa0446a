//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
)

// simulated is an agent over a real WebSocket that says what it is told to, and takes
// every configuration that does not contain "refuse-me".
type simulated struct {
	name       string
	uid        uuid.UUID
	attributes map[string]string
	sick       string // what it complains of; empty while it is healthy

	conn     *websocket.Conn
	ended    chan struct{}
	mu       sync.Mutex // guards what follows, and writes to conn
	sequence uint64
	restarts int
}

// connectAgent connects an agent to the server, and waits until it is known.
func connectAgent(t *testing.T, url string, a *simulated) *simulated {
	t.Helper()
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/v1/opamp", nil)
	if err != nil {
		t.Fatalf("connect the agent %s: %v", a.name, err)
	}
	res.Body.Close()
	sum := sha256.Sum256([]byte(a.name))
	if a.uid, err = uuid.FromBytes(sum[:16]); err != nil {
		t.Fatal(err)
	}
	a.uid[6], a.uid[8] = 0x70|a.uid[6]&0xf, 0x80|a.uid[8]&0x3f // version 7
	a.conn, a.ended = ws, make(chan struct{})
	if err := a.send(a.hello()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.receive(); err != nil { // the answer: it is known
		t.Fatalf("the answer to the agent %s: %v", a.name, err)
	}
	go func() {
		defer close(a.ended)
		for {
			m, err := a.receive()
			if err != nil || a.answer(m) != nil {
				return // the connection is over
			}
		}
	}()
	t.Cleanup(a.disconnect)
	return a
}

func (a *simulated) disconnect() {
	_ = a.conn.Close() // maybe closed already
	<-a.ended
}

func (a *simulated) hello() *protobufs.AgentToServer {
	attributes := func(pairs map[string]string) (list []*protobufs.KeyValue) {
		for k, v := range pairs {
			list = append(list, &protobufs.KeyValue{Key: k, Value: &protobufs.AnyValue{Value: &protobufs.AnyValue_StringValue{StringValue: v}}})
		}
		return list
	}
	other := map[string]string{"host.name": a.name}
	for k, v := range a.attributes {
		other[k] = v
	}
	status := "StatusOK"
	if a.sick != "" {
		status = "StatusPermanentError"
	}
	pipeline := &protobufs.ComponentHealth{Healthy: a.sick == "", Status: status, LastError: a.sick}
	return &protobufs.AgentToServer{
		AgentDescription: &protobufs.AgentDescription{
			IdentifyingAttributes:    attributes(map[string]string{"service.name": "otelcol-contrib", "service.version": "0.149.0"}),
			NonIdentifyingAttributes: attributes(other),
		},
		Health: &protobufs.ComponentHealth{
			Healthy: a.sick == "", Status: status, LastError: a.sick,
			ComponentHealthMap: map[string]*protobufs.ComponentHealth{"pipeline:traces": pipeline},
		},
		EffectiveConfig: effective("receivers:\n  otlp:\n    headers:\n      api-key: secret\n"),
	}
}

func effective(body string) *protobufs.EffectiveConfig {
	return &protobufs.EffectiveConfig{ConfigMap: &protobufs.AgentConfigMap{ConfigMap: map[string]*protobufs.AgentConfigFile{
		"": {Body: []byte(body), ContentType: "text/yaml"},
	}}}
}

const simulatedCapabilities = protobufs.AgentCapabilities_AgentCapabilities_ReportsStatus | protobufs.AgentCapabilities_AgentCapabilities_AcceptsRemoteConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsRemoteConfig | protobufs.AgentCapabilities_AgentCapabilities_ReportsEffectiveConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsHealth | protobufs.AgentCapabilities_AgentCapabilities_AcceptsRestartCommand

func (a *simulated) send(m *protobufs.AgentToServer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	m.InstanceUid, m.SequenceNum, m.Capabilities = a.uid[:], a.sequence, uint64(simulatedCapabilities)
	a.sequence++
	b, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return a.conn.WriteMessage(websocket.BinaryMessage, append([]byte{0}, b...))
}

func (a *simulated) receive() (*protobufs.ServerToAgent, error) {
	_, b, err := a.conn.ReadMessage()
	if err != nil {
		return nil, err
	}
	if len(b) == 0 || b[0] != 0 {
		return nil, fmt.Errorf("a message begins with % x", b)
	}
	m := &protobufs.ServerToAgent{}
	return m, proto.Unmarshal(b[1:], m)
}

func (a *simulated) answer(m *protobufs.ServerToAgent) error {
	if m.GetCommand() != nil {
		a.mu.Lock()
		a.restarts++
		a.mu.Unlock()
	}
	offer := m.GetRemoteConfig()
	if offer == nil {
		return nil
	}
	body := offer.GetConfig().GetConfigMap()[""].GetBody()
	status := &protobufs.RemoteConfigStatus{LastRemoteConfigHash: offer.GetConfigHash(), Status: protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED}
	report := &protobufs.AgentToServer{RemoteConfigStatus: status}
	if bytes.Contains(body, []byte("refuse-me")) {
		status.Status = protobufs.RemoteConfigStatuses_RemoteConfigStatuses_FAILED
		status.ErrorMessage = "the collector does not start with it"
	} else {
		report.EffectiveConfig = effective(string(body))
	}
	return a.send(report)
}

// restarted is how often it was asked to restart.
func (a *simulated) restarted() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.restarts
}
