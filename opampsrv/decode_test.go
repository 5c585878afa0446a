package opampsrv

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"

	"github.com/ollystack/control-plane/fleet"
)

func value(v any) *protobufs.AnyValue {
	switch v := v.(type) {
	case string:
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_StringValue{StringValue: v}}
	case bool:
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_BoolValue{BoolValue: v}}
	case int:
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_IntValue{IntValue: int64(v)}}
	case float64:
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_DoubleValue{DoubleValue: v}}
	case []byte:
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_BytesValue{BytesValue: v}}
	case []*protobufs.AnyValue:
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_ArrayValue{ArrayValue: &protobufs.ArrayValue{Values: v}}}
	case []*protobufs.KeyValue:
		return &protobufs.AnyValue{Value: &protobufs.AnyValue_KvlistValue{KvlistValue: &protobufs.KeyValueList{Values: v}}}
	}
	return &protobufs.AnyValue{}
}

func TestPrinted(t *testing.T) {
	for _, tc := range []struct {
		in   *protobufs.AnyValue
		want string
	}{
		{nil, ""},
		{value(nil), ""},
		{value(`plain "text"`), `plain "text"`},
		{value(true), "true"},
		{value(math.MinInt64), "-9223372036854775808"},
		{value(0.5), "0.5"},
		{value(1e100), "1e+100"},
		{value(3.0), "3"},
		{value(math.NaN()), "NaN"},
		{value(math.Inf(-1)), "-Inf"},
		{value([]byte{0xff, 0}), "/wA="},
		{value([]*protobufs.AnyValue{value("a\n\"\x01é"), value(1), value(nil), value([]byte{1})}), `["a\n\"\u0001é",1,null,"AQ=="]`},
		{value([]*protobufs.KeyValue{{Key: "b", Value: value(false)}, {Key: "a", Value: value([]*protobufs.AnyValue{})}}), `{"b":false,"a":[]}`},
		{value([]*protobufs.AnyValue{value(math.Inf(1))}), `["+Inf"]`},
	} {
		if got := printed(tc.in); got != tc.want {
			t.Errorf("printed(%v) = %s, want %s", tc.in, got, tc.want)
		}
	}
}

func TestReport(t *testing.T) {
	u := uid(1)
	m := fullState(u, 42, "x")
	m.AgentDescription.NonIdentifyingAttributes = []*protobufs.KeyValue{
		text("os.type", "linux"), text("host.name", "h2"), text("a", "1"), text("a", "2"),
	}
	m.RemoteConfigStatus = &protobufs.RemoteConfigStatus{
		LastRemoteConfigHash: []byte{1, 2}, Status: 99, ErrorMessage: strings.Repeat("é", maxErrorText),
	}
	m.AgentDisconnect = &protobufs.AgentDisconnect{}
	m.Flags = 1 << 7
	m.AvailableComponents = &protobufs.AvailableComponents{Hash: []byte("h")}
	d := newDecoder(Defaults())
	got, kind, bad := d.decode(encoded(t, m))
	if bad != nil || kind != kindDisconnect {
		t.Fatalf("decode() = %v, %v, want kind disconnect", kind, bad)
	}
	if n := len(got.RemoteConfigStatus.Error); n > maxErrorText+3 || !strings.HasSuffix(got.RemoteConfigStatus.Error, "é…") {
		t.Errorf("error text of %d bytes ends %q, want it cut between two characters", n, got.RemoteConfigStatus.Error[n-8:])
	}
	got.RemoteConfigStatus.Error = ""
	want := &fleet.Report{
		UID: u, SequenceNum: 42, Digest: got.Digest, Capabilities: collectorCapabilities,
		Description: &fleet.Description{
			Identifying:    fleet.Attributes{{Key: "service.instance.id", Value: u.String()}, {Key: "service.name", Value: "x"}},
			NonIdentifying: fleet.Attributes{{Key: "a", Value: "2"}, {Key: "host.name", Value: "h2"}, {Key: "os.type", Value: "linux"}},
		},
		Health:             &fleet.Health{Healthy: true, Status: "StatusOK"},
		EffectiveConfig:    fleet.ConfigMap{"": {Body: []byte("receivers: {}\n"), ContentType: "text/yaml"}},
		RemoteConfigStatus: &fleet.RemoteConfigStatus{LastHash: "\x01\x02"},
		ComponentsHash:     "h",
		Disconnecting:      true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("decode() = %+v, want %+v", got, want)
	}
}

func TestReportInternsWhatManyAgentsShare(t *testing.T) {
	d := newDecoder(Defaults())
	read := func() fleet.Attribute {
		r, _, bad := d.decode(encoded(t, fullState(uid(1), 0, "otelcol-contrib")))
		if bad != nil {
			t.Fatal(bad)
		}
		return r.Description.Identifying[1]
	}
	a, b := read(), read()
	if unsafe.StringData(a.Key) != unsafe.StringData(b.Key) || unsafe.StringData(a.Value) != unsafe.StringData(b.Value) {
		t.Errorf("two agents hold copies of their own of %v", a)
	}
}

