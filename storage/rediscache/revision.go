package rediscache

import (
	"hash/maphash"
	"sync"
)

// slotCount is how many revisions are kept: 16 bytes each, whatever the size of
// the fleet. Keys that fall into one slot share its revision, which costs one
// of them a miss when the other changes, and nothing else.
const slotCount = 1 << 16

// revisions knows, for every key there could ever be, the revision under which
// a value read from the store now may be published and served. DESIGN.md says
// why that suffices. Safe for concurrent use.
type revisions struct {
	seed  maphash.Seed
	mu    sync.Mutex
	last  uint64 // the newest revision; none is ever given out twice
	slots []slot
}

type slot struct {
	revision uint64
	inFlux   uint32 // how many transactions that touched it may be committing right now
}

func newRevisions(slots int) *revisions {
	return &revisions{seed: maphash.MakeSeed(), slots: make([]slot, slots)}
}

func (r *revisions) slotOf(k key) int {
	return int(maphash.Comparable(r.seed, k) % uint64(len(r.slots)))
}

// current returns the revision of k; settled is false while a transaction that
// touched k may be committing: then nothing may be said about k at all.
func (r *revisions) current(k key) (revision uint64, settled bool) {
	i := r.slotOf(k)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.slots[i].revision, r.slots[i].inFlux == 0
}

// raise gives every key a new revision, the same for all, and puts it in flux
// until the returned function is called, once. To be called before what changed
// the keys can be seen by anybody.
func (r *revisions) raise(keys map[key]struct{}) (settle func()) {
	raised := make([]int, 0, len(keys))
	for k := range keys {
		raised = append(raised, r.slotOf(k))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	for _, i := range raised {
		r.slots[i].revision = r.last
		r.slots[i].inFlux++
	}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, i := range raised {
			r.slots[i].inFlux--
		}
	}
}
