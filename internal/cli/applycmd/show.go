package applycmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/internal/declared"
)

// show prints the plan for people; what is unchanged is only counted.
func (p *plan) show(w cli.World) {
	for _, s := range p.steps {
		switch s.Action {
		case declared.Create:
			s.headline(w, cli.Green, "create "+s.Name)
			s.detail(w, "description", s.Want.Description)
			s.detail(w, "selector", s.Want.Selector)
			if s.Want.Priority != 0 {
				s.detail(w, "priority", strconv.Itoa(s.Want.Priority))
			}
			s.detail(w, "labels", cli.Labels(s.Want.Labels))
			s.detail(w, "config", cli.Count(lines(s.Want.Body), "line"))
			s.detail(w, "agents", reach(s.preview))
		case declared.Update:
			text := "update " + s.Name
			if s.Renames() {
				text = "rename " + s.Have.Name + " to " + s.Name
			}
			s.headline(w, cli.Yellow, text)
			s.updates(w)
			s.detail(w, "agents", reach(s.preview))
			w.PrintDiff(s.Diff())
		case declared.Delete:
			s.headline(w, cli.Red, "delete "+s.Name)
			if s.Have.Agents > 0 {
				s.detail(w, "agents", cli.Count(s.Have.Agents, "agent")+" had it when this plan was made")
			}
		case declared.Refused:
			s.headline(w, cli.Red, "refuse "+s.Name)
			s.detail(w, "reason", s.Reason)
		case declared.Unchanged:
		}
	}
	fmt.Fprintln(w.Stdout, p.summary())
}

func (s *step) headline(w cli.World, c cli.Colour, text string) {
	line := w.Screen.Paint(c, cli.Plain(text))
	if s.Want != nil {
		line += " from " + cli.Plain(s.Want.File)
	}
	fmt.Fprintln(w.Stdout, line)
}

func (s *step) detail(w cli.World, what, text string) {
	if text != "" {
		fmt.Fprintf(w.Stdout, "  %s: %s\n", what, cli.Plain(text))
	}
}

// updates shows what differs beside the body.
func (s *step) updates(w cli.World) {
	for _, field := range s.Fields {
		var from, to string
		switch field {
		case "description":
			from, to = s.Have.Description, s.Want.Description
		case "selector":
			from, to = s.Have.Selector, s.Want.Selector
		case "priority":
			from, to = strconv.Itoa(s.Have.Priority), strconv.Itoa(s.Want.Priority)
		case "labels":
			from, to = cli.Labels(s.Have.Labels), cli.Labels(s.Labels)
		default:
			continue
		}
		s.detail(w, field, or(from, "(none)")+" -> "+or(to, "(none)"))
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func lines(body string) int {
	n := strings.Count(body, "\n")
	if !strings.HasSuffix(body, "\n") {
		n++
	}
	return n
}

// reach says what a change would do to agents; empty for nothing.
func reach(p *client.Preview) string {
	var parts []string
	if p.Gains > 0 {
		parts = append(parts, fmt.Sprintf("%d would get it%s", p.Gains, others(p, "gains", "instead of")))
	}
	if p.Updates > 0 {
		parts = append(parts, fmt.Sprintf("%d would get the new one", p.Updates))
	}
	if p.Loses > 0 {
		parts = append(parts, fmt.Sprintf("%d would lose it%s", p.Loses, others(p, "loses", "to")))
	}
	return strings.Join(parts, ", ")
}

// others names what agents have before or after, where the server has listed them all.
func others(p *client.Preview, kind, how string) string {
	counts := map[string]int{}
	for _, c := range p.Changes {
		other := c.From
		if kind == "loses" {
			other = c.To
		}
		if c.Change == kind && other != nil {
			counts[other.Name]++
		}
	}
	if len(counts) == 0 || p.Truncated {
		return ""
	}
	var parts []string
	for name, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s %s", n, how, name))
	}
	slices.Sort(parts)
	return " (" + strings.Join(parts, ", ") + ")"
}

// shownPlan is a plan for programs.
type shownPlan struct {
	DryRun  bool         `json:"dry_run"`
	Applied bool         `json:"applied"` // every change was made, or there was none to make
	Changes []shownStep  `json:"changes"`
	Summary shownSummary `json:"summary"`
}

type shownSummary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Refused   int `json:"refused"`
	Unchanged int `json:"unchanged"`
}

type shownStep struct {
	Action   declared.Action  `json:"action"`
	Name     string           `json:"name"`
	OldName  string           `json:"old_name,omitempty"`
	File     string           `json:"file,omitempty"`
	Fields   []string         `json:"fields,omitempty"`
	Diff     string           `json:"diff,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Agents   *shownAgents     `json:"agents,omitempty"`
	Findings []client.Finding `json:"findings,omitempty"` // lines are the file's
	Done     bool             `json:"done"`
	ID       string           `json:"id,omitempty"`
	Version  int              `json:"version,omitempty"` // once it is done
}

// shownAgents is what a change would do, as if it were the only one.
type shownAgents struct {
	Total   int `json:"total"`
	Gains   int `json:"gains"`
	Loses   int `json:"loses"`
	Updates int `json:"updates"`
}

func (p *plan) shown(dryRun bool) shownPlan {
	out := shownPlan{DryRun: dryRun, Applied: !dryRun, Changes: []shownStep{}, Summary: shownSummary{
		p.count(declared.Create), p.count(declared.Update), p.count(declared.Delete), p.count(declared.Refused), p.count(declared.Unchanged),
	}}
	for _, s := range p.steps {
		if s.Action == declared.Unchanged {
			continue
		}
		out.Applied = out.Applied && s.done
		out.Changes = append(out.Changes, s.shown())
	}
	return out
}

func (s *step) shown() shownStep {
	out := shownStep{Action: s.Action, Name: s.Name, Fields: s.Fields, Diff: s.Diff(), Reason: s.Reason, Done: s.done, ID: s.result.ID, Version: s.result.Version}
	if s.Want != nil {
		out.File = s.Want.File
	}
	if s.Have != nil {
		out.ID = s.Have.ID
	}
	if s.Renames() {
		out.OldName = s.Have.Name
	}
	if s.preview != nil {
		out.Agents = &shownAgents{s.preview.Total, s.preview.Gains, s.preview.Loses, s.preview.Updates}
		for _, f := range s.preview.Findings {
			if f.Line > 0 {
				f.Line += s.Want.Line - 1
			}
			out.Findings = append(out.Findings, f)
		}
	}
	return out
}

// names are those of the configurations that differ.
func (p *plan) names() []string {
	var names []string
	for _, s := range p.steps {
		if s.Action != declared.Unchanged {
			names = append(names, s.Name)
		}
	}
	return names
}
