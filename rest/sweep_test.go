package rest_test

import (
	"compress/gzip"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
)

// open operations need no token.
var open = []string{"GET /api/v1/health", "GET /packages/", "GET /packages/install-collector.sh"}

// signIn is open too, and takes a token all the same.
const signIn = "POST /api/v1/session"

func TestEveryRouteNeedsAToken(t *testing.T) {
	w := newWorld(t, withTokens)
	wrong := map[string]option{
		"no token":      func(*http.Request) {},
		"a wrong token": header("Authorization", "Bearer olly_wrong"),
		"no bearer":     header("Authorization", "Basic dXNlcjpwYXNz"),
		"an empty one":  header("Authorization", "Bearer "),
		"two": func(r *http.Request) {
			r.Header["Authorization"] = []string{"Bearer olly_wrong", "Bearer " + w.newToken(fleet.RoleAdmin)}
		},
	}
	for _, op := range operations(t) {
		method, path := split(op)
		if op == signIn {
			continue // what it does without one is told apart
		}
		if slices.Contains(open, op) {
			w.do(method, path, nil).want(http.StatusOK)
			continue
		}
		for name, with := range wrong {
			t.Run(op+" with "+name, func(*testing.T) {
				got := w.do(method, path, nil, with)
				got.problem(http.StatusUnauthorized)
				if h := got.header.Get("WWW-Authenticate"); !strings.HasPrefix(h, "Bearer") {
					t.Errorf("%s = 401 with WWW-Authenticate %q, want Bearer", op, h)
				}
			})
		}
	}
}

// readersMay are the operations that a read token allows.
func readersMay(op string) bool {
	return strings.HasPrefix(op, "GET ") && !strings.Contains(op, "/tokens") && !strings.Contains(op, "/backup") ||
		op == "POST /api/v1/configs/validate" || op == "POST /api/v1/configs/preview" || op == "DELETE /api/v1/session"
}

func TestRolesAllow(t *testing.T) {
	w := newWorld(t, withTokens)
	close(w.done) // so that the stream of events ends
	for _, role := range []fleet.Role{fleet.RoleAdmin, fleet.RoleRead, fleet.RoleAgent} {
		w.token = w.newToken(role)
		for _, op := range operations(t) {
			method, path := split(op)
			got := w.do(method, path, nil)
			allowed := slices.Contains(open, op) || op == signIn || role == fleet.RoleAdmin || role == fleet.RoleRead && readersMay(op) || op == "GET /packages/{file}"
			if refused := got.status == http.StatusForbidden || got.status == http.StatusUnauthorized; refused == allowed {
				t.Errorf("%s with a token of role %s = %d, want it allowed: %v", op, role, got.status, allowed)
			}
		}
	}
}

func TestModeNoneIgnoresTheAuthorizationHeader(t *testing.T) {
	w := newWorld(t)
	for _, h := range []string{"", "Bearer nonsense", "Basic x", "Bearer"} {
		w.do("GET", "/api/v1/agents", nil, header("Authorization", h)).want(http.StatusOK)
	}
}

func TestUnknownPathIs404(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		"/nothing.js", "/assets/nothing", "/api", "/api/v1", "/api/v1/", "/api/v1/agent", "/api/v1/agents/", "/api/v2/agents",
		"/api/v1//agents", "/api/v1/agents/x/y", "/metrics/", "/api/v1/configs/a/versions/1/2", "/v1/opamp", "/v1", "/packages", "/api%2Fv1/agents",
	} {
		w.do("GET", path, nil).problem(http.StatusNotFound, "/api/v1")
	}
}

func TestOtherMethodsAre405(t *testing.T) {
	w := newWorld(t)
	allowed := map[string][]string{}
	for _, op := range operations(t) {
		method, path, _ := strings.Cut(op, " ")
		allowed[path] = append(allowed[path], method)
		if method == http.MethodGet {
			allowed[path] = append(allowed[path], http.MethodHead)
		}
	}
	// A configuration may be called "validate" or "preview".
	for _, path := range []string{"/api/v1/configs/validate", "/api/v1/configs/preview"} {
		allowed[path] = append(allowed[path], allowed["/api/v1/configs/{id}"]...)
	}
	for template, methods := range allowed {
		slices.Sort(methods)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			if slices.Contains(methods, method) {
				continue
			}
			_, path := split(method + " " + template)
			got := w.do(method, path, nil)
			if got.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s = %d, want 405", method, path, got.status)
				continue
			}
			allow := strings.Split(got.header.Get("Allow"), ", ")
			slices.Sort(allow)
			if !slices.Equal(allow, methods) {
				t.Errorf("%s %s = 405 with Allow %q, want %q", method, path, allow, methods)
			}
		}
	}
}

