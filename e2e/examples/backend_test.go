//go:build appliance

package examples

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

// backend stands where the stack has ClickHouse and Prometheus: it takes what the
// collector exports, as JSON. Source: the OTLP specification, "JSON Protobuf Encoding".
type backend struct {
	mu      sync.Mutex
	spans   []span
	logs    []logRecord
	metrics []metric
}

type attribute struct {
	Key   string
	Value struct{ StringValue string }
}

type attributes []attribute

func (a attributes) get(key string) string {
	for _, kv := range a {
		if kv.Key == key {
			return kv.Value.StringValue
		}
	}
	return ""
}

type resource struct{ Attributes attributes }

type span struct {
	resource resource

	TraceID, SpanID, ParentSpanID string
	Name                          string
	Kind                          int // 2 server, 3 client
	Attributes                    attributes
}

type logRecord struct {
	resource resource

	TraceID, SpanID, SeverityText string
	Body                          struct{ StringValue string }
	Attributes                    attributes
}

type metric struct {
	resource resource

	Name string
	Sum  struct {
		IsMonotonic bool
		DataPoints  []struct {
			AsInt      string
			Attributes attributes
		}
	}
	Histogram struct {
		DataPoints []struct{ Count string }
	}
}

func startBackend(t *testing.T) (*backend, string) {
	t.Helper()
	b := &backend{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", b.takeTraces)
	mux.HandleFunc("POST /v1/logs", b.takeLogs)
	mux.HandleFunc("POST /v1/metrics", b.takeMetrics)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return b, server.URL
}

func (b *backend) takeTraces(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ResourceSpans []struct {
			Resource   resource
			ScopeSpans []struct{ Spans []span }
		}
	}
	b.take(w, r, &body, func() {
		for _, rs := range body.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					s.resource = rs.Resource
					b.spans = append(b.spans, s)
				}
			}
		}
	})
}

func (b *backend) takeLogs(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ResourceLogs []struct {
			Resource  resource
			ScopeLogs []struct{ LogRecords []logRecord }
		}
	}
	b.take(w, r, &body, func() {
		for _, rl := range body.ResourceLogs {
			for _, sl := range rl.ScopeLogs {
				for _, l := range sl.LogRecords {
					l.resource = rl.Resource
					b.logs = append(b.logs, l)
				}
			}
		}
	})
}

func (b *backend) takeMetrics(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ResourceMetrics []struct {
			Resource     resource
			ScopeMetrics []struct{ Metrics []metric }
		}
	}
	b.take(w, r, &body, func() {
		for _, rm := range body.ResourceMetrics {
			for _, sm := range rm.ScopeMetrics {
				for _, m := range sm.Metrics {
					m.resource = rm.Resource
					b.metrics = append(b.metrics, m)
				}
			}
		}
	})
}

func (b *backend) take(w http.ResponseWriter, r *http.Request, body any, keep func()) {
	if err := json.NewDecoder(r.Body).Decode(body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest) // the collector logs it
		return
	}
	b.mu.Lock()
	keep()
	b.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, "{}")
}

// span returns the span that is wanted, or an error that lists those that came.
func (b *backend) span(service string, kind int, parent, trace string) (span, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var came []string
	for _, s := range b.spans {
		from := s.resource.Attributes.get("service.name")
		if from == service && s.Kind == kind && s.ParentSpanID == parent && (trace == "" || s.TraceID == trace) {
			return s, nil
		}
		came = append(came, fmt.Sprintf("%s %q kind %d trace %s span %s parent %q", from, s.Name, s.Kind, s.TraceID, s.SpanID, s.ParentSpanID))
	}
	return span{}, fmt.Errorf("no span of %s with kind %d and parent %q among\n%s", service, kind, parent, strings.Join(came, "\n"))
}

func (b *backend) log(service, body, trace string) (logRecord, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var came []string
	for _, l := range b.logs {
		from := l.resource.Attributes.get("service.name")
		if from == service && l.Body.StringValue == body && l.TraceID == trace {
			return l, nil
		}
		came = append(came, fmt.Sprintf("%s %q trace %q", from, l.Body.StringValue, l.TraceID))
	}
	return logRecord{}, fmt.Errorf("no log %q of %s with trace %s among\n%s", body, service, trace, strings.Join(came, "\n"))
}

// metric returns the newest metric of that name.
func (b *backend) metric(service, name string) (metric, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.metrics) - 1; i >= 0; i-- {
		if m := b.metrics[i]; m.Name == name && m.resource.Attributes.get("service.name") == service {
			return m, nil
		}
	}
	return metric{}, fmt.Errorf("no metric %s of %s", name, service)
}

// startCollector starts the collector that make collector builds, between the
// services and the backend, and returns where it takes OTLP over HTTP.
func startCollector(t *testing.T, exportTo string) string {
	t.Helper()
	path := root(t, "bin", "otelcol-ollystack")
	if _, err := os.Stat(path); err != nil {
		t.Fatal("bin/otelcol-ollystack is not built; run make collector")
	}
	address := freeAddress(t)
	config := fmt.Sprintf(`
receivers:
  otlp: {protocols: {http: {endpoint: %s}}}
exporters:
  otlphttp: {endpoint: %s, encoding: json, compression: none}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [otlphttp]}
    metrics: {receivers: [otlp], exporters: [otlphttp]}
    logs: {receivers: [otlp], exporters: [otlphttp]}
`, strconv.Quote(address), strconv.Quote(exportTo))
	file := filepath.Join(t.TempDir(), "collector.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "", nil, path, "--config", file)
	machine.Eventually(t, 20*time.Second, "collector ready", func() error {
		if !strings.Contains(p.output.String(), "Everything is ready") {
			return fmt.Errorf("it has not said that everything is ready")
		}
		return nil
	})
	return "http://" + address
}
