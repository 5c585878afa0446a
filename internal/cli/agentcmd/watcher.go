package agentcmd

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

const (
	// gathering is how long changes are gathered before they are shown.
	gathering = time.Second
	// share bounds how much of the time the list is being read: after it, it is not read for so many times as long.
	share = 4
	// afresh is how often the list is read whatever happens: no event tells of a label.
	afresh = 5 * time.Minute
)

// watcher keeps up with the agents that a filter takes. Without a filter it needs the list once, and then what the events
// tell; which agents a filter takes, the server says: then the list is read anew after events.
type watcher struct {
	cli.World

	server   *client.Client
	filter   client.AgentFilter
	filtered bool
	shown    display
	news     chan news

	known   agents
	pending agents    // what events told since the last time
	stale   bool      // the list is to be read
	rested  time.Time // when it may be, after the last time
	failing bool
}

// agents are agents by their ids.
type agents map[string]*client.Agent

// display shows what a watcher knows.
type display interface {
	// show is called with what is there, and what of it is not as it was: at first all of it; by name, what is gone last.
	show(known agents, changed []*client.Agent) error
	// say is called with what goes wrong.
	say(text string)
	// look is called now and then, and may find that the terminal is of another size.
	look() error
}

// news is an event, or something to say, or the beginning of a stream.
type news struct {
	event *client.Event
	said  string
}

func (v *watcher) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := v.follow(ctx)
	again := time.NewTicker(afresh)
	defer again.Stop()
	looks := time.NewTicker(gathering)
	defer looks.Stop()
	var due <-chan time.Time // nil while nothing is to be shown
	var at, last time.Time   // when that is, and was
	for {
		select {
		case err := <-ended:
			return err
		case n := <-v.news:
			v.take(n)
		case <-again.C:
			v.stale = true
		case <-looks.C:
			if err := v.shown.look(); err != nil {
				return err
			}
		case <-due:
			due = nil
			if err := v.update(ctx); err != nil {
				return quiet(err)
			}
			last = time.Now()
		}
		if next, ok := v.next(last); ok && (due == nil || next.Before(at)) {
			at, due = next, time.After(time.Until(next))
		}
	}
}

// next is when there will be something to show; ok is false while nothing has happened.
func (v *watcher) next(last time.Time) (at time.Time, ok bool) {
	at = last.Add(gathering)
	switch {
	case len(v.pending) > 0:
		return at, true
	case v.stale && at.Before(v.rested):
		return v.rested, true
	}
	return at, v.stale
}

// follow has the events come as news. It returns where its end comes.
func (v *watcher) follow(ctx context.Context) <-chan error {
	tell := func(n news) {
		select {
		case v.news <- n:
		case <-ctx.Done():
		}
	}
	w := v.World
	w.Stderr = speaker(func(text string) { tell(news{said: text}) })
	ended := make(chan error, 1)
	go func() {
		ended <- cli.Follow(ctx, w, v.server, "", func() { tell(news{}) }, func(e client.Event) error { tell(news{event: &e}); return nil })
	}()
	return ended
}

// speaker is a writer of lines that are said rather than written.
type speaker func(text string)

// Write implements io.Writer.
func (s speaker) Write(b []byte) (int, error) {
	s(strings.TrimSpace(string(b)))
	return len(b), nil
}

func (v *watcher) take(n news) {
	switch {
	case n.said != "":
		v.shown.say(n.said)
	case n.event == nil || n.event.Agent == nil || v.filtered: // what a configuration's event changes for agents, the list has
		v.stale = true
	case n.event.Type == client.EventAgentForgotten: // and who is not there any more
		v.stale = true
	default:
		v.pending[n.event.Agent.ID] = n.event.Agent
	}
}

// quiet makes an interruption an orderly end.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// update shows what has changed. A server that is busy is asked again.
func (v *watcher) update(ctx context.Context) error {
	if !v.stale || time.Now().Before(v.rested) {
		changed := v.changed(v.pending)
		clear(v.pending)
		return v.show(changed, nil)
	}
	clear(v.pending) // the list has it
	begun := time.Now()
	list, err := client.Collect(v.server.Agents(ctx, v.filter))
	v.rested = time.Now().Add(share * time.Since(begun))
	if err != nil {
		if !cli.Passing(err) {
			return err
		}
		// The stream may be fine, so that nothing else would have it tried again: it stays stale.
		if !v.failing {
			v.shown.say(cli.Plain(err.Error()) + "; trying again")
		}
		v.failing = true
		return nil
	}
	v.stale, v.failing = false, false
	all := make(agents, len(list))
	for i := range list {
		all[list[i].ID] = &list[i]
	}
	var gone []*client.Agent
	for id, a := range v.known {
		if all[id] == nil {
			delete(v.known, id)
			a.Status = "gone"
			gone = append(gone, a)
		}
	}
	return v.show(v.changed(all), gone)
}

// changed takes agents into what is known, and returns those that are not as they were.
func (v *watcher) changed(now agents) (changed []*client.Agent) {
	for id, a := range now {
		before := v.known[id]
		if before == nil || before.Status != a.Status || before.Name != a.Name || meant(before.Config) != meant(a.Config) || before.Config.Status != a.Config.Status {
			changed = append(changed, a)
		}
		kept := *a
		kept.Raw = nil // of 10,000 agents much, and only printed when it is new
		v.known[id] = &kept
	}
	return changed
}

func (v *watcher) show(changed, gone []*client.Agent) error {
	slices.SortFunc(changed, byName)
	slices.SortFunc(gone, byName)
	return v.shown.show(v.known, append(changed, gone...))
}

func byName(a, b *client.Agent) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
}
