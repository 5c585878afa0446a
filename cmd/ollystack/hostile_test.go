package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestHostileComponents: what an agent says to have on board does nothing to whoever looks at it.
func TestHostileComponents(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"id":"0195","name":"edge","components":{"":["nameless"],"\u001b[2J":["escape"],"érecteurs":["a"],"receivers":["otlp"]}}`)
	}))
	t.Cleanup(server.Close)
	got := call(t, world{}, "agents", "get", "edge", "--server", server.URL)
	if got.code != 0 || strings.Contains(got.stdout, "\x1b") {
		t.Errorf("agents get = %+v, want no escape sequence", got)
	}
	for _, want := range []string{"                  nameless\n", "\\u001b[2J         escape\n", "Érecteurs         a\n", "Receivers         otlp\n"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("agents get =\n%s\nwant %q in it", got.stdout, want)
		}
	}
}

// TestHostileFile: nor does a file that somebody else has written, when it is checked.
func TestHostileFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "evil.yaml")
	writeFile(t, file, "receivers:\n  \"otlp/\\e[2J\\u202e\": {}\n")
	got := call(t, world{}, "validate", file)
	if got.code != 1 || strings.ContainsAny(got.stdout, "\x1b\u202e") || !strings.Contains(got.stdout, `:2:3: error: receivers::otlp/\u001b[2J\u202e: `) {
		t.Errorf("validate = %+v, want the receiver's name in it, and nothing that a terminal obeys", got)
	}
}
