package rest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

func TestHistory(t *testing.T) {
	now := time.Date(2026, 11, 26, 10, 0, 30, 0, time.UTC)
	store := mem.New()
	err := store.Update(t.Context(), func(tx fleet.Tx) error {
		for _, s := range []fleet.Sample{
			{At: now.Add(-25 * time.Hour), Healthy: 9},
			{At: now.Add(-90 * time.Second), Healthy: 5, Unhealthy: 1, Disconnected: 2, Unknown: 3, Applied: 4, Applying: 1, Pending: 2, Failed: 1, Unassigned: 2, Unsupported: 1},
			{At: now.Add(-30 * time.Second), Healthy: 1, Unassigned: 1},
			{At: now.Add(time.Hour), Healthy: 9},
		} {
			if err := tx.PutSample(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(s *setup) {
		s.fleet.Store, s.fleet.Now = store, func() time.Time { return now }
	})
	golden(t, "history.json", w.do("GET", "/api/v1/fleet/history", nil))
	for from, want := range map[string]int{
		"2026-11-26T09:59:00Z": 2, "2026-11-26T10:59:00.5%2B01:00": 1, "2026-11-26T10:00:00Z": 1, "2026-11-26T10:00:01Z": 0,
		"2020-01-01T00:00:00Z": 2, "2030-01-01T00:00:00Z": 0,
	} {
		if got := w.do("GET", "/api/v1/fleet/history?from="+from, nil).want(http.StatusOK).list("points"); len(got) != want {
			t.Errorf("GET /fleet/history?from=%s = %d points, want %d", from, len(got), want)
		}
	}
}
