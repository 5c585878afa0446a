package rest

import (
	"net/http"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

type history struct {
	Interval int            `json:"interval_seconds"`
	Points   []historyPoint `json:"points"`
}

// historyPoint is the fleet in numbers at one moment, in the words of the fleet's status.
type historyPoint struct {
	At           time.Time     `json:"at"`
	Total        int           `json:"total"`
	Healthy      int           `json:"healthy"`
	Unhealthy    int           `json:"unhealthy"`
	Disconnected int           `json:"disconnected"`
	Unknown      int           `json:"unknown"`
	Config       historyConfig `json:"config"`
}

type historyConfig struct {
	Applied     int `json:"applied"`
	Applying    int `json:"applying"`
	Pending     int `json:"pending"`
	Failed      int `json:"failed"`
	Unassigned  int `json:"unassigned"`
	Unsupported int `json:"unsupported"`
}

func (a *api) fleetHistory(r *http.Request) (reply, error) {
	q := queryOf(r)
	from := q.time("from")
	if err := q.err(); err != nil {
		return reply{}, err
	}
	samples := a.fleet.FleetHistory(from)
	out := history{Interval: int(fleet.HistoryInterval / time.Second), Points: make([]historyPoint, len(samples))}
	for i, s := range samples {
		out.Points[i] = historyPoint{
			At: s.At.UTC(), Total: s.Total(),
			Healthy: s.Healthy, Unhealthy: s.Unhealthy, Disconnected: s.Disconnected, Unknown: s.Unknown,
			Config: historyConfig{
				Applied: s.Applied, Applying: s.Applying, Pending: s.Pending, Failed: s.Failed,
				Unassigned: s.Unassigned, Unsupported: s.Unsupported,
			},
		}
	}
	return reply{body: out}, nil
}
