package opampsrv

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/settings"
)

// Part A of the obligations: the transports.

func TestA1_BothTransports(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	u := uid(1)
	if got := v.dial().ask(heartbeat(u, 0)); !bytes.Equal(got.GetInstanceUid(), u[:]) {
		t.Errorf("over WebSocket instance_uid = %x, want %x", got.GetInstanceUid(), u)
	}
	if got := f.lastLink(t).Transport(); got != fleet.WebSocket {
		t.Errorf("Transport() = %v, want %v", got, fleet.WebSocket)
	}
	if got := v.post(encoded(t, heartbeat(u, 1))); got.status != 200 || !bytes.Equal(got.msg.GetInstanceUid(), u[:]) {
		t.Errorf("over HTTP = %d, %v, want 200 with instance_uid %x", got.status, got.msg, u)
	}
	if got := f.lastLink(t).Transport(); got != fleet.HTTP {
		t.Errorf("Transport() = %v, want %v", got, fleet.HTTP)
	}
	if got := f.last(t).RemoteAddress; !strings.HasPrefix(got, "127.0.0.1:") {
		t.Errorf("RemoteAddress = %q, want one on loopback", got)
	}
}

func TestA2_DefaultPathAndPort(t *testing.T) {
	s := settings.Default()
	if s.OpAMP.Path != "/v1/opamp" || !strings.HasSuffix(s.Listen, ":4320") {
		t.Errorf("Default() = path %s on %s, want /v1/opamp on port 4320", s.OpAMP.Path, s.Listen)
	}
}

func TestA3_ContentTypeChoosesTransport(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}})
	body := encoded(t, heartbeat(uid(1), 0))
	for _, tc := range []struct {
		method, contentType string
		want                int
	}{
		{"POST", "application/x-protobuf", 200},
		{"POST", "application/x-protobuf; charset=utf-8", 200},
		{"POST", "APPLICATION/X-Protobuf ;a=b", 200},
		{"POST", "application/x-protobuf;", 200},
		{"POST", "application/json", 415},
		{"POST", "", 415},
		{"POST", "application/x-protobuf2", 415},
		{"GET", "", 426},
		{"GET", "text/html", 426},
	} {
		got := v.request(tc.method, bytes.NewReader(body), "Content-Type: "+tc.contentType)
		if got.status != tc.want {
			t.Errorf("%s with Content-Type %q = %d, want %d", tc.method, tc.contentType, got.status, tc.want)
		}
		if tc.want != 200 && !strings.Contains(string(got.body), "OpAMP") {
			t.Errorf("%s with Content-Type %q says %q, want help", tc.method, tc.contentType, got.body)
		}
	}
	if got := v.request("GET", http.NoBody, "Content-Type: ").header.Get("Upgrade"); got != "websocket" {
		t.Errorf("Upgrade = %q, want websocket", got)
	}
}

func TestA4_PlainHTTPIsPOST(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}})
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH", "HEAD"} {
		got := v.request(method, http.NoBody)
		if got.status != 405 || got.header.Get("Allow") != "POST" {
			t.Errorf("%s = %d, Allow %q, want 405, POST", method, got.status, got.header.Get("Allow"))
		}
	}
	got := v.post(encoded(t, heartbeat(uid(1), 0)))
	if ct := got.header.Get("Content-Type"); got.status != 200 || ct != "application/x-protobuf" {
		t.Errorf("POST = %d, %q, want 200, application/x-protobuf", got.status, ct)
	}
}

func TestA5_CompressedRequests(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	m := fullState(uid(1), 0, "x")
	m.EffectiveConfig = effective(strings.Repeat("a: b\n", 100_000))
	plain := encoded(t, m)
	for _, tc := range []struct {
		encoding string
		body     []byte
		want     int
	}{
		{"", plain, 200},
		{"identity", plain, 200},
		{"gzip", gzipped(t, plain), 200},
		{"GZIP", gzipped(t, plain), 200},
		{"gzip", plain, 400},
		{"gzip", gzipped(t, plain)[:100], 400},
		{"gzip", nil, 400},
		{"deflate", plain, 415},
		{"gzip, gzip", plain, 415},
	} {
		before := f.received()
		got := v.post(tc.body, "Content-Encoding: "+tc.encoding)
		if got.status != tc.want {
			t.Errorf("POST with Content-Encoding %q = %d, want %d", tc.encoding, got.status, tc.want)
		}
		if tc.want == 400 {
			bareError(t, got.msg, badRequestType, nil)
		}
		if taken := f.received() - before; (taken == 1) != (tc.want == 200) {
			t.Errorf("POST with Content-Encoding %q: the fleet received %d messages", tc.encoding, taken)
		}
	}
	if got := len(f.last(t).EffectiveConfig[""].Body); got != 500_000 {
		t.Errorf("effective configuration has %d bytes, want 500000", got)
	}
}

