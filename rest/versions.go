package rest

import (
	"net/http"
	"strconv"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/ollystack/control-plane/fleet"
)

type versionList struct {
	Versions []version `json:"versions"`
	Total    int       `json:"total_size"`
	Next     string    `json:"next_page_token,omitempty"`
}

func (a *api) listVersions(r *http.Request) (reply, error) {
	q := queryOf(r)
	page := q.page()
	if err := q.err(); err != nil {
		return reply{}, err
	}
	versions, err := a.fleet.Versions(r.Context(), pathVar(r, "id"), page)
	if err != nil {
		return reply{}, err
	}
	list := versionList{Versions: make([]version, len(versions.Versions)), Total: versions.Total, Next: versions.Next}
	for i := range versions.Versions {
		list.Versions[i] = newVersion(&versions.Versions[i], false)
	}
	return reply{body: list}, nil
}

func (a *api) getVersion(r *http.Request) (reply, error) {
	number, err := strconv.Atoi(pathVar(r, "n"))
	if err != nil || number < 1 {
		return reply{}, fleet.Errorf(fleet.Invalid, "a version is a whole number of at least 1, not %q", pathVar(r, "n"))
	}
	v, err := a.fleet.Version(r.Context(), pathVar(r, "id"), number)
	if err != nil {
		return reply{}, err
	}
	// It never changes, so that its hash names it for good.
	return reply{etag: v.Hash.String(), body: newVersion(&v, true)}, nil
}

// diffVersions answers a unified diff; by default of the newest version against the one before it.
func (a *api) diffVersions(r *http.Request) (reply, error) {
	q := queryOf(r)
	from, to := q.number("from", 1, 0), q.number("to", 1, 0)
	if err := q.err(); err != nil {
		return reply{}, err
	}
	current, err := a.fleet.Config(r.Context(), pathVar(r, "id"))
	if err != nil {
		return reply{}, err
	}
	if to == 0 {
		to = current.Config.Version
	}
	if from == 0 {
		from = max(to-1, 1)
	}
	ref := string(current.Config.ID)
	older, err := a.fleet.Version(r.Context(), ref, from)
	if err != nil {
		return reply{}, err
	}
	newer, err := a.fleet.Version(r.Context(), ref, to)
	if err != nil {
		return reply{}, err
	}
	raw := diff.Diff(versionName(&current.Config, from), older.Body, versionName(&current.Config, to), newer.Body)
	if raw == nil {
		raw = []byte{} // equal bodies have no difference, and that is an answer
	}
	return reply{contentType: "text/x-diff", raw: raw}, nil
}

// versionName is a file's name in a diff.
func versionName(c *fleet.Config, number int) string {
	return c.Name + "@" + strconv.Itoa(number)
}

func (a *api) rollbackConfig(r *http.Request) (reply, error) {
	body, err := a.jsonBody(r, jsonTypes...)
	if err != nil {
		return reply{}, err
	}
	number := 0
	body.number("version", &number)
	if err := body.done(); err != nil {
		return reply{}, err
	}
	if number < 1 {
		return reply{}, fleet.Errorf(fleet.Invalid, "field \"version\" is needed: the version to go back to, at least 1")
	}
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	v, err := a.fleet.Rollback(r.Context(), pathVar(r, "id"), number, o)
	if err != nil {
		return reply{}, err
	}
	return oneConfig(&v), nil
}
