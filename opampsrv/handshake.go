package opampsrv

import (
	"bufio"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

// Sizes of the buffers of a WebSocket. Each has its own for reading, for as long
// as it lives; those for writing are shared. Larger messages pass them by.
const (
	readBuffer  = 512
	writeBuffer = 4 << 10
)

type upgrader = websocket.Upgrader

func newUpgrader(o Options) upgrader {
	return upgrader{
		HandshakeTimeout:  o.HandshakeTimeout,
		ReadBufferSize:    readBuffer,
		WriteBufferSize:   writeBuffer,
		WriteBufferPool:   &sync.Pool{},
		EnableCompression: o.Compression,
		CheckOrigin:       func(*http.Request) bool { return true }, // ServeHTTP has asked
		Error: func(w http.ResponseWriter, _ *http.Request, status int, err error) {
			w.Header().Set("Sec-Websocket-Version", "13")
			http.Error(w, err.Error(), status)
		},
	}
}

// hijackable makes the connection behind a ResponseWriter available that
// middleware has wrapped; gorilla asks the outermost one only.
type hijackable struct{ http.ResponseWriter }

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(h.ResponseWriter).Hijack()
}

// serveHandshake upgrades to WebSocket. It returns once the connection runs on a
// goroutine of its own, so that net/http's structures and its grown stack are freed.
func (s *Server) serveHandshake(w http.ResponseWriter, r *http.Request, credential string) {
	if !websocket.IsWebSocketUpgrade(r) {
		s.refuseStranger(w, r)
		return
	}
	if !s.admit(w, r) {
		return
	}
	ws, err := s.upgrade.Upgrade(hijackable{w}, r, nil)
	if err != nil {
		s.metrics.rejected[rejectedHandshake].Inc()
		s.log.Debug("WebSocket handshake failed", "remote_address", r.RemoteAddr, "err", err)
		s.leave()
		return
	}
	s.start(ws, r.RemoteAddr, credential)
}

// refuseStranger tells one who speaks neither transport how to.
func (s *Server) refuseStranger(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		w.Header().Set("Accept-Post", protobufType)
		s.refuse(w, r, rejectedContentType, http.StatusUnsupportedMediaType,
			"this is an OpAMP server: POST an AgentToServer message as "+protobufType+", or connect by WebSocket")
		return
	}
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	s.refuse(w, r, rejectedHandshake, http.StatusUpgradeRequired,
		"this is an OpAMP server: connect by WebSocket, or POST an AgentToServer message as "+protobufType)
}

// admit takes a place for one more WebSocket, to be given back with leave, or refuses it.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	stopping, full := s.stopping, s.upgrades >= s.o.MaxConnections
	admitted := !stopping && !full && (s.rate == nil || s.rate.Allow())
	if admitted {
		s.upgrades++
		s.active.Add(1)
	}
	s.mu.Unlock()
	switch {
	case admitted:
	case stopping:
		s.refuseForNow(w, r, rejectedStopping, "the server is stopping")
	case full:
		s.refuseForNow(w, r, rejectedConnections, "the server has as many connections as it may")
	default:
		s.refuseForNow(w, r, rejectedRate, "too many connections at a time")
	}
	return admitted
}

// leave gives back the place that admit has taken.
func (s *Server) leave() {
	s.mu.Lock()
	s.upgrades--
	s.mu.Unlock()
	s.active.Done()
}