func TestReportSharesNoMemoryWithTheMessage(t *testing.T) {
	b := encoded(t, fullState(uid(1), 0, "service"))
	r, _, bad := newDecoder(Defaults()).decode(b)
	if bad != nil {
		t.Fatal(bad)
	}
	clear(b)
	if name, _ := r.Description.Get("service.name"); name != "service" || string(r.EffectiveConfig[""].Body) != "receivers: {}\n" || r.UID != uid(1) {
		t.Errorf("the report has changed with the buffer: %+v", r)
	}
}

func TestDigestTellsMessagesApart(t *testing.T) {
	d := newDecoder(Defaults())
	digest := func(m *protobufs.AgentToServer) uint64 {
		r, _, bad := d.decode(encoded(t, m))
		if bad != nil {
			t.Fatal(bad)
		}
		return r.Digest
	}
	a := digest(heartbeat(uid(1), 1))
	if a != digest(heartbeat(uid(1), 1)) || a == digest(heartbeat(uid(1), 2)) || a == digest(fullState(uid(1), 1, "x")) {
		t.Error("Digest does not tell messages apart, or equal ones apart")
	}
}

func TestKinds(t *testing.T) {
	h := func(change func(*protobufs.AgentToServer)) *protobufs.AgentToServer {
		m := heartbeat(uid(1), 0)
		change(m)
		return m
	}
	for want, m := range map[messageKind]*protobufs.AgentToServer{
		kindHeartbeat:  h(func(*protobufs.AgentToServer) {}),
		kindFull:       fullState(uid(1), 0, "x"),
		kindStatus:     h(func(m *protobufs.AgentToServer) { m.RemoteConfigStatus = &protobufs.RemoteConfigStatus{} }),
		kindConfig:     h(func(m *protobufs.AgentToServer) { m.EffectiveConfig = effective("") }),
		kindHealth:     h(func(m *protobufs.AgentToServer) { m.Health = &protobufs.ComponentHealth{} }),
		kindComponents: h(func(m *protobufs.AgentToServer) { m.AvailableComponents = &protobufs.AvailableComponents{} }),
		kindOther:      h(func(m *protobufs.AgentToServer) { m.Flags = 1 }),
	} {
		if got := kindOf(m); got != want {
			t.Errorf("kindOf(%v) = %v, want %v", m, got, want)
		}
	}
}

func TestInstant(t *testing.T) {
	for in, want := range map[uint64]time.Time{
		0: {}, 1: time.Unix(0, 1).UTC(), math.MaxInt64: time.Unix(0, math.MaxInt64).UTC(), 1 << 63: {}, math.MaxUint64: {},
	} {
		if got := instant(in); !got.Equal(want) {
			t.Errorf("instant(%d) = %v, want %v", in, got, want)
		}
	}
}

// FuzzDecode holds the decoder to what its callers rely on, whatever arrives.
func FuzzDecode(f *testing.F) {
	for _, m := range []*protobufs.AgentToServer{
		heartbeat(uid(1), 1), fullState(uid(2), 0, "x"),
		{InstanceUid: []byte("short")},
		{InstanceUid: make([]byte, 16), AgentDescription: &protobufs.AgentDescription{NonIdentifyingAttributes: []*protobufs.KeyValue{
			{Key: "list", Value: value([]*protobufs.AnyValue{value(1), value(0.5), value([]byte{1})})},
			{Key: "map", Value: value([]*protobufs.KeyValue{{Key: "a", Value: value(true)}})},
		}}},
	} {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte{0}, b...))
	}
	for _, b := range [][]byte{nil, {0}, {1}, {0x80, 0}, {0, 0x0a}, {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}} {
		f.Add(b)
	}
	u := uid(1)
	f.Add(append([]byte{0}, append(field(1, u[:]), field(5, nested(40, nil, 6, 2))...)...))
	o := Defaults()
	o.MaxTreeNodes = 100
	d := newDecoder(o)
	f.Fuzz(func(t *testing.T, b []byte) {
		body, bad := stripHeader(b)
		if bad != nil {
			return
		}
		r, kind, bad := d.decode(body)
		if bad != nil {
			if r != nil || bad.msg == "" || bad.reason == notRejected || len(bad.uid) > maxEcho {
				t.Errorf("decode(%x) = %v, %+v, want no report, a reason and a message", b, r, bad)
			}
			errorMessageEncodes(t, bad)
			return
		}
		if r.UID.IsZero() || kind >= kindCount {
			t.Errorf("decode(%x) = UID %v, kind %d, want both valid", b, r.UID, kind)
		}
		if n := healthNodes(r.Health); n > o.MaxTreeNodes {
			t.Errorf("decode(%x) has %d components, want at most %d", b, n, o.MaxTreeNodes)
		}
	})
}

func errorMessageEncodes(t *testing.T, bad *badMessage) {
	t.Helper()
	if _, err := proto.Marshal(errorMessage(bad.uid, badRequest(bad.msg))); err != nil {
		t.Errorf("the answer to %+v cannot be encoded: %v", bad, err)
	}
}

func healthNodes(h *fleet.Health) int {
	if h == nil {
		return 0
	}
	n := 0
	for _, c := range h.Components {
		n += 1 + healthNodes(&c)
	}
	return n
}
