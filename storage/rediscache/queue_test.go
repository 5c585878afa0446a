package rediscache

import (
	"slices"
	"testing"
)

func TestQueue(t *testing.T) {
	q := newQueue(3)
	a, b, c, d := configKey("a"), configKey("b"), configKey("c"), configKey("d")
	if got := q.add(a); got != 1 || q.len() != 0 || q.overflowed() {
		t.Errorf("add() while shut refused %d, len() = %d, want 1, 0 and no overflow", got, q.len())
	}
	<-q.wake
	q.open()

	// Each key once, in the order of the first time.
	if got := q.add(a, b, a); got != 0 {
		t.Errorf("add() refused %d, want 0", got)
	}
	q.add(c, b)
	select {
	case <-q.wake:
	default:
		t.Error("add() did not wake")
	}
	if got := q.add(d, a); got != 1 || !q.overflowed() || q.overflowed() {
		t.Errorf("add() over the limit refused %d, want 1 and one overflow", got)
	}
	<-q.wake
	if got, want := q.take(2), []key{a, b}; !slices.Equal(got, want) {
		t.Errorf("take(2) = %v, want %v", got, want)
	}

	// What has been taken may wait again; putting it back does not wake.
	q.putBack(a, d)
	select {
	case <-q.wake:
		t.Error("putBack() woke")
	default:
	}
	if got, want := q.take(9), []key{c, a, d}; !slices.Equal(got, want) {
		t.Errorf("take(9) = %v, want %v", got, want)
	}
	if got := q.take(9); len(got) != 0 {
		t.Errorf("take() of an empty queue = %v, want none", got)
	}

	q.add(a, b)
	if got := q.close(); got != 2 || q.len() != 0 {
		t.Errorf("close() = %d with %d left, want 2 and none", got, q.len())
	}
	if got := q.add(a); got != 1 {
		t.Errorf("add() after close refused %d, want 1", got)
	}
	q.open()
	if got := q.add(a); got != 0 || q.len() != 1 {
		t.Errorf("add() after open refused %d, len() = %d, want 0 and 1", got, q.len())
	}
}
