package web

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// built is what a build leaves, made small.
func built(t *testing.T) *Site {
	t.Helper()
	s, err := newSite(fstest.MapFS{
		".keep":               {Data: []byte("kept")},
		"index.html":          {Data: []byte(`<script src="/assets/a-1.js" nonce="` + noncePlace + `"></script><meta nonce="` + noncePlace + `">`)},
		"manifest.json":       {Data: []byte("{}")},
		"theme.js":            {Data: []byte("theme()")},
		"assets/a-1.js":       {Data: []byte("plain")},
		"assets/a-1.js.br":    {Data: []byte("brotli")},
		"assets/a-1.js.gz":    {Data: []byte("gzip")},
		"assets/b-2.css":      {Data: []byte("b{}")},
		"assets/map.js.map":   {Data: []byte("{}")},
		"assets/picture.jpeg": {Data: []byte("x")},
		"licenses.md":         {Data: []byte("MIT")},
	})
	if err != nil {
		t.Fatalf("newSite = %v, want nil", err)
	}
	return s
}

func get(s *Site, path string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

var browser = map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

func TestPageHasANonceOfItsOwn(t *testing.T) {
	s := built(t)
	seen := map[string]bool{}
	for _, path := range []string{"/", "/agents", "/agents/0195f2b4?tab=health", "/configs/a.b"} {
		w := get(s, path, browser)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s = %d %v, want a page that is not kept", path, w.Code, w.Header())
		}
		csp := w.Header().Get("Content-Security-Policy")
		found := regexp.MustCompile(`style-src 'self' 'nonce-([A-Za-z0-9+/=]{24,})'`).FindStringSubmatch(csp)
		if found == nil {
			t.Fatalf("GET %s: policy %q has no nonce", path, csp)
		}
		if seen[found[1]] {
			t.Errorf("GET %s: the nonce %s comes a second time", path, found[1])
		}
		seen[found[1]] = true
		body := strings.ReplaceAll(w.Body.String(), "&#43;", "+")
		if strings.Contains(body, noncePlace) || strings.Count(body, found[1]) != 2 {
			t.Errorf("GET %s: the page %q has not the nonce %s in both places", path, body, found[1])
		}
	}
}

func TestPolicy(t *testing.T) {
	s := built(t)
	for _, path := range []string{"/", "/assets/a-1.js"} {
		h := get(s, path, browser).Header()
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("GET %s: policy %q lacks %q", path, csp, want)
			}
		}
		for _, not := range []string{"unsafe", "http:", "https:", "*", "script-src"} {
			if strings.Contains(csp, not) {
				t.Errorf("GET %s: policy %q has %q", path, csp, not)
			}
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("GET %s: headers %v", path, h)
		}
	}
}

func TestFiles(t *testing.T) {
	s := built(t)
	for _, c := range []struct{ accept, coding, body string }{
		{"", "", "plain"},
		{"gzip", "gzip", "gzip"},
		{"gzip, deflate, br", "br", "brotli"},
		{"br;q=0, gzip;q=0.5", "gzip", "gzip"},
		{"*", "", "plain"},
		{"br;q=x", "", "plain"},
	} {
		w := get(s, "/assets/a-1.js", map[string]string{"Accept-Encoding": c.accept})
		h := w.Header()
		if w.Code != http.StatusOK || w.Body.String() != c.body || h.Get("Content-Encoding") != c.coding {
			t.Errorf("Accept-Encoding %q: %d %q coded %q, want %q coded %q", c.accept, w.Code, w.Body, h.Get("Content-Encoding"), c.body, c.coding)
		}
		if h.Get("Vary") != "Accept-Encoding" || h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("Accept-Encoding %q: headers %v", c.accept, h)
		}
		again := get(s, "/assets/a-1.js", map[string]string{"Accept-Encoding": c.accept, "If-None-Match": h.Get("ETag")})
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("Accept-Encoding %q with its ETag %s: %d, want 304", c.accept, h.Get("ETag"), again.Code)
		}
	}
	if h := get(s, "/theme.js", nil).Header(); h.Get("Cache-Control") != "no-cache" || h.Get("ETag") == "" {
		t.Errorf("GET /theme.js: headers %v, want one that is asked for each time", h)
	}
	if one, other := get(s, "/assets/a-1.js", map[string]string{"Accept-Encoding": "br"}).Header().Get("ETag"), get(s, "/assets/a-1.js", nil).Header().Get("ETag"); one == other {
		t.Errorf("two forms of a file have one ETag, %s", one)
	}
}

