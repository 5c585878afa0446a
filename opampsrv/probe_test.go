package opampsrv

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ollystack/control-plane/fleet"
)

func probed(t *testing.T, l fleet.Link) <-chan bool {
	t.Helper()
	answers := make(chan bool, 10)
	l.Probe(func(alive bool) { answers <- alive })
	return answers
}

func assertAnswer(t *testing.T, answers <-chan bool, want bool) {
	t.Helper()
	select {
	case got := <-answers:
		if got != want {
			t.Errorf("settled(%v), want %v", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("never settled, want %v", want)
	}
	select {
	case got := <-answers:
		t.Errorf("settled again, with %v", got)
	default:
	}
}

func TestProbeAPongIsASignOfLife(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f})
	v.dial().ask(heartbeat(uid(1), 0))
	for range 3 {
		assertAnswer(t, probed(t, f.lastLink(t)), true)
	}
}

// deaf is a peer that does not read, and so answers no ping.
func deaf(t *testing.T, v *served, f *scripted) *rawPeer {
	t.Helper()
	p := v.raw("")
	n := f.received()
	p.say(heartbeatFrame(t, 0))
	eventually(t, "received", func() bool { return f.received() > n })
	return p
}

func heartbeatFrame(t *testing.T, seq uint64) []byte {
	t.Helper()
	return append([]byte{0}, encoded(t, heartbeat(uid(1), seq))...)
}

func (p *rawPeer) say(body []byte) {
	p.t.Helper()
	p.write(append(head(finBinary, uint64(len(body))), body...))
}

func TestProbeAMessageIsASignOfLife(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, ProbeTimeout: patience})
	p := deaf(t, v, f)
	answers := probed(t, f.lastLink(t))
	p.write(append(head(0x80|websocket.PongMessage, 1), '0')) // the pong to an earlier ping says nothing of now
	p.say(heartbeatFrame(t, 1))
	assertAnswer(t, answers, true)
}

func TestProbeSilenceEndsTheConnection(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, ProbeTimeout: shortly})
	deaf(t, v, f)
	link := f.lastLink(t)
	assertAnswer(t, probed(t, link), false)
	eventually(t, "gone", func() bool { return len(f.left()) == 1 })
	assertAnswer(t, probed(t, link), false) // and of one that has ended
}

func TestProbeTheEndIsAnAnswer(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, ProbeTimeout: time.Hour})
	p := deaf(t, v, f)
	answers := probed(t, f.lastLink(t))
	_ = p.c.Close()
	assertAnswer(t, answers, false)
}

func TestProbeNobodyOnPlainHTTP(t *testing.T) {
	l := &httpLink{transport: fleet.HTTP}
	if !l.Shared() {
		t.Error("Shared() = false, want true")
	}
	assertAnswer(t, probed(t, l), false)
}

func TestK8_AFailedProbeEndsWithACloseFrame(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, ProbeTimeout: 50 * time.Millisecond})
	ws, _, err := websocket.DefaultDialer.Dial(v.ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.SetPingHandler(func(string) error { return nil }) // a peer that reads, and answers no ping
	p := newPeer(t, ws)
	p.ask(heartbeat(uid(1), 0))
	assertAnswer(t, probed(t, f.lastLink(t)), false)
	if code := p.closed(); code != websocket.CloseGoingAway {
		t.Errorf("the connection was closed with %d, want %d", code, websocket.CloseGoingAway)
	}
}
