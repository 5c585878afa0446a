package opampsrv

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// What peers send that mean harm, or are broken.

// rawPeer is a WebSocket without a library: it sends what it is told to.
type rawPeer struct {
	t testing.TB
	c net.Conn
}

func (v *served) raw(extensions string) *rawPeer {
	v.t.Helper()
	c, err := net.Dial("tcp", v.host)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = c.Close() })
	p := &rawPeer{v.t, c}
	if extensions != "" {
		extensions = "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	p.write([]byte("GET /v1/opamp HTTP/1.1\r\nHost: " + v.host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + extensions + "\r\n"))
	answer := make([]byte, 0, 1024)
	for !bytes.HasSuffix(answer, []byte("\r\n\r\n")) {
		b := make([]byte, 1)
		if _, err := io.ReadFull(c, b); err != nil {
			v.t.Fatalf("handshake: %v", err)
		}
		answer = append(answer, b...)
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 101")) {
		v.t.Fatalf("handshake = %s", answer)
	}
	return p
}

func (p *rawPeer) write(b []byte) {
	p.t.Helper()
	if err := p.try(b); err != nil {
		p.t.Fatalf("Write() = %v", err)
	}
}

func (p *rawPeer) try(b []byte) error {
	_ = p.c.SetWriteDeadline(time.Now().Add(patience))
	_, err := p.c.Write(b)
	return err
}

// head makes a frame's header, its mask all zero so that the payload goes as it is.
func head(first byte, length uint64) []byte {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, 0x80|byte(length))
	case length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), length)
	}
	return append(b, 0, 0, 0, 0)
}

const (
	finBinary  = 0x82
	compressed = 0x40
)

// closeCode reads frames until a Close frame; 0 where the connection ends without one.
func (p *rawPeer) closeCode() int {
	p.t.Helper()
	_ = p.c.SetReadDeadline(time.Now().Add(patience))
	for {
		var h [2]byte
		if _, err := io.ReadFull(p.c, h[:]); err != nil {
			return 0
		}
		n := int(h[1] & 0x7f)
		if n >= 126 {
			var ext [2]byte
			if _, err := io.ReadFull(p.c, ext[:]); err != nil {
				return 0
			}
			n = int(binary.BigEndian.Uint16(ext[:]))
		}
		payload := make([]byte, n)
		if _, err := io.ReadFull(p.c, payload); err != nil {
			return 0
		}
		if h[0]&0xf == websocket.CloseMessage && n >= 2 {
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

// peakHeap runs f and returns by how much the heap grew at most, live and garbage together.
func peakHeap(f func()) int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base, peak := int64(m.HeapAlloc), int64(0)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			peak = max(peak, int64(m.HeapAlloc)-base)
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	f()
	close(done)
	<-stopped
	return peak
}

func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestA12_AGzipBombCostsNoMemory(t *testing.T) {
	const limit = 2 << 20
	v := serve(t, Options{Fleet: &scripted{}, MaxMessageSize: limit})
	bomb := gzipped(t, make([]byte, 4*limit))
	v.post(bomb, "Content-Encoding: gzip")
	status := 0
	cost := allocated(func() { status = v.post(bomb, "Content-Encoding: gzip").status })
	if status != 413 {
		t.Errorf("POST = %d, want 413", status)
	}
	if cost > 512<<10 {
		t.Errorf("a bomb of %d MiB cost %d KiB of allocations, want next to nothing", 4*limit>>20, cost>>10)
	}
}

func TestA10_ADeflateBombIsBoundedByTheBudget(t *testing.T) {
	const limit = 1 << 20
	v := serve(t, Options{Fleet: &scripted{}, MaxMessageSize: limit, MaxInflightBytes: 2 * limit, Compression: true})
	var bomb bytes.Buffer
	z, err := flate.NewWriter(&bomb, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(make([]byte, 8*limit)); err != nil {
		t.Fatal(err)
	}
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	payload := bytes.TrimSuffix(bomb.Bytes(), []byte{0, 0, 0xff, 0xff})
	frame := append(head(finBinary|compressed, uint64(len(payload))), payload...)
	peers := make([]*rawPeer, 12)
	for i := range peers {
		peers[i] = v.raw("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
	}
	codes := make([]int, len(peers))
	peak := peakHeap(func() {
		var all sync.WaitGroup
		for i, p := range peers {
			all.Go(func() {
				_ = p.try(frame)
				codes[i] = p.closeCode()
			})
		}
		all.Wait()
	})
	for i, code := range codes {
		if code != websocket.CloseMessageTooBig {
			t.Errorf("bomb %d closed with %d, want 1009", i, code)
		}
	}
	if peak > 4*limit+4<<20 {
		t.Errorf("12 bombs of %d MiB at a time took %d MiB, want at most about twice the limit of %d MiB", 8*limit>>20, peak>>20, limit>>20)
	}
	eventually(t, "all memory is given back", func() bool { return v.metric("opamp_inflight_bytes") == 0 })
}

func TestA10_AnAnnouncedLengthCostsNothing(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}})
	for _, length := range []uint64{1 << 62, 1<<63 + 5, 64<<20 + 1} {
		p := v.raw("")
		var code int
		cost := allocated(func() {
			p.write(head(finBinary, length))
			code = p.closeCode()
		})
		if code != websocket.CloseMessageTooBig {
			t.Errorf("a length of %d closes with %d, want 1009", length, code)
		}
		if cost > 1<<20 {
			t.Errorf("a length of %d cost %d KiB", length, cost>>10)
		}
	}
}

// assertServed checks that other agents are answered, promptly.
func assertServed(t *testing.T, v *served, while string) {
	t.Helper()
	began := time.Now()
	if got := v.dial().ask(heartbeat(uid(99), 0)); got.GetErrorResponse() != nil {
		t.Errorf("%s, another agent's answer = %v", while, got)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("%s, another agent waited for %v", while, took)
	}
}

func TestASlowWriterMeetsItsDeadline(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}, MessageTimeout: 2 * shortly})
	p := v.raw("")
	p.write(head(finBinary, 1000))
	stop, dripped := make(chan struct{}), make(chan struct{})
	go func() { // a byte now and then
		defer close(dripped)
		tick := time.NewTicker(shortly / 10)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if p.try([]byte{0}) != nil {
					return
				}
			}
		}
	}()
	assertServed(t, v, "while one writes slowly")
	if got := p.closeCode(); got != websocket.ClosePolicyViolation {
		t.Errorf("closed with %d, want 1008", got)
	}
	close(stop)
	<-dripped
	if got := v.metric("opamp_rejected_total", "reason=message_timeout"); got != 1 {
		t.Errorf("rejected = %v, want 1", got)
	}
}

