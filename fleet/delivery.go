package fleet

import (
	"fmt"
	"slices"
	"time"
)

const (
	// maxOutcomes bounds what is remembered per agent; the oldest outcome goes first.
	maxOutcomes = 8
	// maxOffers bounds how often one configuration is sent to an agent that does not say what became of it.
	maxOffers = 3
	// receivedAfter is how long after an offer a message over a WebSocket shows that the offer has arrived:
	// one that comes sooner may have been under way already.
	receivedAfter = 5 * time.Second
	// lostAfter is how long an agent over plain HTTP may take to say something of an offer before it is sent again.
	lostAfter = 2 * time.Minute
)

// Outcome returns what became of offering h, and whether anything is known of it.
func (a *Agent) Outcome(h ConfigHash) (Outcome, bool) {
	for _, o := range a.Outcomes {
		if o.Hash == h {
			return o, true
		}
	}
	return Outcome{}, false
}

// withOutcome replaces or adds o on a fresh slice. An outcome keeps its place, a new one comes first.
func (a *Agent) withOutcome(o Outcome) {
	for i := range a.Outcomes {
		if a.Outcomes[i].Hash == o.Hash {
			a.Outcomes = slices.Clone(a.Outcomes)
			a.Outcomes[i] = o
			return
		}
	}
	list := make([]Outcome, 0, min(len(a.Outcomes)+1, maxOutcomes))
	list = append(list, o)
	a.Outcomes = append(list, a.Outcomes[:min(len(a.Outcomes), maxOutcomes-1)]...)
}

// Needs reports whether a should be offered the configuration named want:
// it accepts remote configuration, want is not what it last received, applied
// or not, want has not failed there, and offering it again can change anything.
// offered tells whether want was sent over the present connection already.
// Source: OpAMP, RemoteConfigStatus.last_remote_config_hash.
func (a *Agent) Needs(want ConfigHash, offered bool) bool {
	if want == "" || !a.Capabilities.Has(AcceptsRemoteConfig) || a.RemoteConfigStatus.LastHash == want {
		return false
	}
	o, known := a.Outcome(want)
	if !known {
		return true
	}
	return o.State != OutcomeFailed && !offered && !a.tooOften(o) && !a.holds(o)
}

// holds reports whether, for all that anybody can know, an agent that names no
// hashes has what o tells of: it has arrived, and nothing else was sent since.
// One that reports, and has received nothing yet by its own word, has not.
func (a *Agent) holds(o Outcome) bool {
	silent := a.RemoteConfigStatus.LastHash == "" && !o.Mentioned &&
		(a.RemoteConfigStatus.State != RemoteConfigUnset || !a.Capabilities.Has(ReportsRemoteConfig))
	return silent && o.Received && a.rank(o.Hash) == 0
}

// tooOften reports whether o was sent as often as makes sense, and nothing else since.
func (a *Agent) tooOften(o Outcome) bool { return o.Offers >= maxOffers && a.rank(o.Hash) == 0 }

// exhausted reports whether want was offered as often as makes sense, without any word of it.
func (a *Agent) exhausted(want ConfigHash, offered bool) bool {
	if want == "" || !a.Capabilities.Has(AcceptsRemoteConfig) || a.RemoteConfigStatus.LastHash == want {
		return false
	}
	o, known := a.Outcome(want)
	return known && !offered && o.State != OutcomeFailed && a.tooOften(o) && !a.holds(o)
}

// giveUp records that want was offered often enough. Of an agent that does not
// report, nobody can know that it has failed. It changes a in place.
func (a *Agent) giveUp(want ConfigHash, now time.Time) {
	o, _ := a.Outcome(want)
	if a.Capabilities.Has(ReportsRemoteConfig) || a.RemoteConfigStatus.LastHash != "" {
		o.State, o.At = OutcomeFailed, now
		o.Error = fmt.Sprintf("offered %d times, and the agent has not taken it up", o.Offers)
	} else {
		o.Received = true
	}
	a.withOutcome(o)
}

// offer records that want is being sent. It changes a in place and reports
// whether this is the first time since the outcome began or was retried.
func (a *Agent) offer(want ConfigHash, now time.Time) bool {
	o, known := a.Outcome(want)
	if !known || o.State != OutcomeOffered {
		o.At = now
	}
	if a.rank(want) > 0 {
		o.Offers = 0 // Something else was sent in between: what came before does not count.
	}
	first := o.Offers == 0
	o.Hash, o.State, o.Error, o.Received = want, OutcomeOffered, "", false
	o.Offers++
	if known {
		// The latest offer comes first: observe tells a step back by this order.
		a.Outcomes = slices.DeleteFunc(slices.Clone(a.Outcomes), func(p Outcome) bool { return p.Hash == want })
	}
	a.withOutcome(o)
	return first
}

// received records that the offer of want has reached the agent. It changes a in place.
func (a *Agent) received(want ConfigHash) {
	if o, known := a.Outcome(want); known && !o.Received {
		o.Received = true
		a.withOutcome(o)
	}
}

// retry forgets that want has failed, or how often it was offered, so that it
// is offered once more. It changes a in place.
func (a *Agent) retry(want ConfigHash, now time.Time) {
	if a.RemoteConfigStatus.LastHash == want && a.RemoteConfigStatus.State == RemoteConfigFailed {
		// What it last received is no reason any more not to send it.
		a.RemoteConfigStatus = RemoteConfigStatus{}
	}
	if o, known := a.Outcome(want); known {
		a.withOutcome(Outcome{Hash: o.Hash, Mentioned: o.Mentioned, At: now})
	}
}

