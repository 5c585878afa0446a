package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/internal/client"
)

// serve answers with answer, and returns a client of it.
func serve(t *testing.T, answer http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return open(t, server.URL)
}

func open(t *testing.T, at string) *client.Client {
	t.Helper()
	base, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return client.New(client.Options{Server: base, Token: "secret", UserAgent: "ollystack/1.2.3", Timeout: 10 * time.Second})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kind   client.Kind
		says   string
	}{
		{400, `{"detail":"unknown field \"x\""}`, client.Invalid, `unknown field "x" (HOST answered 400)`},
		{401, `{"detail":"the token is unknown"}`, client.Denied, "the token is unknown (HOST answered 401)"},
		{403, `{}`, client.Denied, "HOST answered 403 Forbidden"},
		{404, `{"detail":"there is no agent \"x\""}`, client.NotFound, `there is no agent "x" (HOST answered 404)`},
		{409, `{"detail":"the name is taken"}`, client.Conflict, "the name is taken (HOST answered 409)"},
		{412, `{"detail":"stale"}`, client.Conflict, "stale (HOST answered 412)"},
		{
			422, `{"detail":"it has 1 error","errors":[{"severity":"error","code":"undefined-receiver","path":"service","line":3,"column":5,"message":"No such."}]}`,
			client.Refused, "it has 1 error (HOST answered 422)\n  line 3:5: error: service: No such. [undefined-receiver]",
		},
		{500, `{"detail":"something went wrong","instance":"r1"}`, client.Failed, "something went wrong (HOST answered 500), request r1"},
		{502, `<html>`, client.Failed, "HOST answered 502 Bad Gateway, request from-header"},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", "from-header")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		_, err := s.Agent(t.Context(), "x")
		if got := client.KindOf(err); got != c.kind {
			t.Errorf("kind of %d = %v, want %v", c.status, got, c.kind)
		}
		if want := strings.ReplaceAll(c.says, "HOST", s.Server().Host); err == nil || err.Error() != want {
			t.Errorf("error of %d = %v, want %s", c.status, err, want)
		}
	}
}

// TestUnreachable: nobody there, an answer that is none, and one that was not waited for.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	if _, err := open(t, gone.URL).FleetStatus(t.Context()); client.KindOf(err) != client.Unreachable {
		t.Errorf("FleetStatus of a server that is gone = %v, want it unreachable", err)
	}
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"total"`)
	})
	if _, err := cut.FleetStatus(t.Context()); client.KindOf(err) != client.Unreachable {
		t.Errorf("FleetStatus of an answer that was cut = %v, want it unreachable", err)
	}
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	if _, err := other.FleetStatus(t.Context()); err == nil || !strings.Contains(err.Error(), "does not answer as a control plane does") {
		t.Errorf("FleetStatus of another server = %v, want that it is none", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if _, err := slow.FleetStatus(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("FleetStatus that is given up = %v, want %v", err, context.Canceled)
	}
}

// TestRedirect: the token goes to no other server.
func TestRedirect(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other server was asked") }))
	defer other.Close()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	if _, err := s.Agent(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), other.URL) {
		t.Errorf("Agent of a server that is elsewhere = %v, want where", err)
	}
}

// TestPages: all of them are read, one after the other, with what identifies the client.
func TestPages(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization") + " " + r.Header.Get("User-Agent"); got != "Bearer secret ollystack/1.2.3" {
			t.Errorf("Authorization and User-Agent = %q", got)
		}
		switch got := r.URL.RequestURI(); got {
		case "/api/v1/agents?page_size=1000&selector=env%3Dprod":
			fmt.Fprint(w, `{"agents":[{"id":"1"},{"id":"2"}],"total_size":3,"next_page_token":"next"}`)
		case "/api/v1/agents?page_size=1000&page_token=next&selector=env%3Dprod":
			fmt.Fprint(w, `{"agents":[{"id":"3","later":"kept"}],"total_size":3}`)
		default:
			t.Errorf("it asks for %s", got)
		}
	})
	agents, err := client.Collect(s.Agents(t.Context(), client.AgentFilter{Selector: "env=prod"}))
	if err != nil || len(agents) != 3 {
		t.Fatalf("Agents = %v, %v, want three", agents, err)
	}
	if text, err := json.Marshal(agents[2]); err != nil || string(text) != `{"id":"3","later":"kept"}` {
		t.Errorf("Marshal(agent) = %s, %v, want what the server wrote", text, err)
	}
	for a, err := range s.Agents(t.Context(), client.AgentFilter{Selector: "env=prod"}) {
		if err != nil || a.ID != "1" {
			t.Errorf("the first agent = %v, %v", a.ID, err)
		}
		break // without another page
	}
}

// TestEscapes: a name is one part of a path, whatever it is.
func TestEscapes(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.URL.EscapedPath(), "/api/v1/agents/a%2Fb%20c%3Fd/config"; got != want {
			t.Errorf("path = %s, want %s", got, want)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if err := s.UnassignConfig(t.Context(), "a/b c?d"); err != nil {
		t.Errorf("UnassignConfig = %v", err)
	}
}

// TestFollowFromTheBeginning: a stream that breaks before its first event is taken up where it began.
func TestFollowFromTheBeginning(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 2)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Last-Event-ID")
		if r.Header.Get("Last-Event-ID") == "" {
			fmt.Fprint(w, "retry: 2000\nid: run-5\n\n: keep-alive\n\n")
			return
		}
		fmt.Fprint(w, "retry: 2000\nid: run-5\n\nid: run-6\nevent: reset\ndata: {\"type\":\"reset\"}\n\nid: run-7\ndata: {\"ty")
	})
	var last string
	var got []string
	for range 2 {
		err := s.Follow(t.Context(), &last, func() {}, func(e client.Event) error {
			got = append(got, e.ID+" "+e.Type)
			return nil
		})
		if client.KindOf(err) != client.Unreachable {
			t.Fatalf("Follow = %v, want that the stream broke", err)
		}
	}
	if first, second := <-asked, <-asked; first != "" || second != "run-5" {
		t.Errorf("asked after %q and %q, want none and run-5", first, second)
	}
	if len(got) != 1 || got[0] != "run-6 reset" || last != "run-6" {
		t.Errorf("events = %q, last %q; want run-6 alone, whole", got, last)
	}
}
