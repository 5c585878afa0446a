package agentcmd

import (
	"testing"
	"time"

	"github.com/ollystack/control-plane/internal/client"
)

// TestNext: what events tell is shown within a second, however long reading the list took; the list is read again after a rest.
func TestNext(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	soon, rested := last.Add(gathering), last.Add(time.Minute)
	told := agents{"1": &client.Agent{ID: "1"}}
	for _, c := range []struct {
		what string
		v    watcher
		at   time.Time
		ok   bool
	}{
		{"nothing", watcher{rested: rested}, soon, false},
		{"an event", watcher{pending: told, rested: rested}, soon, true},
		{"an event, and the list is to be read", watcher{pending: told, stale: true, rested: rested}, soon, true},
		{"the list is to be read", watcher{stale: true, rested: rested}, rested, true},
		{"the list is to be read, the first time", watcher{stale: true}, soon, true},
	} {
		if at, ok := c.v.next(last); ok != c.ok || ok && !at.Equal(c.at) {
			t.Errorf("%s: next = %v, %v; want %v, %v", c.what, at, ok, c.at, c.ok)
		}
	}
}
