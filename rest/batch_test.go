package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

const batchPath = "/api/v1/agents:batch"

// results prints what became of the agents of a batch.
func (d document) results() string {
	d.t.Helper()
	var b strings.Builder
	for _, r := range d.list("results") {
		fmt.Fprintf(&b, "%v %v %v; ", r.at("name"), r.at("status"), r.at("error"))
	}
	return b.String()
}

func TestBatchLabelsAndAssignments(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		w.connect(n)
	}
	w.connect(3, func(r *fleet.Report) { r.Capabilities = fleet.ReportsStatus })
	w.create(map[string]any{"name": "first"})

	d := w.do("POST", batchPath, map[string]any{
		"selector": "host.name in (host-0,host-2)", "action": "labels", "labels": map[string]any{"tier": "gold", "gone": nil},
	}).want(http.StatusOK)
	for field, want := range map[string]int{"total": 2, "succeeded": 2, "failed": 0} {
		d.is(field, want)
	}
	if got, want := d.results(), "host-0 200 ; host-2 200 ; "; got != want {
		t.Errorf("POST labels = %q, want %q", got, want)
	}
	d.list("results")[0].is("id", uidOf(0).String())
	w.do("GET", "/api/v1/agents?selector=tier%3Dgold", nil).want(http.StatusOK).is("total_size", 2)

	d = w.do("POST", batchPath, map[string]any{
		"ids": []string{"host-3", uidOf(1).String(), "instance-0", "nobody", "host-1"}, "action": "assign", "config_id": "first", "version": 1,
	}).want(http.StatusOK)
	d.is("succeeded", 2)
	d.is("failed", 2)
	want := `host-3 409 agent "host-3" does not accept remote configuration; host-1 200 ; host-0 200 ;  404 there is no agent "nobody"; `
	if got := d.results(); got != want {
		t.Errorf("POST assign = %q, want %q", got, want)
	}
	d.list("results")[3].is("id", "nobody")
	agent := w.do("GET", "/api/v1/agents/host-1", nil).want(http.StatusOK)
	agent.is("config.config_name", "first")
	agent.is("config.source", "assignment")

	w.do("POST", batchPath, map[string]any{"selector": "service.name", "action": "unassign"}).want(http.StatusOK).is("succeeded", 4)
	w.do("GET", "/api/v1/agents/host-1", nil).want(http.StatusOK).is("config.source", "none")
}

func TestBatchRetriesAndRestarts(t *testing.T) {
	w := newWorld(t)
	failed, other := w.connect(1), w.connect(2)
	w.create(map[string]any{"name": "c", "selector": "host.name=host-1"})
	failed.apply(fleet.RemoteConfigFailed, "no such host")
	other.leave()

	d := w.do("POST", batchPath, map[string]any{"selector": "service.name", "action": "retry"}).want(http.StatusOK)
	if got, want := d.results(), `host-1 200 ; host-2 409 agent "host-2" has no failed configuration to retry; `; got != want {
		t.Errorf("POST retry = %q, want %q", got, want)
	}
	w.do("GET", failed.path(""), nil).want(http.StatusOK).is("config.status", "pending")

	d = w.do("POST", batchPath, map[string]any{"ids": []string{"host-1", "host-2"}, "action": "restart"}).want(http.StatusOK)
	if got, want := d.results(), `host-1 200 ; host-2 409 agent "host-2" is not connected; `; got != want {
		t.Errorf("POST restart = %q, want %q", got, want)
	}
	restarted := false
	for more := true; more; {
		var reply fleet.Reply
		reply, more = w.fleet.Due(failed.link, failed.uid)
		restarted = restarted || reply.Restart
	}
	if !restarted {
		t.Error("after POST restart the agent was sent no restart command")
	}
}

func TestBatchNeedsConfirmation(t *testing.T) {
	w := newWorld(t) // the guard is at 3
	for n := range 5 {
		w.connect(n)
	}
	w.create(map[string]any{"name": "c"})
	for _, body := range []map[string]any{
		{"selector": "service.name", "action": "restart"},
		{"selector": "service.name", "action": "assign", "config_id": "c"},
	} {
		w.do("POST", batchPath, body).problem(http.StatusConflict, "5", "confirm_agents")
		w.do("POST", batchPath+"?confirm_agents=4", body).problem(http.StatusConflict, "5")
		w.do("POST", batchPath+"?confirm_agents=5", body).want(http.StatusOK).is("succeeded", 5)
	}
}