func TestASlowRequestMeetsItsDeadline(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}, MessageTimeout: shortly})
	r, w := io.Pipe()
	defer w.Close()
	go func() { _, _ = w.Write([]byte{0x0a, 0x10}) }()
	got := v.request("POST", r)
	if got.status != http.StatusRequestTimeout {
		t.Errorf("POST = %d, want 408", got.status)
	}
}

func TestASlowReaderMeetsItsDeadline(t *testing.T) {
	offer := fleet.NewRemoteConfig(make([]byte, 8<<20))
	slow := uid(1)
	f := &scripted{}
	f.receive = func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
		if r.UID == slow {
			return fleet.Reply{UID: r.UID, RemoteConfig: &offer}, nil
		}
		return fleet.Reply{UID: r.UID}, nil
	}
	v := serve(t, Options{Fleet: f, WriteTimeout: 4 * time.Second})
	const n = poolSize + 2 // more than are handled at a time
	body := append([]byte{0}, encoded(t, heartbeat(slow, 0))...)
	for range n {
		p := v.raw("")
		_ = p.c.(*net.TCPConn).SetReadBuffer(4096)
		p.write(append(head(finBinary, uint64(len(body))), body...)) // and never reads
	}
	eventually(t, "all are being written to", func() bool { return f.received() >= poolSize })
	assertServed(t, v, "while others do not read")
	eventually(t, "they are gone", func() bool { return len(f.left()) >= n })
	if got := v.metric("opamp_rejected_total", "reason=too_slow"); got != n {
		t.Errorf("rejected for being too slow = %v, want %d", got, n)
	}
}

func TestAHalfOpenSocketMeetsItsDeadline(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, PingInterval: 20 * time.Millisecond, IdleTimeout: 3 * shortly})
	w := newWire(t, v.host)
	dead, alive := v.agentVia(w.url(), uid(1), "x"), v.agent(fleet.WebSocket, uid(2), "x")
	dead.ask(dead.heartbeat())
	alive.ask(alive.heartbeat())
	w.freeze()
	eventually(t, "the dead one has left", func() bool { return len(f.left()) > 0 })
	if got := f.left(); len(got) != 1 || got[0] != dead.uid {
		t.Errorf("Disconnected(%v), want %v alone: the other answers pings", got, dead.uid)
	}
	if got := v.metric("opamp_rejected_total", "reason=idle_timeout"); got != 1 {
		t.Errorf("rejected = %v, want 1", got)
	}
	if got := v.metric("opamp_pings_total"); got < 5 {
		t.Errorf("pings = %v, want many", got)
	}
	alive.ask(alive.heartbeat())
}

