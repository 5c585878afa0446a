package applycmd

import (
	"context"
	"sync"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/internal/declared"
)

// atOnce is how many requests are under way at a time: enough that a distant server does
// not make many configurations a matter of minutes, and little to a near one.
const atOnce = 4

// state is what a server has.
type state struct {
	configs []declared.Current
	etags   map[string]string // by id
}

// readState reads the configurations that wanted picks from the list, with their bodies.
func readState(ctx context.Context, w cli.World, server *client.Client, wanted func(client.Config) bool) (state, error) {
	var ids []string
	for c, err := range server.Configs(ctx, client.ConfigFilter{}) {
		if err != nil {
			return state{}, err
		}
		if wanted(c) {
			ids = append(ids, c.ID)
		}
	}
	configs := make([]client.Config, len(ids))
	err := each(ctx, w, "reading", len(ids), func(ctx context.Context, i int) error {
		c, err := server.Config(ctx, ids[i])
		if client.KindOf(err) == client.NotFound {
			return nil // somebody has deleted it since
		}
		configs[i] = c
		return err
	})
	s := state{etags: map[string]string{}}
	for i := range configs {
		if c := &configs[i]; c.ID != "" {
			s.configs = append(s.configs, current(c))
			s.etags[c.ID] = c.ETag
		}
	}
	return s, err
}

func current(c *client.Config) declared.Current {
	return declared.Current{
		ID: c.ID, Name: c.Name, Description: c.Description, Selector: c.Selector, Priority: c.Priority,
		Labels: c.Labels, Body: c.Config, Version: c.Version, Agents: c.Agents.Total,
	}
}

// spec is what the server is to have after a change.
func spec(c *declared.Change) client.ConfigSpec {
	return client.ConfigSpec{
		Name: c.Want.Name, Description: c.Want.Description, Config: c.Want.Body,
		Labels: c.Labels, Selector: c.Want.Selector, Priority: c.Want.Priority,
	}
}

// each does n things, some at a time, and tells how far it is. The first error ends it.
func each(ctx context.Context, w cli.World, what string, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	progress := cli.NewProgress(w, what, n)
	defer progress.End()
	var (
		mu    sync.Mutex
		first error
		next  int
		all   sync.WaitGroup
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= n && ctx.Err() == nil
	}
	for range min(n, atOnce) {
		all.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				err := do(ctx, i)
				mu.Lock()
				if err != nil && first == nil {
					first = err
					cancel()
				}
				progress.Step()
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if first == nil {
		first = ctx.Err()
	}
	return first
}
