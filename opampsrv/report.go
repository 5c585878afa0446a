package opampsrv

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// maxErrorText bounds, in bytes, what is kept of an error that an agent reports.
const maxErrorText = 16 << 10

// report translates m. Source: OpAMP, AgentToServer.
func report(m *protobufs.AgentToServer, uid fleet.InstanceUID) *fleet.Report {
	r := &fleet.Report{
		UID:           uid,
		SequenceNum:   m.GetSequenceNum(),
		Capabilities:  fleet.Capabilities(m.GetCapabilities()),
		Disconnecting: m.GetAgentDisconnect() != nil,
		RequestUID:    m.GetFlags()&uint64(protobufs.AgentToServerFlags_AgentToServerFlags_RequestInstanceUid) != 0,
	}
	if d := m.GetAgentDescription(); d != nil {
		described := nameInstance(fleet.Description{
			Identifying:    attributes(d.GetIdentifyingAttributes()),
			NonIdentifying: attributes(d.GetNonIdentifyingAttributes()),
		})
		r.Description = &described
	}
	if h := m.GetHealth(); h != nil {
		tree := health(h)
		r.Health = &tree
	}
	if c := m.GetEffectiveConfig().GetConfigMap(); c != nil {
		r.EffectiveConfig = make(fleet.ConfigMap, len(c.GetConfigMap()))
		for name, f := range c.GetConfigMap() {
			r.EffectiveConfig[name] = fleet.ConfigFile{Body: f.GetBody(), ContentType: intern(f.GetContentType())}
		}
	}
	if s := m.GetRemoteConfigStatus(); s != nil {
		r.RemoteConfigStatus = &fleet.RemoteConfigStatus{
			LastHash: fleet.ConfigHash(s.GetLastRemoteConfigHash()),
			State:    remoteConfigState(s.GetStatus()),
			Error:    shorten(s.GetErrorMessage()),
		}
	}
	if c := m.GetAvailableComponents(); c != nil {
		r.ComponentsHash = fleet.ConfigHash(c.GetHash())
		r.Components = components(c)
	}
	return r
}

const instanceKey = "service.instance.id"

// nameInstance lets the name that an operator has given an instance identify it. A
// collector under the supervisor always reports its UID as service.instance.id: the
// supervisor (v0.149) does not start where its file says otherwise, and lets a name be
// given as a non-identifying attribute only. Where the identifying one is no more
// than a UID, the name takes its place.
func nameInstance(d fleet.Description) fleet.Description {
	own, _ := d.Identifying.Get(instanceKey)
	name, named := d.NonIdentifying.Get(instanceKey)
	if _, err := fleet.ParseInstanceUID(own); err != nil || !named || name == "" {
		return d
	}
	d.Identifying = fleet.NewAttributes(append(d.Identifying, fleet.Attribute{Key: instanceKey, Value: name}))
	d.NonIdentifying = slices.DeleteFunc(d.NonIdentifying, func(a fleet.Attribute) bool { return a.Key == instanceKey })
	return d
}

func remoteConfigState(s protobufs.RemoteConfigStatuses) fleet.RemoteConfigState {
	switch s {
	case protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED:
		return fleet.RemoteConfigApplied
	case protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLYING:
		return fleet.RemoteConfigApplying
	case protobufs.RemoteConfigStatuses_RemoteConfigStatuses_FAILED:
		return fleet.RemoteConfigFailed
	default:
		return fleet.RemoteConfigUnset
	}
}

func health(h *protobufs.ComponentHealth) fleet.Health {
	out := fleet.Health{
		Healthy:   h.GetHealthy(),
		Status:    intern(h.GetStatus()),
		LastError: shorten(h.GetLastError()),
		StartedAt: instant(h.GetStartTimeUnixNano()),
		StatusAt:  instant(h.GetStatusTimeUnixNano()),
	}
	if below := h.GetComponentHealthMap(); len(below) > 0 {
		out.Components = make(map[string]fleet.Health, len(below))
		for name, c := range below {
			out.Components[intern(name)] = health(c)
		}
	}
	return out
}

