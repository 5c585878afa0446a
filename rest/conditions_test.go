package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestETagIsOfTheOperatorsPartOnly(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	w.create(map[string]any{"name": "c", "selector": "service.name"})
	agent, config := w.do("GET", a.path(""), nil), w.do("GET", "/api/v1/configs/c", nil)
	for _, got := range []answer{agent, config} {
		if tag := got.etag(); len(tag) < 3 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			t.Errorf("%s = ETag %s, want a strong one", got.call, tag)
		}
	}
	// What the agent reports does not change it, though it changes the answer.
	a.say(&fleet.Report{Health: &fleet.Health{LastError: "broken"}})
	a.apply(fleet.RemoteConfigApplied, "")
	after := w.do("GET", a.path(""), nil)
	after.want(http.StatusOK).is("status", "unhealthy")
	if after.etag() != agent.etag() {
		t.Errorf("ETag after the agent reported = %s, want %s as before", after.etag(), agent.etag())
	}
	after = w.do("GET", "/api/v1/configs/c", nil)
	after.want(http.StatusOK).is("agents.applied", 1)
	if after.etag() != config.etag() {
		t.Errorf("ETag after an agent applied it = %s, want %s as before", after.etag(), config.etag())
	}
	// What an operator writes does.
	patched := w.do("PATCH", a.path(""), `{"labels":{"a":"b"}}`)
	if patched.want(http.StatusOK); patched.etag() == agent.etag() {
		t.Errorf("ETag after PATCH = %s, want another", patched.etag())
	}
	if got := w.do("GET", a.path(""), nil); got.etag() != patched.etag() {
		t.Errorf("ETag of GET = %s, want that of PATCH before it: %s", got.etag(), patched.etag())
	}
}

func TestThereIsNo304(t *testing.T) {
	w := newWorld(t)
	w.create(map[string]any{"name": "c"})
	tag := w.do("GET", "/api/v1/configs/c", nil).etag()
	for _, condition := range []string{tag, "*", "W/" + tag} {
		w.do("GET", "/api/v1/configs/c", nil, header("If-None-Match", condition)).want(http.StatusOK).is("name", "c")
	}
	w.do("GET", "/api/v1/configs/c", nil, header("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT")).want(http.StatusOK)
}

func TestIfMatchForms(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	for form, want := range map[string]int{
		`TAG`: 200, `*`: 200, ` * `: 200, `"x", TAG`: 200, `TAG,"x"`: 200, `"x" ,, TAG ,`: 200, `"a,b", TAG`: 200,
		`"x"`: 412, `W/TAG`: 412, `"*"`: 412, `""`: 412, `"x", W/TAG`: 412,
		`x`: 400, `TAGx`: 400, `"x`: 400, `TAG TAG`: 400, `*, TAG`: 400, `w/TAG`: 400,
	} {
		tag := w.do("GET", a.path(""), nil).etag()
		value := strings.ReplaceAll(form, "TAG", tag)
		if got := w.do("PATCH", a.path(""), `{"labels":{"a":"b"}}`, header("If-Match", value)); got.status != want {
			t.Errorf("PATCH with If-Match %s = %d %s, want %d", form, got.status, got.body, want)
		}
	}
	tag := w.do("GET", a.path(""), nil).etag()
	two := func(r *http.Request) { r.Header["If-Match"] = []string{`"x"`, tag} }
	w.do("PATCH", a.path(""), `{"labels":{"a":"b"}}`, two).want(http.StatusOK)
}

func TestEveryWriteHonoursIfMatch(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	w.create(map[string]any{"name": "c"})
	w.create(map[string]any{"name": "target"})
	w.do("PUT", a.path("/config"), map[string]any{"config_id": "target"}).want(http.StatusOK)
	a.apply(fleet.RemoteConfigFailed, "no")
	gone := w.connect(2)
	gone.leave()
	tokenID := w.do("POST", "/api/v1/tokens", map[string]any{"name": "t", "role": "read"}).want(http.StatusCreated).text("id")
	writes := []struct {
		method, path string
		body         any
		of           string // whose tag it is about
		ok           int
	}{
		{"PATCH", a.path(""), `{"labels":{"a":"b"}}`, a.path(""), 200},
		{"PATCH", a.path(""), `{"labels":null}`, a.path(""), 200},
		{"POST", a.path("/config/retry"), nil, a.path(""), 202},
		{"POST", a.path("/restart"), nil, a.path(""), 202},
		{"PUT", a.path("/config"), map[string]any{"config_id": "c"}, a.path(""), 200},
		{"DELETE", a.path("/config"), nil, a.path(""), 204},
		{"DELETE", gone.path(""), nil, gone.path(""), 204},
		{"PUT", "/api/v1/configs/c", map[string]any{"name": "c", "config": goodConfig(2)}, "/api/v1/configs/c", 200},
		{"POST", "/api/v1/configs/c/rollback", map[string]any{"version": 1}, "/api/v1/configs/c", 200},
		{"DELETE", "/api/v1/configs/c", nil, "/api/v1/configs/c", 204},
		{"DELETE", "/api/v1/tokens/" + tokenID, nil, "/api/v1/tokens/" + tokenID, 204},
	}
	for _, c := range writes {
		before := w.do("GET", c.of, nil)
		w.do(c.method, c.path, c.body, header("If-Match", `"long-gone"`)).problem(http.StatusPreconditionFailed)
		w.do(c.method, c.path, c.body, header("If-Match", "nonsense")).problem(http.StatusBadRequest, "If-Match")
		if after := w.do("GET", c.of, nil); after.etag() != before.etag() {
			t.Errorf("%s %s that lost the race changed the resource: ETag %s, want %s", c.method, c.path, after.etag(), before.etag())
		}
		if got := w.do(c.method, c.path, c.body, header("If-Match", before.etag())); got.status != c.ok {
			t.Errorf("%s %s with the present tag = %d %s, want %d", c.method, c.path, got.status, got.body, c.ok)
		}
	}
	// What is not there yet matches nothing.
	w.do("POST", "/api/v1/configs", map[string]any{"name": "n", "config": goodConfig(1)}, header("If-Match", "*")).problem(http.StatusPreconditionFailed)
	w.do("POST", "/api/v1/tokens", map[string]any{"name": "n", "role": "read"}, header("If-Match", `"x"`)).problem(http.StatusPreconditionFailed)
}

func TestOneOfManyWinsTheRace(t *testing.T) {
	w := newWorld(t)
	w.create(map[string]any{"name": "c"})
	tag := w.do("GET", "/api/v1/configs/c", nil).etag()
	const writers = 16
	statuses := make([]int, writers)
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			body, err := json.Marshal(map[string]any{"name": "c", "config": goodConfig(100 + n)})
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := w.client.Do(w.request("PUT", "/api/v1/configs/c", body, header("If-Match", tag)))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			statuses[n] = resp.StatusCode
		})
	}
	all.Wait()
	won := 0
	for _, status := range statuses {
		switch status {
		case http.StatusOK:
			won++
		case http.StatusPreconditionFailed:
		default:
			t.Errorf("PUT with If-Match in a race = %d, want 200 or 412", status)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d writers with the same tag won, want 1", won, writers)
	}
	w.do("GET", "/api/v1/configs/c", nil).want(http.StatusOK).is("version", 2)
}