func TestUnknownParameterIs400(t *testing.T) {
	w := newWorld(t)
	for _, op := range operations(t) {
		method, path := split(op)
		w.do(method, path+"?surprise=1", nil).problem(http.StatusBadRequest, `"surprise"`)
		w.do(method, path+"?page_size=%zz", nil).problem(http.StatusBadRequest)
		w.do(method, path+"?a;b", nil).problem(http.StatusBadRequest)
	}
}

func TestUnknownSubjectIs404(t *testing.T) {
	w := newWorld(t)
	body := map[string]any{
		"PATCH /api/v1/agents/{id}":          map[string]any{"labels": map[string]any{}},
		"PUT /api/v1/agents/{id}/config":     map[string]any{"config_id": "x"},
		"PUT /api/v1/configs/{id}":           map[string]any{"name": "x", "config": goodConfig(1)},
		"POST /api/v1/configs/{id}/rollback": map[string]any{"version": 1},
	}
	for _, op := range operations(t) {
		if method, path := split(op); strings.Contains(op, "{id}") {
			w.do(method, path, body[op]).problem(http.StatusNotFound)
		}
	}
}

// withBody are the operations whose request has a body that is needed, and whether it may be YAML.
var withBody = map[string]bool{
	"POST /api/v1/agents:batch":          false,
	"PATCH /api/v1/agents/{id}":          false,
	"PUT /api/v1/agents/{id}/config":     false,
	"POST /api/v1/configs":               true,
	"POST /api/v1/configs/validate":      true,
	"POST /api/v1/configs/preview":       false,
	"PUT /api/v1/configs/{id}":           true,
	"POST /api/v1/configs/{id}/rollback": false,
	"POST /api/v1/tokens":                false,
	"POST /api/v1/session":               false,
}

// mayHaveBody are those that take an empty object or nothing.
var mayHaveBody = []string{"POST /api/v1/agents/{id}/config/retry", "POST /api/v1/agents/{id}/restart"}

func TestEveryWriteWithABodyIsSwept(t *testing.T) {
	for _, op := range operations(t) {
		_, needed := withBody[op]
		hasBody := !strings.HasPrefix(op, "GET ") && !strings.HasPrefix(op, "DELETE ")
		if hasBody != (needed || slices.Contains(mayHaveBody, op)) {
			t.Errorf("%s: the sweeps below do not know it", op)
		}
	}
}

func TestWrongContentTypeIs415(t *testing.T) {
	w := newWorld(t)
	types := []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "multipart/form-data", "nonsense;;", ""}
	sweep := slices.Clone(mayHaveBody)
	for op, yaml := range withBody {
		sweep = append(sweep, op)
		if !yaml {
			method, path := split(op)
			w.do(method, path, "a: b", ofType("application/yaml")).problem(http.StatusUnsupportedMediaType)
		}
	}
	for _, op := range sweep {
		method, path := split(op)
		for _, contentType := range types {
			w.do(method, path, "{}", ofType(contentType)).problem(http.StatusUnsupportedMediaType)
		}
		w.do(method, path, "{}", header("Content-Encoding", "br")).problem(http.StatusUnsupportedMediaType, "br")
	}
}

func TestNotJSONIs400(t *testing.T) {
	w := newWorld(t)
	bodies := map[string]string{
		"":                    "ends too early",
		"{":                   "ends too early",
		`{"a"`:                "ends too early",
		"nonsense":            "not JSON",
		"[]":                  "must be an object",
		`"text"`:              "must be an object",
		"null":                "must be an object",
		"{} {}":               "after the end",
		"{}x":                 "after the end",
		`{"surprise":1}`:      `"surprise"`,
		`{"Name":"n"}`:        `"Name"`,
		"{\"name\":\"\xff\"}": "UTF-8",
		`{"name":1,"name":2,"version":1,"version":1,"labels":{},"labels":{},"config_id":"","config_id":""}`: "twice",
	}
	for op := range withBody {
		method, path := split(op)
		for body, word := range bodies {
			w.do(method, path, body).problem(http.StatusBadRequest, word)
		}
	}
	for _, op := range mayHaveBody {
		method, path := split(op)
		for body, word := range bodies {
			if body != "" { // nothing at all is fine there
				w.do(method, path, body).problem(http.StatusBadRequest, map[bool]string{true: word}[!strings.Contains(body, `"name":1`)])
			}
		}
	}
}

