package rest

import (
	"maps"
	"net/http"
	"slices"

	"github.com/ollystack/control-plane/fleet"
)

func (a *api) assignConfig(r *http.Request) (reply, error) {
	body, err := a.jsonBody(r, jsonTypes...)
	if err != nil {
		return reply{}, err
	}
	var config string
	version := 0
	body.text("config_id", &config)
	body.number("version", &version)
	body.ignore("config_name", "hash", "source", "status", "error", "changed_at")
	if err := body.done(); err != nil {
		return reply{}, err
	}
	if config == "" {
		return reply{}, fleet.Errorf(fleet.Invalid, "field \"config_id\" is needed: the id or the name of a configuration")
	}
	if version < 0 {
		return reply{}, fleet.Errorf(fleet.Invalid, "field \"version\" must be at least 1, or be left out for the newest")
	}
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	v, err := a.fleet.Assign(r.Context(), pathVar(r, "id"), config, version, o)
	if err != nil {
		return reply{}, err
	}
	return reply{etag: v.Tag(), body: newConfigState(&v.Config)}, nil
}

func (a *api) unassignConfig(r *http.Request) (reply, error) {
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	v, err := a.fleet.Unassign(r.Context(), pathVar(r, "id"), o)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent, etag: v.Tag()}, nil
}

func (a *api) retryConfig(r *http.Request) (reply, error) {
	ref, err := a.act(r)
	if err != nil {
		return reply{}, err
	}
	v, err := a.fleet.Retry(r.Context(), ref)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusAccepted, etag: v.Tag(), body: newConfigState(&v.Config)}, nil
}

// effectiveConfig answers one file of what the agent says it runs: the one
// asked for, else the only one, else the one named "".
func (a *api) effectiveConfig(r *http.Request) (reply, error) {
	q := queryOf(r)
	name, named := q.text("file"), q.has("file")
	if err := q.err(); err != nil {
		return reply{}, err
	}
	v, err := a.fleet.Agent(r.Context(), pathVar(r, "id"))
	if err != nil {
		return reply{}, err
	}
	if v.EffectiveConfig == nil || len(v.EffectiveConfig.Files) == 0 {
		return reply{}, fleet.Errorf(fleet.NotFound, "agent %s has not reported its effective configuration", v.Agent.Name())
	}
	files := v.EffectiveConfig.Files
	names := slices.Sorted(maps.Keys(files))
	if !named && len(files) == 1 {
		name = names[0]
	}
	file, ok := files[name]
	switch {
	case ok:
		body := file.Body
		if body == nil {
			body = []byte{}
		}
		return reply{contentType: "text/yaml", raw: body}, nil
	case named:
		return reply{}, fleet.Errorf(fleet.NotFound, "agent %s runs no file %q, only %s", v.Agent.Name(), name, quoted(names))
	}
	return reply{}, fleet.Errorf(fleet.Conflict, "agent %s runs several files: ask for one with ?file=, of %s", v.Agent.Name(), quoted(names))
}
