package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
)

// capabilities are what the collector's supervisor declares with remote
// configuration, restarts and available components switched on.
const capabilities = uint64(protobufs.AgentCapabilities_AgentCapabilities_ReportsStatus |
	protobufs.AgentCapabilities_AgentCapabilities_AcceptsRemoteConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsEffectiveConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsHealth |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsRemoteConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsHeartbeat |
	protobufs.AgentCapabilities_AgentCapabilities_AcceptsRestartCommand |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsAvailableComponents)

const agentVersion = "0.149.0"

// newUID makes a UUID v7. Source: RFC 9562, section 5.7.
func newUID(now time.Time) [16]byte {
	var uid [16]byte
	rand.Read(uid[6:])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(uid[:6], ms[2:])
	uid[6] = uid[6]&0x0f | 0x70
	uid[8] = uid[8]&0x3f | 0x80
	return uid
}

func formatUID(uid [16]byte) string {
	h := hex.EncodeToString(uid[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// components is the list that every simulated agent has built in, and its hash.
// They are of one build, so the list is the same for all.
type components struct {
	hash []byte
	full *protobufs.AvailableComponents
}

func newComponents() (components, error) {
	kinds := map[string][]string{
		"receivers":  {"otlp", "hostmetrics", "filelog", "prometheus", "journald", "kafka"},
		"processors": {"batch", "attributes", "resource", "transform", "filter", "memory_limiter"},
		"exporters":  {"debug", "otlp", "otlphttp", "file", "prometheusremotewrite", "kafka"},
		"extensions": {"opamp", "health_check", "file_storage"},
	}
	full := &protobufs.AvailableComponents{Components: map[string]*protobufs.ComponentDetails{}}
	for kind, names := range kinds {
		sub := make(map[string]*protobufs.ComponentDetails, len(names))
		for _, name := range names {
			sub[name] = &protobufs.ComponentDetails{Metadata: []*protobufs.KeyValue{
				attribute("code.namespace", "example.com/collector/"+kind+"/"+name+" v"+agentVersion),
			}}
		}
		full.Components[kind] = &protobufs.ComponentDetails{SubComponentMap: sub}
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(full)
	if err != nil {
		return components{}, fmt.Errorf("encode components: %w", err)
	}
	sum := sha256.Sum256(data)
	full.Hash = sum[:]
	return components{hash: sum[:], full: full}, nil
}

func attribute(key, value string) *protobufs.KeyValue {
	return &protobufs.KeyValue{Key: key, Value: &protobufs.AnyValue{Value: &protobufs.AnyValue_StringValue{StringValue: value}}}
}

// description is what agent number i, named id, says of itself.
func description(i int, id string) *protobufs.AgentDescription {
	return &protobufs.AgentDescription{
		IdentifyingAttributes: []*protobufs.KeyValue{
			attribute("service.name", "otelcol-bench"),
			attribute("service.version", agentVersion),
			attribute("service.instance.id", id),
		},
		NonIdentifyingAttributes: []*protobufs.KeyValue{
			attribute("host.name", fmt.Sprintf("bench-%05d", i)),
			attribute("os.type", "linux"),
			attribute("host.arch", "amd64"),
			attribute("env", "bench"),
		},
	}
}

// health is a tree in the shape that the collector's extension reports, with so many pipelines of three components each. It is
// healthy, or else ill at its root.
func health(since time.Time, pipelines int, ill bool) *protobufs.ComponentHealth {
	at := uint64(since.UnixNano())
	ok := func(parts map[string]*protobufs.ComponentHealth) *protobufs.ComponentHealth {
		return &protobufs.ComponentHealth{Healthy: true, Status: "StatusOK", StatusTimeUnixNano: at, ComponentHealthMap: parts}
	}
	parts := map[string]*protobufs.ComponentHealth{
		"extensions": ok(map[string]*protobufs.ComponentHealth{"extension:opamp": ok(nil)}),
	}
	for i := range pipelines {
		parts[fmt.Sprintf("pipeline:traces/%d", i)] = ok(map[string]*protobufs.ComponentHealth{
			"receiver:otlp": ok(nil), "processor:attributes": ok(nil), "exporter:otlphttp": ok(nil),
		})
	}
	root := ok(parts)
	root.StartTimeUnixNano = at
	if ill {
		root.Healthy, root.Status, root.LastError = false, "StatusRecoverableError", "the exporter's queue is full"
	}
	return root
}
