package cli

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/client"
)

const (
	// sampleSize is how many things are looked at for the keys and values that a selector may name: a page, the most that the API gives at once.
	sampleSize = 1000
	// mostSamples bounds how often another sample is asked for, of what has none of the values that were seen.
	mostSamples = 4
)

// sample returns the keys and values of at most sampleSize things that a selector takes.
type sample func(ctx context.Context, s *client.Client, selector string) ([]map[string]string, error)

// AgentSelector completes a selector over agents, from what labels and attributes there are.
func (c *Connection) AgentSelector(w World) cobra.CompletionFunc {
	return c.selector(w, func(ctx context.Context, s *client.Client, selector string) ([]map[string]string, error) {
		agents, _, err := s.FirstAgents(ctx, client.AgentFilter{Selector: selector}, sampleSize)
		terms := make([]map[string]string, len(agents))
		for i, a := range agents {
			terms[i] = map[string]string{}
			for _, of := range []map[string]string{a.Attributes.NonIdentifying, a.Attributes.Identifying, a.Labels} {
				maps.Copy(terms[i], of) // what comes later wins, as it does for the server
			}
		}
		return terms, err
	})
}

// ConfigSelector completes a selector over configurations, from their labels.
func (c *Connection) ConfigSelector(w World) cobra.CompletionFunc {
	return c.selector(w, func(ctx context.Context, s *client.Client, selector string) (terms []map[string]string, err error) {
		for config, err := range s.Configs(ctx, client.ConfigFilter{Selector: selector}) {
			if err != nil || len(terms) == sampleSize {
				return terms, err
			}
			terms = append(terms, config.Labels)
		}
		return terms, nil
	})
}

func (c *Connection) selector(w World, look sample) cobra.CompletionFunc {
	return c.completion(w, func(ctx context.Context, s *client.Client, typed string) ([]string, cobra.ShellCompDirective) {
		at, ok := placeIn(typed)
		switch {
		case !ok:
			return nil, cobra.ShellCompDirectiveNoFileComp
		case at.key != "":
			return at.choices(valuesOf(ctx, s, look, at), ""), cobra.ShellCompDirectiveNoFileComp
		case strings.HasSuffix(at.before, "!"):
			return at.choices(keysOf(ctx, s, look, at), ""), cobra.ShellCompDirectiveNoFileComp
		default: // mostly a value follows; for what does not the sign is taken away again
			return at.choices(keysOf(ctx, s, look, at), "="), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
	})
}

// place is where somebody is in a selector.
type place struct {
	others string // the requirements before, with the comma behind them
	before string // all that stands before the word
	word   string // the beginning of a key, or of a value
	key    string // whose value it is; empty where it is a key
}

var (
	atValue = regexp.MustCompile(`^\s*([^\s!=(),<>]+)\s*(?:==?|!=)\s*([^\s!=(),<>]*)$`)
	inSet   = regexp.MustCompile(`^\s*([^\s!=(),<>]+)\s+(?:not)?in\s*\((?:[^()]*,)?\s*([^\s!=(),<>]*)$`)
	atKey   = regexp.MustCompile(`^\s*!?\s*([^\s!=(),<>]*)$`)
)

// placeIn finds it, for a selector that ends there.
func placeIn(typed string) (place, bool) {
	begin, depth := 0, 0
	for i, r := range typed {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				begin = i + 1
			}
		}
	}
	at, last := place{others: typed[:begin]}, typed[begin:]
	if m := atValue.FindStringSubmatch(last); m != nil {
		at.key, at.word = m[1], m[2]
	} else if m := inSet.FindStringSubmatch(last); m != nil {
		at.key, at.word = m[1], m[2]
	} else if m := atKey.FindStringSubmatch(last); m != nil {
		at.word = m[1]
	} else {
		return place{}, false
	}
	at.before = strings.TrimSuffix(typed, at.word)
	return at, true
}

// choices are the words that may stand there, each with all that was typed before it.
func (at place) choices(words map[string]bool, behind string) []string {
	var fit []string
	for _, word := range slices.Sorted(maps.Keys(words)) {
		if strings.HasPrefix(word, at.word) && len(fit) < mostCompletions {
			fit = append(fit, at.before+word+behind)
		}
	}
	return fit
}

// What a selector can express. Kubernetes has bounds on lengths, too; the server tells of those.
var (
	expressibleKey   = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9_./]*$`)
	expressibleValue = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
)

// keysOf are the keys of what the requirements before take.
func keysOf(ctx context.Context, s *client.Client, look sample, at place) map[string]bool {
	keys := map[string]bool{}
	seen, _ := look(ctx, s, strings.TrimSuffix(at.others, ",")) // a shell does not show errors
	for _, terms := range seen {
		for key := range terms {
			if expressibleKey.MatchString(key) {
				keys[key] = true
			}
		}
	}
	return keys
}

// valuesOf are the values of a key. Where a sample is not all, the next is of those that have another value:
// so the few values of "env" are found in any fleet by two questions.
func valuesOf(ctx context.Context, s *client.Client, look sample, at place) map[string]bool {
	values := map[string]bool{}
	for range mostSamples {
		selector := at.others + at.key
		if len(values) > 0 {
			selector += "," + at.key + " notin (" + strings.Join(slices.Sorted(maps.Keys(values)), ",") + ")"
		}
		known := len(values)
		seen, _ := look(ctx, s, selector) // as above
		for _, terms := range seen {
			if value := terms[at.key]; expressibleValue.MatchString(value) {
				values[value] = true
			}
		}
		if len(seen) < sampleSize || len(values) == known || len(values) > mostCompletions {
			break
		}
	}
	return values
}
