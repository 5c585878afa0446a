package fleet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// What stays in memory for each agent has a limit.
func TestOversizedIdentities(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for name, r := range map[string]*fleet.Report{
		"description": {Description: &fleet.Description{NonIdentifying: fleet.NewAttributes([]fleet.Attribute{{Key: "a", Value: big}})}},
		"config hash": {RemoteConfigStatus: &fleet.RemoteConfigStatus{LastHash: fleet.ConfigHash(big)}},
		"components":  {ComponentsHash: fleet.ConfigHash(big)},
		"health":      {Health: &fleet.Health{Status: big}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r.UID = uidOf(1)
			_, err := w.Receive(context.Background(), websocket(), r)
			if fleet.KindOf(err) != fleet.Invalid {
				t.Errorf("Receive() = %v, want it refused as invalid", err)
			}
			if n := w.total(); n != 0 {
				t.Errorf("%d records are left of what was refused", n)
			}
		})
	}
}

// A panic in what the manager calls ends one message, not the server.
func TestAPanicLeavesNothingLocked(t *testing.T) {
	var broken bool
	crash := func() {
		if broken {
			panic("broken")
		}
	}
	w := newWorld(t, func(o *fleet.Options) {
		o.ObserveApplied = func(time.Duration) { crash() }
		o.Store = panickingStore{o.Store, crash}
	})
	c := w.config("one", "a: 1", selecting("env=production", 0))
	link := &panickingLink{fakeLink: websocket(), crash: crash}
	a := w.agent(1, link.fakeLink)
	a.start()
	ctx := context.Background()
	receive := func(r *fleet.Report) func() {
		return func() { a.seq++; r.UID, r.SequenceNum = a.uid, a.seq; _, _ = w.Receive(ctx, link, r) }
	}
	for name, act := range map[string]func(){
		"Receive": receive(&fleet.Report{RemoteConfigStatus: &fleet.RemoteConfigStatus{LastHash: c.Config.Hash, State: fleet.RemoteConfigApplied}}),
		"giveUID": receive(&fleet.Report{RequestUID: true}),
		"Assign":  func() { _, _ = w.Assign(ctx, a.uid.String(), "one", 0, fleet.WriteOptions{}) },
		"Create":  func() { _, _ = w.CreateConfig(ctx, fleet.ConfigSpec{Name: "two"}, fleet.WriteOptions{}) },
		"Replace": func() {
			_, _ = w.ReplaceConfig(ctx, "one", fleet.ConfigSpec{Body: []byte("b: 2"), Selector: "env=production"}, fleet.WriteOptions{})
		},
		"Delete": func() { _ = w.DeleteConfig(ctx, "one", fleet.WriteOptions{Detach: true}) },
	} {
		broken = true
		panicked := func() (panicked bool) {
			defer func() { panicked = recover() != nil }()
			act()
			return
		}()
		broken = false
		if !panicked {
			t.Errorf("%s: nothing panicked", name)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.FleetStatus()
			_, _ = w.PatchLabels(ctx, a.uid.String(), map[string]*string{"k": nil}, fleet.WriteOptions{})
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: a lock is held for ever after a panic", name)
		}
	}
}

// BenchmarkClones has ever more agents ask for a UID of their own over one
// link: none may cost more than the one before.
func BenchmarkClones(b *testing.B) {
	w := newWorld(b)
	link := gateway()
	for b.Loop() {
		uid, err := fleet.NewInstanceUID()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Receive(b.Context(), link, &fleet.Report{UID: uid, SequenceNum: 1, RequestUID: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// panickingLink panics where the manager, holding its lock, asks it something.
type panickingLink struct {
	*fakeLink
	crash func()
}

func (l *panickingLink) Transport() fleet.Transport { l.crash(); return l.fakeLink.Transport() }
func (l *panickingLink) Shared() bool               { l.crash(); return l.fakeLink.Shared() }

type panickingStore struct {
	fleet.Store
	crash func()
}

func (s panickingStore) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	s.crash()
	return s.Store.Update(ctx, fn)
}

func TestAgentsAreBounded(t *testing.T) {
	w := newWorld(t, func(o *fleet.Options) { o.MaxKnown = 3 })
	link := gateway()
	for i := range 3 {
		w.agent(i+1, link).start()
	}
	_, err := w.Receive(t.Context(), link, &fleet.Report{UID: uidOf(4)})
	if fleet.KindOf(err) != fleet.Unavailable {
		t.Errorf("Receive(from a fourth agent) = %v, want unavailable", err)
	}
	w.Disconnected(link, uidOf(1))
	if err := w.ForgetAgent(t.Context(), uidOf(1).String(), fleet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.agent(4, link).start()
	if got := w.total(); got != 3 {
		t.Errorf("%d records, want 3", got)
	}
}
