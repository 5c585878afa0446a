package opampsrv

import (
	"bytes"
	"compress/gzip"
	"strconv"
	"strings"
)

// zip compresses b.
func (s *Server) zip(b []byte) []byte {
	var out bytes.Buffer
	z, _ := s.zippers.Get().(*gzip.Writer)
	if z == nil {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a valid one
	}
	defer s.zippers.Put(z)
	z.Reset(&out)
	_, _ = z.Write(b) // a Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// acceptsGzip reads Accept-Encoding: gzip, or anything, with a weight that is
// not zero, and not less than that of no compression. Source: RFC 9110, 12.5.3.
func acceptsGzip(headers []string) bool {
	gzipped, identity, rest := -1.0, -1.0, -1.0
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			coding, params, _ := strings.Cut(part, ";")
			q, ok := weight(params)
			if !ok {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				gzipped = q
			case "identity":
				identity = q
			case "*":
				rest = q
			}
		}
	}
	if gzipped < 0 {
		gzipped = rest
	}
	return gzipped > 0 && gzipped >= identity
}

// weight reads the parameter q; 1 where there is none.
func weight(params string) (q float64, ok bool) {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return q, err == nil && q >= 0 && q <= 1
	}
	return 1, true
}
