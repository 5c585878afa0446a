package rest

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
	"unicode/utf8"

	"github.com/ollystack/control-plane/fleet"
)

func TestObjectTakesWhatItIsAskedFor(t *testing.T) {
	o, err := parseObject([]byte(" {\n \"s\" : \"a\\u00e9\\ud83d\\ude00\\\\u\" , \"n\":\t-7 , \"m\": { \"k\" : \"v\" } , \"skip\": [1,{\"x\":null}] }\r\n"))
	if err != nil {
		t.Fatalf("parseObject() = %v", err)
	}
	s, n, m := "", 0, map[string]string(nil)
	absent := "stays"
	o.text("s", &s)
	o.number("n", &n)
	o.texts("m", &m)
	o.text("absent", &absent)
	o.ignore("skip", "also absent")
	if err := o.done(); err != nil {
		t.Errorf("done() = %v, want nil", err)
	}
	if s != "aé😀\\u" || n != -7 || !maps.Equal(m, map[string]string{"k": "v"}) || absent != "stays" {
		t.Errorf("taken = %q, %d, %v, %q", s, n, m, absent)
	}
}

func TestObjectNamesTheFirstFault(t *testing.T) {
	o, err := parseObject([]byte(`{"a": 1, "b": true, "z": 0, "y": 0}`))
	if err != nil {
		t.Fatalf("parseObject() = %v", err)
	}
	var a, b string
	o.text("a", &a)
	o.text("b", &b)
	if err := o.done(); fleet.KindOf(err) != fleet.Invalid || err.Error() != `field "a" must be a string, not the number 1` {
		t.Errorf("done() = %v, want it to be about a", err)
	}
	o, err = parseObject([]byte(`{"z": 0, "y": 0}`))
	if err != nil {
		t.Fatalf("parseObject() = %v", err)
	}
	if err := o.done(); err == nil || err.Error() != `unknown field "y", "z"` {
		t.Errorf("done() = %v, want it to name y and z", err)
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	deep := append(bytes.Repeat([]byte(`{"a":`), 20_000), bytes.Repeat([]byte("}"), 20_000)...)
	if _, err := parseObject(deep); fleet.KindOf(err) != fleet.Invalid {
		t.Errorf("parseObject(20,000 deep) = %v, want Invalid", err)
	}
}

func TestLoneSurrogates(t *testing.T) {
	for raw, want := range map[string]bool{
		`"plain"`: false, `"\ud83d\ude00"`: false, `"\\ud800"`: false, `"\u0041"`: false, `"\uD83D\uDE00"`: false,
		`"\ud800"`: true, `"\udc00"`: true, `"\ud800x"`: true, `"\ud800\u0041"`: true, `"\ude00\ud83d"`: true,
		`"\ud800\n"`: true, `"\ud800\ud800\udc00"`: true, `"\\\ud800"`: true,
	} {
		if got := hasLoneSurrogate([]byte(raw)); got != want {
			t.Errorf("hasLoneSurrogate(%s) = %v, want %v", raw, got, want)
		}
	}
}

// FuzzParseObject holds the strict reader against encoding/json: it accepts
// nothing that encoding/json refuses, and means the same by what it accepts.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":"b"}`, `{"a":1,"a":2}`, `{"m":{"k":"v","k":"w"}}`, `{"m":{"k":null}}`, `{"a":"\ud800"}`, `[]`, `{} {}`,
		`{"a":1e400}`, "\xff", `{"a":"\ud83d\ude00"}`, ` { "a" : null } `, `{"":""}`, `{"a":-0}`, `{"a":01}`, `{"a":"`, `{"a",1}`, `{,}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := parseObject(raw)
		if err != nil {
			if fleet.KindOf(err) != fleet.Invalid {
				t.Fatalf("parseObject(%q) = %v, want Invalid", raw, err)
			}
			return
		}
		var reference map[string]json.RawMessage
		if err := json.Unmarshal(raw, &reference); err != nil {
			t.Fatalf("parseObject(%q) = nil error, encoding/json says %v", raw, err)
		}
		if len(reference) != len(o.keys) {
			t.Fatalf("parseObject(%q) has %d members, want %d", raw, len(o.keys), len(reference))
		}
		for key, value := range reference {
			var want, got string
			if json.Unmarshal(value, &want) != nil || value[0] != '"' || hasLoneSurrogate(value) {
				continue
			}
			o.text(key, &got)
			if got != want || !utf8.ValidString(got) {
				t.Fatalf("text(%q) of %q = %q, want %q", key, raw, got, want)
			}
		}
		for key := range reference {
			o.patch(key)
		}
		if err := o.done(); err != nil && fleet.KindOf(err) != fleet.Invalid {
			t.Fatalf("done() of %q = %v, want Invalid", raw, err)
		}
	})
}

func FuzzHostname(f *testing.F) {
	for _, seed := range []string{"localhost:4320", "[::1]:4320", "a:b:c", "[", "]", "[::1", ":80", "[fe80::1%25eth0]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		name, ok := hostname(host)
		if ok && (name == "" || len(name) > len(host)) {
			t.Fatalf("hostname(%q) = %q, want a part of it", host, name)
		}
	})
}
