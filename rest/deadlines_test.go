package rest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestSlowBodyHasADeadline(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.rest.ReadTimeout = 50 * time.Millisecond })
	for start, want := range map[string]int{
		"POST /api/v1/configs":    http.StatusRequestTimeout,
		"POST /api/v1/fleet/none": http.StatusNotFound, // nobody reads the body, and it must not keep the connection
	} {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", start)
		in := bufio.NewReader(conn)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("%s with a body that never comes = %v, want %d", start, err, want)
		}
		if resp.StatusCode != want {
			t.Errorf("%s with a body that never comes = %d, want %d", start, resp.StatusCode, want)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Errorf("%s: reading the answer: %v", start, err)
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("%s: after the answer the connection says %v, want it closed", start, err)
		}
	}
}

// deadlined notes the deadlines that are set for writing.
type deadlined struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlined) SetWriteDeadline(t time.Time) error { d.set = append(d.set, t); return nil }

func TestAnswerHasAWriteDeadlineThatIsTakenOff(t *testing.T) {
	w := newWorld(t)
	d := &deadlined{ResponseRecorder: httptest.NewRecorder()}
	started := time.Now()
	w.server.Config.Handler.ServeHTTP(d, httptest.NewRequest(http.MethodGet, "http://localhost/api/v1/agents", nil))
	if len(d.set) != 2 || d.set[0].Before(started.Add(time.Second)) || d.set[0].After(time.Now().Add(time.Minute)) || !d.set[1].IsZero() {
		t.Errorf("write deadlines of an answer = %v, want one within a minute, and then none", d.set)
	}
}
