package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ollystack/control-plane/fleet"
)

// anyTag in an If-Match is any existing state.
const anyTag = "*"

// noTag is the tag of nothing: a condition that cannot hold.
const noTag = ""

// ifMatch reads If-Match (RFC 9110, section 13.1.1) into what fleet.WriteOptions
// takes: nil where there is none. Weak tags never match, so they are left out;
// a list of nothing else matches nothing. Errors: Invalid.
func ifMatch(r *http.Request) ([]string, error) {
	headers := r.Header.Values("If-Match")
	if len(headers) == 0 {
		return nil, nil
	}
	value := strings.TrimSpace(strings.Join(headers, ", "))
	if value == anyTag {
		return []string{anyTag}, nil
	}
	tags := []string{}
	for rest := value; rest != ""; {
		weak := strings.HasPrefix(rest, "W/")
		opaque, ok := strings.CutPrefix(strings.TrimPrefix(rest, "W/"), `"`)
		tag, after, closed := strings.Cut(opaque, `"`)
		after = strings.TrimLeft(after, " \t")
		if !ok || !closed || (after != "" && after[0] != ',') {
			return nil, fleet.Errorf(fleet.Invalid, "the header If-Match must be * or a list of quoted tags, not %q", value)
		}
		// A tag is opaque: one that happens to be "*" is not the wildcard, and none of ours.
		if !weak && tag != anyTag {
			tags = append(tags, tag)
		}
		rest = strings.TrimLeft(after, ", \t")
	}
	if len(tags) == 0 {
		tags = append(tags, noTag)
	}
	return tags, nil
}

// checkMatch is for what the fleet takes no conditions on. Errors: Invalid, Stale.
func checkMatch(r *http.Request, tag string) error {
	tags, err := ifMatch(r)
	if err != nil || tags == nil || matches(tags, tag) {
		return err
	}
	return staleError()
}

func matches(tags []string, tag string) bool {
	return slices.Contains(tags, anyTag) || slices.Contains(tags, tag)
}

func staleError() error {
	return fleet.Errorf(fleet.Stale, "it has changed since it was read: no tag of If-Match is its present one")
}

// writeOptions reads the conditions that every write may carry.
func writeOptions(r *http.Request) (fleet.WriteOptions, error) {
	tags, err := ifMatch(r)
	if err != nil {
		return fleet.WriteOptions{}, err
	}
	q := queryOf(r)
	o := fleet.WriteOptions{IfMatch: tags, Confirm: q.number("confirm_agents", 0, 0)}
	if detach := q.flag("detach"); detach != nil {
		o.Detach = *detach
	}
	return o, q.err()
}