// nested wraps b n times in the fields of the given numbers, outermost first.
func nested(n int, b []byte, fields ...byte) []byte {
	buf := make([]byte, 16*n*len(fields)+len(b))
	at := len(buf) - copy(buf[len(buf)-len(b):], b)
	for range n {
		for i := len(fields) - 1; i >= 0; i-- {
			length := binary.AppendUvarint(nil, uint64(len(buf)-at))
			at -= copy(buf[at-len(length):], length)
			at--
			buf[at] = fields[i]<<3 | 2
		}
	}
	return buf[at:]
}

func field(number byte, b []byte) []byte {
	return append(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(b))), b...)
}

func TestF1_TreesHaveLimits(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, MaxBadMessages: 100, MaxTreeDepth: 32, MaxTreeNodes: 1000})
	u := uid(1)
	self := field(1, u[:])
	keyValue := func(value []byte) []byte { return append(field(1, []byte("k")), field(2, value)...) }
	for _, tc := range []struct {
		name string
		body []byte
		want string // part of the error; empty if it is taken
	}{
		{"health 32 deep", field(5, nested(32, nil, 6, 2)), ""},
		{"health 33 deep", field(5, nested(33, nil, 6, 2)), "deep"},
		{"health 10,000 deep", field(5, nested(10_000, nil, 6, 2)), "deep"},
		{"arrays 30 deep", field(3, field(1, keyValue(nested(30, nil, 5, 1)))), ""},
		{"arrays 10,000 deep", field(3, field(1, keyValue(nested(10_000, nil, 5, 1)))), "deep"},
		{"maps 10,000 deep", field(3, field(2, keyValue(nested(10_000, nil, 6, 1, 2)))), "deep"},
		{"components 10,000 deep", field(14, nested(10_000, nil, 2, 2)), ""}, // the first 2 is the hash: not a tree
		{"components 10,000 deep, below one", field(14, field(1, field(2, nested(10_000, nil, 2, 2)))), "deep"},
		{"health of 1000", field(5, bytes.Repeat(field(6, nil), 1000)), ""},
		{"health of a million", field(5, bytes.Repeat(field(6, nil), 1_000_000)), "elements"},
		{"a million attributes", field(3, bytes.Repeat(field(1, nil), 1_000_000)), "elements"},
		{"a million in an array", field(3, field(1, keyValue(field(5, bytes.Repeat(field(1, nil), 1_000_000))))), "elements"},
		{"a million files", field(6, field(1, bytes.Repeat(field(1, nil), 1_000_000))), "elements"},
		{"a million components", field(14, bytes.Repeat(field(1, nil), 1_000_000)), "elements"},
		{"a million packages", field(8, bytes.Repeat(field(1, nil), 1_000_000)), "elements"},
		{"a million capabilities", field(12, bytes.Repeat(field(1, nil), 1_000_000)), "elements"},
		{"unknown groups 10,000 deep", append(bytes.Repeat([]byte{0xa3, 0x06}, 9_000), bytes.Repeat([]byte{0xa4, 0x06}, 9_000)...), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := v.dial()
			msg := append([]byte{0}, append(append([]byte(nil), self...), tc.body...)...)
			var got *protobufs.ServerToAgent
			cost := allocated(func() {
				p.sendRaw(websocket.BinaryMessage, msg)
				got = p.recv()
			})
			if tc.want == "" {
				if got.GetErrorResponse() != nil {
					t.Errorf("answer = %v, want no error", got)
				}
				return
			}
			bareError(t, got, badRequestType, u[:])
			if text := got.GetErrorResponse().GetErrorMessage(); !strings.Contains(text, tc.want) {
				t.Errorf("error_message = %q, want it to speak of %q", text, tc.want)
			}
			if most := int64(4*len(msg) + 1<<20); cost > most {
				t.Errorf("a message of %d bytes cost %d, want at most %d", len(msg), cost, most)
			}
			if again := v.post(msg[1:]); again.status != 200 || again.msg.GetErrorResponse() == nil {
				t.Errorf("POST = %d, %v, want 200 with an error", again.status, again.msg)
			}
		})
	}
}

func boom(list []int) int { return list[3] }

