//go:build appliance

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// killed: a process that is killed comes back by itself, with what it had.
func killed(t *testing.T, s *stack) {
	gateway := agentOf(t, "gateway", "is there", func(agent) bool { return true })
	version := configNamed(t, "gateway").Version
	for _, service := range []string{"gateway-collector", "clickhouse", "opamp-server"} {
		before := s.containers(t)[service]
		s.types(t, fmt.Sprintf("kill -9 %d", before.State.Pid))
		eventually(t, time.Minute, service+" is started again", func() error {
			now := s.containers(t)[service]
			if now.RestartCount != before.RestartCount+1 || now.State.Pid == before.State.Pid {
				return fmt.Errorf("restarts: %d, state: %+v", now.RestartCount, now.State)
			}
			return nil
		})
	}
	s.healthy(t, services...)
	after := agentOf(t, "gateway", "is back", applied(version))
	if after.ID != gateway.ID {
		t.Errorf("the gateway came back as %s, want %s", after.ID, gateway.ID)
	}
	trace := sendTrace(t, "shop", "GET /after-kill")
	row(t, "SELECT 1 FROM otel.otel_traces WHERE TraceId = '"+trace+"'")
	row(t, "SELECT 1 FROM otel.otel_traces WHERE SpanName = 'GET /cart'")
}

// queued: what the gateway has taken while ClickHouse was away is not lost with the gateway, which
// is killed as soon as it has taken it.
func queued(t *testing.T, s *stack) {
	version := configNamed(t, "gateway").Version
	before := s.containers(t)["gateway-collector"]
	s.types(t, "docker stop ollystack-clickhouse")
	trace := sendTrace(t, "shop", "GET /while-away")
	line := "while away " + random(8)
	sendLog(t, "shop", line)
	s.types(t, fmt.Sprintf("kill -9 %d", before.State.Pid))
	s.types(t, "docker start ollystack-clickhouse")
	row(t, "SELECT 1 FROM otel.otel_traces WHERE TraceId = '"+trace+"'")
	row(t, "SELECT 1 FROM otel.otel_logs WHERE Body = '"+line+"'")
	s.healthy(t, services...)
	if now := s.containers(t)["gateway-collector"]; now.State.Pid == before.State.Pid {
		t.Errorf("the gateway was not killed: %+v", now.State)
	}
	agentOf(t, "gateway", "is back", applied(version))
}

// downAndUp: identities, configurations and what was collected outlive the containers, and
// nothing is sent to an agent that has it.
func downAndUp(t *testing.T, s *stack) {
	before := map[string]agent{}
	for _, role := range []string{"gateway", "agent"} {
		before[role] = agentOf(t, role, "is there", func(agent) bool { return true })
	}
	stored := configNamed(t, "gateway")
	s.types(t, "docker-compose down")
	for _, volume := range strings.Fields(s.types(t, "docker volume ls -q")) {
		if strings.Trim(volume, "0123456789abcdef") == "" { // 64 digits: nobody has named it, and nobody will use it again
			t.Errorf("docker-compose down leaves the volume %s", volume)
		}
	}
	if left := s.containers(t); len(left) > 0 {
		t.Fatalf("after down: %+v", left)
	}
	up(t, s)
	if again := configNamed(t, "gateway"); again.Version != stored.Version || again.Body != stored.Body {
		t.Errorf("the gateway's configuration is version %d after down and up, want %d", again.Version, stored.Version)
	}
	for role, was := range before {
		now := agentOf(t, role, "is back with what it had", applied(was.Config.Version))
		if now.ID != was.ID {
			t.Errorf("%s came back as %s, want %s", role, now.ID, was.ID)
		}
	}
	if all, err := fleet(); err != nil || len(all) != 2 {
		t.Errorf("after down and up the fleet is %+v (%v), want the same two agents", all, err)
	}
	if sent := offers(t); sent != 0 {
		t.Errorf("after down and up %v configurations were sent, want none", sent)
	}
	row(t, "SELECT 1 FROM otel.otel_traces WHERE SpanName = 'GET /cart'")
	series(t, `last_over_time(e2e_cart_items[1h])`)
	trace := sendTrace(t, "shop", "GET /after-up")
	row(t, "SELECT 1 FROM otel.otel_traces WHERE TraceId = '"+trace+"'")
}