// slowFS notes how much is read of its files.
type slowFS struct {
	fs.FS
	read *int
}

type slowFile struct {
	fs.File
	io.Seeker
	read *int
}

func (s slowFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	seeker, _ := f.(io.Seeker)
	return slowFile{f, seeker, s.read}, nil
}

func (f slowFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	*f.read += n
	return n, err
}

// gone is a client that takes nothing.
type gone struct{ *httptest.ResponseRecorder }

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestFileIsReadAsItIsTaken: who asks for a large file and does not take it costs no memory of its size.
func TestFileIsReadAsItIsTaken(t *testing.T) {
	const size = 4 << 20
	s, err := newSite(fstest.MapFS{"index.html": {Data: []byte(noncePlace)}, "assets/big-1.js": {Data: make([]byte, size)}})
	if err != nil {
		t.Fatalf("newSite = %v, want nil", err)
	}
	read := 0
	s.built = slowFS{s.built, &read}
	s.ServeHTTP(gone{httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/assets/big-1.js", nil))
	if read > size/8 {
		t.Errorf("%d of %d bytes were read for a client that took none", read, size)
	}
	if w := get(s, "/assets/big-1.js", nil); w.Body.Len() != size {
		t.Errorf("GET of a large file = %d bytes, want all %d", w.Body.Len(), size)
	}
}

// TestMissing: what is not there is 404 for programs, and a script that is gone is no page.
func TestMissing(t *testing.T) {
	s := built(t)
	for _, c := range []struct {
		path   string
		header map[string]string
		want   int
	}{
		{"/", nil, http.StatusOK},
		{"/agents", browser, http.StatusOK},
		{"/agents", map[string]string{"Accept": "*/*"}, http.StatusNotFound},
		{"/agents", nil, http.StatusNotFound},
		{"/assets/gone-3.js", browser, http.StatusNotFound},
		{"/assets/a-1.js.br", nil, http.StatusNotFound},
		{"/assets/map.js.map", nil, http.StatusNotFound},
		{"/manifest.json", nil, http.StatusNotFound},
		{"/.keep", nil, http.StatusNotFound},
		{"/../web.go", nil, http.StatusNotFound},
		{"/favicon.ico", map[string]string{"Accept": "image/*"}, http.StatusNotFound},
	} {
		if w := get(s, c.path, c.header); w.Code != c.want {
			t.Errorf("GET %s with %v = %d, want %d", c.path, c.header, w.Code, c.want)
		}
	}
}

func TestHead(t *testing.T) {
	s := built(t)
	for _, path := range []string{"/", "/assets/a-1.js"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodHead, path, nil))
		if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
			t.Errorf("HEAD %s = %d, %d bytes, %v", path, w.Code, w.Body.Len(), w.Header())
		}
	}
}

func TestNotBuilt(t *testing.T) {
	s, err := newSite(fstest.MapFS{".keep": {Data: []byte("kept")}})
	if err != nil {
		t.Fatalf("newSite of an empty folder = %v, want nil", err)
	}
	if s.Built() {
		t.Error("Built() = true, want false")
	}
	w := get(s, "/agents", browser)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "built without its dashboard") || strings.Contains(w.Body.String(), `href="/metrics"`) || strings.Contains(w.Body.String(), noncePlace) {
		t.Errorf("GET /agents = %d %q, want the page that says so", w.Code, w.Body)
	}
	if w := get(s, "/assets/a-1.js", nil); w.Code != http.StatusNotFound {
		t.Errorf("GET /assets/a-1.js = %d, want 404", w.Code)
	}
}

func TestBrokenBuildIsRefused(t *testing.T) {
	if _, err := newSite(fstest.MapFS{"index.html": {Data: []byte("<html>")}}); err == nil || !strings.Contains(err.Error(), "make web") {
		t.Errorf("newSite without a place for a nonce = %v, want an error that says what to do", err)
	}
}

// TestEmbedded: what this very binary holds can be served, whichever it is.
func TestEmbedded(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatalf("New() = %v, want nil", err)
	}
	page := get(s, "/", browser).Body.String()
	for _, found := range regexp.MustCompile(`(?:src|href)="(/[^"]+\.(?:js|css|svg))"`).FindAllStringSubmatch(page, -1) {
		if w := get(s, found[1], nil); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("GET %s, which the page asks for = %d", found[1], w.Code)
		}
	}
}