func TestAPanicEndsOneConnectionOnly(t *testing.T) {
	bad := uid(1)
	f := &scripted{}
	f.receive = func(_ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
		if r.UID == bad && r.SequenceNum > 0 {
			boom(nil)
		}
		return fleet.Reply{UID: r.UID}, nil
	}
	f.due = func(_ fleet.Link, u fleet.InstanceUID) (fleet.Reply, bool) {
		return fleet.Reply{UID: u}, boom(nil) == 0
	}
	v := serve(t, Options{Fleet: f})
	other := v.dial()
	other.ask(heartbeat(uid(2), 0))

	p := v.dial()
	p.ask(heartbeat(bad, 0))
	p.send(heartbeat(bad, 1))
	if got := p.closed(); got != websocket.CloseInternalServerErr {
		t.Errorf("closed with %d, want 1011", got)
	}
	eventually(t, "the fleet is told", func() bool { return len(f.left()) == 1 && f.left()[0] == bad })
	if got := v.post(encoded(t, heartbeat(bad, 1))).status; got != 500 {
		t.Errorf("POST = %d, want 500", got)
	}

	woken := v.dial()
	woken.ask(heartbeat(uid(3), 0))
	f.lastLink(t).Wake(uid(3))
	if got := woken.closed(); got != websocket.CloseInternalServerErr {
		t.Errorf("closed with %d after a panic in Due, want 1011", got)
	}

	if got := v.metric("opamp_panics_total"); got != 3 {
		t.Errorf("panics = %v, want 3", got)
	}
	if log := v.log.String(); !strings.Contains(log, "index out of range") || !strings.Contains(log, "hostile_test.go") {
		t.Error("the panic is not logged with its stack")
	}
	other.ask(heartbeat(uid(2), 1))
	eventually(t, "all memory is given back", func() bool { return v.metric("opamp_inflight_bytes") == 0 })
}

func TestAFewSlowLargeSendersDoNotStarveTheRest(t *testing.T) {
	const limit = 1 << 20
	f := &scripted{}
	v := serve(t, Options{Fleet: f, MaxMessageSize: limit, MaxInflightBytes: 4 * limit, MessageTimeout: patience})
	v.budget.mu.Lock()
	v.budget.grace, v.budget.pace = shortly, 10<<20
	v.budget.mu.Unlock()
	// Each has sent most of a large message and goes no further.
	const n = 12
	var sent sync.WaitGroup
	for range n {
		p := v.raw("")
		sent.Go(func() { _ = p.try(append(head(finBinary, limit), make([]byte, limit-1000)...)) })
	}
	eventually(t, "they hold what they can", func() bool { return v.metric("opamp_inflight_bytes") >= limit })
	for i := range 20 {
		assertServed(t, v, fmt.Sprint("while large ones dawdle, heartbeat ", i))
	}
	m := heartbeat(uid(50), 0)
	m.EffectiveConfig = effective(strings.Repeat("a", limit/2))
	if got := v.dial().ask(m); got.GetErrorResponse() != nil {
		t.Errorf("a large message that arrives quickly = %v, want no error", got)
	}
	if got := v.post(encoded(t, m)); got.status != 200 {
		t.Errorf("a large POST = %d, want 200", got.status)
	}
	if got := v.metric("opamp_rejected_total", "reason=too_slow"); got == 0 {
		t.Error("nobody lost a turn")
	}
	sent.Wait()
}

func TestFragmentsAndControlFramesMayInterleave(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	p := v.raw("")
	body := append([]byte{0}, encoded(t, heartbeat(uid(1), 7))...)
	for i, b := range body {
		first := byte(0)
		if i == 0 {
			first = websocket.BinaryMessage
		}
		if i == len(body)-1 {
			first |= 0x80
		}
		p.write(append(head(first, 1), b))
		p.write(append(head(0x80|websocket.PingMessage, 2), "hi"...))
		p.write(head(0x80|websocket.PongMessage, 0))
	}
	eventually(t, "received", func() bool { return f.received() == 1 })
	if got := f.last(t); got.UID != uid(1) || got.SequenceNum != 7 {
		t.Errorf("report = %+v, want number 7 of %v", got, uid(1))
	}
}

func TestProtocolErrorsEndTheConnection(t *testing.T) {
	v := serve(t, Options{Fleet: &scripted{}, Compression: true})
	for name, b := range map[string][]byte{
		"reserved bits":      head(0x80|0x30|websocket.BinaryMessage, 0),
		"unknown opcode":     head(0x80|0x5, 0),
		"no mask":            {finBinary, 1, 0},
		"long ping":          head(0x80|websocket.PingMessage, 200),
		"continuation first": head(0x80, 0),
	} {
		p := v.raw("")
		p.write(b)
		if got := p.closeCode(); got != websocket.CloseProtocolError {
			t.Errorf("%s closes with %d, want 1002", name, got)
		}
	}
	p := v.raw("permessage-deflate")
	p.write(append(head(finBinary|compressed, 4), 0xff, 0xff, 0xff, 0xff))
	if got := p.closeCode(); got != websocket.CloseInvalidFramePayloadData {
		t.Errorf("what is not deflate closes with %d, want 1007", got)
	}
	eventually(t, "counted", func() bool {
		return v.metric("opamp_rejected_total", "reason=frame") == 5 && v.metric("opamp_rejected_total", "reason=compression") == 1
	})
}
