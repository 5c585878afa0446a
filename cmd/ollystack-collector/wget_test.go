package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

func TestWget(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			_, _ = w.Write([]byte("fine"))
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
		case "/slow":
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		args   string
		code   int
		stdout string
	}{
		{"-q -O - URL/ok", wgetOK, "fine"},
		{"-qO- URL/ok", wgetOK, "fine"},
		{"-T 5 -q -O " + file + " URL/ok", wgetOK, ""},
		{"-q --spider URL/ok", wgetOK, ""},
		{"-q -O - URL/none", wgetStatus, ""},
		{"--spider URL/none", wgetStatus, ""},
		{"-q -O - URL/cut", wgetNetwork, "half"},
		{"-q -T 0.05 -O - URL/slow", wgetNetwork, ""},
		{"-q -O - http://127.0.0.1:1/", wgetNetwork, ""},
		{"-q -O /nonexistent/x URL/ok", wgetFile, ""},
		{"-q -O - ftp://x/", wgetUsage, ""},
		{"-q", wgetUsage, ""},
		{"--mirror URL/ok", wgetUsage, ""},
	} {
		var out, errs strings.Builder
		args := strings.Fields(strings.ReplaceAll(c.args, "URL", server.URL))
		code := wget(t.Context(), world{args: args, stdout: &out, stderr: &errs})
		if code != c.code || out.String() != c.stdout {
			t.Errorf("wget %s = %d, %q (%s); want %d, %q", c.args, code, out.String(), errs.String(), c.code, c.stdout)
		}
	}
	if got := read(t, file); got != "fine" {
		t.Errorf("the file that was written holds %q, want %q", got, "fine")
	}
}
