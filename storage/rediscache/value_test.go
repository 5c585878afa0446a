package rediscache

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// filler sets every field to something of its own, so that one that the JSON
// forgets is found out, also one that the domain gains after today.
type filler struct{ n int }

func filled[V any]() (v V) {
	var f filler
	f.fill(reflect.ValueOf(&v).Elem(), 0)
	return v
}

func (f *filler) fill(v reflect.Value, level int) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 1, 0, 0, f.n, f.n, time.UTC)))
		return
	case fleet.InstanceUID:
		v.Set(reflect.ValueOf(testID(byte(f.n))))
		return
	case fleet.ConfigHash:
		v.SetString(fmt.Sprintf("\xff\x00%d", f.n)) // no text, as hashes are
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%d <ü> \" \u2028 \U0001f680 \ufffd", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-int64(f.n) << 40)
	case reflect.Uint64:
		v.SetUint(uint64(1)<<63 + uint64(f.n))
	case reflect.Uint8:
		v.SetUint(uint64(f.n)%250 + 1)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), level)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), level)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), level)
		}
	case reflect.Map:
		if level > 3 {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(k, level+1)
			f.fill(e, level+1)
			v.SetMapIndex(k, e)
		}
	default:
		panic(fmt.Sprintf("cannot fill a %v: teach it", v.Type()))
	}
}

func testID(n byte) fleet.InstanceUID { return fleet.InstanceUID{0: 1, 15: n} }

func roundTrip[V any](t *testing.T, what string, v V, encode func(V) ([]byte, error), decode func([]byte) (V, error)) {
	t.Helper()
	raw, err := encode(v)
	if err != nil || string(raw) == notKept {
		t.Errorf("%s: encode() = %s, %v, want it kept", what, raw, err)
		return
	}
	if got, err := decode(raw); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%s: decode(%s) = %+v, %v, want %+v", what, raw, got, err, v)
	}
}

// What comes back from Redis is what went there, to the last field.
func TestValuesRoundTrip(t *testing.T) {
	list := func(c fleet.Components) ([]byte, error) { return encodeComponents("hash", c) }

	roundTrip(t, "agent", filled[fleet.Agent](), encodeAgent, decodeAgent)
	roundTrip(t, "config", filled[fleet.Config](), encodeConfig, decodeConfig)
	roundTrip(t, "version", filled[fleet.Version](), encodeVersion, decodeVersion)
	roundTrip(t, "effective config", filled[fleet.EffectiveConfig](), encodeEffectiveConfig, decodeEffectiveConfig)
	roundTrip(t, "components", filled[fleet.Components](), list, decodeComponents)

	roundTrip(t, "bare agent", fleet.Agent{UID: testID(1)}, encodeAgent, decodeAgent)
	roundTrip(t, "bare config", fleet.Config{ID: "c"}, encodeConfig, decodeConfig)
	roundTrip(t, "empty version", fleet.Version{ConfigID: "c", Number: 1, Body: []byte{}}, encodeVersion, decodeVersion)
	roundTrip(t, "no files", fleet.EffectiveConfig{Hash: "h", Files: fleet.ConfigMap{}}, encodeEffectiveConfig, decodeEffectiveConfig)
	roundTrip(t, "binary", fleet.Version{ConfigID: "c", Number: 1, Body: []byte("\xff\xfe\x00")}, encodeVersion, decodeVersion)
	roundTrip(t, "control characters", fleet.Version{ConfigID: "c", Number: 1, Body: []byte("\x00\x1b\r\n\t")}, encodeVersion, decodeVersion)
}

// A string that JSON would change, or too much of it, stays in the store.
func TestValuesNotKept(t *testing.T) {
	for what, a := range map[string]fleet.Agent{
		"not UTF-8":            {RemoteAddress: "\xff"},
		"not UTF-8 in a key":   {Labels: map[string]string{"a\xffb": ""}},
		"not UTF-8 in a value": {Description: fleet.Description{Identifying: fleet.Attributes{{Key: "k", Value: "\xc3"}}}},
		"large":                {RemoteAddress: strings.Repeat("x", maxValue)},
	} {
		if raw, err := encodeAgent(a); err != nil || string(raw) != notKept {
			t.Errorf("%s: encodeAgent() = %.80s, %v, want %s", what, raw, err, notKept)
		}
	}
}

func TestValuesAsToolsReadThem(t *testing.T) {
	raw, err := encodeVersion(fleet.Version{
		ConfigID: "c", Number: 2, Hash: "\x9c\x1f", Body: []byte("a: <b>\n"), CreatedAt: time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC),
	})
	const want = `{"config_id":"c","number":2,"hash":"9c1f","created_at":"2026-09-30T12:00:00Z","body":"a: <b>\n"}`
	if err != nil || string(raw) != want {
		t.Errorf("encodeVersion() = %s, %v, want %s", raw, err, want)
	}
	raw, err = encodeAgent(fleet.Agent{
		UID: testID(1), Capabilities: fleet.ReportsStatus | fleet.ReportsHealth,
		Description: fleet.Description{
			Identifying:    fleet.Attributes{{Key: "service.name", Value: "otelcol"}, {Key: "service.version", Value: "0.149.0"}},
			NonIdentifying: fleet.Attributes{{Key: "host.name", Value: "edge"}},
		},
	})
	for _, want := range []string{
		`"uid":"01000000-0000-0000-0000-000000000001"`, `"name":"edge"`, `"type":"otelcol"`, `"version":"0.149.0"`,
		`"capability_names":["ReportsStatus","ReportsHealth"]`, `"capabilities":2049`,
	} {
		if err != nil || !strings.Contains(string(raw), want) {
			t.Errorf("encodeAgent() = %s, %v, want %s in it", raw, err, want)
		}
	}
}
