package opampsrv

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// shortly is a deadline for what a test lets run out.
const shortly = 100 * time.Millisecond

var transports = []fleet.Transport{fleet.WebSocket, fleet.HTTP}

// simulated is an agent that keeps its sequence number and speaks over either transport.
type simulated struct {
	v       *served
	ws      *peer // nil: plain HTTP
	uid     fleet.InstanceUID
	seq     uint64
	service string
}

func (v *served) agent(over fleet.Transport, u fleet.InstanceUID, service string) *simulated {
	a := &simulated{v: v, uid: u, service: service}
	if over == fleet.WebSocket {
		a.ws = v.dial()
	}
	return a
}

// agentVia connects through another address.
func (v *served) agentVia(url string, u fleet.InstanceUID, service string) *simulated {
	v.t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		v.t.Fatalf("Dial(%s) = %v", url, err)
	}
	return &simulated{v: v, uid: u, service: service, ws: newPeer(v.t, ws)}
}

// gatewayConn is a connection that carries several agents.
type gatewayConn struct {
	v    *served
	peer *peer
}

func (v *served) gateway() *gatewayConn { return &gatewayConn{v, v.dial()} }

func (g *gatewayConn) add(u fleet.InstanceUID) *simulated {
	return &simulated{v: g.v, ws: g.peer, uid: u, service: "x"}
}

// heartbeat makes the next message.
func (a *simulated) heartbeat() *protobufs.AgentToServer {
	m := heartbeat(a.uid, a.seq)
	a.seq++
	return m
}

// full makes the next message, with everything in it.
func (a *simulated) full() *protobufs.AgentToServer {
	m := fullState(a.uid, a.seq, a.service)
	a.seq++
	return m
}

// status makes the next message, with a RemoteConfigStatus.
func (a *simulated) status(hash []byte, s protobufs.RemoteConfigStatuses, problem string) *protobufs.AgentToServer {
	m := a.heartbeat()
	m.RemoteConfigStatus = &protobufs.RemoteConfigStatus{LastRemoteConfigHash: hash, Status: s, ErrorMessage: problem}
	return m
}

// ask sends m and returns the answer.
func (a *simulated) ask(m *protobufs.AgentToServer) *protobufs.ServerToAgent {
	a.v.t.Helper()
	if a.ws != nil {
		return a.ws.ask(m)
	}
	got := a.v.post(encoded(a.v.t, m))
	if got.status != 200 {
		a.v.t.Fatalf("POST = %d, want 200", got.status)
	}
	return got.msg
}

// wire is a proxy that can stop to forward without closing anything: what a
// cable does that is pulled out.
type wire struct {
	l    net.Listener
	mu   sync.Mutex
	cut  chan struct{}
	once sync.Once
	all  []net.Conn
	wait sync.WaitGroup
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{l: l, cut: make(chan struct{})}
	w.wait.Add(1)
	go w.accept(to)
	t.Cleanup(func() {
		_ = l.Close()
		w.freeze()
		w.mu.Lock()
		for _, c := range w.all {
			_ = c.Close()
		}
		w.mu.Unlock()
		w.wait.Wait()
	})
	return w
}

func (w *wire) url() string { return "ws://" + w.l.Addr().String() + "/v1/opamp" }

// freeze stops forwarding for ever.
func (w *wire) freeze() { w.once.Do(func() { close(w.cut) }) }

func (w *wire) accept(to string) {
	defer w.wait.Done()
	for {
		near, err := w.l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			_ = near.Close()
			return
		}
		w.mu.Lock()
		w.all = append(w.all, near, far)
		w.mu.Unlock()
		w.wait.Add(2)
		go w.forward(near, far)
		go w.forward(far, near)
	}
}

func (w *wire) forward(from, to net.Conn) {
	defer w.wait.Done()
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		select {
		case <-w.cut:
			return // what was read is lost, and so is the end
		default:
		}
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

const (
	reportFullState           = uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportFullState)
	reportAvailableComponents = uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportAvailableComponents)
)
