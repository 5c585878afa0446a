package fleet_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// all is before every sample.
var all time.Time

// minute lets the clock come to the next minute, without what else would happen meanwhile.
func (w *world) minute() {
	w.t.Helper()
	w.clock.step(time.Minute)
	if err := w.SampleNow(context.Background()); err != nil {
		w.t.Errorf("SampleNow() = %v", err)
	}
}

// times prints when samples were taken, as hours and minutes.
func times(samples []fleet.Sample) string {
	var out []string
	for _, s := range samples {
		out = append(out, s.At.Format("15:04:05.999"))
	}
	return fmt.Sprint(out)
}

// stored reads the samples that the store holds.
func stored(t *testing.T, s fleet.Store) (samples []fleet.Sample) {
	t.Helper()
	err := s.View(t.Context(), func(tx fleet.Tx) error {
		for s, err := range tx.Samples() {
			if err != nil {
				return err
			}
			samples = append(samples, s)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("reading the samples = %v", err)
	}
	return samples
}

func TestHistoryIsASampleEachMinute(t *testing.T) {
	w := newWorld(t)
	w.clock.step(40*time.Second + 300*time.Millisecond)
	w.pass(20 * time.Second) // to 00:01:00.3
	one, two := w.agent(1, websocket()), w.agent(2, websocket())
	one.start()
	two.start()
	w.config("c", "1", selecting("host.name=host-1", 0))
	w.pass(time.Minute)
	one.push()
	one.report(one.offered[0], fleet.RemoteConfigFailed, "no")
	two.say(&fleet.Report{Health: &fleet.Health{}})
	w.pass(time.Minute)
	w.Disconnected(two.link, two.uid)
	w.pass(90 * time.Second)
	got := w.FleetHistory(all)
	at := func(minutes int) time.Time { return time.Date(2026, 1, 1, 0, minutes, 0, 0, time.UTC) }
	want := []fleet.Sample{
		{At: at(1)},
		{At: at(2), Healthy: 2, Pending: 1, Unassigned: 1},
		{At: at(3), Healthy: 1, Unhealthy: 1, Failed: 1, Unassigned: 1},
		{At: at(4), Healthy: 1, Disconnected: 1, Failed: 1, Unassigned: 1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("FleetHistory() = %+v, want %+v", got, want)
	}
	for i, total := range []int{0, 2, 2, 2} {
		if got[i].Total() != total {
			t.Errorf("FleetHistory()[%d].Total() = %d, want %d", i, got[i].Total(), total)
		}
	}
	for from, want := range map[time.Time]int{at(1): 4, at(2).Add(-time.Second): 3, at(2): 3, at(4): 1, at(4).Add(1): 0, at(400): 0} {
		if got := w.FleetHistory(from); len(got) != want {
			t.Errorf("FleetHistory(%v) = %s, want %d samples", from, times(got), want)
		}
	}
	got[0].Healthy = 77 // what a caller gets is its own
	if again := w.FleetHistory(all); !slices.Equal(again, want) {
		t.Errorf("FleetHistory() after a caller changed what it got = %+v, want %+v", again, want)
	}
}

func TestHistoryIsKeptOverARestartAndGapsStay(t *testing.T) {
	w := newWorld(t)
	w.agent(1, websocket()).start()
	for range 3 {
		w.minute()
	}
	before := w.FleetHistory(all)
	if err := w.Close(t.Context()); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	w.clock.step(10*time.Minute + 30*time.Second)
	w = openWorld(t, w.clock, w.store)
	if got := w.FleetHistory(all); !slices.Equal(got, before) {
		t.Errorf("FleetHistory() after a restart = %+v, want %+v", got, before)
	}
	w.pass(time.Minute)
	if got, want := times(w.FleetHistory(all)), "[00:01:00 00:02:00 00:03:00 00:14:00]"; got != want {
		t.Errorf("FleetHistory() after 10 minutes without a server = %s, want %s", got, want)
	}
}

// TestHistoryIsSavedWithOtherThings: what happens to agents takes the samples along, and an idle fleet is
// left alone for a quarter of an hour.
func TestHistoryIsSavedWithOtherThings(t *testing.T) {
	disk := &brittle{left: 1 << 30}
	w := newWorld(t, func(o *fleet.Options) {
		if disk.Store == nil {
			disk.Store, o.Store = o.Store, disk
		}
	})
	w.saved()
	for range 5 {
		w.minute()
	}
	w.agent(1, websocket()).start()
	w.saved()
	if got := stored(t, w.store); len(got) != 5 {
		t.Errorf("%d samples are stored after a report was, want 5", len(got))
	}
	if got := w.crash().FleetHistory(all); len(got) != 5 {
		t.Errorf("FleetHistory() after a crash = %s, want 5 samples", times(got))
	}
	writes := disk.done
	for range 14 {
		w.minute()
	}
	if disk.done != writes {
		t.Errorf("in 14 minutes in which nothing happened there were %d writes, want none", disk.done-writes)
	}
	w.minute()
	if got := stored(t, w.store); disk.done != writes+1 || len(got) != 20 {
		t.Errorf("in 15 minutes in which nothing happened there were %d writes and %d samples are stored, want 1 and 20", disk.done-writes, len(got))
	}
}

func TestHistoryOnAFullDisk(t *testing.T) {
	disk := &brittle{left: 1 << 30}
	w := newWorld(t, func(o *fleet.Options) {
		if disk.Store == nil {
			disk.Store, o.Store = o.Store, disk
		}
	})
	a := w.agent(1, websocket())
	a.start()
	w.saved()
	disk.left = 0
	for range 10 {
		w.clock.step(time.Minute)
		_ = w.SampleNow(t.Context())
		a.say(&fleet.Report{Health: &fleet.Health{Status: fmt.Sprint(w.clock.now())}})
		w.saved() // it cannot
	}
	for range 10 {
		w.clock.step(time.Minute)
		if err := w.SampleNow(t.Context()); fleet.KindOf(err) != fleet.Unavailable {
			t.Errorf("SampleNow() on a full disk, tried again each minute = %v, want unavailable", err)
		}
	}
	want := w.FleetHistory(all)
	if len(want) != 20 || len(stored(t, w.store)) != 0 {
		t.Errorf("FleetHistory() on a full disk = %s and %d are stored, want 20 and none", times(want), len(stored(t, w.store)))
	}
	disk.left = 1 << 30
	w.minute()
	if got := stored(t, w.store); !slices.Equal(got, w.FleetHistory(all)) || len(got) != 21 {
		t.Errorf("once there is room %s are stored, want %s", times(got), times(w.FleetHistory(all)))
	}
}

func TestHistoryIsADay(t *testing.T) {
	w := newWorld(t)
	for range 1500 {
		w.minute()
	}
	got := w.FleetHistory(all)
	newest := w.clock.now()
	if len(got) != 1440 || !got[1439].At.Equal(newest) || !got[0].At.Equal(newest.Add(-1439*time.Minute)) {
		t.Errorf("FleetHistory() after 1,500 minutes = %d samples, want those of the latest 1,440", len(got))
	}
	w = w.restart()
	if kept := stored(t, w.store); !slices.Equal(kept, got) {
		t.Errorf("%d samples are stored, want the %d that are shown", len(kept), len(got))
	}
	w.clock.step(23*time.Hour + 58*time.Minute + 30*time.Second)
	if got := w.FleetHistory(all); len(got) != 2 {
		t.Errorf("FleetHistory() nearly a day later = %s, want the last two", times(got))
	}
}

func TestHistoryWhenTheClockIsWrong(t *testing.T) {
	w := newWorld(t)
	for range 100 {
		w.minute()
	}
	day := w.FleetHistory(all)
	for _, wrong := range []time.Duration{-50 * 365 * 24 * time.Hour, 365 * 24 * time.Hour} {
		w.clock.step(wrong)
		for range 5 {
			w.minute()
		}
		if got := w.FleetHistory(all); len(got) != 5 {
			t.Errorf("FleetHistory() while the clock is %v off = %s, want 5 samples", wrong, times(got))
		}
		w.clock.step(-wrong - 5*time.Minute)
		if got := w.FleetHistory(all); !slices.Equal(got, day) {
			t.Errorf("FleetHistory() once the clock is right again = %s, want what was there before", times(got))
		}
	}
	// Set back by a few minutes, it comes to the same minutes again.
	w.agent(1, websocket()).start()
	w.clock.step(-10 * time.Minute)
	w.minute()
	got := w.FleetHistory(all)
	if len(got) != 91 || got[90].Healthy != 1 || got[89].Healthy != 0 {
		t.Errorf("FleetHistory() after the clock was set back = %s, ending with %+v, want 91 samples and the last one new", times(got), got[len(got)-1])
	}
	for range 1500 {
		w.minute()
	}
	w = w.restart()
	if got := stored(t, w.store); len(got) != 1440 || !slices.Equal(got, w.FleetHistory(all)) {
		t.Errorf("%d samples are stored after a day, want 1440 and none of the wrong times", len(got))
	}
}

// TestHistoryModel moves the clock at random: what is shown is in order, was sampled so, and lacks nothing
// that was sampled since the clock was last set.
func TestHistoryModel(t *testing.T) {
	for seed := range uint64(4) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		w := newWorld(t)
		a := w.agent(1, websocket())
		a.start()
		sampled := map[time.Time]fleet.Sample{}
		var since []time.Time
		for range 4000 {
			switch rnd.IntN(600) {
			case 0:
				w.clock.step(time.Duration(rnd.IntN(200_000)-100_000) * time.Second)
				since = nil
			case 1:
				w = w.restart()
				a.w = w
			case 2:
				a.start()
			case 3:
				w.Disconnected(a.link, a.uid)
			}
			w.minute()
			at := w.clock.now().Truncate(time.Minute)
			got := w.FleetHistory(at)
			if len(got) == 0 || !got[0].At.Equal(at) {
				t.Fatalf("FleetHistory(%v) right after a sample = %s", at, times(got))
			}
			sampled[at] = got[0]
			since = append(since, at)
		}
		got, now := w.FleetHistory(all), w.clock.now()
		shown := map[time.Time]bool{}
		for i, s := range got {
			if s != sampled[s.At] || s.At.After(now) || !s.At.After(now.Add(-24*time.Hour)) || i > 0 && !s.At.After(got[i-1].At) {
				t.Fatalf("seed %d: FleetHistory()[%d] = %+v at %v, want in order, of the latest day, and what was sampled: %+v", seed, i, s, now, sampled[s.At])
			}
			shown[s.At] = true
		}
		for _, at := range since[max(0, len(since)-1440):] {
			if !shown[at] {
				t.Fatalf("seed %d: FleetHistory() lacks %v, sampled since the clock was set", seed, at)
			}
		}
		w = w.restart()
		if again := w.FleetHistory(all); !slices.Equal(again, got) || len(stored(t, w.store)) > 1440 {
			t.Errorf("seed %d: FleetHistory() after a restart = %d samples of %d stored, want the %d from before", seed, len(again), len(stored(t, w.store)), len(got))
		}
	}
}

func TestHistoryLoopTakesOneSampleEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New()
		o := fleet.Options{Store: store, Checker: anything{}, Logger: slog.New(slog.DiscardHandler)}
		m, err := fleet.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		time.Sleep(5*time.Minute + 2*time.Second)
		got := m.FleetHistory(all)
		first := started.UTC().Truncate(time.Minute).Add(time.Minute)
		if len(got) != 5 || !got[0].At.Equal(first) || !got[4].At.Equal(first.Add(4*time.Minute)) {
			t.Errorf("FleetHistory() after 5 minutes = %s, want 5 samples from %v on", times(got), first)
		}
		if err := m.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if kept := stored(t, store); !slices.Equal(kept, got) {
			t.Errorf("Close() left %s stored, want %s", times(kept), times(got))
		}
	})
}
