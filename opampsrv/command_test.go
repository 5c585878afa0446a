package opampsrv

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"

	"github.com/ollystack/control-plane/fleet"
)

// Part K of the obligations: commands, heartbeats, errors, throttling, the end.

func TestK1_TheRestartCommandComesAlone(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			a.ask(a.full())
			if _, err := m.Restart(t.Context(), a.uid.String()); err != nil {
				t.Fatalf("Restart() = %v", err)
			}
			var got *protobufs.ServerToAgent
			if over == fleet.WebSocket {
				got = a.ws.recv()
			} else {
				got = a.ask(a.heartbeat())
			}
			want := &protobufs.ServerToAgent{
				InstanceUid: a.uid[:], Capabilities: 7,
				Command: &protobufs.ServerToAgentCommand{Type: protobufs.CommandType_CommandType_Restart},
			}
			if !proto.Equal(got, want) {
				t.Errorf("command = %v, want %v", got, want)
			}
			if got := a.ask(a.heartbeat()); got.GetCommand() != nil {
				t.Errorf("afterwards = %v, want no command", got)
			}
		})
	}
}

func TestK2_AnyMessageCounts(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	a.ask(a.full())
	before, err := m.Agent(t.Context(), a.uid.String())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "seen later", func() bool {
		a.ask(a.heartbeat())
		now, err := m.Agent(t.Context(), a.uid.String())
		return err == nil && now.Agent.LastSeenAt.After(before.Agent.LastSeenAt)
	})
	if got := v.metric("opamp_messages_total", "kind=heartbeat", "transport=websocket"); got < 1 {
		t.Errorf("heartbeats = %v, want some", got)
	}
}

func TestK3_ASilentPollerIsOffline(t *testing.T) {
	v, m := serveFleet(t, Options{}, func(o *fleet.Options) { o.HTTPTimeout = shortly })
	a := v.agent(fleet.HTTP, uid(1), "x")
	a.ask(a.full())
	eventually(t, "disconnected", func() bool { return m.FleetStatus().Connected == 0 })
	a.ask(a.heartbeat())
	if got := m.FleetStatus().Connected; got != 1 {
		t.Errorf("Connected = %d after another poll, want 1", got)
	}
}

func TestK4_MalformedMessagesAreBadRequests(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, MaxBadMessages: 100})
	good := encoded(t, fullState(uid(1), 0, "x"))
	notUTF8 := heartbeat(uid(1), 0)
	notUTF8.Health = &protobufs.ComponentHealth{Status: "okay"}
	broken := strings.Replace(string(encoded(t, notUTF8)), "okay", "ok\xff\xfe", 1)
	u := uid(1)
	for _, tc := range []struct {
		name string
		body []byte
		echo []byte
	}{
		{"cut off", good[:len(good)-3], u[:]},
		{"one byte", []byte{0x0a}, nil},
		{"field number 0", []byte{0x02, 0x00}, nil},
		{"junk", []byte("GET / HTTP/1.1\r\n\r\n"), nil},
		{"not UTF-8", []byte(broken), u[:]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := v.dial()
			p.sendRaw(websocket.BinaryMessage, append([]byte{0}, tc.body...))
			bareError(t, p.recv(), badRequestType, tc.echo)
			got := v.post(tc.body)
			if got.status != 400 {
				t.Errorf("POST = %d, want 400", got.status)
			}
			bareError(t, got.msg, badRequestType, tc.echo)
		})
	}
	if got := v.metric("opamp_rejected_total", "reason=protobuf"); got != 10 {
		t.Errorf("rejected = %v, want 10", got)
	}
	if got := f.received(); got != 0 {
		t.Errorf("the fleet received %d messages, want none", got)
	}
}