func TestA6_CompressedResponses(t *testing.T) {
	offer := fleet.NewRemoteConfig(bytes.Repeat([]byte("receivers: {}\n"), 1000))
	f := &scripted{receive: func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
		return fleet.Reply{UID: r.UID, RemoteConfig: &offer}, nil
	}}
	v := serve(t, Options{Fleet: f, Compression: true})
	body := encoded(t, heartbeat(uid(1), 0))
	for _, tc := range []struct {
		accept string
		want   string
	}{
		{"gzip", "gzip"},
		{"gzip, deflate", "gzip"},
		{"deflate, gzip;q=0.5", "gzip"},
		{"*", "gzip"},
		{"gzip;q=0", ""},
		{"gzip; q=0.000", ""},
		{"*;q=0", ""},
		{"identity, gzip;q=0.5", ""},
		{"identity;q=0.5, gzip;q=1.0", "gzip"},
		{"gzip;q=nonsense", ""},
		{"br", ""},
		{"identity", ""},
	} {
		got := v.post(body, "Accept-Encoding: "+tc.accept)
		if enc := got.header.Get("Content-Encoding"); enc != tc.want {
			t.Errorf("Accept-Encoding %q gives Content-Encoding %q, want %q", tc.accept, enc, tc.want)
		}
		if n := len(got.msg.GetRemoteConfig().GetConfig().GetConfigMap()[""].GetBody()); n != 14000 {
			t.Errorf("Accept-Encoding %q: the offer has %d bytes, want 14000", tc.accept, n)
		}
		if tc.want == "gzip" && len(got.body) > 2000 {
			t.Errorf("Accept-Encoding %q: %d bytes on the wire, want few", tc.accept, len(got.body))
		}
		if got.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Vary = %q, want Accept-Encoding", got.header.Get("Vary"))
		}
	}
	off := serve(t, Options{Fleet: f})
	if got := off.post(body, "Accept-Encoding: gzip").header.Get("Content-Encoding"); got != "" {
		t.Errorf("with compression off Content-Encoding = %q, want none", got)
	}
}

func TestA7_UIDHeaderMustAgree(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	u := uid(1)
	body := encoded(t, heartbeat(u, 0))
	if got := v.post(body, "OpAMP-Instance-UID: "+strings.ToUpper(u.String())); got.msg.GetErrorResponse() != nil {
		t.Errorf("with its own UID in the header = %v, want no error", got.msg)
	}
	for _, wrong := range []string{uid(2).String(), "nonsense"} {
		got := v.post(body, "OpAMP-Instance-UID: "+wrong)
		if got.status != 200 {
			t.Errorf("with header %q = %d, want 200", wrong, got.status)
		}
		bareError(t, got.msg, badRequestType, u[:])
	}
	if got := f.received(); got != 1 {
		t.Errorf("the fleet received %d messages, want 1", got)
	}
	if got := v.metric("opamp_rejected_total", "reason=instance_uid_header"); got != 2 {
		t.Errorf("rejected = %v, want 2", got)
	}
}

func TestA8_BinaryMessagesWithHeaderZero(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	u := uid(1)
	body := encoded(t, heartbeat(u, 0))
	p := v.dial()
	for _, header := range [][]byte{{0}, {0x80, 0}, {0x80, 0x80, 0}} {
		p.sendRaw(websocket.BinaryMessage, append(header, body...))
		if got := p.recv(); got.GetErrorResponse() != nil {
			t.Errorf("with header %x = %v, want no error", header, got)
		}
	}
	for _, tc := range []struct {
		name   string
		kind   int
		data   []byte
		reason string
	}{
		{"text frame", websocket.TextMessage, []byte("hello"), "text_frame"},
		{"header 1", websocket.BinaryMessage, append([]byte{1}, body...), "header"},
		{"header 128", websocket.BinaryMessage, append([]byte{0x80, 1}, body...), "header"},
		{"no header", websocket.BinaryMessage, body, "header"},
		{"no end of header", websocket.BinaryMessage, []byte{0x80}, "header"},
		{"one byte", websocket.BinaryMessage, []byte{7}, "header"},
		{"nothing", websocket.BinaryMessage, nil, "header"},
	} {
		p := v.dial()
		before := v.metric("opamp_rejected_total", "reason="+tc.reason)
		p.sendRaw(tc.kind, tc.data)
		t.Run(tc.name, func(t *testing.T) { bareError(t, p.recv(), badRequestType, nil) })
		if got := v.metric("opamp_rejected_total", "reason="+tc.reason); got != before+1 {
			t.Errorf("%s: rejected for %s = %v, want %v", tc.name, tc.reason, got, before+1)
		}
		if got := p.ask(heartbeat(u, 1)); got.GetErrorResponse() != nil {
			t.Errorf("%s: a good message afterwards = %v, want no error", tc.name, got)
		}
	}
}

