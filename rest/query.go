package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

type queryKey struct{}

// query reads the parameters of one request. The first fault is kept for err,
// so that a handler can read all that it wants and look once.
type query struct {
	values url.Values
	fault  error
}

// readQuery refuses what is malformed and every parameter that is not known.
func readQuery(raw string, known []string) (*query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fleet.Errorf(fleet.Invalid, "the query is malformed: %v", err)
	}
	var unknown []string
	for name := range values {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		if len(known) == 0 {
			return nil, fleet.Errorf(fleet.Invalid, "unknown parameter %s: none is taken here", quoted(unknown))
		}
		return nil, fleet.Errorf(fleet.Invalid, "unknown parameter %s: known are %s", quoted(unknown), quoted(slices.Clone(known)))
	}
	return &query{values: values}, nil
}

// queryOf returns the parameters that the wrapper has read.
func queryOf(r *http.Request) *query {
	if q, ok := r.Context().Value(queryKey{}).(*query); ok {
		return q
	}
	return &query{}
}

func (q *query) err() error { return q.fault }

func (q *query) wrong(name, want string) {
	if q.fault == nil {
		q.fault = fleet.Errorf(fleet.Invalid, "parameter %q must be %s", name, want)
	}
}

func (q *query) has(name string) bool { return q.values.Has(name) }

// text returns the parameter; empty where it is not given.
func (q *query) text(name string) string {
	if len(q.values[name]) > 1 {
		q.wrong(name, "given once")
	}
	return q.values.Get(name)
}

// number returns the parameter, a whole number of at least low; absent where it is not given.
func (q *query) number(name string, low, absent int) int {
	if !q.has(name) {
		return absent
	}
	n, err := strconv.Atoi(q.text(name))
	if err != nil || n < low {
		q.wrong(name, "a whole number of at least "+strconv.Itoa(low))
		return absent
	}
	return n
}

// flag returns the parameter, true or false; nil where it is not given.
func (q *query) flag(name string) *bool {
	if !q.has(name) {
		return nil
	}
	switch v := q.text(name); v {
	case "true", "false":
		yes := v == "true"
		return &yes
	}
	q.wrong(name, "true or false")
	return nil
}

// time returns the parameter, a time of RFC 3339; zero where it is not given.
func (q *query) time(name string) time.Time {
	if !q.has(name) {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, q.text(name))
	if err != nil {
		q.wrong(name, "a time like 2026-11-26T02:15:00Z (RFC 3339)")
	}
	return at
}

// page returns the parameters that every list takes.
func (q *query) page() fleet.Page {
	size := q.number("page_size", 1, 0)
	if size > maxPageSize {
		q.wrong("page_size", "at most "+strconv.Itoa(maxPageSize))
	}
	return fleet.Page{Size: size, Token: q.text("page_token"), OrderBy: q.text("order_by")}
}

// The limits of page_size. Source: the API's conventions.
const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// oneOf returns the parameter, values joined by commas, each of which must be one of known.
func oneOf[T ~string](q *query, name string, known []T) []T {
	if !q.has(name) {
		return nil
	}
	var list []T
	for v := range strings.SplitSeq(q.text(name), ",") {
		if !slices.Contains(known, T(v)) {
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = string(k)
			}
			q.wrong(name, "one or more, joined by commas, of "+strings.Join(names, ", "))
			return nil
		}
		list = append(list, T(v))
	}
	return list
}

// pairs returns the parameter, which may be repeated, each time as key=value.
func (q *query) pairs(name string) map[string]string {
	if !q.has(name) {
		return nil
	}
	out := make(map[string]string, len(q.values[name]))
	for _, pair := range q.values[name] {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			q.wrong(name, "key=value")
			return nil
		}
		if _, twice := out[key]; twice {
			q.wrong(name, "given once for each key; "+strconv.Quote(key)+" is given twice")
			return nil
		}
		out[key] = value
	}
	return out
}

// integer returns the parameter, a whole number; 0 where it is not given.
func (q *query) integer(name string) int {
	if !q.has(name) {
		return 0
	}
	n, err := strconv.Atoi(q.text(name))
	if err != nil {
		q.wrong(name, "a whole number")
	}
	return n
}
