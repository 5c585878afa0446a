package rest_test

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

var asCSV = header("Accept", "text/csv")

// table reads an answer of CSV: its rows, each by the header's names.
func (a answer) table() (rows []map[string]string) {
	a.t.Helper()
	if got := a.header.Get("Content-Type"); a.status != http.StatusOK || got != "text/csv; charset=utf-8; header=present" {
		a.t.Fatalf("%s = %d %s of type %q, want CSV", a.call, a.status, a.body, got)
	}
	records, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || len(records) == 0 {
		a.t.Fatalf("%s = %d records, %v; want a header at least", a.call, len(records), err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func column(rows []map[string]string, name string) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row[name])
	}
	return out
}

func TestAgentsAsCSV(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	w.create(map[string]any{"name": "edge", "selector": "host.name=host-1"})
	a.apply(fleet.RemoteConfigFailed, "no such file, \"x\"\nin line 2")
	w.do("PATCH", a.path(""), `{"labels":{"env":"production","also":"a,\"b\""}}`).want(http.StatusOK)
	w.connect(2).leave()

	got := w.do("GET", "/api/v1/agents", nil, asCSV)
	const columns = "id,name,type,version,status,connected,config,config_version,config_status,config_error,labels,host,remote_address,first_seen_at,last_seen_at\r\n"
	if !strings.HasPrefix(string(got.body), columns) {
		t.Errorf("GET /agents as CSV = %.300s, want the columns %s", got.body, columns)
	}
	if got.header.Get("Content-Disposition") != `attachment; filename="agents.csv"` || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("GET /agents as CSV = header %v, want a file's", got.header)
	}
	rows := got.table()
	if len(rows) != 2 {
		t.Fatalf("GET /agents as CSV = %d rows, want 2", len(rows))
	}
	for name, want := range map[string]string{
		"id": a.uid.String(), "name": "host-1", "type": "otelcol-contrib", "version": "0.149.0", "status": "healthy", "connected": "true",
		"config": "edge", "config_version": "1", "config_status": "failed", "config_error": "no such file, \"x\"\nin line 2",
		"labels": `"also=a,""b""",env=production`, "host": "host-1", "remote_address": "10.0.3.17:41522",
	} {
		if rows[0][name] != want {
			t.Errorf("column %s = %q, want %q", name, rows[0][name], want)
		}
	}
	for _, name := range []string{"first_seen_at", "last_seen_at"} {
		if at, err := time.Parse(time.RFC3339, rows[0][name]); err != nil || time.Since(at) > time.Hour {
			t.Errorf("column %s = %q, want a time", name, rows[0][name])
		}
	}
	for name, want := range map[string]string{"status": "disconnected", "connected": "false", "config": "", "config_version": "", "config_status": "unassigned"} {
		if rows[1][name] != want {
			t.Errorf("column %s of an agent without a configuration = %q, want %q", name, rows[1][name], want)
		}
	}
}

func TestCSVIsOfTheFilters(t *testing.T) {
	w := newWorld(t)
	for n := range 4 {
		w.connect(n)
	}
	for query, want := range map[string][]string{
		"":                                   {"host-0", "host-1", "host-2", "host-3"},
		"?order_by=name+desc":                {"host-3", "host-2", "host-1", "host-0"},
		"?q=host-2":                          {"host-2"},
		"?selector=host.name%21%3Dhost-2":    {"host-0", "host-1", "host-3"},
		"?status=disconnected":               nil,
		"?config_status=unassigned&q=host-3": {"host-3"},
	} {
		if got := column(w.do("GET", "/api/v1/agents"+query, nil, asCSV).table(), "name"); !slices.Equal(got, want) {
			t.Errorf("GET /agents%s as CSV = %q, want %q", query, got, want)
		}
	}
	for query, word := range map[string]string{
		"?page_size=2": "page_size", "?page_token=x": "page_token", "?order_by=secret": "order_by", "?selector=a+b": "selector", "?status=sick": "status",
	} {
		w.do("GET", "/api/v1/agents"+query, nil, asCSV).problem(http.StatusBadRequest, word)
	}
}

