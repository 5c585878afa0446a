//go:build appliance

package examples

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

const (
	kindServer = 2
	kindClient = 3

	goService   = "example-go-sdk"
	nodeService = "example-nodejs-auto"

	wellDone = 10 * time.Second // what an end may take, the last flush included
)

var client = &http.Client{Timeout: 10 * time.Second}

// register is what loads the instrumentation into Node.js; examples/nodejs-auto/README.md.
const register = "@opentelemetry/auto-instrumentations-node/register"

func telemetryTo(endpoint string) []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint,
		"OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_TRACES_EXPORTER=otlp", "OTEL_METRICS_EXPORTER=otlp", "OTEL_LOGS_EXPORTER=otlp",
		"OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test",
		"OTEL_METRIC_EXPORT_INTERVAL=500",
		"OTEL_NODE_RESOURCE_DETECTORS=env,host,os,process,serviceinstance",
	}
}

func startGoSDK(t *testing.T, env ...string) (*process, string) {
	t.Helper()
	address := freeAddress(t)
	p := start(t, "", append(env, "LISTEN="+address), buildGo(t, "go-sdk"))
	return p, ready(t, p, address)
}

func startNode(t *testing.T, args []string, env ...string) (*process, string) {
	t.Helper()
	address := freeAddress(t)
	p := start(t, nodeExample(t), append(env, "LISTEN="+address, "OTEL_SERVICE_NAME="+nodeService), "node", append(args, "server.js")...)
	return p, ready(t, p, address)
}

// ready waits until the service has said that it listens, asking it for nothing:
// what is asked would be in the telemetry.
func ready(t *testing.T, p *process, address string) string {
	t.Helper()
	machine.Eventually(t, time.Minute, p.name+" ready", func() error {
		select {
		case <-p.done:
			t.Fatalf("%s has ended", p.name)
		default:
		}
		if out := p.output.String(); !strings.Contains(out, "listening") || !strings.Contains(out, address) {
			return fmt.Errorf("it does not listen on %s", address)
		}
		return nil
	})
	return "http://" + address
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	return response.StatusCode, strings.TrimSpace(string(content))
}

func wantOrder(t *testing.T, base string) {
	t.Helper()
	status, body := get(t, base+"/order?item=tea")
	if want := `{"item":"tea","price":3}`; status != http.StatusOK || body != want {
		t.Fatalf("GET /order?item=tea = %d %s, want 200 %s", status, body, want)
	}
}

// TestOneTraceThroughTwoServices sends an order to the service in Go, which asks the
// one on Node.js for the price, and looks at what comes out of the collector.
func TestOneTraceThroughTwoServices(t *testing.T) {
	b, backendURL := startBackend(t)
	telemetry := telemetryTo(startCollector(t, backendURL))
	node, nodeURL := startNode(t, []string{"--require", register}, telemetry...)
	sdk, sdkURL := startGoSDK(t, append(telemetry, "PRICE_URL="+nodeURL+"/price")...)
	wantOrder(t, sdkURL)

	var asked, served span
	machine.Eventually(t, 20*time.Second, "the spans of both services", func() error {
		entry, err := b.span(goService, kindServer, "", "")
		if err != nil {
			return err
		}
		own, err := b.span(goService, 1, entry.SpanID, entry.TraceID)
		if err != nil {
			return err
		}
		if want := "ask for the price"; own.Name != want || own.Attributes.get("shop.item") != "tea" {
			t.Fatalf("the span made by hand is %q for %q, want %q for tea", own.Name, own.Attributes.get("shop.item"), want)
		}
		if asked, err = b.span(goService, kindClient, own.SpanID, entry.TraceID); err != nil {
			return err
		}
		served, err = b.span(nodeService, kindServer, asked.SpanID, entry.TraceID)
		return err
	})
	for _, s := range []struct {
		span
		language string
	}{{asked, "go"}, {served, "nodejs"}} {
		about := s.resource.Attributes
		if got := about.get("telemetry.sdk.language"); got != s.language {
			t.Errorf("telemetry.sdk.language of %s = %q, want %q", about.get("service.name"), got, s.language)
		}
		if got := about.get("deployment.environment.name"); got != "test" {
			t.Errorf("deployment.environment.name of %s = %q, want test", about.get("service.name"), got)
		}
		for _, key := range []string{"host.name", "service.instance.id"} {
			if about.get(key) == "" {
				t.Errorf("%s of %s is not set", key, about.get("service.name"))
			}
		}
	}

	machine.Eventually(t, 20*time.Second, "the logs of both services, each with its trace", func() error {
		if _, err := b.log(goService, "order taken", served.TraceID); err != nil {
			return err
		}
		_, err := b.log(nodeService, "price asked", served.TraceID)
		return err
	})
	machine.Eventually(t, 20*time.Second, "the metrics of both services", func() error {
		orders, err := b.metric(goService, "shop.orders")
		if err != nil {
			return err
		}
		points := orders.Sum.DataPoints
		if len(points) != 1 || points[0].AsInt != "1" || points[0].Attributes.get("item") != "tea" || !orders.Sum.IsMonotonic {
			t.Fatalf("shop.orders = %+v, want a counter that is 1 for tea", orders.Sum)
		}
		requests, err := b.metric(nodeService, "http.server.request.duration")
		if err != nil {
			return err
		}
		if points := requests.Histogram.DataPoints; len(points) != 1 || points[0].Count != "1" {
			t.Fatalf("http.server.request.duration = %+v, want one request", points)
		}
		return nil
	})
	sdk.stop(t, wellDone)
	node.stop(t, wellDone)
}

// TestNoCollector: services answer and end though nobody takes their telemetry.
func TestNoCollector(t *testing.T) {
	// What is left is tried again and again for as long as an export may take, by default
	// 10 seconds, before the program ends.
	telemetry := append(telemetryTo("http://"+freeAddress(t)), "OTEL_EXPORTER_OTLP_TIMEOUT=2000")
	node, nodeURL := startNode(t, []string{"--require", register}, telemetry...)
	sdk, sdkURL := startGoSDK(t, telemetry...)
	wantOrder(t, nodeURL)
	wantOrder(t, sdkURL)
	sdk.stop(t, wellDone)
	node.stop(t, wellDone)
}

// TestUninstrumented: the code of the Node.js service knows nothing of OpenTelemetry,
// and the one for eBPF has nothing of it inside.
func TestUninstrumented(t *testing.T) {
	node, nodeURL := startNode(t, nil)
	wantOrder(t, nodeURL)
	node.stop(t, wellDone)

	path, address := buildGo(t, "go-ebpf"), freeAddress(t)
	plain := start(t, "", []string{"LISTEN=" + address}, path)
	wantOrder(t, ready(t, plain, address))
	plain.stop(t, wellDone)
	if info := command(t, "", "go", "version", "-m", path); strings.Contains(info, "opentelemetry") {
		t.Errorf("go-ebpf is built with OpenTelemetry:\n%s", info)
	}
}
