package main

import (
	"context"
	"fmt"
)

// listPage is the page size that the limit speaks of.
const listPage = 100

// listed is what the list phase found.
type listed struct {
	PageSize  int    `json:"page_size"`
	Requests  spread `json:"requests"`
	TotalSize int    `json:"total_size"`
	cost
}

// list walks the pages of the list of agents, again and again, one request after
// another on one connection.
func (b *bench) list(ctx context.Context) error {
	// What a push leaves to be written is not what is measured here.
	if err := rest(ctx, b.opts.settle); err != nil {
		return err
	}
	spent, err := b.meter()
	if err != nil {
		return err
	}
	out := &listed{PageSize: listPage}
	b.report.List = out
	times := newSamples(b.opts.listRequests)
	token := ""
	for range b.opts.listRequests {
		page, took, err := b.api.agents(ctx, listPage, token)
		if err != nil {
			return err
		}
		times.add(took)
		token, out.TotalSize = page.NextPageToken, page.TotalSize
	}
	out.Requests = spreadOf(times.sorted())
	if out.TotalSize < len(b.swarm.agents) {
		return fmt.Errorf("GET /agents tells of %d agents, and %d are connected", out.TotalSize, len(b.swarm.agents))
	}
	out.cost, err = spent()
	return err
}