func TestBatchRefusesWhatMakesNoSense(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	for body, c := range map[string]struct {
		status int
		word   string
	}{
		`{"action": "restart"}`:                                                        {http.StatusBadRequest, "selector"},
		`{"action": "restart", "selector": ""}`:                                        {http.StatusBadRequest, "selector"},
		`{"action": "restart", "ids": []}`:                                             {http.StatusBadRequest, "ids"},
		`{"action": "restart", "ids": ["x"], "selector": "a"}`:                         {http.StatusBadRequest, "one of the two"},
		`{"action": "restart", "selector": "a b"}`:                                     {http.StatusBadRequest, "selector"},
		`{"action": "forget", "ids": ["x"]}`:                                           {http.StatusBadRequest, "forget"},
		`{"ids": ["x"]}`:                                                               {http.StatusBadRequest, "action"},
		`{"action": "labels", "ids": ["x"]}`:                                           {http.StatusBadRequest, "labels"},
		`{"action": "assign", "ids": ["x"]}`:                                           {http.StatusBadRequest, "configuration"},
		`{"action": "restart", "ids": ["x"], "config_id": "c"}`:                        {http.StatusBadRequest, "configuration"},
		`{"action": "assign", "ids": ["x"], "config_id": "nothing"}`:                   {http.StatusNotFound, "nothing"},
		`{"action": "labels", "ids": ["x"], "labels": {"a": "\u0007"}}`:                {http.StatusUnprocessableEntity, "labels::a"},
		`{"action": "restart", "ids": ["` + strings.Repeat(`x","`, 10_000) + `last"]}`: {http.StatusBadRequest, "10001"},
	} {
		w.do("POST", batchPath, body).problem(c.status, c.word)
	}
	w.do("POST", batchPath, map[string]any{"action": "restart", "ids": []string{"host-1"}}, header("If-Match", "*")).
		problem(http.StatusBadRequest, "If-Match")
}

// fullDisk is a store whose disk fills up after so many Updates.
type fullDisk struct {
	fleet.Store
	left atomic.Int64
}

func (s *fullDisk) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	if s.left.Add(-1) < 0 {
		return fleet.Errorf(fleet.Unavailable, "the disk is full")
	}
	return s.Store.Update(ctx, fn)
}

func TestBatchOnADiskThatFillsUp(t *testing.T) {
	disk := &fullDisk{Store: mem.New()}
	disk.left.Store(1 << 30)
	w := newWorld(t, func(s *setup) { s.fleet.Store, s.fleet.FlushInterval = disk, time.Hour })
	w.wantErrors = true
	for n := range 2200 {
		w.connect(n)
	}
	disk.left.Store(1)
	d := w.do("POST", batchPath, map[string]any{"selector": "service.name", "action": "labels", "labels": map[string]any{"a": "b"}}).want(http.StatusOK)
	d.is("succeeded", 2000)
	d.is("failed", 200)
	last := d.list("results")[2199]
	last.is("status", http.StatusServiceUnavailable)
	last.is("error", "the disk is full")
	w.do("POST", batchPath, map[string]any{"selector": "service.name", "action": "unassign"}).problem(http.StatusServiceUnavailable, "full")
	disk.left.Store(1 << 30)
}

// BenchmarkBatch labels 10,000 agents, in memory.
func BenchmarkBatch(b *testing.B) {
	w := newWorld(b)
	for n := range 10_000 {
		w.connect(n)
	}
	client := w.server.Client() // the contract's transport is not what is measured
	for i := 0; b.Loop(); i++ {
		req := w.request("POST", batchPath, map[string]any{
			"selector": "service.name", "action": "labels", "labels": map[string]any{"round": fmt.Sprint(i)},
		})
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("POST = %d", resp.StatusCode)
		}
	}
}