func TestWrongTypeIs400AndNamesTheField(t *testing.T) {
	w := newWorld(t)
	cases := []struct{ op, body, field, word string }{
		{"POST /api/v1/configs", `{"name": 1}`, "name", "must be a string, not the number 1"},
		{"POST /api/v1/configs", `{"name": null}`, "name", "must be a string, not null"},
		{"POST /api/v1/configs", `{"config": {"receivers": {}}}`, "config", "must be a string, not an object"},
		{"POST /api/v1/configs", `{"description": ["x"]}`, "description", "must be a string, not a list"},
		{"POST /api/v1/configs", `{"selector": true}`, "selector", "must be a string, not a boolean"},
		{"POST /api/v1/configs", `{"labels": []}`, "labels", "must be an object, not a list"},
		{"POST /api/v1/configs", `{"labels": null}`, "labels", "must be an object, not null"},
		{"POST /api/v1/configs", `{"labels": {"env": 1}}`, "labels.env", "must be a string, not the number 1"},
		{"POST /api/v1/configs", `{"labels": {"env": "a", "env": "b"}}`, "labels.env", "twice"},
		{"POST /api/v1/configs", `{"priority": 1.5}`, "priority", "must be a whole number, not the number 1.5"},
		{"POST /api/v1/configs", `{"priority": "1"}`, "priority", "must be a whole number, not a string"},
		{"POST /api/v1/configs", `{"priority": 99999999999999999999}`, "priority", "must be a whole number"},
		{"POST /api/v1/configs", `{"name": "\ud800"}`, "name", "half a surrogate pair"},
		{"POST /api/v1/configs/preview", `{"config_id": 1}`, "config_id", "must be a string, not the number 1"},
		{"POST /api/v1/configs/preview", `{"selector": {}}`, "selector", "must be a string, not an object"},
		{"PUT /api/v1/configs/{id}", `{"name": {}}`, "name", "must be a string, not an object"},
		{"PATCH /api/v1/agents/{id}", `{"labels": "x"}`, "labels", "must be an object, not a string"},
		{"PATCH /api/v1/agents/{id}", `{"labels": {"a": 1}}`, "labels.a", "must be a string or null, not the number 1"},
		{"POST /api/v1/agents:batch", `{"ids": "x"}`, "ids", "must be a list, not a string"},
		{"POST /api/v1/agents:batch", `{"ids": ["x", 1]}`, "ids[1]", "must be a string, not the number 1"},
		{"POST /api/v1/agents:batch", `{"ids": null}`, "ids", "must be a list, not null"},
		{"POST /api/v1/agents:batch", `{"selector": []}`, "selector", "must be a string, not a list"},
		{"POST /api/v1/agents:batch", `{"action": true}`, "action", "must be a string, not a boolean"},
		{"POST /api/v1/agents:batch", `{"labels": null}`, "labels", "must be an object, not null"},
		{"POST /api/v1/agents:batch", `{"labels": {"a": 1}}`, "labels.a", "must be a string or null, not the number 1"},
		{"POST /api/v1/agents:batch", `{"version": "1"}`, "version", "must be a whole number, not a string"},
		{"PUT /api/v1/agents/{id}/config", `{"config_id": 5}`, "config_id", "must be a string"},
		{"PUT /api/v1/agents/{id}/config", `{"config_id": "x", "version": "3"}`, "version", "must be a whole number"},
		{"PUT /api/v1/agents/{id}/config", `{"config_id": "x", "version": -1}`, "version", "at least 1"},
		{"PUT /api/v1/agents/{id}/config", `{}`, "config_id", "needed"},
		{"POST /api/v1/configs/{id}/rollback", `{}`, "version", "needed"},
		{"POST /api/v1/configs/{id}/rollback", `{"version": 0}`, "version", "at least 1"},
		{"POST /api/v1/tokens", `{"name": 1, "role": "read"}`, "name", "must be a string"},
		{"POST /api/v1/session", `{}`, "token", "needed"},
		{"POST /api/v1/session", `{"token": ["x"]}`, "token", "must be a string"},
	}
	for _, c := range cases {
		method, path := split(c.op)
		w.do(method, path, c.body).problem(http.StatusBadRequest, `"`+c.field+`"`, c.word)
	}
}

