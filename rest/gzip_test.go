package rest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"testing"
)

// inflated returns the body as it was before compression.
func inflated(t testing.TB, h http.Header, body []byte) []byte {
	t.Helper()
	if h.Get("Content-Encoding") != "gzip" {
		return body
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("gzip.NewReader() = %v", err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("decompress: %v", err)
	}
	return plain
}

func TestAnswersAreCompressedWhenAskedFor(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	w.create(map[string]any{"name": "c"})
	w.do("PUT", "/api/v1/configs/c", map[string]any{"name": "c", "config": goodConfig(2)}).want(http.StatusOK)
	for _, path := range []string{
		"/api/v1/agents", "/api/v1/agents/host-1", "/api/v1/agents/host-1/effective-config", "/api/v1/configs/c",
		"/api/v1/configs/c/diff", "/api/v1/fleet/status", "/api/v1/health", "/api/v1/openapi.json", "/metrics", "/nothing.js",
	} {
		plain := w.do("GET", path, nil, header("Accept-Encoding", "identity"))
		zipped := w.do("GET", path, nil, header("Accept-Encoding", "br, gzip"))
		if plain.header.Get("Content-Encoding") != "" || zipped.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("GET %s = Content-Encoding %q and %q, want none and, when asked for, gzip",
				path, plain.header.Get("Content-Encoding"), zipped.header.Get("Content-Encoding"))
		}
		if !slices.Contains(zipped.header["Vary"], "Accept-Encoding") || !slices.Contains(plain.header["Vary"], "Accept-Encoding") {
			t.Errorf("GET %s = Vary %q, want Accept-Encoding", path, zipped.header["Vary"])
		}
		if plain.etag() != zipped.etag() {
			t.Errorf("GET %s = ETag %s, compressed %s, want them equal", path, plain.etag(), zipped.etag())
		}
		same := string(inflated(t, zipped.header, zipped.body)) == string(plain.body)
		if varies := path == "/metrics" || path == "/api/v1/fleet/status" || path == "/nothing.js"; !same && !varies {
			t.Errorf("GET %s compressed is another answer than plain", path)
		}
	}
	for accept, want := range map[string]string{
		"gzip": "gzip", "GZIP": "gzip", "x-gzip": "gzip", "*": "gzip", "gzip;q=0.1, identity": "gzip", "deflate, gzip;q=1.0, *;q=0.5": "gzip",
		"": "", "identity": "", "gzip;q=0": "", "*;q=0": "", "gzip;q=0, *": "", "br": "", "gzip;q=nonsense": "",
	} {
		got := w.do("GET", "/api/v1/agents", nil, func(r *http.Request) { r.Header["Accept-Encoding"] = []string{accept} })
		if got.header.Get("Content-Encoding") != want {
			t.Errorf("GET with Accept-Encoding %q = Content-Encoding %q, want %q", accept, got.header.Get("Content-Encoding"), want)
		}
	}
}
