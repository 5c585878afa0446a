package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// BenchmarkListAgents asks for pages of 100 of 10,000 agents over a real connection.
func BenchmarkListAgents(b *testing.B) {
	w := newWorld(b)
	for n := range 10_000 {
		w.connect(n, func(r *fleet.Report) {
			r.EffectiveConfig[""] = fleet.ConfigFile{Body: fmt.Appendf(nil, "# %d\n%4096d\n", n, n), ContentType: "text/yaml"}
		})
	}
	w.create(map[string]any{"name": "c", "selector": "host.name=host-1"})
	client := w.server.Client() // the contract's transport is not what is measured
	for name, query := range map[string]string{
		"first":    "page_size=100",
		"filtered": "page_size=100&status=healthy&selector=service.name%3Dotelcol-contrib&q=host-9",
		"by-name":  "page_size=100&order_by=name",
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
