package bolt

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"
)

// A record is a list of fields: a tag (the field's number, doubled, plus 1 where
// text follows), then an unsigned varint or a text after its length. What is
// zero or empty is left out, a reader skips the numbers that it does not know,
// and a number is never used for something else. Groups are texts that hold
// records. The code that follows these rules is fields.go; which number means
// what stands in the functions named put... and get... of records.go and agents.go.

var errRecord = errors.New("a record does not end where it should")

func putUint[N ~int | ~uint8 | ~uint64](b []byte, field uint64, v N) []byte {
	if v == 0 {
		return b
	}
	b = binary.AppendUvarint(b, field<<1)
	return binary.AppendUvarint(b, uint64(v))
}

// putInt writes numbers that may be below zero.
func putInt[N ~int | ~int64](b []byte, field uint64, v N) []byte {
	return putUint(b, field, uint64(v)<<1^uint64(int64(v)>>63))
}

func putBool(b []byte, field uint64, v bool) []byte {
	if !v {
		return b
	}
	return putUint(b, field, uint64(1))
}

func putText[S ~string | ~[]byte](b []byte, field uint64, s S) []byte {
	if len(s) == 0 {
		return b
	}
	b = binary.AppendUvarint(b, field<<1|1)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// putTime writes seconds since 1970 and nanoseconds: UnixNano would not do for
// every time that an agent may come up with.
func putTime(b []byte, field uint64, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	sec := t.Unix()
	b = binary.AppendUvarint(b, field<<1|1)
	at := len(b)
	b = append(b, 0) // the length, at most 15: one byte
	b = binary.AppendVarint(b, sec)
	b = binary.AppendUvarint(b, uint64(t.Nanosecond()))
	b[at] = byte(len(b) - at - 1)
	return b
}

// putGroup writes what fill appends, also when that is nothing.
func putGroup(b []byte, field uint64, fill func([]byte) []byte) []byte {
	start := len(b)
	b = fill(b)
	var head [2 * binary.MaxVarintLen64]byte
	h := binary.AppendUvarint(head[:0], field<<1|1)
	h = binary.AppendUvarint(h, uint64(len(b)-start))
	return slices.Insert(b, start, h...)
}

// putMap writes a group {1: key, 2...: what put appends} for each entry, in the
// order of the keys, so that equal maps give equal bytes.
func putMap[V any](b []byte, field uint64, m map[string]V, put func([]byte, V) []byte) []byte {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		b = putGroup(b, field, func(b []byte) []byte { return put(putText(b, 1, key), m[key]) })
	}
	return b
}

// fields reads a record. Texts are substrings of it.
type fields struct {
	rest  string
	field uint64
	num   uint64 // a number's value
	text  string // a text's value
	err   error
}

// next goes to the next field; false at the end, or after an error.
func (f *fields) next() bool {
	if f.rest == "" || f.err != nil {
		return false
	}
	tag, ok := f.uvarint()
	f.num, f.text = 0, ""
	if f.field = tag >> 1; !ok {
		return false
	}
	n, ok := f.uvarint()
	if !ok {
		return false
	}
	if tag&1 == 0 {
		f.num = n
		return true
	}
	if n > uint64(len(f.rest)) {
		f.err = errRecord
		return false
	}
	f.text, f.rest = f.rest[:n], f.rest[n:]
	return true
}

func (f *fields) uvarint() (uint64, bool) {
	var v uint64
	for i := 0; i < len(f.rest) && i < binary.MaxVarintLen64; i++ {
		c := f.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			f.rest = f.rest[i+1:]
			return v, true
		}
	}
	f.err = errRecord
	return 0, false
}

func (f *fields) int() int64 { return int64(f.num>>1) ^ -int64(f.num&1) }

func (f *fields) bool() bool { return f.num != 0 }

func (f *fields) time() time.Time {
	in := fields{rest: f.text}
	sec, ok1 := in.uvarint()
	nsec, ok2 := in.uvarint()
	if !ok1 || !ok2 {
		f.err = errRecord
		return time.Time{}
	}
	return time.Unix(int64(sec>>1)^-int64(sec&1), int64(nsec)).UTC()
}

// group reads the text as a record of its own; its error becomes f's.
func (f *fields) group(get func(*fields)) {
	in := fields{rest: f.text}
	for in.next() {
		get(&in)
	}
	if in.err != nil {
		f.err = in.err
	}
}

// getEntry reads one entry of a map into *m; get sees the fields after the key.
func getEntry[V any, M ~map[string]V](f *fields, m *M, get func(*fields, *V)) {
	var key string
	var value V
	f.group(func(f *fields) {
		if f.field == 1 {
			key = f.text
			return
		}
		get(f, &value)
	})
	if *m == nil {
		*m = M{}
	}
	(*m)[key] = value
}

// decode reads a whole record.
func decode(record string, get func(*fields)) error {
	f := fields{rest: record}
	for f.next() {
		get(&f)
	}
	return f.err
}