func TestCSVIsAskedForByName(t *testing.T) {
	w := newWorld(t)
	for accept, want := range map[string]string{
		"text/csv": "text/csv", "TEXT/CSV; charset=utf-8": "text/csv", "application/json;q=0.5, text/csv": "text/csv",
		"text/csv, */*;q=0.1": "text/csv", "": "application/json", "*/*": "application/json", "text/*": "application/json",
		"application/json": "application/json", "text/csv;q=0": "application/json", "text/csv;q=0.5, application/json": "application/json",
	} {
		got := w.do("GET", "/api/v1/agents", nil, header("Accept", accept))
		if kind, _, _ := strings.Cut(got.header.Get("Content-Type"), ";"); kind != want {
			t.Errorf("GET /agents with Accept %q = %q, want %q", accept, kind, want)
		}
		if vary := strings.Join(got.header["Vary"], ", "); vary != "Accept, Accept-Encoding" {
			t.Errorf("GET /agents with Accept %q = Vary %q, want Accept, Accept-Encoding", accept, vary)
		}
	}
	// Nothing else is to be had as CSV.
	w.do("GET", "/api/v1/fleet/status", nil, asCSV).want(http.StatusOK).is("total", 0)
	if head := w.do("HEAD", "/api/v1/agents", nil, asCSV); head.status != http.StatusOK || len(head.body) > 0 {
		t.Errorf("HEAD /agents as CSV = %d with %d bytes, want 200 without any", head.status, len(head.body))
	}
}

// What an agent says of itself is opened in spreadsheets, by people who trust the file.
func TestCSVHoldsNoFormulas(t *testing.T) {
	w := newWorld(t)
	for n, first := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "＝", "＋", "－", "＠"} {
		evil := first + "cmd|' /C calc'!A0"
		a := w.connect(n, func(r *fleet.Report) {
			r.Description.NonIdentifying = fleet.NewAttributes([]fleet.Attribute{{Key: "host.name", Value: evil}})
		})
		row := w.do("GET", "/api/v1/agents?q="+a.uid.String(), nil, asCSV).table()[0]
		// A carriage return alone is no line break, and is left out.
		if want := strings.ReplaceAll("'"+evil, "\r", ""); row["host"] != want {
			t.Errorf("host %q as CSV = %q, want %q", evil, row["host"], want)
		}
	}
}

func TestCSVOfManyIsWhole(t *testing.T) {
	const many = 1200
	w := newWorld(t)
	for n := range many {
		w.connect(n)
	}
	plain := w.do("GET", "/api/v1/agents?order_by=first_seen_at", nil, asCSV)
	rows := plain.table()
	if len(rows) != many || rows[many-1]["name"] != fmt.Sprintf("host-%d", many-1) {
		t.Errorf("GET /agents as CSV = %d rows, the last of %s; want all %d", len(rows), rows[len(rows)-1]["name"], many)
	}
	zipped := w.do("GET", "/api/v1/agents?order_by=first_seen_at", nil, asCSV, header("Accept-Encoding", "gzip"))
	if got := inflated(t, zipped.header, zipped.body); zipped.header.Get("Content-Encoding") != "gzip" || string(got) != string(plain.body) {
		t.Errorf("GET /agents as CSV, compressed = %q, %d bytes; want gzip, and the same %d bytes",
			zipped.header.Get("Content-Encoding"), len(got), len(plain.body))
	}
}

func TestCSVToASlowReaderIsGivenUp(t *testing.T) {
	w := newWorld(t)
	for n := range 1200 {
		w.connect(n)
	}
	client := &stalled{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/api/v1/agents", nil)
	asCSV(r)
	w.server.Config.Handler.ServeHTTP(client, r) // returns, although the reader takes one write and no more
	if client.deadlines != 1 {
		t.Errorf("writes to the client had %d deadlines, want one: it takes no more", client.deadlines)
	}
}

// A reader who takes its time keeps no agent waiting.
func TestCSVHoldsNoLockWhileItIsRead(t *testing.T) {
	w := newWorld(t)
	for n := range 1200 {
		w.connect(n)
	}
	resp, err := w.server.Client().Do(w.request("GET", "/api/v1/agents", nil, asCSV))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	w.connect(2000) // would wait for the lock
	w.do("GET", "/api/v1/fleet/status", nil).want(http.StatusOK).is("total", 1201)
	if rest, err := io.ReadAll(resp.Body); err != nil || strings.Count(string(rest), "\r\n") != 1201 {
		t.Errorf("the rest of the answer = %d lines, %v; want a header and the 1200 agents that there were", strings.Count(string(rest), "\r\n"), err)
	}
}
