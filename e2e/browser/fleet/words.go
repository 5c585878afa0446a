package main

import (
	"crypto/sha256"
	"fmt"

	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"
)

// bootConfig is what an agent runs before it is given anything.
const bootConfig = `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:4317
processors:
  batch: {}
exporters:
  debug: {}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
`

// description names agent n as a fleet over three regions would: edge-eu-0007.
func description(n int, uid types.InstanceUid) *protobufs.AgentDescription {
	region := []string{"eu", "us", "ap"}[n%3]
	role := []string{"edge", "edge", "edge", "gateway"}[n%4]
	return &protobufs.AgentDescription{
		IdentifyingAttributes: []*protobufs.KeyValue{
			attribute("service.name", "otelcol-contrib"),
			attribute("service.version", []string{"0.149.0", "0.149.0", "0.148.0", "0.147.0"}[n/4%4]),
			attribute("service.instance.id", fmt.Sprintf("%x", uid)),
		},
		NonIdentifyingAttributes: []*protobufs.KeyValue{
			attribute("host.name", fmt.Sprintf("%s-%s-%04d", role, region, n)),
			attribute("os.type", "linux"),
			attribute("host.arch", []string{"amd64", "arm64"}[n%2]),
			attribute("deployment.environment.name", []string{"production", "production", "staging"}[n%3]),
			attribute("cloud.region", region),
			attribute("collector.role", role),
		},
	}
}

func attribute(key, value string) *protobufs.KeyValue {
	return &protobufs.KeyValue{Key: key, Value: &protobufs.AnyValue{Value: &protobufs.AnyValue_StringValue{StringValue: value}}}
}

// health is the tree that the collector's health reporting makes, of one pipeline.
func (a *agent) health() *protobufs.ComponentHealth {
	a.mu.Lock()
	defer a.mu.Unlock()
	up, status := a.problem == "", "StatusOK"
	if !up {
		status = "StatusRecoverableError"
	}
	since, changed := uint64(a.started.UnixNano()), uint64(a.changed.UnixNano())
	leaf := func(healthy bool, status, problem string) *protobufs.ComponentHealth {
		return &protobufs.ComponentHealth{Healthy: healthy, Status: status, LastError: problem, StartTimeUnixNano: since, StatusTimeUnixNano: changed}
	}
	pipeline := leaf(up, status, a.problem)
	pipeline.ComponentHealthMap = map[string]*protobufs.ComponentHealth{
		"receiver:otlp":   leaf(true, "StatusOK", ""),
		"processor:batch": leaf(true, "StatusOK", ""),
		"exporter:debug":  leaf(up, status, a.problem),
	}
	whole := leaf(up, status, a.problem)
	whole.ComponentHealthMap = map[string]*protobufs.ComponentHealth{
		"pipeline:traces": pipeline,
		"extensions":      leaf(true, "StatusOK", ""),
	}
	return whole
}

// components is the list that every one of them was built with.
func components() *protobufs.AvailableComponents {
	kinds := map[string][]string{
		"receivers":  {"otlp", "hostmetrics", "filelog", "prometheus"},
		"processors": {"batch", "memory_limiter", "attributes", "resource"},
		"exporters":  {"debug", "otlp", "otlphttp", "clickhouse"},
		"connectors": {"spanmetrics", "forward"},
		"extensions": {"health_check", "file_storage"},
	}
	all := map[string]*protobufs.ComponentDetails{}
	for kind, names := range kinds {
		sub := map[string]*protobufs.ComponentDetails{}
		for _, name := range names {
			sub[name] = &protobufs.ComponentDetails{}
		}
		all[kind] = &protobufs.ComponentDetails{SubComponentMap: sub}
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%v", kinds))
	return &protobufs.AvailableComponents{Components: all, Hash: hash[:]}
}
