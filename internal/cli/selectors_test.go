package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/internal/client"
)

func TestPlaceInSelector(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]place{
		"":                          {},
		"reg":                       {word: "reg"},
		"!can":                      {before: "!", word: "can"},
		"region=":                   {before: "region=", key: "region"},
		"region==e":                 {before: "region==", key: "region", word: "e"},
		"region!=e":                 {before: "region!=", key: "region", word: "e"},
		"region = e":                {before: "region = ", key: "region", word: "e"},
		"region=eu,":                {others: "region=eu,", before: "region=eu,"},
		"region=eu, en":             {others: "region=eu,", before: "region=eu, ", word: "en"},
		"region=eu,env=p":           {others: "region=eu,", before: "region=eu,env=", key: "env", word: "p"},
		"region in (":               {before: "region in (", key: "region"},
		"region in (eu,u":           {before: "region in (eu,", key: "region", word: "u"},
		"region notin (eu, u":       {before: "region notin (eu, ", key: "region", word: "u"},
		"region in (eu,us),en":      {others: "region in (eu,us),", before: "region in (eu,us),", word: "en"},
		"region in (eu,us),env in(": {others: "region in (eu,us),", before: "region in (eu,us),env in(", key: "env"},
	} {
		if got, ok := placeIn(typed); !ok || got != want {
			t.Errorf("placeIn(%q) = %+v, %v, want %+v", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"region i", "region in (eu)", "size>1", "a=b=c", "!region=", "(a"} {
		if got, ok := placeIn(typed); ok {
			t.Errorf("placeIn(%q) = %+v, want none: nothing is known that may follow", typed, got)
		}
	}
}

// TestSelectorChoices: what is rare is found, too, in a fleet that is larger than a sample, and by few questions.
func TestSelectorChoices(t *testing.T) {
	t.Parallel()
	fleet := make([]map[string]string, 5*sampleSize)
	for i := range fleet {
		fleet[i] = map[string]string{"env": "production", "host.name": fmt.Sprintf("edge-%05d", i), "no selector names it": "x", "odd": "a+b c"}
	}
	fleet[3*sampleSize]["env"] = "staging"
	fleet[4*sampleSize]["env"] = "a/b"
	var questions []string
	look := func(_ context.Context, _ *client.Client, selector string) (found []map[string]string, _ error) {
		questions = append(questions, selector)
		_, without, but := strings.Cut(selector, "notin (")
		seen := strings.Split(strings.TrimSuffix(without, ")"), ",")
		key, _, _ := strings.Cut(selector, ",")
		for _, terms := range fleet {
			if (!but || !slices.Contains(seen, terms[key])) && len(found) < sampleSize {
				found = append(found, terms)
			}
		}
		return found, nil
	}
	for typed, want := range map[string][]string{
		"":       {"env=", "host.name=", "odd="},
		"!h":     {"!host.name"},
		"env=":   {"env=production", "env=staging"},
		"env!=s": {"env!=staging"},
		"odd=":   nil,
	} {
		questions = nil
		at, _ := placeIn(typed)
		behind := ""
		words := keysOf
		if at.key != "" {
			words = valuesOf
		} else if at.before == "" {
			behind = "="
		}
		if got := at.choices(words(t.Context(), nil, look, at), behind); !slices.Equal(got, want) {
			t.Errorf("choices(%q) = %q, want %q", typed, got, want)
		}
		if len(questions) > 2 {
			t.Errorf("choices(%q) asked for %q, want two samples at most", typed, questions)
		}
	}
	at, _ := placeIn("host.name=")
	if got := at.choices(valuesOf(t.Context(), nil, look, at), ""); len(got) != mostCompletions || !strings.HasPrefix(got[0], "host.name=edge-") {
		t.Errorf("choices of host.name = %d, %q, want %d names", len(got), got, mostCompletions)
	}
	questions = nil
	at, _ = placeIn("env=production,host.name=")
	if got := valuesOf(t.Context(), nil, look, at); len(questions) != 1 || questions[0] != "env=production,host.name" {
		t.Errorf("what was asked for = %q (%d values), want what the requirements before take", questions, len(slices.Collect(maps.Keys(got))))
	}
}
