//go:build appliance

package engine_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

var web = &http.Client{Timeout: 10 * time.Second}

// ask sends one request and answers the body; every status but the wanted is an error.
func ask(method, address, contentType, body string, want int) (string, error) {
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := web.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != want {
		return "", fmt.Errorf("%s %s = %d, want %d: %.600s", method, address, response.StatusCode, want, answer)
	}
	return string(answer), nil
}

func get(t *testing.T, address string, out any) {
	t.Helper()
	answer, err := ask(http.MethodGet, address, "", "", http.StatusOK)
	if err == nil {
		err = json.Unmarshal([]byte(answer), out)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sql asks ClickHouse and answers its lines.
func sql(query string) ([]string, error) {
	address := "http://ollystack:ollystack123@localhost:8123/?query=" + url.QueryEscape(query)
	answer, err := ask(http.MethodPost, address, "", "", http.StatusOK)
	if err != nil || answer == "" {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(answer, "\n"), "\n"), nil
}

// row waits until a query has rows, and answers the first.
func row(t *testing.T, query string) string {
	t.Helper()
	var first string
	eventually(t, time.Minute, query, func() error {
		lines, err := sql(query)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			return fmt.Errorf("no row")
		}
		first = lines[0]
		return nil
	})
	return first
}

// sample is one series of an answer of Prometheus.
type sample struct {
	Metric map[string]string
	Value  []any
}

// series waits until a PromQL expression has a value.
func series(t *testing.T, expression string) []sample {
	t.Helper()
	var answer struct{ Data struct{ Result []sample } }
	eventually(t, 90*time.Second, expression, func() error {
		body, err := ask(http.MethodGet, "http://localhost:9090/api/v1/query?query="+url.QueryEscape(expression), "", "", http.StatusOK)
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			return err
		}
		if len(answer.Data.Result) == 0 {
			return fmt.Errorf("no series")
		}
		return nil
	})
	return answer.Data.Result
}

// sendTrace sends one span to the gateway and answers its trace's id.
func sendTrace(t *testing.T, service, span string) string {
	t.Helper()
	trace := random(16)
	start := time.Now()
	send(t, "traces", map[string]any{"resourceSpans": []any{map[string]any{
		"resource": resource(service),
		"scopeSpans": []any{map[string]any{"spans": []any{map[string]any{
			"traceId": trace, "spanId": random(8), "name": span, "kind": 2,
			"startTimeUnixNano": fmt.Sprint(start.Add(-20 * time.Millisecond).UnixNano()),
			"endTimeUnixNano":   fmt.Sprint(start.UnixNano()),
		}}}},
	}}})
	return trace
}

// sendLog sends one line to the gateway.
func sendLog(t *testing.T, service, line string) {
	t.Helper()
	send(t, "logs", map[string]any{"resourceLogs": []any{map[string]any{
		"resource": resource(service),
		"scopeLogs": []any{map[string]any{"logRecords": []any{map[string]any{
			"timeUnixNano": fmt.Sprint(time.Now().UnixNano()), "severityText": "INFO",
			"body": map[string]any{"stringValue": line},
		}}}},
	}}})
}

// sendMetric sends one point of a gauge to the gateway.
func sendMetric(t *testing.T, service, name string, value float64) {
	t.Helper()
	send(t, "metrics", map[string]any{"resourceMetrics": []any{map[string]any{
		"resource": resource(service),
		"scopeMetrics": []any{map[string]any{"metrics": []any{map[string]any{
			"name": name,
			"gauge": map[string]any{"dataPoints": []any{map[string]any{
				"timeUnixNano": fmt.Sprint(time.Now().UnixNano()), "asDouble": value,
			}}},
		}}}},
	}}})
}

func resource(service string) map[string]any {
	return map[string]any{"attributes": []any{map[string]any{
		"key": "service.name", "value": map[string]any{"stringValue": service},
	}}}
}

// send posts OTLP as JSON until the gateway takes it: its receiver is away for a moment
// whenever it changes its configuration.
func send(t *testing.T, signal string, message map[string]any) {
	t.Helper()
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(message); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "send "+signal, func() error {
		_, err := ask(http.MethodPost, "http://localhost:4318/v1/"+signal, "application/json", body.String(), http.StatusOK)
		return err
	})
}

func random(bytes int) string {
	id := make([]byte, bytes)
	_, _ = rand.Read(id)
	return hex.EncodeToString(id)
}
