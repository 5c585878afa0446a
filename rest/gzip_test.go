package rest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
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
