package opampsrv

import (
	"testing"

	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

func TestNameOfAnInstance(t *testing.T) {
	t.Parallel()
	const uid = "0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a"
	for _, c := range []struct {
		name, identifying, other string
		want                     string
		moved                    bool
	}{
		{"the name of a supervisor's collector takes the UID's place", uid, "X-gateway", "X-gateway", true},
		{"a UID alone stays", uid, "", uid, false},
		{"a name that identifies stays", "edge-1", "X-gateway", "edge-1", false},
		{"what does not identify does not begin to", "", "X-gateway", "X-gateway", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pairs := func(value string) []*protobufs.KeyValue {
				list := []*protobufs.KeyValue{text("host.name", "h")}
				if value != "" {
					list = append(list, text(instanceKey, value))
				}
				return list
			}
			got := report(&protobufs.AgentToServer{AgentDescription: &protobufs.AgentDescription{
				IdentifyingAttributes: pairs(c.identifying), NonIdentifyingAttributes: pairs(c.other),
			}}, fleet.InstanceUID{}).Description
			if v, _ := got.Get(instanceKey); v != c.want {
				t.Errorf("report(...).Description.Get(%q) = %q, want %q", instanceKey, v, c.want)
			}
			if _, there := got.NonIdentifying.Get(instanceKey); there == (c.moved || c.other == "") {
				t.Errorf("report(...).Description.NonIdentifying has %q: %t, want %t", instanceKey, there, !there)
			}
			if v, _ := got.NonIdentifying.Get("host.name"); v != "h" {
				t.Errorf("report(...) loses host.name: %q", v)
			}
		})
	}
}
