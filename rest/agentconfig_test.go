package rest_test

import (
	"net/http"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestAssignDeliverApply(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	c := w.create(map[string]any{"name": "c"})
	w.do("PUT", "/api/v1/configs/c", map[string]any{"name": "c", "config": goodConfig(2)}).want(http.StatusOK)

	// The newest, by id.
	d := w.do("PUT", a.path("/config"), map[string]any{"config_id": c.text("id")}).want(http.StatusOK)
	for field, want := range map[string]any{
		"config_id": c.text("id"), "config_name": "c", "version": 2, "source": "assignment", "status": "pending", "error": "",
	} {
		d.is(field, want)
	}
	a.apply(fleet.RemoteConfigApplying, "")
	w.do("GET", a.path(""), nil).want(http.StatusOK).is("config.status", "applying")
	if got := string(a.last.Files[""].Body); got != goodConfig(2) {
		t.Errorf("offered %q, want it byte for byte: %q", got, goodConfig(2))
	}
	a.apply(fleet.RemoteConfigApplied, "")
	w.do("GET", a.path(""), nil).want(http.StatusOK).is("config.status", "applied")

	// A version, by name; then what was read, written back.
	d = w.do("PUT", a.path("/config"), map[string]any{"config_id": "c", "version": 1}).want(http.StatusOK)
	d.is("version", 1)
	w.do("PUT", a.path("/config"), d.value).want(http.StatusOK).is("version", 1)

	w.do("PUT", a.path("/config"), map[string]any{"config_id": "none"}).problem(http.StatusNotFound, "none")
	w.do("PUT", a.path("/config"), map[string]any{"config_id": "c", "version": 7}).problem(http.StatusNotFound, "7")

	// Taken away, it runs what it has.
	w.do("DELETE", a.path("/config"), nil).want(http.StatusNoContent)
	d = w.do("GET", a.path(""), nil).want(http.StatusOK)
	d.is("config.status", "unassigned")
	d.is("config.source", "none")
	d.is("config.config_id", nil)
}

func TestAssignmentWinsOverSelectors(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	w.create(map[string]any{"name": "low", "selector": "service.name", "priority": 1})
	w.create(map[string]any{"name": "high", "selector": "service.name", "priority": 2})
	w.create(map[string]any{"name": "mine"}) // without a selector, for assignments only
	is := func(name, source string) {
		t.Helper()
		d := w.do("GET", a.path(""), nil).want(http.StatusOK)
		d.is("config.config_name", name)
		d.is("config.source", source)
	}
	is("high", "selector")
	w.do("PUT", a.path("/config"), map[string]any{"config_id": "mine"}).want(http.StatusOK)
	is("mine", "assignment")
	w.do("DELETE", a.path("/config"), nil).want(http.StatusNoContent)
	is("high", "selector")
}

func TestAssignToWhatCannotTakeIt(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1, func(r *fleet.Report) { r.Capabilities = fleet.ReportsStatus })
	w.create(map[string]any{"name": "c", "selector": "service.name"})
	w.do("PUT", a.path("/config"), map[string]any{"config_id": "c"}).problem(http.StatusConflict, "does not accept")
	w.do("GET", a.path(""), nil).want(http.StatusOK).is("config.status", "unsupported")
}

func TestRetryOffersAgainWhatFailed(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	w.create(map[string]any{"name": "c"})
	w.do("PUT", a.path("/config"), map[string]any{"config_id": "c"}).want(http.StatusOK)
	a.poll()
	w.do("POST", a.path("/config/retry"), nil).problem(http.StatusConflict, "no failed")
	a.apply(fleet.RemoteConfigFailed, "cannot bind 127.0.0.1:4001")
	d := w.do("GET", a.path(""), nil).want(http.StatusOK)
	d.is("config.status", "failed")
	d.is("config.error", "cannot bind 127.0.0.1:4001")
	a.last = nil
	a.poll()
	if a.last != nil {
		t.Error("what failed was offered again without a retry, want it left alone")
	}
	w.do("POST", a.path("/config/retry"), nil).want(http.StatusAccepted).is("status", "pending")
	a.apply(fleet.RemoteConfigApplied, "")
	w.do("GET", a.path(""), nil).want(http.StatusOK).is("config.status", "applied")
}

func TestEffectiveConfig(t *testing.T) {
	redact := func(s *setup) {
		s.fleet.Redact = func(m fleet.ConfigMap) (fleet.ConfigMap, bool) {
			return fleet.ConfigMap{"": {Body: []byte("token: REDACTED\n"), ContentType: "text/yaml"}}, true
		}
	}
	w := newWorld(t, redact)
	a := w.connect(1)
	got := w.do("GET", a.path("/effective-config"), nil)
	got.want(http.StatusOK)
	if got.header.Get("Content-Type") != "text/yaml" || string(got.body) != "token: REDACTED\n" {
		t.Errorf("GET effective-config = %q of type %q, want the redacted file as text/yaml", got.body, got.header.Get("Content-Type"))
	}
	d := w.do("GET", a.path(""), nil).want(http.StatusOK)
	d.is("effective_config.redacted", true)
	d.is("effective_config.files", map[string]any{"": "token: REDACTED\n"})
	w.do("GET", a.path("/effective-config?file=other.yaml"), nil).problem(http.StatusNotFound, "other.yaml")

	silent := w.connect(2, func(r *fleet.Report) { r.EffectiveConfig = nil })
	w.do("GET", silent.path("/effective-config"), nil).problem(http.StatusNotFound, "has not reported")
	w.do("GET", silent.path(""), nil).want(http.StatusOK).is("effective_config", nil)
}

func TestEffectiveConfigOfSeveralFiles(t *testing.T) {
	w := newWorld(t)
	files := func(names ...string) func(*fleet.Report) {
		return func(r *fleet.Report) {
			r.EffectiveConfig = fleet.ConfigMap{}
			for _, name := range names {
				r.EffectiveConfig[name] = fleet.ConfigFile{Body: []byte("# " + name + "\n"), ContentType: "text/yaml"}
			}
		}
	}
	get := func(a *simulated, query string) answer { return w.do("GET", a.path("/effective-config"+query), nil) }
	body := func(got answer, want string) {
		t.Helper()
		got.want(http.StatusOK)
		if string(got.body) != want {
			t.Errorf("%s = %q, want %q", got.call, got.body, want)
		}
	}
	one := w.connect(1, files("only.yaml"))
	body(get(one, ""), "# only.yaml\n")
	two := w.connect(2, files("a.yaml", "b.yaml"))
	get(two, "").problem(http.StatusConflict, "a.yaml", "b.yaml")
	body(get(two, "?file=b.yaml"), "# b.yaml\n")
	get(two, "?file=").problem(http.StatusNotFound)
	three := w.connect(3, files("", "b.yaml"))
	body(get(three, ""), "# \n")
	body(get(three, "?file="), "# \n")
}
