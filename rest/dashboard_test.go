package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDashboardIsServedToAnybody(t *testing.T) {
	w := newWorld(t, withTokens)
	for _, path := range []string{"/", "/?q=x", "/agents", "/agents/xyz?tab=config", "/configs/new", "/apis", "/v1x", "/metricsx"} {
		got := w.do("GET", path, nil)
		got.want(http.StatusOK)
		if !strings.Contains(string(got.body), "The dashboard") || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("GET %s = %s of type %q, want the page", path, got.body, got.header.Get("Content-Type"))
		}
		if got.header.Get("Content-Security-Policy") == "" || got.header.Get("X-Request-Id") == "" {
			t.Errorf("GET %s = header %v, want the dashboard's and the server's", path, got.header)
		}
		if head := w.do("HEAD", path, nil); head.status != http.StatusOK || len(head.body) > 0 {
			t.Errorf("HEAD %s = %d with %d bytes, want 200 without any", path, head.status, len(head.body))
		}
	}
}

func TestDashboardHasNoOtherMethods(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
		for _, path := range []string{"/", "/agents/xyz", "/assets/none.js"} {
			got := w.do(method, path, nil)
			got.problem(http.StatusMethodNotAllowed, method)
			if allow := got.header.Get("Allow"); allow != "GET, HEAD" {
				t.Errorf("%s %s = Allow %q, want GET, HEAD", method, path, allow)
			}
		}
	}
}

// What the dashboard does not have is told as every error is, with nothing of its own answer.
func TestDashboardMissing(t *testing.T) {
	w := newWorld(t)
	w.do("GET", "/assets/none.js", nil).problem(http.StatusNotFound, "/assets/none.js", "/api/v1")
	w.do("HEAD", "/assets/none.js", nil).want(http.StatusNotFound)
}

func TestDashboardIsNotWhereAgentsConnect(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.rest.AgentPath = "/agents-in/here" })
	w.do("GET", "/agents-in/here", nil).problem(http.StatusNotFound)
	w.do("GET", "/agents-in/elsewhere", nil).problem(http.StatusNotFound)
	w.do("GET", "/v1/opamp", nil).want(http.StatusOK) // any other address
}

func TestDashboardIsCounted(t *testing.T) {
	w := newWorld(t)
	w.do("GET", "/agents/some-agent", nil).want(http.StatusOK)
	if got := string(w.do("GET", "/metrics", nil).body); !strings.Contains(got, `ollystack_http_requests_total{code="200",method="GET",route="/"} 1`) ||
		strings.Contains(got, "some-agent") {
		t.Errorf("GET /metrics = %s, want the page counted as one route", got)
	}
}

func TestDashboardToASlowBrowserHasADeadline(t *testing.T) {
	w := newWorld(t)
	client := &stalled{ResponseRecorder: httptest.NewRecorder()}
	w.server.Config.Handler.ServeHTTP(client, httptest.NewRequest(http.MethodGet, "http://localhost/", nil))
	if client.deadlines == 0 {
		t.Error("the page was written without a deadline")
	}
}
