package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// parallel is how many agents connect at once.
const parallel = 64

// fleet is what the orders are about. Only the loop that reads orders uses it,
// but for agents, which churn reads as well.
type fleet struct {
	endpoint, token string

	mu     sync.Mutex
	agents map[int]*agent

	stopChurn context.CancelFunc
}

func (f *fleet) obey(ctx context.Context, o order) error {
	switch o.Do {
	case "connect":
		return f.connect(ctx, o.From, o.Count)
	case "health":
		a, err := f.agent(o.Agent)
		if err != nil {
			return err
		}
		return a.setHealth(o.Error)
	case "churn":
		f.churn(ctx, o.PerSecond)
		return nil
	case "leave":
		a, err := f.agent(o.Agent)
		if err != nil {
			return err
		}
		f.mu.Lock()
		delete(f.agents, o.Agent)
		f.mu.Unlock()
		return a.stop(ctx)
	}
	return fmt.Errorf("unknown order %q", o.Do)
}

func (f *fleet) agent(n int) (*agent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.agents[n]
	if a == nil {
		return nil, fmt.Errorf("agent %d is not connected", n)
	}
	return a, nil
}

// connect answers once the server has heard of all of them.
func (f *fleet) connect(ctx context.Context, from, count int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	numbers := make(chan int)
	faults := make(chan error, parallel)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for n := range numbers {
				a, err := startAgent(ctx, f.endpoint, f.token, n)
				if err != nil {
					select {
					case faults <- fmt.Errorf("agent %d: %w", n, err):
					default: // One fault is enough to be told.
					}
					continue
				}
				f.mu.Lock()
				f.agents[n] = a
				f.mu.Unlock()
			}
		})
	}
	for n := from; n < from+count; n++ {
		numbers <- n
	}
	close(numbers)
	workers.Wait()
	select {
	case err := <-faults:
		return err
	default:
		return nil
	}
}

// churn changes the health of so many agents a second, one after the other.
func (f *fleet) churn(ctx context.Context, perSecond int) {
	if f.stopChurn != nil {
		f.stopChurn()
		f.stopChurn = nil
	}
	if perSecond <= 0 {
		return
	}
	ctx, f.stopChurn = context.WithCancel(ctx)
	f.mu.Lock()
	agents := make([]*agent, 0, len(f.agents))
	for _, a := range f.agents {
		agents = append(agents, a)
	}
	f.mu.Unlock()
	go func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			a := agents[i%len(agents)]
			problem := ""
			if a.healthy() {
				problem = "exporter queue is full"
			}
			_ = a.setHealth(problem) // An agent that is gone in the meantime changes no more.
		}
	}()
}
