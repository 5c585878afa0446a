package fleet

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// order is a parsed Page. Rows are ordered by key, and by id where keys are equal.
type order struct {
	field string
	desc  bool
	size  int
	after *cursor // nil on the first page
}

// cursor is where the page before ended. A row at it need not exist any more.
type cursor struct {
	Order string `json:"o"`
	Key   string `json:"k,omitempty"`
	ID    string `json:"i"`
}

// parse reads p, where fields lists what may be ordered by. Errors: Invalid.
func (p Page) parse(fields []string) (order, error) {
	o := order{field: "id", size: p.Size}
	if p.Size == 0 {
		o.size = defaultPageSize
	}
	if o.size < 1 || o.size > maxPageSize {
		return o, Errorf(Invalid, "page_size %d is not between 1 and %d", p.Size, maxPageSize)
	}
	if p.OrderBy != "" {
		words := strings.Fields(p.OrderBy)
		switch {
		case len(words) == 2 && words[1] == "desc":
			o.desc = true
		case len(words) == 2 && words[1] == "asc":
		case len(words) != 1:
			return o, Errorf(Invalid, "order_by %q is not a field, optionally followed by desc", p.OrderBy)
		}
		if !slices.Contains(fields, words[0]) {
			return o, Errorf(Invalid, "order_by %q: there is no order by that field; there is one by %s", p.OrderBy, strings.Join(fields, ", "))
		}
		o.field = words[0]
	}
	if p.Token == "" {
		return o, nil
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(p.Token)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil || c.ID == "" {
		return o, Errorf(Invalid, "page_token is not one that this server gave out")
	}
	if c.Order != o.name() {
		return o, Errorf(Invalid, "page_token belongs to a list in another order")
	}
	o.after = &c
	return o, nil
}

func (o order) name() string {
	if o.desc {
		return o.field + " desc"
	}
	return o.field
}

// row is what a list orders.
type row[T any] struct {
	key  string // by which it is ordered; empty where that is the id
	id   string
	item T
}

// compareRow tells where x stands to the place that key and id name.
func compareRow[T any](o order, x row[T], key, id string) int {
	c := strings.Compare(x.key, key)
	if c == 0 {
		c = strings.Compare(x.id, id)
	}
	if o.desc {
		return -c
	}
	return c
}

func sortRows[T any](o order, rows []row[T]) {
	slices.SortFunc(rows, func(x, y row[T]) int { return compareRow(o, x, y.key, y.id) })
}

// page cuts one page out of rows and returns the token of the next, if there is one. It reorders rows.
func page[T any](o order, rows []row[T]) ([]T, string) {
	if o.after != nil {
		rows = slices.DeleteFunc(rows, func(x row[T]) bool { return compareRow(o, x, o.after.Key, o.after.ID) <= 0 })
	}
	more := len(rows) > o.size
	rows = firstRows(o, rows)
	items := make([]T, len(rows))
	for i, r := range rows {
		items[i] = r.item
	}
	if !more {
		return items, ""
	}
	last := rows[len(rows)-1]
	return items, o.token(last.key, last.id)
}

// firstRows returns the first o.size rows in order. To order all of a large
// fleet for one page would take most of the time that the page takes: rows that
// cannot be on it are passed over. It reorders rows.
func firstRows[T any](o order, rows []row[T]) []row[T] {
	first := rows[:0]
	var last *row[T] // of a full page so far
	for _, r := range rows {
		if last != nil && compareRow(o, r, last.key, last.id) >= 0 {
			continue
		}
		first = append(first, r) // never beyond r itself
		if len(first) >= 2*o.size {
			sortRows(o, first)
			first = first[:o.size]
			worst := first[o.size-1]
			last = &worst
		}
	}
	sortRows(o, first)
	return first[:min(len(first), o.size)]
}

// token names the place behind a row.
func (o order) token(key, id string) string {
	raw, _ := json.Marshal(cursor{Order: o.name(), Key: key, ID: id}) // three strings: cannot fail
	return base64.RawURLEncoding.EncodeToString(raw)
}

// timeKey orders as the times do; the zero time comes first.
func timeKey(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	s := strconv.FormatInt(t.UnixNano(), 10)
	return strings.Repeat("0", max(0, 20-len(s))) + s
}

// numberKey orders as the numbers do.
func numberKey(n int) string {
	const offset = 1 << 63 // lifts the negative ones
	s := strconv.FormatUint(uint64(int64(n))+offset, 10)
	return strings.Repeat("0", max(0, 20-len(s))) + s
}
