package rest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// reply is what a handler answers. The zero value is a 200 without a body.
type reply struct {
	status   int    // 0 is 200
	etag     string // without quotes; empty for none
	location string
	cookie   *http.Cookie // to be set; nil for none
	// raw, of contentType, is sent as it is; where it is nil and body is not, body is sent as JSON.
	raw         []byte
	contentType string
	body        any
}

// maxPooled keeps a rare huge answer from staying in the pool for good.
const maxPooled = 1 << 20

// writePatience is how long a client may take to accept a whole answer.
const writePatience = 30 * time.Second

// sender writes answers with buffers that it keeps between them. The zero value
// is ready; it is safe for concurrent use.
type sender struct {
	buffers sync.Pool // of *bytes.Buffer
	zippers sync.Pool // of *gzip.Writer
}

func (s *sender) buffer() *bytes.Buffer {
	if b, ok := s.buffers.Get().(*bytes.Buffer); ok {
		return b
	}
	return new(bytes.Buffer)
}

func (s *sender) keep(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		s.buffers.Put(b)
	}
}

// send writes the answer, compressed where the client asked for that. The ETag
// names the operator-written part and not the bytes, so it is the same either way.
func (s *sender) send(x *exchange, r *http.Request, a reply) {
	raw := a.raw
	if raw == nil && a.body != nil {
		buf := s.buffer()
		defer s.keep(buf)
		enc := json.NewEncoder(buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(a.body); err != nil {
			x.fault = err
			a = reply{status: http.StatusInternalServerError}
		} else {
			raw = buf.Bytes()
		}
	}
	h := x.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.etag != "" {
		h.Set("ETag", `"`+a.etag+`"`)
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.cookie != nil {
		http.SetCookie(x, a.cookie)
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusNoContent {
		x.WriteHeader(status)
		return
	}
	if raw != nil {
		contentType := a.contentType
		if contentType == "" {
			contentType = "application/json"
		}
		h.Set("Content-Type", contentType)
		h.Add("Vary", "Accept-Encoding")
		if len(raw) > 0 && wantsGzip(r) {
			buf := s.buffer()
			defer s.keep(buf)
			s.compress(buf, raw)
			raw = buf.Bytes()
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	writeWhole(x, status, raw)
}

// writeWhole gives a slow reader its deadline, and takes it off again: a
// proxy may use the connection for somebody else next.
func writeWhole(x *exchange, status int, body []byte) {
	rc := http.NewResponseController(x)
	bounded := rc.SetWriteDeadline(time.Now().Add(writePatience)) == nil
	x.WriteHeader(status)
	if _, err := x.Write(body); err != nil || !bounded {
		return
	}
	if rc.Flush() == nil {
		_ = rc.SetWriteDeadline(time.Time{}) // it could be set, so it can be taken off
	}
}

func (s *sender) compress(dst *bytes.Buffer, src []byte) {
	z, ok := s.zippers.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(dst, gzip.BestSpeed) // the level is a valid one
	}
	defer s.zippers.Put(z)
	z.Reset(dst)
	_, _ = z.Write(src) // a bytes.Buffer does not fail
	_ = z.Close()
}

// wantsGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func wantsGzip(r *http.Request) bool {
	wanted := false
	for _, header := range r.Header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(header, ",") {
			coding, params, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				return quality(params) > 0 // named, it counts more than *
			case "*":
				wanted = quality(params) > 0
			}
		}
	}
	return wanted
}

func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				return 0
			}
			return q
		}
	}
	return 1
}
