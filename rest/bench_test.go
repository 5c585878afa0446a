package rest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// BenchmarkListAgents asks for pages of 10,000 agents over a real connection,
// while the status of 200 of them changes a second and somebody follows that.
func BenchmarkListAgents(b *testing.B) {
	w := newWorld(b)
	agents := make([]*simulated, 10_000)
	for n := range agents {
		agents[n] = w.connect(n, func(r *fleet.Report) {
			r.EffectiveConfig[""] = fleet.ConfigFile{Body: fmt.Appendf(nil, "# %d\n%4096d\n", n, n), ContentType: "text/yaml"}
		})
	}
	w.create(map[string]any{"name": "c", "selector": "host.name=host-1"})
	client := w.server.Client() // the contract's transport is not what is measured
	changeStatus(b, w, agents)
	second := w.do("GET", "/api/v1/agents?page_size=100&order_by=name", nil).want(http.StatusOK).text("next_page_token")
	for name, query := range map[string]string{
		"first":       "page_size=100",
		"filtered":    "page_size=100&status=healthy&selector=service.name%3Dotelcol-contrib&q=host-9",
		"text":        "page_size=100&q=host-99",
		"selector":    "page_size=100&selector=service.name+in+(otelcol-contrib,edge),!canary",
		"status":      "page_size=100&status=healthy&config_status=unassigned",
		"by-name":     "page_size=100&order_by=name",
		"by-name-2":   "page_size=100&order_by=name&page_token=" + second,
		"by-status":   "page_size=100&order_by=status",
		"by-last":     "page_size=100&order_by=last_seen_at+desc",
		"by-host-all": "page_size=1000&order_by=name&q=host",
	} {
		for _, encoding := range []string{"identity", "gzip"} {
			b.Run(name+"/"+encoding, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					started := time.Now()
					req := w.request("GET", "/api/v1/agents?"+query, nil, header("Accept-Encoding", encoding))
					resp, err := client.Do(req)
					if err != nil {
						b.Fatal(err)
					}
					n, err := io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if err != nil || resp.StatusCode != http.StatusOK || n < 1000 {
						b.Fatalf("GET /agents?%s = %d, %d bytes, %v", query, resp.StatusCode, n, err)
					}
					took = append(took, time.Since(started))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			})
		}
	}
}

// changeStatus has 200 agents a second say that they are well, or not, until the end.
func changeStatus(b *testing.B, w *world, agents []*simulated) {
	b.Helper()
	stream := w.follow("")
	var sides sync.WaitGroup
	ctx, cancel := context.WithCancel(b.Context())
	b.Cleanup(func() {
		cancel()
		stream.close()
		sides.Wait()
	})
	sides.Go(func() { _, _ = io.Copy(io.Discard, stream.lines) })
	sides.Go(func() {
		tick := time.NewTicker(time.Second / 200)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			a := agents[n%len(agents)]
			report := &fleet.Report{UID: a.uid, SequenceNum: a.seq, Digest: uint64(n), Health: &fleet.Health{Healthy: n/len(agents)%2 == 1}}
			a.seq++
			if _, err := w.fleet.Receive(ctx, a.link, report); err != nil && ctx.Err() == nil {
				b.Errorf("Receive() = %v", err)
				return
			}
		}
	})
}
