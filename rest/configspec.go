package rest

import (
	"net/http"
	"slices"

	"github.com/ollystack/control-plane/fleet"
)

// configParams are what a configuration sent as YAML has beside its body.
var configParams = []string{"name", "description", "selector", "priority", "label"}

// configSpec reads a configuration: as a JSON document, or as the YAML itself
// with everything else in the query.
func (a *api) configSpec(r *http.Request) (fleet.ConfigSpec, error) {
	raw, mediaType, err := a.body(r, slices.Concat(jsonTypes, yamlTypes)...)
	if err != nil {
		return fleet.ConfigSpec{}, err
	}
	q := queryOf(r)
	if slices.Contains(jsonTypes, mediaType) {
		for _, name := range configParams {
			if q.has(name) {
				return fleet.ConfigSpec{}, fleet.Errorf(fleet.Invalid,
					"parameter %q goes with a body of YAML; in JSON it is a field of the body", name)
			}
		}
		return configSpecFromJSON(raw)
	}
	spec := fleet.ConfigSpec{
		Name: q.text("name"), Description: q.text("description"), Body: raw,
		Labels: q.pairs("label"), Selector: q.text("selector"), Priority: q.integer("priority"),
	}
	return spec, q.err()
}

func configSpecFromJSON(raw []byte) (fleet.ConfigSpec, error) {
	o, err := parseObject(raw)
	if err != nil {
		return fleet.ConfigSpec{}, err
	}
	spec := configSpecOf(o)
	return spec, o.done()
}

// configSpecOf takes out what an operator writes of a configuration.
func configSpecOf(o *object) fleet.ConfigSpec {
	var spec fleet.ConfigSpec
	var body string
	o.text("name", &spec.Name)
	o.text("description", &spec.Description)
	o.text("config", &body)
	o.texts("labels", &spec.Labels)
	o.text("selector", &spec.Selector)
	o.number("priority", &spec.Priority)
	o.ignore(configReadOnly...)
	spec.Body = []byte(body)
	return spec
}

type validation struct {
	Valid    bool      `json:"valid"`
	Findings []finding `json:"findings"`
}

// validateConfig takes what POST /configs takes, so that the same request can be tried first.
func (a *api) validateConfig(r *http.Request) (reply, error) {
	spec, err := a.configSpec(r)
	if err != nil {
		return reply{}, err
	}
	findings := a.fleet.Validate(spec.Body)
	return reply{body: validation{Valid: !fleet.HasErrors(findings), Findings: newFindings(findings)}}, nil
}
