package fleet

import (
	"context"
	"maps"
	"slices"
)

// MaxBatchIDs is how many agents a Batch may name one by one.
const MaxBatchIDs = 10_000

// batchStep is how many agents one transaction of a batch takes. Between two of them the store is others': what
// agents say to the step before is written, and more steps are more waiting for that.
const batchStep = 2000

// BatchAction is what a Batch does to each agent.
type BatchAction string

// The actions, each as the act on one agent of that name.
const (
	BatchLabels   BatchAction = "labels"
	BatchAssign   BatchAction = "assign"
	BatchUnassign BatchAction = "unassign"
	BatchRetry    BatchAction = "retry"
	BatchRestart  BatchAction = "restart"
)

// BatchActions lists every BatchAction.
func BatchActions() []BatchAction {
	return []BatchAction{BatchLabels, BatchAssign, BatchUnassign, BatchRetry, BatchRestart}
}

// Batch is one act on many agents: those that Selector takes, or those that IDs name, as a single act would.
type Batch struct {
	Selector string
	IDs      []string
	Action   BatchAction
	Labels   map[string]*string // with BatchLabels: as PatchLabels takes them
	Config   string             // with BatchAssign: id or name
	Version  int                // with BatchAssign: 0 follows the newest
}

// BatchResult is what became of one agent.
type BatchResult struct {
	ID   string // the instance UID, or what was asked for where that fits no agent
	Name string // empty where it fits no agent
	Err  error  // of the kinds that the act on one agent has; nil where it was done
}

// batchTarget is an agent that is meant, or why there is none.
type batchTarget struct {
	id  string
	e   *entry
	err error
}

// Batch does one thing to many agents and says of each what became of it: by UID where a selector takes
// them, else in the order of the ids, each agent once. What was done is durable when it returns. It is
// done in steps of some thousand agents; when one cannot be stored, what is left is not tried, and says so.
//
// Errors, where nothing was done: Invalid, NotFound, no such configuration; Unprocessable, the labels;
// Conflict, more connected agents would be reached than the guard allows; and what the first step meets.
func (m *Manager) Batch(ctx context.Context, b Batch, o WriteOptions) ([]BatchResult, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	next, err := m.batchAssigns(ctx, b)
	if err != nil {
		return nil, err
	}
	do := b.act()
	var targets []batchTarget
	err = m.locked(func() (err error) {
		if targets, err = m.batchTargets(b); err != nil {
			return err
		}
		return m.confirmed(m.batchReach(b, do, next, targets), o)
	})
	if err != nil {
		return nil, err
	}
	results := make([]BatchResult, 0, len(targets))
	for step := range slices.Chunk(targets, batchStep) {
		done, err := m.doBatch(ctx, do, step)
		if err != nil {
			if len(results) == 0 {
				return nil, err
			}
			m.log.Warn("a batch was stopped half way", "action", b.Action, "done", len(results), "of", len(targets), "err", err)
			return append(results, m.notDone(targets[len(results):], err)...), nil
		}
		results = append(results, done...)
	}
	return results, nil
}

// check holds b against itself. Errors: Invalid; Unprocessable, labels that no agent could have.
func (b Batch) check() error {
	sel, err := givenSelector(b.Selector)
	switch {
	case err != nil:
		return err
	case (sel == nil) == (len(b.IDs) == 0):
		return Errorf(Invalid, "say which agents are meant: by a selector or by ids, one of the two")
	case len(b.IDs) > MaxBatchIDs:
		return Errorf(Invalid, "%d ids are more than the %d that one batch takes", len(b.IDs), MaxBatchIDs)
	case !slices.Contains(BatchActions(), b.Action):
		return Errorf(Invalid, "action %q is none of labels, assign, unassign, retry, restart", b.Action)
	case (b.Action == BatchLabels) != (len(b.Labels) > 0):
		return Errorf(Invalid, "labels go with the action labels, which needs at least one")
	case (b.Action == BatchAssign) != (b.Config != ""):
		return Errorf(Invalid, "a configuration goes with the action assign, which needs one")
	case b.Version < 0 || b.Version > 0 && b.Action != BatchAssign:
		return Errorf(Invalid, "a version goes with the action assign, and is at least 1")
	}
	set := map[string]string{}
	for k, v := range b.Labels {
		if v != nil {
			set[k] = *v
		}
	}
	return CheckLabels(set)
}

