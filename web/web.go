// Package web is the dashboard: a page and its scripts, built by `make web` from
// the sources beside this file and embedded in the binary. It knows nothing of
// the server but that the API is at the same address.
package web

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// dist holds one file alone where the dashboard has not been built.
//
//go:embed all:dist
var dist embed.FS

// noncePlace is what the build leaves in the page where a nonce belongs.
const noncePlace = "__CSP_NONCE__"

// Site serves the dashboard. It is safe for concurrent use.
type Site struct {
	built fs.FS
	files map[string]*file // by the path of the request; nil where nothing was built
	page  []byte           // index.html, or what is shown in its place
}

// file is one built file, with the forms in which it can be sent.
type file struct {
	name        string // below the folder
	contentType string
	etag        string            // of its plain form, without quotes
	encoded     map[string]string // content coding to name
	immutable   bool              // its name changes with its content
}

// New reads what is embedded. Errors: what the build left is not a dashboard.
func New() (*Site, error) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return newSite(built)
}

func newSite(built fs.FS) (*Site, error) {
	page, err := fs.ReadFile(built, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return &Site{page: []byte(notBuilt)}, nil
	}
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(page, []byte(noncePlace)) {
		return nil, fmt.Errorf("the dashboard's page has no place for a nonce (%s): build it again with make web", noncePlace)
	}
	s := &Site{built: built, files: map[string]*file{}, page: page}
	err = fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok || name == "manifest.json" {
			return nil
		}
		f, err := newFile(built, name, contentType)
		s.files["/"+name] = f
		return err
	})
	return s, err
}

// contentTypes are those of the files that are served as such. The machine's own
// list of types is not asked: it may be missing, or say something else.
var contentTypes = map[string]string{
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".md":    "text/plain; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".woff2": "font/woff2",
}

func newFile(built fs.FS, name, contentType string) (*file, error) {
	content, err := fs.ReadFile(built, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	f := &file{
		name: name, contentType: contentType, etag: hex.EncodeToString(sum[:12]),
		encoded: map[string]string{}, immutable: strings.HasPrefix(name, "assets/"),
	}
	for coding, end := range map[string]string{"br": ".br", "gzip": ".gz"} {
		if _, err := fs.Stat(built, name+end); err == nil {
			f.encoded[coding] = name + end
		}
	}
	return f, nil
}

// Built reports whether the binary has a dashboard.
func (s *Site) Built() bool { return s.files != nil }

// ServeHTTP answers a GET or HEAD for a file of the dashboard, or, at / and where
// a page for people is asked for, with the page, whatever the path: its script
// knows its own. It has 404 for everything else.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f, ok := s.files[r.URL.Path]; ok {
		s.serveFile(w, r, f)
		return
	}
	if r.URL.Path != "/" && !wantsPage(r) {
		http.NotFound(w, r)
		return
	}
	s.servePage(w, r)
}

// wantsPage tells a browser's address bar from programs, who are told 404 in
// the API's own form. Nor is a script that is gone a page.
func wantsPage(r *http.Request) bool {
	return strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html") && !strings.HasPrefix(r.URL.Path, "/assets/")
}

func (s *Site) serveFile(w http.ResponseWriter, r *http.Request, f *file) {
	h := w.Header()
	coding, name := "", f.name
	if len(f.encoded) > 0 {
		h.Add("Vary", "Accept-Encoding")
		for _, c := range []string{"br", "gzip"} {
			if e, ok := f.encoded[c]; ok && accepts(r, c) {
				coding, name = c, e
				break
			}
		}
	}
	content, err := s.open(name)
	if err != nil { // it was there when the site was made
		http.Error(w, "a file of the dashboard is gone", http.StatusInternalServerError)
		return
	}
	defer content.Close()
	secure(h, "")
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache") // kept, but asked for each time
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	etag := f.etag
	if coding != "" {
		h.Set("Content-Encoding", coding)
		etag += "-" + coding
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
}

// open opens a file without a copy of it: however many slow clients there are, they share what is in the binary.
func (s *Site) open(name string) (io.ReadSeekCloser, error) {
	f, err := s.built.Open(name)
	if err != nil {
		return nil, err
	}
	content, ok := f.(io.ReadSeekCloser)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s cannot be sent in parts", name), f.Close())
	}
	return content, nil
}

// servePage sends the page with a nonce of its own, which is why it is never kept.
func (s *Site) servePage(w http.ResponseWriter, r *http.Request) {
	nonce := newNonce()
	page := bytes.ReplaceAll(s.page, []byte(noncePlace), []byte(html.EscapeString(nonce)))
	h := w.Header()
	secure(h, nonce)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", fmt.Sprint(len(page)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(page) // whoever has gone needs no page
	}
}

// newNonce returns a value that nobody can guess.
func newNonce() string {
	b := make([]byte, 18)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.StdEncoding.EncodeToString(b)
}

// secure sets what a browser is to forbid the page: above all any request to
// another address, and any script that did not come from this one.
func secure(h http.Header, nonce string) {
	styles := "'self'"
	if nonce != "" {
		styles += " 'nonce-" + nonce + "'"
	}
	h.Set("Content-Security-Policy", "default-src 'self'; style-src "+styles+"; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