func TestK4_RepeatedOnesEndTheConnection(t *testing.T) {
	for _, tc := range []struct {
		name string
		kind int
		data []byte
		want int
	}{
		{"text", websocket.TextMessage, []byte("x"), websocket.CloseUnsupportedData},
		{"header", websocket.BinaryMessage, []byte{1}, websocket.CloseProtocolError},
		{"protobuf", websocket.BinaryMessage, []byte{0, 0xff}, websocket.CloseInvalidFramePayloadData},
		{"instance_uid", websocket.BinaryMessage, []byte{0}, websocket.ClosePolicyViolation},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := serve(t, Options{Fleet: &scripted{}, MaxBadMessages: 3})
			p := v.dial()
			// A good one in between begins the count anew.
			for _, bad := range []bool{true, true, false, true, true, true} {
				if !bad {
					p.ask(heartbeat(uid(1), 0))
					continue
				}
				p.sendRaw(tc.kind, tc.data)
				bareError(t, p.recv(), badRequestType, nil)
			}
			if got := p.closed(); got != tc.want {
				t.Errorf("closed with %d, want %d", got, tc.want)
			}
			if got := v.metric("opamp_rejected_total", "reason=bad_messages"); got != 1 {
				t.Errorf("ended for bad messages = %v, want 1", got)
			}
		})
	}
}

func TestK5_OverloadIsUnavailable(t *testing.T) {
	v, m := serveFleet(t, Options{})
	a := v.agent(fleet.WebSocket, uid(1), "x")
	a.ask(a.full())
	if err := m.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := a.ask(a.heartbeat())
	bareError(t, got, protobufs.ServerErrorResponseType_ServerErrorResponseType_Unavailable, a.uid[:])
	if wait := time.Duration(got.GetErrorResponse().GetRetryInfo().GetRetryAfterNanoseconds()); wait < 30*time.Second {
		t.Errorf("retry_after = %v, want 30 s at least", wait)
	}
}

func refused(t *testing.T, v *served) *http.Response {
	t.Helper()
	ws, res, err := websocket.DefaultDialer.Dial(v.ws, nil)
	if err == nil {
		_ = ws.Close()
		t.Fatal("Dial() = nil, want a refusal")
	}
	if res == nil {
		t.Fatalf("Dial() = %v without an answer", err)
	}
	return res
}

func assertRetryAfter(t *testing.T, h http.Header) {
	t.Helper()
	if s, err := strconv.Atoi(h.Get("Retry-After")); err != nil || s < 30 || s > 60 {
		t.Errorf("Retry-After = %q, want 30 to 60 seconds", h.Get("Retry-After"))
	}
}

func TestK6_TooManyConnections(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}, MaxConnections: 2})
	p := v.dial()
	p.ask(heartbeat(uid(1), 0))
	v.dial().ask(heartbeat(uid(2), 0))
	res := refused(t, v)
	if res.StatusCode != 503 {
		t.Errorf("status = %d, want 503", res.StatusCode)
	}
	assertRetryAfter(t, res.Header)
	if got := v.metric("opamp_rejected_total", "reason=connections"); got != 1 {
		t.Errorf("rejected = %v, want 1", got)
	}
	_ = p.ws.Close()
	eventually(t, "the place is free", func() bool {
		ws, _, err := websocket.DefaultDialer.Dial(v.ws, nil)
		if err != nil {
			return false
		}
		_ = ws.Close()
		return true
	})
}

func TestK6_TooManyConnectionsAtATime(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}, MaxConnectionRate: 3})
	status := 0
	for range 10 {
		ws, res, err := websocket.DefaultDialer.Dial(v.ws, nil)
		if err == nil {
			t.Cleanup(func() { _ = ws.Close() })
			continue
		}
		status = res.StatusCode
		assertRetryAfter(t, res.Header)
	}
	if status != 503 {
		t.Errorf("the tenth at a time: status %d, want 503", status)
	}
	if got := v.metric("opamp_rejected_total", "reason=connection_rate"); got < 5 {
		t.Errorf("rejected = %v, want most", got)
	}
}

func TestK6_TooManyRequests(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	f := &scripted{receive: func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
		inside <- struct{}{}
		<-leave
		return fleet.Reply{UID: r.UID}, nil
	}}
	v := serve(t, Options{Fleet: f, MaxConnections: 1})
	body := encoded(t, heartbeat(uid(1), 0))
	done := make(chan int)
	go func() { done <- v.post(body).status }()
	<-inside
	got := v.post(body)
	if got.status != 503 {
		t.Errorf("a second request at the time = %d, want 503", got.status)
	}
	assertRetryAfter(t, got.header)
	close(leave)
	if got := <-done; got != 200 {
		t.Errorf("the first = %d, want 200", got)
	}
}

