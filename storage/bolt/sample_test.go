package bolt_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

var began = time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC)

// sampleUID is a UUID v7 as an agent that started with others would make it.
func sampleUID(n int) fleet.InstanceUID {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	ms := uint64(began.UnixMilli()) + r.Uint64N(3_600_000)
	u := fleet.InstanceUID{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms)}
	for i := 6; i < 16; i++ {
		u[i] = byte(r.Uint32())
	}
	u[6], u[8] = 0x70|u[6]&0xf, 0x80|u[8]&0x3f
	return u
}

// sampleAgent is a record as a supervised collector leaves it: some 1.3 KiB of JSON.
func sampleAgent(n int, effective, components fleet.ConfigHash) fleet.Agent {
	uid := sampleUID(n)
	at := began.Add(time.Duration(n) * time.Millisecond)
	host := fmt.Sprintf("edge-%05d.fra1.example.net", n)
	return fleet.Agent{
		UID:      uid,
		Labels:   map[string]string{"env": "production", "site": fmt.Sprintf("site-%d", n%40)},
		Revision: 2,
		Description: fleet.Description{
			Identifying: fleet.NewAttributes([]fleet.Attribute{
				{Key: "service.name", Value: "io.opentelemetry.collector"},
				{Key: "service.version", Value: "0.149.0"},
				{Key: "service.instance.id", Value: uid.String()},
			}),
			NonIdentifying: fleet.NewAttributes([]fleet.Attribute{
				{Key: "host.name", Value: host},
				{Key: "host.arch", Value: "amd64"},
				{Key: "os.type", Value: "linux"},
				{Key: "os.description", Value: "Debian GNU/Linux 12 (bookworm) (Linux " + host + " 6.1.0-18-amd64 #1 SMP x86_64)"},
				{Key: "deployment.environment.name", Value: "production"},
			}),
		},
		Capabilities: 0x7c07,
		Health: &fleet.Health{
			Healthy: true, Status: "StatusOK", StartedAt: at, StatusAt: at.Add(time.Second),
			Components: map[string]fleet.Health{
				"extensions":       {Healthy: true, Status: "StatusOK", StatusAt: at.Add(time.Second)},
				"pipeline:traces":  {Healthy: true, Status: "StatusOK", StatusAt: at.Add(time.Second)},
				"pipeline:metrics": {Healthy: true, Status: "StatusOK", StatusAt: at.Add(time.Second)},
			},
		},
		RemoteConfigStatus: fleet.RemoteConfigStatus{LastHash: effective, State: fleet.RemoteConfigApplied},
		EffectiveConfig:    effective,
		ComponentsReported: components,
		Components:         components,
		SequenceNum:        uint64(100 + n),
		Outcomes: []fleet.Outcome{
			{Hash: effective, State: fleet.OutcomeApplied, Offers: 1, Mentioned: true, Received: true, At: at},
		},
		Transport: fleet.WebSocket, RemoteAddress: fmt.Sprintf("10.%d.%d.17:41522", n/250, n%250),
		FirstSeenAt: at, ConnectedAt: at, LastSeenAt: at, ConfigChangedAt: at,
	}
}

// sampleBody is a collector configuration of 4 KiB that no other agent has: some
// of its lines differ from agent to agent, keys and structure do not.
func sampleBody(n int) fleet.EffectiveConfig {
	r := rand.New(rand.NewPCG(2, uint64(n)))
	var b strings.Builder
	b.WriteString("extensions:\n    health_check:\n        endpoint: 0.0.0.0:13133\nreceivers:\n    otlp:\n        protocols:\n            grpc:\n                endpoint: 0.0.0.0:4317\n    prometheus:\n        config:\n            scrape_configs:\n")
	for i := 0; b.Len() < 3600; i++ {
		fmt.Fprintf(&b, "                - job_name: app-%d\n                  scrape_interval: %ds\n                  static_configs:\n                    - targets: ['10.%d.%d.%d:%d']\n                      labels: {shard: %x}\n",
			i, 5+r.IntN(60), r.IntN(256), r.IntN(256), r.IntN(256), 1024+r.IntN(60000), r.Uint32())
	}
	b.WriteString("processors:\n    batch: {}\n    memory_limiter:\n        check_interval: 1s\n        limit_mib: 512\nexporters:\n    otlp:\n        endpoint: gateway:4317\nservice:\n    extensions: [health_check]\n    pipelines:\n        metrics:\n            receivers: [otlp, prometheus]\n            processors: [memory_limiter, batch]\n            exporters: [otlp]\n")
	files := fleet.ConfigMap{"": {Body: []byte(b.String()), ContentType: "text/yaml"}}
	return fleet.EffectiveConfig{Hash: files.Hash(), Files: files}
}

var sampleComponents = fleet.Components{
	"receivers":  {"filelog", "hostmetrics", "otlp", "prometheus"},
	"processors": {"attributes", "batch", "filter", "memory_limiter", "resource", "transform"},
	"exporters":  {"debug", "file", "otlp", "otlphttp", "prometheusremotewrite"},
	"extensions": {"file_storage", "health_check", "opamp", "pprof", "zpages"},
	"connectors": {"forward", "spanmetrics"},
}

// putFleet writes the agents from first to last-1 and their bodies.
func putFleet(tx fleet.Tx, first, last int, change func(*fleet.Agent)) error {
	components := sampleComponents.Hash()
	if err := tx.PutComponents(components, sampleComponents); err != nil {
		return err
	}
	for n := first; n < last; n++ {
		body := sampleBody(n)
		if err := tx.PutEffectiveConfig(body); err != nil {
			return err
		}
		a := sampleAgent(n, body.Hash, components)
		if change != nil {
			change(&a)
		}
		if err := tx.PutAgent(a); err != nil {
			return err
		}
	}
	return nil
}