func TestA9_HeaderAloneIsAnEmptyMessage(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}})
	p := v.dial()
	p.sendRaw(websocket.BinaryMessage, []byte{0})
	got := p.recv()
	bareError(t, got, badRequestType, nil)
	if !strings.Contains(got.GetErrorResponse().GetErrorMessage(), "instance_uid") {
		t.Errorf("error = %v, want it to name instance_uid", got.GetErrorResponse())
	}
	if got := v.metric("opamp_rejected_total", "reason=instance_uid"); got != 1 {
		t.Errorf("rejected = %v, want 1", got)
	}
	answer := v.post(nil)
	if answer.status != 200 {
		t.Errorf("an empty POST = %d, want 200", answer.status)
	}
	bareError(t, answer.msg, badRequestType, nil)
}

func TestA10_ReceiveLimitOnWebSocket(t *testing.T) {
	const limit = 100 << 10
	f := &scripted{}
	for _, compressed := range []bool{false, true} {
		v := serve(t, Options{Fleet: f, MaxMessageSize: limit, Compression: compressed})
		dialer := &websocket.Dialer{EnableCompression: compressed}
		m := heartbeat(uid(1), 0)
		m.EffectiveConfig = effective("")
		body := make([]byte, limit-100)
		m.EffectiveConfig.ConfigMap.ConfigMap[""].Body = body
		body = append(body, make([]byte, limit-1-len(encoded(t, m)))...)
		m.EffectiveConfig.ConfigMap.ConfigMap[""].Body = body
		exact := append([]byte{0}, encoded(t, m)...)
		p := v.dialWith(dialer)
		if len(exact) != limit {
			t.Fatalf("the message has %d bytes, want %d", len(exact), limit)
		}
		p.sendRaw(websocket.BinaryMessage, exact)
		if got := p.recv(); got.GetErrorResponse() != nil {
			t.Errorf("compressed %v: a message of the limit's size = %v, want no error", compressed, got)
		}
		p.sendRaw(websocket.BinaryMessage, append(exact, 0))
		if got := p.closed(); got != websocket.CloseMessageTooBig {
			t.Errorf("compressed %v: one byte more closes with %d, want 1009", compressed, got)
		}
		eventually(t, "counted", func() bool { return v.metric("opamp_rejected_total", "reason=too_large") == 1 })
	}
}

func TestA11_NothingOverTheLimitIsSentOnWebSocket(t *testing.T) {
	offer := fleet.NewRemoteConfig(make([]byte, 5000))
	asked := 0
	f := &scripted{
		receive: func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
			return fleet.Reply{UID: r.UID, RemoteConfig: &offer}, nil
		},
		due: func(_ fleet.Link, u fleet.InstanceUID) (fleet.Reply, bool) {
			asked++
			return fleet.Reply{UID: u, RemoteConfig: &offer}, asked == 1
		},
	}
	v := serve(t, Options{Fleet: f, MaxMessageSize: 5000})
	p := v.dial()
	u := uid(1)
	got := p.ask(heartbeat(u, 0))
	if got.GetRemoteConfig() != nil || !bytes.Equal(got.GetInstanceUid(), u[:]) {
		t.Errorf("answer = %v, want the bare acknowledgement", got)
	}
	f.lastLink(t).Wake(u)
	eventually(t, "both are recorded", func() bool {
		return v.metric("opamp_oversize_discarded_total", "transport=websocket") == 2
	})
	if !strings.Contains(v.log.String(), "over the size limit") {
		t.Error("the discard is not logged")
	}
	small := fleet.NewRemoteConfig([]byte("a: b"))
	f.receive = func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
		return fleet.Reply{UID: r.UID, RemoteConfig: &small}, nil
	}
	if got := p.ask(heartbeat(u, 1)); got.GetRemoteConfig() == nil {
		t.Errorf("the next answer = %v, want the small offer", got)
	}
}