func TestK7_WrongTokenIsRefusedBeforeTheUpgrade(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}, Authorize: func(r *http.Request) (string, bool) {
		return "", r.Header.Get("Authorization") == "Bearer good"
	}})
	res := refused(t, v)
	if got := res.Header.Get("WWW-Authenticate"); res.StatusCode != 401 || !strings.HasPrefix(got, "Bearer") {
		t.Errorf("handshake = %d, WWW-Authenticate %q, want 401, Bearer", res.StatusCode, got)
	}
	body := encoded(t, heartbeat(uid(1), 0))
	for header, want := range map[string]int{"X: y": 401, "Authorization: Bearer bad": 401, "Authorization: Bearer good": 200} {
		got := v.post(body, header)
		if got.status != want || (want == 401) != (got.header.Get("WWW-Authenticate") != "") {
			t.Errorf("POST with %q = %d, %q, want %d", header, got.status, got.header.Get("WWW-Authenticate"), want)
		}
	}
	ws, _, err := websocket.DefaultDialer.Dial(v.ws, http.Header{"Authorization": {"Bearer good"}})
	if err != nil {
		t.Fatalf("Dial() with a token = %v", err)
	}
	_ = ws.Close()
	if got := v.metric("opamp_rejected_total", "reason=token"); got != 3 {
		t.Errorf("rejected = %v, want 3", got)
	}
	log := v.log.String()
	if got := strings.Count(log, "level=DEBUG msg=refused remote_address=127.0.0.1:"); got != 3 || !strings.Contains(log, "reason=token status=401") {
		t.Errorf("the log tells of %d refusals, want 3 with the reason: %s", got, log)
	}
	if strings.Contains(log, "bad") {
		t.Errorf("the log tells the token: %s", log)
	}
}

// TestH8_RevokedTokenEndsItsConnections: those of others, and those without one, go on.
func TestH8_RevokedTokenEndsItsConnections(t *testing.T) {
	f := &scripted{}
	var revoked atomic.Bool
	v := serve(t, Options{
		Fleet: f, PingInterval: 40 * time.Millisecond, // a sweep every 5 ms
		Authorize: func(r *http.Request) (string, bool) { return r.Header.Get("X-Token"), true },
		Revoked:   func(credential string) bool { return credential == "old" && revoked.Load() },
	})
	peers := map[string]*peer{}
	for i, token := range []string{"old", "new", ""} {
		ws, _, err := websocket.DefaultDialer.Dial(v.ws, http.Header{"X-Token": {token}})
		if err != nil {
			t.Fatalf("Dial() = %v", err)
		}
		peers[token] = newPeer(t, ws)
		peers[token].ask(heartbeat(uid(i+1), 0))
	}
	revoked.Store(true)
	_, err := peers["old"].next()
	if !websocket.IsCloseError(err, websocket.ClosePolicyViolation) || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("the connection of the revoked token ended with %v, want 1008 and the reason", err)
	}
	eventually(t, "gone", func() bool { return slices.Equal(f.left(), []fleet.InstanceUID{uid(1)}) })
	peers["new"].silent(heartbeat(uid(2), 1))
	peers[""].silent(heartbeat(uid(3), 1))
	if got := v.metric("opamp_rejected_total", "reason=token_revoked"); got != 1 {
		t.Errorf("rejected = %v, want 1", got)
	}
}

func TestK7_WebPagesOfOthersAreRefused(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}})
	body := encoded(t, heartbeat(uid(1), 0))
	for origin, want := range map[string]int{"http://evil.example": 403, "http://" + v.host: 200, "null": 403} {
		if got := v.post(body, "Origin: "+origin).status; got != want {
			t.Errorf("POST from %s = %d, want %d", origin, got, want)
		}
		ws, res, err := websocket.DefaultDialer.Dial(v.ws, http.Header{"Origin": {origin}})
		if (err == nil) != (want == 200) || want == 403 && res.StatusCode != 403 {
			t.Errorf("Dial() from %s = %v, want %d", origin, err, want)
		}
		if err == nil {
			_ = ws.Close()
		}
	}
}

