package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// threeVersions makes a configuration with three versions.
func threeVersions(w *world) {
	w.t.Helper()
	for n := 1; n <= 3; n++ {
		spec := map[string]any{"name": "c", "config": goodConfig(n)}
		if n == 1 {
			w.create(spec)
		} else {
			w.do("PUT", "/api/v1/configs/c", spec).want(http.StatusOK)
		}
	}
}

func TestVersions(t *testing.T) {
	w := newWorld(t)
	threeVersions(w)
	d := w.do("GET", "/api/v1/configs/c/versions", nil).want(http.StatusOK)
	d.is("total_size", 3)
	for i, v := range d.list("versions") {
		v.is("version", i+1)
		v.is("config", nil)
	}
	var pages []string
	token := ""
	for range 3 {
		d = w.do("GET", "/api/v1/configs/c/versions?page_size=2&order_by=version+desc&page_token="+token, nil).want(http.StatusOK)
		for _, v := range d.list("versions") {
			pages = append(pages, fmt.Sprint(v.at("version")))
		}
		if d.at("next_page_token") == nil {
			break
		}
		token = d.text("next_page_token")
	}
	if got := strings.Join(pages, " "); got != "3 2 1" {
		t.Errorf("pages of GET versions, newest first = %q, want 3 2 1", got)
	}

	second := w.do("GET", "/api/v1/configs/c/versions/2", nil)
	v := second.want(http.StatusOK)
	v.is("config", goodConfig(2))
	w.do("PUT", "/api/v1/configs/c", map[string]any{"name": "c2", "config": goodConfig(4)}).want(http.StatusOK)
	again := w.do("GET", "/api/v1/configs/c2/versions/2", nil)
	if string(again.body) != string(second.body) || again.etag() != second.etag() {
		t.Errorf("GET version 2 later = %s, want what it was: %s", again.body, second.body)
	}
	w.do("GET", "/api/v1/configs/c2/versions/5", nil).problem(http.StatusNotFound, "5")
}

func TestRollbackIsANewVersion(t *testing.T) {
	w := newWorld(t)
	threeVersions(w)
	first := w.do("GET", "/api/v1/configs/c/versions/1", nil).want(http.StatusOK)
	d := w.do("POST", "/api/v1/configs/c/rollback", map[string]any{"version": 1}).want(http.StatusOK)
	d.is("version", 4)
	d.is("config", goodConfig(1))
	d.is("hash", first.text("hash"))
	w.do("GET", "/api/v1/configs/c/versions", nil).want(http.StatusOK).is("total_size", 4)
	w.do("POST", "/api/v1/configs/c/rollback", map[string]any{"version": 9}).problem(http.StatusNotFound, "9")
}

func TestDiff(t *testing.T) {
	w := newWorld(t)
	threeVersions(w)
	cases := []struct {
		query, from, to string // versions
	}{
		{"?from=1&to=3", "1", "3"},
		{"?from=3&to=1", "3", "1"},
		{"", "2", "3"},
		{"?to=2", "1", "2"},
		{"?from=1", "1", "3"},
	}
	for _, c := range cases {
		got := w.do("GET", "/api/v1/configs/c/diff"+c.query, nil)
		got.want(http.StatusOK)
		if contentType := got.header.Get("Content-Type"); contentType != "text/x-diff" {
			t.Errorf("GET diff%s = type %q, want text/x-diff", c.query, contentType)
		}
		want := fmt.Sprintf(`diff c@%[1]s c@%[2]s
--- c@%[1]s
+++ c@%[2]s
@@ -2,7 +2,7 @@
   otlp:
     protocols:
       grpc:
-        endpoint: 127.0.0.1:400%[1]s
+        endpoint: 127.0.0.1:400%[2]s
 exporters:
   debug:
 service:
`, c.from, c.to)
		if string(got.body) != want {
			t.Errorf("GET diff%s =\n%s\nwant\n%s", c.query, got.body, want)
		}
	}
	for _, query := range []string{"?from=2&to=2", "?to=1"} {
		if got := w.do("GET", "/api/v1/configs/c/diff"+query, nil); got.status != http.StatusOK || len(got.body) != 0 {
			t.Errorf("GET diff%s = %d %q, want 200 and nothing", query, got.status, got.body)
		}
	}
	w.do("GET", "/api/v1/configs/c/diff?from=7", nil).problem(http.StatusNotFound, "7")
}
