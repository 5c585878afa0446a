package opampsrv

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"google.golang.org/protobuf/proto"

	"github.com/ollystack/control-plane/fleet"
)

// crowdVariable makes the test binary play a crowd of agents, "COUNT URL", for
// the benchmarks: beside the server, in a process of its own, so that what the
// server needs can be told apart.
const crowdVariable = "OPAMPSRV_CROWD"

func TestMain(m *testing.M) {
	if crowd := os.Getenv(crowdVariable); crowd != "" {
		count, url, _ := strings.Cut(crowd, " ")
		n, err := strconv.Atoi(count)
		if err == nil {
			err = playCrowd(n, url)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// playCrowd connects n agents, has each say its full state, and then has all
// send a heartbeat for each line that it reads.
func playCrowd(n int, url string) error {
	agents := make([]*websocket.Conn, n)
	buffers := websocket.Dialer{ReadBufferSize: 256, WriteBufferSize: 256, HandshakeTimeout: time.Minute}
	say := func(i int, b []byte) error {
		if err := agents[i].WriteMessage(websocket.BinaryMessage, append([]byte{0}, b...)); err != nil {
			return err
		}
		_, _, err := agents[i].ReadMessage()
		return err
	}
	for i := range agents {
		var err error
		if agents[i], _, err = buffers.Dial(url, nil); err != nil {
			return err
		}
		m := fullState(uid(i+1), 0, "otelcol-contrib")
		m.EffectiveConfig = effective(strings.Repeat("# padding\n", 400) + strconv.Itoa(i))
		b, err := proto.Marshal(m)
		if err == nil {
			err = say(i, b)
		}
		if err != nil {
			return err
		}
	}
	fmt.Println("done")
	lines := bufio.NewScanner(os.Stdin)
	for seq := uint64(1); lines.Scan(); seq++ {
		for i := range agents {
			b, err := proto.Marshal(heartbeat(uid(i+1), seq))
			if err == nil {
				err = say(i, b)
			}
			if err != nil {
				return err
			}
		}
		fmt.Println("done")
	}
	return nil
}

// crowd is the other process.
type crowd struct {
	in  io.Writer
	out *bufio.Reader
}

func newCrowd(b *testing.B, n int, url string) *crowd {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", crowdVariable, n, url))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	c := &crowd{in, bufio.NewReader(out)}
	c.wait(b)
	return c
}

func (c *crowd) beat(b *testing.B) {
	if _, err := io.WriteString(c.in, "beat\n"); err != nil {
		b.Fatal(err)
	}
	c.wait(b)
}

func (c *crowd) wait(b *testing.B) {
	if line, err := c.out.ReadString('\n'); err != nil || line != "done\n" {
		b.Fatalf("the crowd says %q, %v", line, err)
	}
}

// resident is what the process has in memory, in bytes.
func resident(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc here")
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib * 1024
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCrowd measures what a connected agent costs in resident memory, and
// its heartbeats in CPU time; one operation is a heartbeat of each.
func BenchmarkCrowd(b *testing.B) {
	const agents = 5000
	for _, tc := range []struct {
		name  string
		serve func() *served
	}{
		{"transport", func() *served { return serve(b, Options{Fleet: &forgetful{}}) }},
		{"fleet", func() *served { v, _ := serveFleet(b, Options{}); return v }},
	} {
		b.Run(tc.name, func(b *testing.B) {
			v := tc.serve()
			runtime.GC()
			debug.FreeOSMemory()
			empty := resident(b)
			c := newCrowd(b, agents, v.ws)
			c.beat(b)
			connected := resident(b)
			before := cpu(b)
			for b.Loop() {
				c.beat(b)
			}
			used := cpu(b) - before
			b.ReportMetric((connected-empty)/agents/1024, "KiB/agent")
			b.ReportMetric(float64(used.Milliseconds())/float64(b.N*agents)*1000, "cpu-ms/1000-heartbeats")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.StackInuse)/agents/1024, "stack-KiB/agent")
			runtime.GC()
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapAlloc)/agents/1024, "heap-KiB/agent")
		})
	}
}

// forgetful is a fleet that keeps nothing.
type forgetful struct{ scripted }

func (*forgetful) Receive(_ context.Context, _ fleet.Link, r *fleet.Report) (fleet.Reply, error) {
	return fleet.Reply{UID: r.UID}, nil
}
