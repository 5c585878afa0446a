package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
)

func TestBodies(t *testing.T) {
	for _, size := range []int{4096, 1500} {
		b := newBody(size)
		one := b.render("0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a", nil)
		if len(one) != size {
			t.Errorf("newBody(%d).render = %d bytes, want %d", size, len(one), size)
		}
		if n := bytes.Count(one, []byte("0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a")); n != 2 {
			t.Errorf("render names the agent %d times, want 2", n)
		}
		var doc map[string]any
		if err := yaml.Unmarshal(one, &doc); err != nil || doc["service"] == nil {
			t.Errorf("render is no collector configuration: %v", err)
		}
		if applied := b.render("0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a", []byte("0123456789")); bytes.Equal(one, applied) || len(applied) != size {
			t.Errorf("render(hash) = the same text or %d bytes, want another text of %d", len(applied), size)
		}
	}
	if got := len(newBody(0).render(sameID, nil)); got < 500 {
		t.Errorf("newBody(0).render = %d bytes, want the smallest whole configuration", got)
	}
}

func TestFullState(t *testing.T) {
	s, err := newSwarm(options{agents: 2, effectiveSize: 4096, pipelines: 2, endpoint: "ws://127.0.0.1:1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := s.agents[1]
	frame, err := a.appendFullState(true)(appendHead(nil, &a.uid, 0, capabilities))
	if err != nil {
		t.Fatal(err)
	}
	var got protobufs.AgentToServer
	if err := proto.Unmarshal(frame[1:], &got); err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for _, kv := range append(got.AgentDescription.IdentifyingAttributes, got.AgentDescription.NonIdentifyingAttributes...) {
		named[kv.Key] = kv.Value.GetStringValue()
	}
	if named["service.instance.id"] != formatUID(a.uid) || named["env"] != "bench" || named["host.name"] != "bench-00001" || named["service.name"] == "" {
		t.Errorf("attributes = %v, want the agent's own", named)
	}
	if len(got.Health.ComponentHealthMap) != 3 || !got.Health.Healthy {
		t.Errorf("health = %v, want two pipelines and the extensions", got.Health)
	}
	if got.RemoteConfigStatus == nil || len(got.AvailableComponents.Components) != 4 || len(got.EffectiveConfig.ConfigMap.ConfigMap[""].Body) != 4096 {
		t.Errorf("full state lacks a status, the components or the effective configuration")
	}
	if bytes.Equal(s.agents[0].uid[:], a.uid[:]) || a.uid[6]>>4 != 7 || a.uid[8]>>6 != 2 {
		t.Errorf("uid = %s, want a UUID v7 of its own", formatUID(a.uid))
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		if err := pace(t.Context(), 100, 51, func(int) { at = append(at, time.Since(began)) }); err != nil {
			t.Fatalf("pace = %v, want no error", err)
		}
		if len(at) != 51 || at[0] > 10*time.Millisecond || at[50] < 500*time.Millisecond || at[50] > 520*time.Millisecond {
			t.Errorf("pace(100/s, 51) called %d times, last at %v, want 51 and about 500ms", len(at), at[len(at)-1])
		}
	})
	stopped, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if err := pace(stopped, 0, 5, func(int) {}); !errors.Is(err, reason) {
		t.Errorf("pace(ended) = %v, want %v", err, reason)
	}
}

func TestBackoffGrowsAndStaysWithinItsMost(t *testing.T) {
	b := backoff{wait: 500 * time.Millisecond, most: 3 * time.Second}
	if first := b.next(); first < 250*time.Millisecond || first > 750*time.Millisecond {
		t.Errorf("first next() = %v, want 500ms give or take half", first)
	}
	for range 10 {
		if wait := b.next(); wait > b.most {
			t.Fatalf("next() = %v, want at most %v", wait, b.most)
		}
	}
	if b.wait != b.most {
		t.Errorf("wait after eleven = %v, want %v", b.wait, b.most)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var out tail
	for range 300 {
		if _, err := out.Write([]byte(strings.Repeat("x", 99) + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := out.Write([]byte("the last line\n")); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); len(got) != tailBytes || !strings.HasSuffix(got, "the last line\n") || out.bytes() != 30014 {
		t.Errorf("tail = %d bytes of %d ending in %q, want %d of 30014 ending in the last line", len(got), out.bytes(), got[len(got)-10:], tailBytes)
	}
}

func TestLimits(t *testing.T) {
	good := &report{
		Run:       run{Agents: 10},
		Connect:   &connected{KiBPerAgent: 20},
		Heartbeat: &beaten{CPUMSPer1k: 50},
		Push:      &pushed{Offered: spread{Count: 10, P50MS: 1000, LastMS: 2000}, AppliedMS: 5000},
		List:      &listed{Requests: spread{P99MS: 9.9}},
		Idle:      &idled{Heartbeats: 1},
		Restart:   &restarted{BackSinceStop: 10, Signal: "term", FullStateAsked: 1, LostBeats: 1},
	}
	if limits := checkLimits(good); missed(limits) || len(limits) != 13 {
		t.Errorf("checkLimits(at the limits) = %+v, want 13 met", limits)
	}
	for name, spoil := range map[string]func(*report){
		"memory":          func(r *report) { r.Connect = &connected{KiBPerAgent: 20.1} },
		"unknown memory":  func(r *report) { r.Connect = &connected{} },
		"heartbeat CPU":   func(r *report) { r.Heartbeat = &beaten{CPUMSPer1k: 51} },
		"missing answers": func(r *report) { r.Heartbeat = &beaten{CPUMSPer1k: 1, Missing: 1} },
		"not all offered": func(r *report) { r.Push = &pushed{Offered: spread{Count: 9, P50MS: 1, LastMS: 2}, AppliedMS: 3} },
		"disk":            func(r *report) { r.Idle = &idled{Heartbeats: 1, WrittenBytes: 4096} },
		"asked again": func(r *report) {
			r.Restart = &restarted{BackSinceStop: 1, Signal: "term", FullStateAsked: 2, LostBeats: 1}
		},
		"offered again": func(r *report) { r.Restart = &restarted{BackSinceStop: 1, Offers: 1} },
	} {
		bad := *good
		spoil(&bad)
		if limits := checkLimits(&bad); !missed(limits) {
			t.Errorf("checkLimits(%s) = %+v, want one missed", name, limits)
		}
	}
	if limits := checkLimits(&report{}); len(limits) != 0 || missed(limits) {
		t.Errorf("checkLimits(nothing run) = %+v, want none", limits)
	}
}
