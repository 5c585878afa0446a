package rest

import (
	"net/http"
	"net/url"

	"github.com/ollystack/control-plane/fleet"
)

type configList struct {
	Configs []config `json:"configs"`
	Total   int      `json:"total_size"`
	Next    string   `json:"next_page_token,omitempty"`
}

func (a *api) listConfigs(r *http.Request) (reply, error) {
	q := queryOf(r)
	want := fleet.ConfigQuery{Text: q.text("q"), Selector: q.text("selector"), Page: q.page()}
	if err := q.err(); err != nil {
		return reply{}, err
	}
	page, err := a.fleet.Configs(want)
	if err != nil {
		return reply{}, err
	}
	list := configList{Configs: make([]config, len(page.Configs)), Total: page.Total, Next: page.Next}
	for i := range page.Configs {
		list.Configs[i] = newConfigView(&page.Configs[i], false)
	}
	return reply{body: list}, nil
}

func oneConfig(v *fleet.ConfigView) reply {
	return reply{etag: v.Tag(), body: newConfigView(v, true)}
}

func (a *api) getConfig(r *http.Request) (reply, error) {
	v, err := a.fleet.Config(r.Context(), pathVar(r, "id"))
	if err != nil {
		return reply{}, err
	}
	return oneConfig(&v), nil
}

func (a *api) createConfig(r *http.Request) (reply, error) {
	spec, err := a.configSpec(r)
	if err != nil {
		return reply{}, err
	}
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	if o.IfMatch != nil { // what is not there yet has no state that could match
		return reply{}, staleError()
	}
	v, created, err := a.addConfig(r, spec, o)
	if err != nil {
		return reply{}, err
	}
	if !created {
		return reply{status: http.StatusNoContent}, nil
	}
	answer := oneConfig(&v)
	answer.status = http.StatusCreated
	answer.location = Base + "/configs/" + url.PathEscape(string(v.Config.ID))
	return answer, nil
}

// addConfig creates a configuration; with once=true only where none was seeded before.
func (a *api) addConfig(r *http.Request, spec fleet.ConfigSpec, o fleet.WriteOptions) (v fleet.ConfigView, created bool, err error) {
	q := queryOf(r)
	once := q.flag("once")
	if err := q.err(); err != nil {
		return v, false, err
	}
	if once != nil && *once {
		return a.fleet.SeedConfig(r.Context(), spec, o)
	}
	v, err = a.fleet.CreateConfig(r.Context(), spec, o)
	return v, true, err
}

func (a *api) replaceConfig(r *http.Request) (reply, error) {
	spec, err := a.configSpec(r)
	if err != nil {
		return reply{}, err
	}
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	v, err := a.fleet.ReplaceConfig(r.Context(), pathVar(r, "id"), spec, o)
	if err != nil {
		return reply{}, err
	}
	return oneConfig(&v), nil
}

func (a *api) deleteConfig(r *http.Request) (reply, error) {
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	if err := a.fleet.DeleteConfig(r.Context(), pathVar(r, "id"), o); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

func (a *api) listConfigAgents(r *http.Request) (reply, error) {
	q := queryOf(r)
	page := q.page()
	if err := q.err(); err != nil {
		return reply{}, err
	}
	agents, err := a.fleet.ConfigAgents(pathVar(r, "id"), page)
	if err != nil {
		return reply{}, err
	}
	return agentPage(agents), nil
}