// answered reports whether a has spoken of want before and that was set aside by
// a retry: it may have the same to say again.
func (a *Agent) answered(want ConfigHash) bool {
	o, known := a.Outcome(want)
	return known && o.Mentioned && a.RemoteConfigStatus.LastHash == ""
}

// retrying reports whether the outcome was set back and nothing has been sent since.
func (o Outcome) retrying() bool { return o.State == OutcomeOffered && o.Offers == 0 }

// retarget makes room for offering want, which is meant for a from now on:
// earlier offers do not count against it. What failed stays failed. It changes a in place.
func (a *Agent) retarget(want ConfigHash) {
	if o, known := a.Outcome(want); known && o.State != OutcomeFailed && o.Offers > 0 {
		o.Offers, o.Received = 0, false
		a.withOutcome(o)
	}
}

// observe takes in what the agent says of the configuration it last received.
// offered is what was sent over the present connection, if anything. It changes
// a in place. Source: OpAMP, RemoteConfigStatus.
func (a *Agent) observe(s RemoteConfigStatus, offered ConfigHash, now time.Time) {
	before := a.RemoteConfigStatus
	a.RemoteConfigStatus = s
	if s.LastHash == "" {
		a.observeUnnamed(s, before, offered, now)
		return
	}
	o, known := a.Outcome(s.LastHash)
	state := outcomeState(s.State)
	if known && state == OutcomeFailed && o.retrying() {
		// It repeats what is to be tried again; the new offer has not been sent yet.
		a.RemoteConfigStatus = RemoteConfigStatus{}
		return
	}
	if known || s.State == RemoteConfigFailed {
		if o.State != state || !known {
			o.At = now
		}
		o.Hash, o.State, o.Error, o.Mentioned, o.Received = s.LastHash, state, s.Error, true, true
		a.withOutcome(o)
	}
	// An agent that was applying a later offer and now runs an earlier one has gone back by itself.
	later, wasNamed := a.Outcome(before.LastHash)
	if s.State == RemoteConfigApplied && before.LastHash != s.LastHash && wasNamed &&
		later.State == OutcomeApplying && a.rank(before.LastHash) < a.rank(s.LastHash) {
		later.State, later.At = OutcomeFailed, now
		later.Error = "the agent went back to configuration " + short(s.LastHash) + " by itself"
		a.withOutcome(later)
	}
}

// observeUnnamed takes in a status without a hash: the first word of an agent
// that has received nothing yet, or has lost its state, or never names hashes.
func (a *Agent) observeUnnamed(s, before RemoteConfigStatus, offered ConfigHash, now time.Time) {
	if s.State == RemoteConfigUnset {
		for _, o := range a.Outcomes {
			if o.Mentioned && o.State != OutcomeFailed && before.LastHash != "" {
				o.Offers, o.Received = 0, false // It has lost what it had: a new life.
				a.withOutcome(o)
			}
		}
		return
	}
	o, known := a.Outcome(offered)
	if offered == "" || !known {
		return
	}
	// It can only speak of what was sent to it.
	o.State, o.Error, o.Received, o.At = outcomeState(s.State), s.Error, true, now
	a.withOutcome(o)
}

// rank orders offers, the latest first; what was never offered comes last.
func (a *Agent) rank(h ConfigHash) int {
	for i, o := range a.Outcomes {
		if o.Hash == h {
			return i
		}
	}
	return len(a.Outcomes)
}

func outcomeState(s RemoteConfigState) OutcomeState {
	switch s {
	case RemoteConfigApplied:
		return OutcomeApplied
	case RemoteConfigFailed:
		return OutcomeFailed
	case RemoteConfigApplying:
		return OutcomeApplying
	}
	return OutcomeOffered
}

// Delivery says how far want has come at a, and the error where it failed.
func (a *Agent) Delivery(want ConfigHash) (DeliveryState, string) {
	if !a.Capabilities.Has(AcceptsRemoteConfig) {
		return DeliveryUnsupported, ""
	}
	if want == "" {
		return DeliveryUnassigned, ""
	}
	o, known := a.Outcome(want)
	if a.RemoteConfigStatus.LastHash == want {
		switch a.RemoteConfigStatus.State {
		case RemoteConfigApplied:
			return DeliveryApplied, ""
		case RemoteConfigFailed:
			return DeliveryFailed, a.RemoteConfigStatus.Error
		}
		return DeliveryApplying, ""
	}
	switch {
	case !known:
		return DeliveryPending, ""
	case o.State == OutcomeFailed:
		return DeliveryFailed, o.Error
	case a.rank(want) > 0: // Something else was sent since.
		return DeliveryPending, ""
	case o.State == OutcomeApplied && a.RemoteConfigStatus.LastHash == "" && !o.Mentioned:
		return DeliveryApplied, ""
	case o.Received && o.State != OutcomeApplied:
		return DeliveryApplying, ""
	}
	return DeliveryPending, ""
}

// short prints the beginning of a hash, enough to recognise it.
func short(h ConfigHash) string {
	s := h.String()
	return s[:min(len(s), 12)]
}
