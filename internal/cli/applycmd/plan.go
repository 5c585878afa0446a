package applycmd

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/internal/declared"
)

// step is one change of a plan, and what came of it.
type step struct {
	declared.Change

	etag    string          // of what is there, for If-Match
	preview *client.Preview // of what is created or updated
	done    bool
	result  client.Config // of what was created or updated
}

// plan is what is to be done, in its order.
type plan struct {
	steps []*step
}

// makePlan reads what there is, compares, and has the server check every change before there is any.
func makePlan(ctx context.Context, w cli.World, server *client.Client, configs []declared.Config, o declared.Options) (*plan, error) {
	named := map[string]bool{}
	for i := range configs {
		named[configs[i].Name] = true
		named[configs[i].RenamedFrom] = true
	}
	have, err := readState(ctx, w, server, func(c client.Config) bool {
		return named[c.Name] || o.Prune && c.Labels[declared.ManagedBy] == o.Set
	})
	if err != nil {
		return nil, err
	}
	changes := declared.Make(configs, have.configs, o)
	var checked []int
	previews := map[string]*client.Preview{}
	for i := range changes {
		if a := changes[i].Action; a == declared.Create || a == declared.Update {
			checked = append(checked, i)
			previews[changes[i].Name] = new(client.Preview)
		}
	}
	err = each(ctx, w, "checking", len(checked), func(ctx context.Context, i int) error {
		c := &changes[checked[i]]
		ref := ""
		if c.Have != nil {
			ref = c.Have.ID
		}
		p, err := server.PreviewConfig(ctx, ref, spec(c))
		if err != nil {
			return fmt.Errorf("check %s: %w", c.Name, err)
		}
		*previews[c.Name] = p
		return nil
	})
	if err != nil {
		return nil, err
	}
	declared.Sort(changes, func(c *declared.Change) int { return previews[c.Name].Loses })
	p := &plan{}
	for _, c := range changes {
		s := &step{Change: c}
		if c.Action != declared.Delete {
			s.preview = previews[c.Name]
		}
		if c.Have != nil {
			s.etag = have.etags[c.Have.ID]
		}
		p.steps = append(p.steps, s)
	}
	return p, nil
}

// findings are what the server's checks say, as file:line:column; errors tells how many stop the plan.
func (p *plan) findings() (lines []string, errors int) {
	for _, s := range p.steps {
		if s.preview == nil {
			continue
		}
		for _, f := range s.preview.Findings {
			if f.Severity == "error" {
				errors++
			}
			at := s.Want.File
			if f.Line > 0 {
				at = fmt.Sprintf("%s:%d:%d", at, f.Line+s.Want.Line-1, f.Column)
			}
			path := ""
			if f.Path != "" {
				path = f.Path + ": "
			}
			lines = append(lines, cli.Plain(fmt.Sprintf("%s: %s: %s%s [%s]", at, f.Severity, path, f.Message, f.Code)))
		}
	}
	return lines, errors
}

// unconfirmed is the change that reaches most agents of those that need more than
// confirm; nil where there is none.
func (p *plan) unconfirmed(confirm int) *step {
	var most *step
	for _, s := range p.steps {
		if s.preview != nil && s.preview.Confirm && s.preview.Reached > confirm && (most == nil || s.preview.Reached > most.preview.Reached) {
			most = s
		}
	}
	return most
}

func (p *plan) count(action declared.Action) int {
	n := 0
	for _, s := range p.steps {
		if s.Action == action {
			n++
		}
	}
	return n
}

// changes is how many there are to make.
func (p *plan) changes() int {
	return p.count(declared.Create) + p.count(declared.Update) + p.count(declared.Delete)
}

// summary is the plan in one line.
func (p *plan) summary() string {
	var parts []string
	for _, a := range []struct {
		action declared.Action
		text   string
	}{
		{declared.Create, "to create"},
		{declared.Update, "to update"},
		{declared.Delete, "to delete"},
		{declared.Refused, "refused"},
		{declared.Unchanged, "unchanged"},
	} {
		if n := p.count(a.action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, a.text))
		}
	}
	return strings.Join(parts, ", ")
}

// isFolder reports whether a path is one.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
