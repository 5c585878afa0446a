package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// runTool runs the whole program with arguments that keep it short, and returns
// its exit code and the figures.
func runTool(t *testing.T, args ...string) (int, report) {
	t.Helper()
	args = append([]string{
		"--agents=20", "--settle=50ms", "--heartbeat-rate=1000", "--idle=200ms", "--pace=100ms", "--list-requests=10",
		"--restart-watch=100ms", "--reconnect-min=20ms", "--reconnect-max=100ms", "--phase-timeout=30s", "--answer-grace=2s",
	}, args...)
	var stdout, stderr bytes.Buffer
	code := mainCode(t.Context(), args, &stdout, &stderr)
	var out report
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("mainCode(%v) printed no JSON: %v\n%s\n%s", args, err, stdout.String(), stderr.String())
	}
	if t.Failed() || testing.Verbose() {
		t.Log(stderr.String())
	}
	return code, out
}

// execStandin is an --exec value that starts the test binary as a server.
func execStandin(t *testing.T, faults string) string {
	t.Helper()
	t.Setenv(standinRole, faults)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return "--exec=" + self + " {addr} {dir}"
}

func TestAllPhases(t *testing.T) {
	code, got := runTool(t, execStandin(t, ""), "--phases=connect,heartbeat,push,list,idle,restart")
	if code != exitOK || len(got.Failures) > 0 {
		t.Fatalf("exit code = %d with failures %q, want 0 with none", code, got.Failures)
	}
	for _, phase := range []struct {
		name string
		was  bool
	}{
		{"connect", got.Connect != nil},
		{"heartbeat", got.Heartbeat != nil},
		{"push", got.Push != nil},
		{"list", got.List != nil},
		{"idle", got.Idle != nil},
		{"restart", got.Restart != nil},
		{"stop", got.Stop != nil},
	} {
		if !phase.was {
			t.Fatalf("report has no figures for %s", phase.name)
		}
	}
	if c := got.Connect; c.Errors != 0 || c.ComponentsAsked != 20 || c.RSSMiB <= 0 || c.ServerCPUSeconds <= 0 || c.Seconds <= 0 {
		t.Errorf("connect = %+v, want no errors, 20 components asked, memory, CPU time and a duration", *c)
	}
	if h := got.Heartbeat; h.Sent != 60 || h.Missing != 0 || h.Latency.Count == 0 || h.CPUMSPer1k <= 0 {
		t.Errorf("heartbeat = %+v, want 60 sent, all answered, with latencies and CPU time", *h)
	}
	if p := got.Push; p.Offered.Count != 20 || p.Offered.LastMS <= 0 || p.AppliedMS < p.Offered.LastMS || p.PostMS <= 0 || p.Repeated != 0 {
		t.Errorf("push = %+v, want 20 offered, and applied after the last of them", *p)
	}
	if l := got.List; l.Requests.Count != 10 || l.TotalSize != 20 {
		t.Errorf("list = %+v, want 10 requests that tell of 20 agents", *l)
	}
	if i := got.Idle; i.Heartbeats == 0 || i.WrittenBytes != 0 {
		t.Errorf("idle = %+v, want heartbeats and nothing written", *i)
	}
	if r := got.Restart; r.BackSinceStop <= 0 || r.BackSinceListen > r.BackSinceStop || r.FullStateAsked > r.LostBeats || r.Offers != 0 || r.AbruptDrops != 20 {
		t.Errorf("restart = %+v, want all back, nobody asked or offered, and 20 lost without a Close frame", *r)
	}
}

func TestKilledServerAsksForFullState(t *testing.T) {
	// No heartbeats beside it: one that crosses the question would be asked as well.
	code, got := runTool(t, execStandin(t, ""), "--phases=connect,restart", "--restart-signal=kill", "--pace=0")
	if code != exitOK || got.Restart == nil {
		t.Fatalf("exit code = %d with failures %q, want 0 and a restart", code, got.Failures)
	}
	if got.Restart.FullStateAsked != 20 {
		t.Errorf("restart.FullStateAsked = %d, want 20 of a server that forgot", got.Restart.FullStateAsked)
	}
}

func TestFaultsAreSeen(t *testing.T) {
	t.Run("a server that does not always answer", func(t *testing.T) {
		code, got := runTool(t, execStandin(t, faultSwallow), "--phases=connect,heartbeat", "--check")
		if code != exitMissed || got.Heartbeat == nil || got.Heartbeat.Missing == 0 {
			t.Errorf("exit code = %d with %+v, want 1 and missing answers", code, got.Heartbeat)
		}
	})
	t.Run("a server that offers again after a restart", func(t *testing.T) {
		code, got := runTool(t, execStandin(t, faultReoffer), "--phases=connect,restart", "--check")
		if code != exitMissed || got.Restart == nil || got.Restart.Offers != 20 {
			t.Errorf("exit code = %d with %+v, want 1 and 20 offers", code, got.Restart)
		}
		if got.Totals.RepeatedOffers != 20 {
			t.Errorf("totals.RepeatedOffers = %d, want 20", got.Totals.RepeatedOffers)
		}
	})
	t.Run("a server that refuses the configuration", func(t *testing.T) {
		code, got := runTool(t, execStandin(t, faultFailing), "--phases=connect,push")
		if code != exitMissed || len(got.Failures) != 1 || !strings.Contains(got.Failures[0], "409") {
			t.Errorf("exit code = %d with failures %q, want 1 with the answer's status", code, got.Failures)
		}
	})
}

func TestServerThatWasThereBefore(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run("TLS "+strconv.FormatBool(secure), func(t *testing.T) {
			srv := httptest.NewUnstartedServer(newStandin("").handler())
			if secure {
				srv.StartTLS()
			} else {
				srv.Start()
			}
			defer srv.Close()
			code, got := runTool(t, "--endpoint=ws"+strings.TrimPrefix(srv.URL, "http")+"/v1/opamp", "--insecure-skip-verify",
				"--phases=connect,heartbeat", "--same-config")
			if code != exitOK || got.Heartbeat == nil || got.Heartbeat.Sent != 60 || got.Heartbeat.Missing != 0 {
				t.Errorf("exit code = %d with failures %q and %+v, want 0 and 60 heartbeats answered", code, got.Failures, got.Heartbeat)
			}
			if got.Connect.RSSMiB != 0 {
				t.Errorf("connect.RSSMiB = %v, want none of an unknown process", got.Connect.RSSMiB)
			}
		})
	}
}

func TestServerThatCannotStart(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := mainCode(t.Context(), []string{"--exec=" + filepath.Join(t.TempDir(), "none"), "--phases=connect"}, &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "start the server") {
		t.Errorf("mainCode(no such command) = %d, %q, want 2 and the reason", code, stderr.String())
	}
}
