package rediscache

import (
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func wantDetail(t *testing.T, l *link, want string) {
	t.Helper()
	got := l.check("host:1")
	if want == "" {
		if got != (fleet.Check{Status: fleet.CheckOK}) {
			t.Errorf("check() = %+v, want ok", got)
		}
		return
	}
	if got.Status != fleet.CheckDegraded || !strings.HasPrefix(got.Detail, "Redis at host:1 "+want) {
		t.Errorf("check() = %+v, want degraded: Redis at host:1 %s", got, want)
	}
}

func generation(l *link) uint64 {
	g, _ := l.isUp()
	return g
}

func TestLink(t *testing.T) {
	q := newQueue(9)
	l := newLink(q)
	wantDetail(t, l, "has not answered yet")
	if _, yes := l.readable(); yes {
		t.Error("readable() before the first probe = true, want false")
	}
	l.fail(generation(l), faultConnection)
	wantDetail(t, l, "cannot be reached")

	if !l.restore() || l.restore() {
		t.Error("restore() did not say that it was down, once")
	}
	wantDetail(t, l, "answers; the fleet is being published")
	up := generation(l)
	if !l.finished(up) || l.finished(up) {
		t.Error("finished() did not say that it healed, once")
	}
	wantDetail(t, l, "")

	// Up, the queue is open; down, it is shut and empty.
	if refused := q.add(configKey("a")); refused != 0 {
		t.Errorf("add() while up refused %d, want 0", refused)
	}
	if forgotten, news := l.fail(up, faultFull); forgotten != 1 || !news {
		t.Errorf("fail() = %d, %v, want 1 forgotten, and news", forgotten, news)
	}
	if refused := q.add(configKey("a")); refused != 1 {
		t.Errorf("add() while down refused %d, want 1", refused)
	}
	wantDetail(t, l, "is out of memory")

	// Who asked before it went down reports what is known.
	if _, news := l.fail(up, faultTimeout); news {
		t.Error("fail() of an older generation is news")
	}
	wantDetail(t, l, "is out of memory")
	if l.finished(up) {
		t.Error("finished() of an older generation healed")
	}

	// Full again before everything was published: the same failure goes on.
	l.restore()
	if _, news := l.fail(generation(l), faultFull); news {
		t.Error("fail() for the same cause without healing between is news")
	}
	l.restore()
	if _, news := l.fail(generation(l), faultAuth); !news {
		t.Error("fail() for another cause is not news")
	}
}

func TestLinkTurnsSlow(t *testing.T) {
	l := newLink(newQueue(9))
	l.restore()
	l.finished(generation(l))
	for range 3 {
		for range slowReads - 1 {
			if l.waited(false) {
				t.Fatalf("waited() turned slow before %d in a row", slowReads)
			}
		}
		l.waited(true)
	}
	for range slowReads - 1 {
		l.waited(false)
	}
	if !l.waited(false) {
		t.Errorf("waited() did not turn slow after %d in a row", slowReads)
	}
	wantDetail(t, l, "is slow")
	if _, yes := l.readable(); yes {
		t.Error("readable() while slow = true, want false")
	}
	if _, yes := l.isUp(); !yes {
		t.Error("isUp() while slow = false, want true: publishing goes on")
	}
	if l.measured(false) || !l.measured(true) || l.measured(true) {
		t.Error("measured() did not recover once, when fast")
	}
	wantDetail(t, l, "")
}

func TestLinkShared(t *testing.T) {
	l := newLink(newQueue(9))
	l.restore()
	l.finished(generation(l))
	if !l.share(true) || l.share(true) {
		t.Error("share(true) was not news once")
	}
	wantDetail(t, l, "is used by another control plane")
	l.share(false)
	wantDetail(t, l, "")
}
