package rest

import (
	"net/http"
	"regexp"
)

// componentKinds are the kinds of components that a configuration names.
var componentKinds = []string{"receivers", "processors", "exporters", "connectors", "extensions"}

// maxComponents bounds each list: agents are not trusted to keep theirs short.
const maxComponents = 1000

// componentType is what a collector takes for the type of a component. Source:
// go.opentelemetry.io/collector/component, Type.
var componentType = regexp.MustCompile(`^[a-zA-Z][0-9a-zA-Z_]{0,62}$`)

// listComponents answers what the fleet's agents have on board, for completion.
func (a *api) listComponents(r *http.Request) (reply, error) {
	all, err := a.fleet.FleetComponents(r.Context())
	if err != nil {
		return reply{}, err
	}
	out := make(map[string][]string, len(componentKinds))
	for _, kind := range componentKinds {
		names := []string{}
		for _, name := range all[kind] {
			if len(names) < maxComponents && componentType.MatchString(name) {
				names = append(names, name)
			}
		}
		out[kind] = names
	}
	return reply{body: out}, nil
}