// identity: a name in .env gives both agents theirs, with UIDs made of it, and the
// environment is on the agents and on what they collect.
func identity(t *testing.T, s *stack) {
	s.set(t, "COLLECTOR_INSTANCE_ID", "shop")
	s.set(t, "DEPLOYMENT_ENV", "staging")
	s.types(t, "docker-compose up -d")
	s.healthy(t, services...)
	first := namedAgents(t)
	for role, a := range first {
		if a.Attributes.NonIdentifying["deployment.environment.name"] != "staging" {
			t.Errorf("%s has the attributes %v, want deployment.environment.name staging", role, a.Attributes.NonIdentifying)
		}
	}
	trace := sendTrace(t, "shop", "GET /staging")
	found := row(t, "SELECT ResourceAttributes['deployment.environment.name'] FROM otel.otel_traces WHERE TraceId = '"+trace+"'")
	if found != "staging" {
		t.Errorf("the span is of the environment %q, want staging", found)
	}
	series(t, `{__name__=~"system_memory_usage_bytes|system_memory_usage",deployment_environment_name="staging"}`)

	// The UID is made of the name alone: a collector that has lost its volume is itself again.
	s.types(t, "docker-compose rm -sf gateway-collector && docker volume rm control-plane_gateway-state && docker-compose up -d")
	s.healthy(t, services...)
	again := agentOf(t, "gateway", "is back", applied(configNamed(t, "gateway").Version))
	if again.ID != first["gateway"].ID || again.Attributes.Identifying["service.instance.id"] != "shop-gateway" {
		t.Errorf("without its volume the gateway is %s, %v, want %s", again.ID, again.Attributes.Identifying, first["gateway"].ID)
	}
}

func namedAgents(t *testing.T) map[string]agent {
	t.Helper()
	found := map[string]agent{}
	for _, role := range []string{"gateway", "agent"} {
		found[role] = agentOf(t, role, "is named shop-"+role, func(a agent) bool {
			return fmt.Sprint(a.Attributes.Identifying["service.instance.id"]) == "shop-"+role && a.Config.Status == "applied"
		})
	}
	return found
}

// longTerm: object storage with its bucket, and tables whose old parts move there and can
// still be read.
func longTerm(t *testing.T, s *stack) {
	s.types(t, "docker-compose --profile longterm up -d")
	s.healthy(t, append([]string{"object-storage"}, services...)...)
	eventually(t, time.Minute, "the tables have their cold tier", func() error {
		tier := s.containers(t)["cold-tier"]
		if tier.State.Status != "exited" || tier.State.ExitCode != 0 {
			return fmt.Errorf("cold-tier is %s with %d", tier.State.Status, tier.State.ExitCode)
		}
		return nil
	})
	for _, table := range []string{"otel_traces", "otel_logs"} {
		if created := row(t, "SHOW CREATE TABLE otel."+table); !strings.Contains(created, "TO VOLUME") {
			t.Errorf("%s has no cold tier: %s", table, created)
		}
	}
	body := "old " + random(8)
	if _, err := sql("INSERT INTO otel.otel_logs (Timestamp, Body) SELECT now() - INTERVAL 20 DAY, '" + body + "'"); err != nil {
		t.Fatal(err)
	}
	row(t, "SELECT 1 FROM system.parts WHERE table = 'otel_logs' AND active AND disk_name = 'cold'")
	if found := row(t, "SELECT Body FROM otel.otel_logs WHERE Body = '"+body+"'"); found != body {
		t.Errorf("from the cold tier comes %q, want %q", found, body)
	}
	objects := s.types(t, "docker exec ollystack-object-storage sh -c 'ls -R /data/buckets/ollystack | grep -c .'")
	if strings.TrimSpace(objects) == "0" {
		t.Error("the bucket is empty")
	}
}
