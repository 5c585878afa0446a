package web

import (
	"net/http"
	"strconv"
	"strings"
)

// accepts reads Accept-Encoding (RFC 9110, section 12.5.3) for one coding that
// has to be named: * is for who has nothing better.
func accepts(r *http.Request, coding string) bool {
	for _, header := range r.Header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(item, ";")
			if strings.EqualFold(strings.TrimSpace(name), coding) {
				return !refuses(params)
			}
		}
	}
	return false
}

// refuses reports a quality of 0.
func refuses(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return err != nil || q <= 0
		}
	}
	return false
}
