package main

// limit is one figure and what it may be at most. Measured and Met are absent
// where the phase did not run or did not get that far.
type limit struct {
	Name     string   `json:"name"`
	AtMost   float64  `json:"at_most"`
	Measured *float64 `json:"measured,omitempty"`
	Met      *bool    `json:"met,omitempty"`
}

// checkLimits holds the report against the limits that the project has set for
// ten thousand agents on a machine of two cores.
func checkLimits(r *report) []limit {
	var out []limit
	check := func(name string, atMost float64, measured *float64) {
		l := limit{Name: name, AtMost: atMost, Measured: measured}
		if measured != nil {
			met := *measured <= atMost
			l.Met = &met
		}
		out = append(out, l)
	}
	if c := r.Connect; c != nil {
		check("connect: errors", 0, new(float64(c.Errors)))
		check("connect: resident KiB per agent", 20, known(c.KiBPerAgent))
	}
	if h := r.Heartbeat; h != nil {
		check("heartbeat: missing answers", 0, new(float64(h.Missing+h.Offline)))
		check("heartbeat: server CPU ms per 1,000", 50, known(h.CPUMSPer1k))
	}
	if p := r.Push; p != nil {
		all := p.Offered.Count >= r.Run.Agents
		check("push: median agent offered, ms", 1000, only(all, p.Offered.P50MS))
		check("push: last agent offered, ms", 2000, only(all, p.Offered.LastMS))
		check("push: all reported applied, ms", 5000, known(p.AppliedMS))
		check("push: repeated offers", 0, new(float64(p.Repeated)))
	}
	if l := r.List; l != nil {
		check("list: 99th percentile, ms", 10, known(l.Requests.P99MS))
	}
	if i := r.Idle; i != nil {
		check("idle: bytes written to disk", 0, only(i.Heartbeats > 0, float64(i.WrittenBytes)))
	}
	if b := r.Restart; b != nil {
		came := b.BackSinceStop > 0
		check("restart: all agents back since the stop, s", 10, known(b.BackSinceStop))
		check("restart: configurations sent again", 0, only(came, float64(b.Offers)))
		if b.Signal == "term" {
			// A heartbeat that the server no longer read leaves a gap, and a gap is asked about.
			check("restart: agents without a gap asked for full state", 0, only(came, float64(max(b.FullStateAsked-b.LostBeats, 0))))
		}
	}
	return out
}

// known is a figure that is never 0 when it was measured.
func known(figure float64) *float64 { return only(figure != 0, figure) }

func only(measured bool, figure float64) *float64 {
	if !measured {
		return nil
	}
	return &figure
}

// missed tells whether a limit was missed, or could not be held against anything
// although its phase began.
func missed(limits []limit) bool {
	for _, l := range limits {
		if l.Met == nil || !*l.Met {
			return true
		}
	}
	return false
}
