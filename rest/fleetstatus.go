package rest

import (
	"net/http"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

type fleetStatus struct {
	Total        int                         `json:"total"`
	Connected    int                         `json:"connected"`
	Healthy      int                         `json:"healthy"`
	Unhealthy    int                         `json:"unhealthy"`
	Disconnected int                         `json:"disconnected"`
	Unknown      int                         `json:"unknown"`
	Config       map[fleet.DeliveryState]int `json:"config"`
	Versions     []versionCount              `json:"versions"`
	GeneratedAt  time.Time                   `json:"generated_at"`
}

type versionCount struct {
	Type    string `json:"type"`
	Version string `json:"version"`
	Agents  int    `json:"agents"`
}

func (a *api) fleetStatus(*http.Request) (reply, error) {
	s := a.fleet.FleetStatus()
	out := fleetStatus{
		Total: s.Total, Connected: s.Connected,
		Healthy: s.ByStatus[fleet.StatusHealthy], Unhealthy: s.ByStatus[fleet.StatusUnhealthy],
		Disconnected: s.ByStatus[fleet.StatusDisconnected], Unknown: s.ByStatus[fleet.StatusUnknown],
		Config:      make(map[fleet.DeliveryState]int, len(s.ByConfig)),
		Versions:    make([]versionCount, len(s.Versions)),
		GeneratedAt: s.GeneratedAt.UTC(),
	}
	for _, state := range fleet.DeliveryStates() {
		out.Config[state] = s.ByConfig[state]
	}
	for i, v := range s.Versions {
		out.Versions[i] = versionCount(v)
	}
	return reply{body: out}, nil
}
