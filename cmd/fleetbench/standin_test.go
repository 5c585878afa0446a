package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
)

// standinRole is the environment variable that makes the test binary play a
// server instead of running tests, so that phases can start, stop and kill one.
// Its value holds the faults that the server is to have, separated by commas.
const standinRole = "FLEETBENCH_TEST_SERVER"

const (
	faultSwallow = "swallow" // every tenth message is not answered
	faultReoffer = "reoffer" // every new connection is offered the same configuration
	faultFailing = "failing" // POST /configs is refused
)

func TestMain(m *testing.M) {
	if faults, ok := os.LookupEnv(standinRole); ok {
		if err := runStandin(faults, os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// standin is a small OpAMP server with just enough of the HTTP API for every phase.
type standin struct {
	faults string

	mu       sync.Mutex
	messages int
	seen     map[string]bool // agents whose description is known
	applied  map[string]string
	conns    map[string]*websocket.Conn
	newest   *protobufs.AgentRemoteConfig
}

func newStandin(faults string) *standin {
	return &standin{faults: faults, seen: map[string]bool{}, applied: map[string]string{}, conns: map[string]*websocket.Conn{}}
}

func runStandin(faults, addr, dir string) error {
	s := newStandin(faults)
	saved := filepath.Join(dir, "seen.json")
	data, err := os.ReadFile(saved)
	if err == nil {
		err = json.Unmarshal(data, &s.seen)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	srv := &http.Server{Handler: s.handler()}
	go func() { _ = srv.Serve(listener) }()
	fmt.Println("listening")
	<-ctx.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err = json.Marshal(s.seen)
	if err != nil {
		return err
	}
	return os.WriteFile(saved, data, 0o600)
}

func (s *standin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/opamp", s.opamp)
	mux.HandleFunc("POST /api/v1/configs", s.postConfig)
	mux.HandleFunc("GET /api/v1/fleet/status", s.fleetStatus)
	mux.HandleFunc("GET /api/v1/agents", s.agents)
	return mux
}

// opamp serves one connection until it ends, with no word of goodbye.
func (s *standin) opamp(w http.ResponseWriter, r *http.Request) {
	var upgrader websocket.Upgrader
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return
		}
		var m protobufs.AgentToServer
		if len(frame) == 0 || frame[0] != 0 || proto.Unmarshal(frame[1:], &m) != nil {
			return
		}
		s.mu.Lock()
		if out := s.answer(conn, &m); out != nil {
			err = send(conn, out)
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// send writes one message. The caller holds the server's lock, which makes it the only writer.
func send(conn *websocket.Conn, m *protobufs.ServerToAgent) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return conn.WriteMessage(websocket.BinaryMessage, append([]byte{0}, data...))
}

// answer takes a message in and says what to answer; nil for nothing. The caller holds the lock.
func (s *standin) answer(conn *websocket.Conn, m *protobufs.AgentToServer) *protobufs.ServerToAgent {
	s.messages++
	uid := string(m.InstanceUid)
	out := &protobufs.ServerToAgent{InstanceUid: m.InstanceUid, Capabilities: 7}
	if s.conns[uid] != conn {
		s.conns[uid] = conn
		if strings.Contains(s.faults, faultReoffer) {
			out.RemoteConfig = remoteConfig([]byte("a: 1"))
		}
	} else if strings.Contains(s.faults, faultSwallow) && s.messages%10 == 0 {
		return nil
	}
	key := fmt.Sprintf("%x", m.InstanceUid)
	switch {
	case m.AgentDescription != nil:
		s.seen[key] = true
		if m.AvailableComponents.GetComponents() == nil {
			out.Flags |= uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportAvailableComponents)
		}
	case !s.seen[key]:
		out.Flags |= uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportFullState)
	}
	if m.RemoteConfigStatus.GetStatus() == protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED {
		s.applied[uid] = string(m.RemoteConfigStatus.LastRemoteConfigHash)
	}
	return out
}

func remoteConfig(body []byte) *protobufs.AgentRemoteConfig {
	sum := sha256.Sum256(body)
	return &protobufs.AgentRemoteConfig{ConfigHash: sum[:], Config: &protobufs.AgentConfigMap{
		ConfigMap: map[string]*protobufs.AgentConfigFile{"": {Body: body, ContentType: "text/yaml"}},
	}}
}

func (s *standin) postConfig(w http.ResponseWriter, r *http.Request) {
	var in newConfig
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Selector != "env=bench" || strings.Contains(s.faults, faultFailing) {
		http.Error(w, "no", http.StatusConflict)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = remoteConfig([]byte(in.Config))
	for uid, conn := range s.conns {
		_ = send(conn, &protobufs.ServerToAgent{InstanceUid: []byte(uid), RemoteConfig: s.newest})
	}
	w.WriteHeader(http.StatusCreated)
}

func (s *standin) fleetStatus(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out fleetStatus
	out.Connected = len(s.conns)
	for _, hash := range s.applied {
		if s.newest != nil && hash == string(s.newest.ConfigHash) {
			out.Config.Applied++
		}
	}
	_ = json.NewEncoder(w).Encode(out)
}

// agents pages through numbers in place of agents, seven at a time.
func (s *standin) agents(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, _ := strconv.Atoi(r.URL.Query().Get("page_token"))
	out := agentsPage{TotalSize: len(s.conns)}
	for i := from; i < min(from+7, len(s.conns)); i++ {
		out.Agents = append(out.Agents, json.RawMessage(strconv.Itoa(i)))
	}
	if from+7 < len(s.conns) {
		out.NextPageToken = strconv.Itoa(from + 7)
	}
	_ = json.NewEncoder(w).Encode(out)
}