func TestK8_TheServerEndsWithACloseFrame(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	p := v.dial()
	p.ask(heartbeat(uid(1), 0))
	f.lastLink(t).(*conn).startClosing(closing{code: websocket.ClosePolicyViolation, text: "another connection has taken over"})
	_, err := p.next()
	if !websocket.IsCloseError(err, websocket.ClosePolicyViolation) || !strings.Contains(err.Error(), "taken over") {
		t.Errorf("closed with %v, want 1008 and the reason", err)
	}
	eventually(t, "gone", func() bool { return len(f.left()) == 1 })
}

func TestK8_ShutdownClosesEveryWebSocket(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	peers := make([]*peer, 20)
	for i := range peers {
		peers[i] = v.dial()
		peers[i].ask(heartbeat(uid(i+1), 0))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := v.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown() = %v, want nil", err)
	}
	for i, p := range peers {
		if got := p.closed(); got != websocket.CloseGoingAway {
			t.Errorf("connection %d closed with %d, want 1001", i, got)
		}
	}
	if got := len(f.left()); got != len(peers) {
		t.Errorf("%d agents have left when Shutdown returned, want %d", got, len(peers))
	}
	if res := refused(t, v); res.StatusCode != 503 {
		t.Errorf("a newcomer = %d, want 503", res.StatusCode)
	}
	got := v.post(encoded(t, heartbeat(uid(1), 0)))
	if got.status != 503 {
		t.Errorf("POST = %d, want 503", got.status)
	}
	assertRetryAfter(t, got.header)
	if err := v.Shutdown(ctx); err != nil {
		t.Errorf("a second Shutdown() = %v, want nil", err)
	}
}

func TestK8_ShutdownDoesNotWaitForEverForADeadPeer(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	w := newWire(t, v.host)
	a := v.agentVia(w.url(), uid(1), "x")
	a.ask(a.heartbeat())
	w.freeze()
	ctx, cancel := context.WithTimeout(t.Context(), shortly)
	defer cancel()
	if err := v.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown() = %v, want the deadline", err)
	}
	if got := len(f.left()); got != 1 {
		t.Errorf("%d agents have left, want 1", got)
	}
}

func TestK8_MessagesOnTheWayAreTakenWhileStopping(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	// A peer that does not answer the Close frame, and goes on.
	ws, _, err := websocket.DefaultDialer.Dial(v.ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	closing := make(chan struct{})
	ws.SetCloseHandler(func(int, string) error { close(closing); return nil })
	go func() {
		for {
			if _, _, err := ws.NextReader(); err != nil {
				return
			}
		}
	}()
	send := func(seq uint64) {
		if err := ws.WriteMessage(websocket.BinaryMessage, append([]byte{0}, encoded(t, heartbeat(uid(1), seq))...)); err != nil {
			t.Errorf("WriteMessage() = %v", err)
		}
	}
	send(0)
	eventually(t, "received", func() bool { return f.received() == 1 })
	stopped := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stopped <- v.Shutdown(ctx)
	}()
	select {
	case <-closing:
	case <-time.After(patience):
		t.Fatal("no Close frame came")
	}
	send(1)
	eventually(t, "received while stopping", func() bool { return f.received() == 2 })
	_ = ws.Close()
	if err := <-stopped; err != nil {
		t.Errorf("Shutdown() = %v, want nil", err)
	}
}

func TestK9_AgentDisconnect(t *testing.T) {
	for _, over := range transports {
		t.Run(string(over), func(t *testing.T) {
			v, m := serveFleet(t, Options{})
			a := v.agent(over, uid(1), "x")
			a.ask(a.full())
			bye := a.heartbeat()
			bye.AgentDisconnect = &protobufs.AgentDisconnect{}
			if got := a.ask(bye); got.GetErrorResponse() != nil || len(got.GetInstanceUid()) != 16 {
				t.Errorf("answer = %v, want an acknowledgement", got)
			}
			if s := m.FleetStatus(); s.Connected != 0 || s.ByStatus[fleet.StatusDisconnected] != 1 {
				t.Errorf("FleetStatus() = %+v, want it disconnected and not forgotten", s)
			}
		})
	}
}