// instant reads nanoseconds since 1970. Zero, and what lies beyond the year 2262, is no time.
func instant(ns uint64) time.Time {
	if ns == 0 || ns > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(ns)).UTC()
}

// components lists, by kind, the types one level below; deeper ones and the metadata are left.
func components(m *protobufs.AvailableComponents) fleet.Components {
	if len(m.GetComponents()) == 0 {
		return nil
	}
	out := make(fleet.Components, len(m.GetComponents()))
	for kind, details := range m.GetComponents() {
		ids := make([]string, 0, len(details.GetSubComponentMap()))
		for id := range details.GetSubComponentMap() {
			ids = append(ids, intern(id))
		}
		slices.Sort(ids)
		out[intern(kind)] = ids
	}
	return out
}

func attributes(list []*protobufs.KeyValue) fleet.Attributes {
	if len(list) == 0 {
		return nil
	}
	out := make([]fleet.Attribute, len(list))
	for i, kv := range list {
		key, value := intern(kv.GetKey()), printed(kv.GetValue())
		if shared(key) {
			value = intern(value)
		}
		out[i] = fleet.Attribute{Key: key, Value: value}
	}
	return fleet.NewAttributes(out)
}

// shared reports whether many agents have the same value under key.
func shared(key string) bool {
	switch key {
	case "service.name", "service.version", "service.namespace",
		"os.type", "os.name", "os.version", "os.description", "host.arch", "host.type",
		"deployment.environment", "deployment.environment.name",
		"cloud.provider", "cloud.platform", "cloud.region", "cloud.availability_zone", "cloud.account.id",
		"k8s.cluster.name", "k8s.namespace.name", "k8s.node.name", "k8s.deployment.name", "k8s.daemonset.name",
		"telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version",
		"process.runtime.name", "process.runtime.version":
		return true
	}
	return false
}

// intern returns the one copy of s that all agents share.
func intern(s string) string { return unique.Make(s).Value() }

// printed is v as text: a string as it is, everything else as fleet.Attribute says.
func printed(v *protobufs.AnyValue) string {
	switch v := v.GetValue().(type) {
	case nil:
		return ""
	case *protobufs.AnyValue_StringValue:
		return v.StringValue
	case *protobufs.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(v.BytesValue)
	case *protobufs.AnyValue_DoubleValue:
		return strings.Trim(string(appendDouble(nil, v.DoubleValue)), `"`)
	}
	return string(appendJSON(nil, v))
}

// appendJSON appends v as JSON. A number that JSON cannot hold is a string there.
func appendJSON(b []byte, v *protobufs.AnyValue) []byte {
	switch v := v.GetValue().(type) {
	case *protobufs.AnyValue_StringValue:
		return appendQuoted(b, v.StringValue)
	case *protobufs.AnyValue_BoolValue:
		return strconv.AppendBool(b, v.BoolValue)
	case *protobufs.AnyValue_IntValue:
		return strconv.AppendInt(b, v.IntValue, 10)
	case *protobufs.AnyValue_DoubleValue:
		return appendDouble(b, v.DoubleValue)
	case *protobufs.AnyValue_BytesValue:
		return appendQuoted(b, base64.StdEncoding.EncodeToString(v.BytesValue))
	case *protobufs.AnyValue_ArrayValue:
		b = append(b, '[')
		for i, x := range v.ArrayValue.GetValues() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, x)
		}
		return append(b, ']')
	case *protobufs.AnyValue_KvlistValue:
		b = append(b, '{')
		for i, kv := range v.KvlistValue.GetValues() {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendQuoted(b, kv.GetKey()), ':')
			b = appendJSON(b, kv.GetValue())
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func appendDouble(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendQuoted(b, strconv.FormatFloat(f, 'g', -1, 64))
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

// appendQuoted appends s, which is valid UTF-8, as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// shorten cuts an error text that no person would read to its end.
func shorten(s string) string {
	if len(s) <= maxErrorText {
		return s
	}
	return cut(s, maxErrorText) + "…"
}

// cut returns at most n bytes of s, and no part of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
