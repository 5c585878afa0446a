package rest_test

import (
	"net/http"
	"testing"
)

func TestPreviewSaysWhoGetsAndWhoLoses(t *testing.T) {
	w := newWorld(t) // the guard is at 3
	for n := range 6 {
		w.connect(n)
	}
	w.create(map[string]any{"name": "mine", "selector": "host.name in (host-0,host-1,host-2)"})
	other := w.create(map[string]any{"name": "other", "selector": "host.name in (host-2,host-3)", "priority": -1, "config": goodConfig(2)})
	mine := w.do("GET", "/api/v1/configs/mine", nil)

	// As it is, nothing changes; what was read can be previewed.
	d := w.do("POST", "/api/v1/configs/preview", mine.want(http.StatusOK).with("config_id", "mine")).want(http.StatusOK)
	for field, want := range map[string]any{
		"valid": true, "findings": []any{}, "total": 3, "gains": 0, "loses": 0, "updates": 0, "reached": 0,
		"needs_confirmation": false, "changes": []any{}, "changes_truncated": nil,
	} {
		d.is(field, want)
	}

	changed := map[string]any{
		"config_id": "mine", "name": "renamed", "config": goodConfig(3), "selector": "host.name in (host-1,host-3,host-4)",
	}
	d = w.do("POST", "/api/v1/configs/preview", changed).want(http.StatusOK)
	for field, want := range map[string]any{
		"valid": true, "total": 3, "gains": 2, "loses": 2, "updates": 1, "reached": 4, "needs_confirmation": true,
	} {
		d.is(field, want)
	}
	id := mine.want(http.StatusOK).text("id")
	for _, c := range []struct{ agent, change, from, to, toID string }{
		{"host-0", "loses", "mine", "<nil>", "<nil>"},
		{"host-1", "updates", "mine", "renamed", id},
		{"host-2", "loses", "mine", "other", other.text("id")},
		{"host-3", "gains", "other", "renamed", id},
		{"host-4", "gains", "<nil>", "renamed", id},
	} {
		change := d.find("changes", "name", c.agent)
		change.is("change", c.change)
		change.is("from.config_name", c.from)
		change.is("to.config_name", c.to)
		change.is("to.config_id", c.toID)
	}
	// The number is the one that the guard asks for.
	delete(changed, "config_id")
	w.do("PUT", "/api/v1/configs/mine?confirm_agents=3", changed).problem(http.StatusConflict, "confirm_agents=4")
	w.do("PUT", "/api/v1/configs/mine?confirm_agents=4", changed).want(http.StatusOK).is("agents.total", 3)

	// A new one is not stored, so it has no id.
	d = w.do("POST", "/api/v1/configs/preview", map[string]any{
		"name": "new", "config": goodConfig(4), "selector": "host.name=host-1", "priority": 5,
	}).want(http.StatusOK)
	d.is("total", 1)
	d.find("changes", "name", "host-1").is("to", map[string]any{"config_name": "new"})
	w.do("GET", "/api/v1/configs/new", nil).problem(http.StatusNotFound)
}

func TestPreviewOfWhatIsNotValid(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	w.create(map[string]any{"name": "taken"})
	preview := func(fields map[string]any) document {
		t.Helper()
		return w.do("POST", "/api/v1/configs/preview", fields).want(http.StatusOK)
	}
	d := preview(map[string]any{"name": "taken", "config": "receivers: [", "selector": "service.name"})
	d.is("valid", false)
	d.is("total", 1)
	d.find("findings", "code", "name-taken").is("path", "name")
	if n := len(d.list("findings")); n < 2 {
		t.Errorf("POST preview = %d findings, want the body's as well", n)
	}
	d = preview(map[string]any{"name": "x", "config": goodConfig(1), "selector": "((("})
	d.is("valid", false)
	d.is("total", 0)
	d.find("findings", "code", "invalid-selector").is("path", "selector")

	w.do("POST", "/api/v1/configs/preview", map[string]any{"config_id": "nothing"}).problem(http.StatusNotFound, `"nothing"`)
	w.do("GET", "/api/v1/configs", nil).want(http.StatusOK).is("total_size", 1)
}
