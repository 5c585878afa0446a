package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// TestDictionary fails when dictionary1.txt changes: files that were written
// with it could no longer be read.
func TestDictionary(t *testing.T) {
	sum := sha256.Sum256([]byte(dictionary1))
	const want = "a20f8ff57cc052005513f98fe1f162286f345e414e00220ccfa9549a5f1a326f"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("SHA-256 of dictionary1.txt = %s, want %s: add dictionary2.txt with a form of its own", got, want)
	}
}

func TestTimes(t *testing.T) {
	for _, want := range []time.Time{
		{},
		time.Unix(0, 0).UTC(),
		time.Unix(-1, 999_999_999).UTC(),
		time.Date(2026, 9, 30, 12, 0, 0, 1, time.UTC),
		time.Date(-4000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		time.Unix(1<<62, 5).UTC(),
	} {
		var got time.Time
		err := decode(string(putTime(nil, 3, want)), func(f *fields) { got = f.time() })
		if err != nil || got != want {
			t.Errorf("time after putTime(%v) = %v, %v", want, got, err)
		}
	}
}

func TestPack(t *testing.T) {
	var p packer
	var u unpacker
	key := []byte("key")
	for _, c := range []struct {
		record string
		form   byte
	}{
		{"", formPlain},
		{"short", formPlain},
		{strings.Repeat("receivers: ", 1000), formFlate1},
		{noise(5000), formPlain},
		{strings.Repeat("x", 1<<20), formFlate1},
	} {
		v, err := p.pack(key, func(b []byte) []byte { return append(b, c.record...) })
		if err != nil || v[0] != c.form {
			t.Fatalf("pack(%d bytes) = form %d, %v, want form %d", len(c.record), v[0], err, c.form)
		}
		if got, err := u.unpack(key, v); err != nil || got != c.record {
			t.Errorf("unpack(pack(%d bytes)) = %d bytes, %v", len(c.record), len(got), err)
		}
		if _, err := u.unpack([]byte("other"), v); err == nil {
			t.Errorf("unpack(another key, pack(%d bytes)) = nil, want an error", len(c.record))
		}
		for _, i := range []int{0, 1, len(v) / 2, len(v) - 1} {
			bad := bytes.Clone(v)
			bad[i] ^= 0x40
			if _, err := u.unpack(key, bad); err == nil {
				t.Errorf("unpack(pack(%d bytes), byte %d flipped) = nil, want an error", len(c.record), i)
			}
		}
	}
}

// noise is text that cannot be compressed.
func noise(n int) string {
	var b []byte
	for sum := sha256.Sum256(nil); len(b) < n; sum = sha256.Sum256(sum[:]) {
		b = append(b, sum[:]...)
	}
	return string(b[:n])
}

// FuzzRecord feeds all that reads records with what is none. What can be read
// must give the same again after writing it.
func FuzzRecord(f *testing.F) {
	at := time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC)
	f.Add(string(putAgent(nil, &fleet.Agent{
		Labels: map[string]string{"k": "v"}, Health: &fleet.Health{Components: map[string]fleet.Health{"c": {StatusAt: at}}},
		Outcomes: []fleet.Outcome{{Hash: "h", At: at}}, Description: fleet.Description{Identifying: fleet.Attributes{{Key: "k"}}},
	})))
	f.Add(string(putConfig(nil, fleet.Config{Name: "n", Labels: map[string]string{"k": "v"}, Priority: -1, CreatedAt: at})))
	f.Add(string(putEffectiveConfig(nil, fleet.EffectiveConfig{Files: fleet.ConfigMap{"f": {Body: []byte("b")}}})))
	f.Add(string(putComponents(nil, fleet.Components{"k": {"a", ""}})))
	f.Add("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(t *testing.T, record string) {
		again(t, record, func(r string, a *fleet.Agent) error { return getAgent(r, a) }, func(a fleet.Agent) []byte { return putAgent(nil, &a) })
		again(t, record, getConfig, func(c fleet.Config) []byte { return putConfig(nil, c) })
		again(t, record, getVersion, func(v fleet.Version) []byte { return putVersion(nil, v) })
		again(t, record, getToken, func(v fleet.Token) []byte { return putToken(nil, v) })
		again(t, record, getEffectiveConfig, func(c fleet.EffectiveConfig) []byte { return putEffectiveConfig(nil, c) })
		again(t, record, func(r string, c *fleet.Components) (err error) {
			*c, err = getComponents(r)
			return err
		}, func(c fleet.Components) []byte { return putComponents(nil, c) })
		if _, err := getAgentBodies(record); (err != nil) != (decode(record, func(*fields) {}) != nil) {
			t.Errorf("getAgentBodies(%q) = %v, want an error where there is one in the record itself", record, err)
		}
	})
}

func again[V any](t *testing.T, record string, get func(string, *V) error, put func(V) []byte) {
	t.Helper()
	var first, second V
	if get(record, &first) != nil {
		return
	}
	want := put(first)
	if err := get(string(want), &second); err != nil || !bytes.Equal(put(second), want) {
		t.Errorf("what %q holds = %+v; after writing it: %+v, %v", record, first, second, err)
	}
}

// FuzzUnpack feeds unpack with what no packer made.
func FuzzUnpack(f *testing.F) {
	var p packer
	for _, record := range []string{"short", strings.Repeat("receivers: ", 1000)} {
		v, err := p.pack(nil, func(b []byte) []byte { return append(b, record...) })
		if err != nil {
			f.Fatal(err)
		}
		f.Add(v[0], v[envelope:])
	}
	f.Fuzz(func(t *testing.T, form byte, payload []byte) {
		var u unpacker
		record, err := u.unpack(nil, seal(nil, form, payload))
		if err == nil && form == formPlain && record != string(payload) {
			t.Errorf("unpack(%q) = %q", payload, record)
		}
		if _, err := u.unpack(nil, payload); err == nil {
			t.Logf("unpack(%q) by itself passes its checksum", payload)
		}
	})
}