func (b Batch) act() act {
	switch b.Action {
	case BatchLabels:
		return patchLabels(maps.Clone(b.Labels))
	case BatchAssign:
		return assign(b.Config, b.Version)
	case BatchUnassign:
		return unassign()
	case BatchRetry:
		return retry
	default:
		return restart
	}
}

// batchAssigns finds what a batch that assigns means for its agents; nil for another. Errors: NotFound.
func (m *Manager) batchAssigns(ctx context.Context, b Batch) (*target, error) {
	if b.Action != BatchAssign {
		return nil, nil
	}
	m.lock()
	c, err := m.catalog.findVersion(b.Config, b.Version)
	m.unlock()
	if err != nil {
		return nil, err
	}
	if b.Version == 0 {
		return c.assigned, nil
	}
	v, err := m.version(ctx, c.config, b.Version)
	if err != nil {
		return nil, err
	}
	remote := NewRemoteConfig(v.Body)
	return &target{configID: c.config.ID, name: c.config.Name, version: b.Version, source: SourceAssignment, remote: &remote}, nil
}

// batchTargets finds the agents. The caller holds mu.
func (m *Manager) batchTargets(b Batch) ([]batchTarget, error) {
	var targets []batchTarget
	if len(b.IDs) == 0 {
		sel, err := parseSelector(b.Selector)
		for _, e := range m.order {
			if err == nil && sel.Matches(agentLabels{e.agent}) {
				targets = append(targets, batchTarget{id: e.agent.UID.String(), e: e})
			}
		}
		return targets, err
	}
	find := m.finder()
	seen := make(map[*entry]bool, len(b.IDs))
	for _, ref := range b.IDs {
		e, err := find(ref)
		if err != nil {
			targets = append(targets, batchTarget{id: ref, err: err})
			continue
		}
		if !seen[e] {
			seen[e] = true
			targets = append(targets, batchTarget{id: e.agent.UID.String(), e: e})
		}
	}
	return targets, nil
}

// batchReach counts the connected agents that would be sent something at once. next is what the batch
// assigns, if it does. The caller holds mu.
func (m *Manager) batchReach(b Batch, do act, next *target, targets []batchTarget) int {
	reached := 0
	for _, t := range targets {
		if t.err != nil || t.e.link == nil {
			continue
		}
		c, err := do(m, t.e)
		if err != nil {
			continue
		}
		if b.Action == BatchRetry || b.Action == BatchRestart {
			reached++
			continue
		}
		want := next
		if b.Action != BatchAssign {
			want = m.catalog.resolve(&c.state.agent)
		}
		if t.e.canReceive() && offers(t.e.want, want) {
			reached++
		}
	}
	return reached
}

// doBatch does it to some, in one transaction. Errors: as commitChanges'; nothing was done then.
func (m *Manager) doBatch(ctx context.Context, do act, targets []batchTarget) ([]BatchResult, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	results := make([]BatchResult, len(targets))
	var changes []agentChange
	m.lock()
	for i, t := range targets {
		err := t.err
		switch {
		case err != nil:
		case t.e.gone:
			err = Errorf(NotFound, "there is no agent %q", t.id)
		default:
			var c agentChange
			if c, err = do(m, t.e); err == nil {
				changes = append(changes, c)
			}
		}
		results[i] = BatchResult{ID: t.id, Err: err}
	}
	m.unlock()
	if err := m.commitChanges(ctx, changes); err != nil {
		return nil, err
	}
	m.lock()
	defer m.unlock()
	for i, t := range targets {
		results[i].Name = t.name()
	}
	return results, nil
}

// notDone says of each that it was left out.
func (m *Manager) notDone(targets []batchTarget, err error) []BatchResult {
	m.lock()
	defer m.unlock()
	results := make([]BatchResult, len(targets))
	for i, t := range targets {
		results[i] = BatchResult{ID: t.id, Name: t.name(), Err: err}
		if t.err != nil {
			results[i].Err = t.err
		}
	}
	return results
}

func (t batchTarget) name() string {
	if t.e == nil {
		return ""
	}
	return t.e.agent.Name()
}