func TestA12_ReceiveLimitOnPlainHTTP(t *testing.T) {
	const limit = 10 << 10
	f := &scripted{}
	v := serve(t, Options{Fleet: f, MaxMessageSize: limit})
	m := heartbeat(uid(1), 0)
	m.EffectiveConfig = effective(strings.Repeat("a", limit))
	big := encoded(t, m)
	small := encoded(t, heartbeat(uid(1), 0))
	for name, got := range map[string]answered{
		"with its length":     v.post(big),
		"without its length":  v.request("POST", io.MultiReader(bytes.NewReader(big))),
		"after decompression": v.post(gzipped(t, big), "Content-Encoding: gzip"),
		"the limit plus one":  v.post(make([]byte, limit+1)),
	} {
		if got.status != 413 {
			t.Errorf("%s = %d, want 413", name, got.status)
		}
	}
	if got := v.post(small); got.status != 200 {
		t.Errorf("a small message = %d, want 200", got.status)
	}
	if got := v.metric("opamp_rejected_total", "reason=too_large"); got != 4 {
		t.Errorf("rejected = %v, want 4", got)
	}
	if got := f.received(); got != 1 {
		t.Errorf("the fleet received %d messages, want 1", got)
	}
}

func TestA13_NothingOverTheLimitIsSentOnPlainHTTP(t *testing.T) {
	offer := fleet.NewRemoteConfig(make([]byte, 5000))
	f := &scripted{receive: func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
		return fleet.Reply{UID: r.UID, RemoteConfig: &offer}, nil
	}}
	v := serve(t, Options{Fleet: f, MaxMessageSize: 5000})
	u := uid(1)
	got := v.post(encoded(t, heartbeat(u, 0)))
	if got.status != 200 || got.msg.GetRemoteConfig() != nil || !bytes.Equal(got.msg.GetInstanceUid(), u[:]) {
		t.Errorf("POST = %d, %v, want 200 with the bare acknowledgement", got.status, got.msg)
	}
	if got := v.metric("opamp_oversize_discarded_total", "transport=http"); got != 1 {
		t.Errorf("discarded = %v, want 1", got)
	}
}

func TestA14_TheServerMaySpeakFirst(t *testing.T) {
	offer := fleet.NewRemoteConfig([]byte("a: b"))
	said := make(chan struct{}, 1)
	said <- struct{}{}
	f := &scripted{due: func(_ fleet.Link, u fleet.InstanceUID) (fleet.Reply, bool) {
		select {
		case <-said:
			return fleet.Reply{UID: u, RemoteConfig: &offer}, true
		default:
			return fleet.Reply{}, false
		}
	}}
	v := serve(t, Options{Fleet: f})
	p := v.dial()
	u := uid(1)
	p.ask(heartbeat(u, 0))
	f.lastLink(t).Wake(u)
	got := p.recv()
	if got.GetRemoteConfig() == nil || !bytes.Equal(got.GetInstanceUid(), u[:]) {
		t.Errorf("unasked = %v, want the offer for %v", got, u)
	}
	if got := p.ask(heartbeat(u, 1)); got.GetErrorResponse() != nil {
		t.Errorf("an answer afterwards = %v, want no error", got)
	}
}

func TestA15_ManyAgentsOnOneConnection(t *testing.T) {
	offer := fleet.NewRemoteConfig([]byte("a: b"))
	f := &scripted{}
	told := map[fleet.InstanceUID]bool{}
	f.due = func(_ fleet.Link, u fleet.InstanceUID) (fleet.Reply, bool) {
		first := !told[u]
		told[u] = true
		return fleet.Reply{UID: u, RemoteConfig: &offer}, first
	}
	v := serve(t, Options{Fleet: f})
	p := v.dial()
	const n = 20
	for i := range n {
		u := uid(i + 1)
		if got := p.ask(heartbeat(u, 0)); !bytes.Equal(got.GetInstanceUid(), u[:]) {
			t.Errorf("answer to %v is for %x", u, got.GetInstanceUid())
		}
		if got, want := f.lastLink(t).Shared(), i > 0; got != want {
			t.Errorf("with %d agents Shared() = %v, want %v", i+1, got, want)
		}
	}
	link := f.lastLink(t)
	for i := range n {
		link.Wake(uid(i + 1))
	}
	seen := map[string]bool{}
	for range n {
		m := p.recv()
		if m.GetRemoteConfig() == nil {
			t.Errorf("unasked = %v, want an offer", m)
		}
		seen[string(m.GetInstanceUid())] = true
	}
	if len(seen) != n {
		t.Errorf("%d agents were told, want %d", len(seen), n)
	}
	_ = p.ws.Close()
	eventually(t, "all have left", func() bool { return len(f.left()) == n })
}

func TestA16_KeepAliveMeansNothing(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	for i := range 3 {
		v.post(encoded(t, heartbeat(uid(i+1), 0)))
	}
	http.DefaultClient.CloseIdleConnections()
	v.post(encoded(t, heartbeat(uid(1), 1)), "Connection: close")
	link := f.lastLink(t)
	for i, l := range f.links {
		if l != link {
			t.Errorf("message %d came over another link: plain HTTP is one", i)
		}
	}
	if got := f.left(); len(got) != 0 {
		t.Errorf("Disconnected(%v), want nobody", got)
	}
}
