package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ollystack/control-plane/fleet"
)

// object is a JSON object whose members are taken out one by one: the type that
// each must have is the method that takes it. It is strict where encoding/json
// is lenient, and names the field: keys given twice, keys in another case, null
// for a value, unknown members, invalid UTF-8, data after the end. The first
// fault is kept for done.
type object struct {
	path    string // of the object itself: empty, or ending in a dot
	keys    []string
	members map[string]json.RawMessage
	fault   error
}

// parseObject reads a whole document, one object. Errors: Invalid.
func parseObject(raw []byte) (*object, error) {
	if !utf8.Valid(raw) {
		return nil, fleet.Errorf(fleet.Invalid, "the body is not UTF-8")
	}
	return parseObjectAt("", raw)
}

func parseObjectAt(path string, raw []byte) (*object, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	first, err := dec.Token()
	if err != nil {
		return nil, notJSON(err)
	}
	if first != json.Delim('{') {
		return nil, fleet.Errorf(fleet.Invalid, "%s must be an object", subject(path))
	}
	o := &object{path: path, members: map[string]json.RawMessage{}}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, notJSON(err)
		}
		key, ok := token.(string)
		if !ok {
			return nil, notJSON(errors.New("a member's name must be a string"))
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, notJSON(err)
		}
		if _, twice := o.members[key]; twice {
			return nil, fleet.Errorf(fleet.Invalid, "field %q is given twice", path+key)
		}
		o.keys = append(o.keys, key)
		o.members[key] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, notJSON(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fleet.Errorf(fleet.Invalid, "there is data after the end of the JSON document, at byte %d", dec.InputOffset())
	}
	return o, nil
}

func notJSON(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fleet.Errorf(fleet.Invalid, "the body is not JSON: it ends too early")
	case errors.As(err, &syntax):
		return fleet.Errorf(fleet.Invalid, "the body is not JSON: %v, at byte %d", err, syntax.Offset)
	}
	return fleet.Errorf(fleet.Invalid, "the body is not JSON: %v", err)
}

// subject names what is at path in a message.
func subject(path string) string {
	if path == "" {
		return "the body"
	}
	return "field " + strconv.Quote(strings.TrimSuffix(path, "."))
}

// take removes a member, so that done finds what nobody has asked for.
func (o *object) take(key string) (json.RawMessage, bool) {
	value, ok := o.members[key]
	delete(o.members, key)
	return value, ok
}

func (o *object) wrong(key, want string, got json.RawMessage) {
	if o.fault == nil {
		o.fault = fleet.Errorf(fleet.Invalid, "field %q must be %s, not %s", o.path+key, want, kindOf(got))
	}
}

// text takes a string into to, which stays as it is where the field is left out.
func (o *object) text(key string, to *string) {
	raw, ok := o.take(key)
	if !ok {
		return
	}
	s, ok := stringOf(raw)
	if !ok {
		o.wrong(key, "a string", raw)
		return
	}
	*to = s
}

// number takes a whole number into to, which stays as it is where the field is left out.
func (o *object) number(key string, to *int) {
	raw, ok := o.take(key)
	if !ok {
		return
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		o.wrong(key, "a whole number", raw)
		return
	}
	*to = n
}

// list takes a list of strings into to, which stays as it is where the field is left out.
func (o *object) list(key string, to *[]string) {
	raw, ok := o.take(key)
	if !ok {
		return
	}
	var items []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		o.wrong(key, "a list", raw)
		return
	}
	out := make([]string, len(items))
	for i, item := range items {
		if out[i], ok = stringOf(item); !ok {
			o.wrong(fmt.Sprintf("%s[%d]", key, i), "a string", item)
		}
	}
	*to = out
}

// texts takes an object of strings into to, which stays as it is where the field is left out.
func (o *object) texts(key string, to *map[string]string) {
	inner := o.inner(key)
	if inner == nil {
		return
	}
	out := make(map[string]string, len(inner.keys))
	for _, k := range inner.keys {
		var v string
		inner.text(k, &v)
		out[k] = v
	}
	o.adopt(inner)
	*to = out
}

// patch takes an object of strings and nulls, as in a merge patch; nil is for null, and all is true where the
// member itself is null.
func (o *object) patch(key string) (changes map[string]*string, all bool) {
	if string(o.members[key]) == "null" {
		o.take(key)
		return nil, true
	}
	inner := o.inner(key)
	if inner == nil {
		return nil, false
	}
	changes = make(map[string]*string, len(inner.keys))
	for _, k := range inner.keys {
		raw, _ := inner.take(k)
		if string(raw) == "null" {
			changes[k] = nil
			continue
		}
		v, ok := stringOf(raw)
		if !ok {
			inner.wrong(k, "a string or null", raw)
		}
		changes[k] = &v
	}
	o.adopt(inner)
	return changes, false
}

func (o *object) inner(key string) *object {
	raw, ok := o.take(key)
	if !ok {
		return nil
	}
	if raw[0] != '{' {
		o.wrong(key, "an object", raw)
		return nil
	}
	inner, err := parseObjectAt(o.path+key+".", raw)
	if err != nil {
		if o.fault == nil {
			o.fault = err
		}
		return nil
	}
	return inner
}

func (o *object) adopt(inner *object) {
	if o.fault == nil {
		o.fault = inner.fault
	}
}

// ignore lets pass what only the server writes, so that what was read can be written back.
func (o *object) ignore(keys ...string) {
	for _, k := range keys {
		o.take(k)
	}
}

// done returns the first fault: a wrong type, or fields that nobody has taken. Errors: Invalid.
func (o *object) done() error {
	if o.fault != nil {
		return o.fault
	}
	var unknown []string
	for key := range o.members {
		unknown = append(unknown, o.path+key)
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fleet.Errorf(fleet.Invalid, "unknown field %s", quoted(unknown))
}

// stringOf decodes a JSON string; false for other types and for one that holds half a surrogate pair, which UTF-8 cannot.
func stringOf(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' || hasLoneSurrogate(raw) {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

func hasLoneSurrogate(raw []byte) bool {
	high := false // the escape just before was the first half
	for i := 0; i < len(raw); {
		if raw[i] != '\\' || i+1 >= len(raw) {
			if high {
				return true
			}
			i++
			continue
		}
		if raw[i+1] != 'u' || i+6 > len(raw) {
			if high {
				return true
			}
			i += 2
			continue
		}
		code, err := strconv.ParseUint(string(raw[i+2:i+6]), 16, 16)
		low := err == nil && code >= 0xDC00 && code <= 0xDFFF
		if low != high {
			return true
		}
		high = err == nil && code >= 0xD800 && code <= 0xDBFF
		i += 6
	}
	return high
}

// kindOf names the type of a JSON value for a message.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		if hasLoneSurrogate(raw) {
			return "a string with half a surrogate pair"
		}
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "the number " + string(raw[:min(len(raw), 32)])
}