func TestWrongParameterIs400AndNamesIt(t *testing.T) {
	w := newWorld(t)
	for query, name := range map[string]string{
		"/agents?status=sick":                   "status",
		"/agents?status=":                       "status",
		"/agents?status=healthy,,unknown":       "status",
		"/agents?config_status=done":            "config_status",
		"/agents?connected=yes":                 "connected",
		"/agents?connected=":                    "connected",
		"/agents?connected=true&connected=true": "connected",
		"/agents?q=a&q=b":                       "q",
		"/agents?page_size=0":                   "page_size",
		"/agents?page_size=1001":                "page_size",
		"/agents?page_size=ten":                 "page_size",
		"/agents?page_token=nonsense":           "page_token",
		"/agents?order_by=secret":               "order_by",
		"/agents?order_by=id+sideways":          "order_by",
		"/agents?selector=a+b":                  "selector",
		"/configs?order_by=config":              "order_by",
		"/configs?selector=%3D":                 "selector",
		"/tokens?order_by=name":                 "order_by",
		"/fleet/history?from=yesterday":         "from",
		"/fleet/history?from=":                  "from",
		"/configs/x/diff?from=0":                "from",
		"/configs/x/diff?to=new":                "to",
		"/configs/x/versions/0":                 "version",
		"/configs/x/versions/one":               "version",
	} {
		w.do("GET", "/api/v1"+query, nil).problem(http.StatusBadRequest, name)
	}
	w.do("POST", "/api/v1/agents:batch?confirm_agents=all", map[string]any{"action": "restart", "ids": []string{"x"}}).problem(http.StatusBadRequest, "confirm_agents")
	w.do("DELETE", "/api/v1/configs/x?detach=maybe", nil).problem(http.StatusBadRequest, "detach")
	w.do("POST", "/api/v1/configs?confirm_agents=-1", map[string]any{"name": "x", "config": goodConfig(1)}).problem(http.StatusBadRequest, "confirm_agents")
}

func TestTooLargeIs413(t *testing.T) {
	const limit = 1000
	w := newWorld(t, func(s *setup) { s.rest.MaxBody = limit })
	spaces := strings.Repeat(" ", limit)
	for op := range withBody {
		method, path := split(op)
		if got := w.do(method, path, "{}"+spaces[2:]); got.status == http.StatusRequestEntityTooLarge {
			t.Errorf("%s with a body of %d bytes = 413, want it read", op, limit)
		}
		w.do(method, path, "{}"+spaces).problem(http.StatusRequestEntityTooLarge, "1000")
		w.do(method, path, "{}"+spaces, func(r *http.Request) { r.ContentLength = -1 }).problem(http.StatusRequestEntityTooLarge)
		// Small as it arrives, large when inflated.
		w.do(method, path, gzipped(t, "{}"+strings.Repeat(spaces, 100)), header("Content-Encoding", "gzip")).
			problem(http.StatusRequestEntityTooLarge)
	}
	for _, op := range mayHaveBody {
		method, path := split(op)
		w.do(method, path, "{}"+spaces).problem(http.StatusRequestEntityTooLarge)
	}
}

func TestCompressedBodyIsRead(t *testing.T) {
	w := newWorld(t)
	good := `{"name": "zipped", "config": "receivers: {otlp: {}}\nexporters: {debug: {}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n"}`
	w.do("POST", "/api/v1/configs", gzipped(t, good), header("Content-Encoding", "gzip")).want(http.StatusCreated).is("name", "zipped")
	w.do("POST", "/api/v1/configs", good, header("Content-Encoding", "gzip")).problem(http.StatusBadRequest)
	w.do("POST", "/api/v1/configs", gzipped(t, good)[:20], header("Content-Encoding", "gzip")).problem(http.StatusBadRequest)
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	for _, path := range []string{"/api/v1/agents", "/api/v1/agents/host-1", "/api/v1/health", "/metrics", "/api/v1/events", "/api/v1/backup", "/"} {
		got := w.do("HEAD", path, nil)
		got.want(http.StatusOK)
		if len(got.body) != 0 || got.header.Get("Content-Type") == "" {
			t.Errorf("HEAD %s = %d bytes of type %q, want no bytes of a type", path, len(got.body), got.header.Get("Content-Type"))
		}
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := rest.New(rest.Options{}); err == nil {
		t.Error("New(Options{}) = nil error, want one that says what is missing")
	}
	if _, err := rest.NewAccess(rest.AccessOptions{Mode: "open"}); err == nil {
		t.Error(`NewAccess(mode "open") = nil error, want one`)
	}
	if _, err := rest.NewAccess(rest.AccessOptions{Mode: rest.AuthNone}); err == nil {
		t.Error("NewAccess(no fleet) = nil error, want one")
	}
}
