package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHealthcheckAnswers: what other answers than a well server's mean, over TLS
// with a certificate that nobody knows, as a container's own is.
func TestHealthcheckAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		code   int
		says   string
	}{
		{http.StatusOK, `{"status":"degraded"}`, 0, "degraded"},
		{http.StatusServiceUnavailable, `{"status":"failed"}`, 1, "failed"},
		{http.StatusOK, `<html>`, 1, "not as a control plane does"},
		{http.StatusNotFound, `{}`, 1, "404"},
	} {
		t.Run(c.body, func(t *testing.T) {
			t.Parallel()
			stub := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/v1/health" {
					t.Errorf("healthcheck asks %s, want /api/v1/health", r.URL.Path)
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body)) // what arrives is checked on the other side
			}))
			defer stub.Close()
			got := call(t, world{}, "healthcheck", "--url", stub.URL)
			if got.code != c.code || !strings.Contains(got.stdout+got.stderr, c.says) {
				t.Errorf("healthcheck of a server that answers %d %s = %+v, want code %d and %q", c.status, c.body, got, c.code, c.says)
			}
		})
	}
}
