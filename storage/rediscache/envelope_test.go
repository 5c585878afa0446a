package rediscache

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestSeal(t *testing.T) {
	s := newSeal()
	raw := s.wrap("p:agent:1", 7, []byte(`{"a":1}`))
	var e struct {
		Epoch    string `json:"epoch"`
		Revision uint64 `json:"revision"`
		MAC      string `json:"mac"`
		Value    struct {
			A int `json:"a"`
		} `json:"value"`
	}
	if err := json.Unmarshal(raw, &e); err != nil || e.Epoch != s.epoch || e.Revision != 7 || len(e.MAC) != 22 || e.Value.A != 1 {
		t.Errorf("wrap() = %s, which reads as %+v, %v", raw, e, err)
	}
	if len(s.head(1<<64-1)) > headSize {
		t.Errorf("a head is %d bytes long, want at most %d", len(s.head(1<<64-1)), headSize)
	}

	other := newSeal()
	sameEpoch := &seal{epoch: s.epoch, secret: other.secret}
	cases := map[string]struct {
		by       *seal
		name     string
		revision uint64
		raw      []byte
		want     contents
	}{
		"as sealed":          {s, "p:agent:1", 7, raw, fresh},
		"nothing to keep":    {s, "p:agent:1", 7, s.wrap("p:agent:1", 7, []byte(notKept)), absent},
		"another revision":   {s, "p:agent:1", 8, raw, stale},
		"a longer revision":  {s, "p:agent:1", 77, raw, stale},
		"another epoch":      {other, "p:agent:1", 7, raw, stale},
		"another key":        {s, "p:agent:2", 7, raw, forged},
		"another secret":     {sameEpoch, "p:agent:1", 7, raw, forged},
		"a changed value":    {s, "p:agent:1", 7, bytes.Replace(raw, []byte(`"a":1`), []byte(`"a":2`), 1), forged},
		"a longer value":     {s, "p:agent:1", 7, append(bytes.Clone(raw), '}'), forged},
		"cut off":            {s, "p:agent:1", 7, raw[:len(raw)-1], forged},
		"only the head":      {s, "p:agent:1", 7, s.head(7), forged},
		"only the preamble":  {s, "p:agent:1", 7, s.preamble("p:agent:1", 7, nil), forged},
		"nothing":            {s, "p:agent:1", 7, nil, stale},
		"not ours":           {s, "p:agent:1", 7, []byte(`{"epoch":"x"}`), stale},
		"said to be nothing": {s, "p:agent:1", 7, append(bytes.Clone(raw[:len(raw)-8]), "null}"...), forged},
	}
	for what, tc := range cases {
		value, got := tc.by.unwrap(tc.name, tc.revision, tc.raw)
		if got != tc.want {
			t.Errorf("%s: unwrap() = %v, want %v", what, got, tc.want)
		}
		if want := map[contents]string{fresh: `{"a":1}`}[tc.want]; string(value) != want {
			t.Errorf("%s: unwrap() = %q, want %q", what, value, want)
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	s := newSeal()
	f.Add([]byte(`"mac":"","value":null}`))
	f.Add(s.wrap("k", 1, []byte("{}"))[len(s.head(1)):])
	sealed := s.wrap("k", 1, []byte("{}"))
	f.Fuzz(func(t *testing.T, tail []byte) {
		raw := append(s.head(1), tail...)
		if v, got := s.unwrap("k", 1, raw); got != forged && !bytes.Equal(raw, sealed) {
			t.Errorf("unwrap(%q) = %q, %v, want forged", raw, v, got)
		}
	})
}
