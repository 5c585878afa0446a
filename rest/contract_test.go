package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// theDocument is openapi.yaml, read once: it is the same for every world.
var theDocument = sync.OnceValues(func() (*openapi3.T, error) {
	openapi3filter.RegisterBodyDecoder("text/x-shellscript", openapi3filter.FileBodyDecoder)
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background())
})

// contract is a transport that holds every request and every answer against
// openapi.yaml: what the contract refuses the server must not accept, and what
// the server answers the contract must know.
type contract struct {
	t      testing.TB
	next   http.RoundTripper
	doc    *openapi3.T
	router routers.Router
}

func newContract(t testing.TB, next http.RoundTripper) *contract {
	t.Helper()
	doc, err := theDocument()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatalf("NewRouter(openapi.yaml) = %v", err)
	}
	return &contract{t: t, next: next, doc: doc, router: router}
}

func (c *contract) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	input, refused := c.checkRequest(req, sent)
	resp, err := c.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	call := req.Method + " " + req.URL.RequestURI()
	if refused != nil && resp.StatusCode < 400 {
		c.t.Errorf("%s = %d, want it refused as the contract does: %v", call, resp.StatusCode, refused)
	}
	id := resp.Header.Get("X-Request-Id")
	if id == "" {
		c.t.Errorf("%s = %d without X-Request-Id", call, resp.StatusCode)
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp, nil // its body has no end; the test looks at each event
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(got))
	if req.Method == http.MethodHead {
		return resp, nil
	}
	plain := inflated(c.t, resp.Header, got)
	if resp.StatusCode >= 400 {
		c.checkProblem(call, resp, plain, id)
	}
	if input != nil {
		c.checkAnswer(call, input, resp, plain)
	}
	return resp, nil
}

// checkRequest returns a nil input where the contract has no such operation, and why it refuses the request, if it does.
func (c *contract) checkRequest(req *http.Request, sent []byte) (input *openapi3filter.RequestValidationInput, refused error) {
	copied := req.Clone(req.Context())
	copied.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := c.router.FindRoute(copied)
	if err != nil {
		return nil, nil //nolint:nilerr // that there is no such operation is for the answer to say
	}
	input = &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true, IncludeResponseStatus: true,
		},
	}
	if req.Header.Get("Content-Encoding") != "" {
		return input, nil // the validator does not decompress
	}
	return input, openapi3filter.ValidateRequest(req.Context(), input)
}

func (c *contract) checkAnswer(call string, input *openapi3filter.RequestValidationInput, resp *http.Response, plain []byte) {
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header, Options: input.Options,
	}
	out.SetBodyBytes(plain)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		c.t.Errorf("%s = %d %s: not what openapi.yaml says: %v", call, resp.StatusCode, plain, err)
	}
}

// checkProblem holds for every error, of whatever path. Only health speaks of itself while it fails.
func (c *contract) checkProblem(call string, resp *http.Response, plain []byte, id string) {
	if resp.Header.Get("Content-Type") == "application/json" && strings.Contains(call, "/api/v1/health") {
		return
	}
	if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
		c.t.Errorf("%s = %d of type %q, want application/problem+json", call, resp.StatusCode, got)
		return
	}
	var p map[string]any
	if err := json.Unmarshal(plain, &p); err != nil {
		c.t.Errorf("%s = %s: %v", call, plain, err)
		return
	}
	if err := c.doc.Components.Schemas["Problem"].Value.VisitJSON(p, openapi3.EnableJSONSchema2020()); err != nil {
		c.t.Errorf("%s = %s: %v", call, plain, err)
	}
	if p["instance"] != id || p["status"] != float64(resp.StatusCode) || p["title"] != http.StatusText(resp.StatusCode) {
		c.t.Errorf("%s = %s, want instance %q, status %d and its title", call, plain, id, resp.StatusCode)
	}
}

func TestOpenAPIIsServedAndValid(t *testing.T) {
	w := newWorld(t)
	got := w.do("GET", "/api/v1/openapi.json", nil)
	got.want(http.StatusOK).is("openapi", "3.1.0")
	served, err := openapi3.NewLoader().LoadFromData(got.body)
	if err != nil {
		t.Fatalf("LoadFromData(openapi.json) = %v", err)
	}
	if err := served.Validate(t.Context()); err != nil {
		t.Errorf("Validate(openapi.json) = %v", err)
	}
	onDisk, err := theDocument()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	if got, want := served.Paths.Keys(), onDisk.Paths.Keys(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("paths of openapi.json = %v, want those of openapi.yaml: %v", got, want)
	}
}

// operations lists every operation of the contract as "METHOD /path".
func operations(t testing.TB) []string {
	t.Helper()
	doc, err := theDocument()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	var out []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			out = append(out, method+" "+path)
		}
	}
	slices.Sort(out)
	return out
}

// split takes an operation apart and puts something in for the variables of its path.
func split(operation string) (method, path string) {
	method, path, _ = strings.Cut(operation, " ")
	path = strings.NewReplacer("{id}", "00000000-0000-4000-8000-000000000000", "{n}", "1", "{file}", "nosuch.deb").Replace(path)
	return method, path
}

func TestContractRefusesAnUnknownField(t *testing.T) {
	// The checks above would be worth nothing if the schemas let everything pass.
	doc, err := theDocument()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	for name, schema := range doc.Components.Schemas {
		if len(schema.Value.Properties) == 0 || name == "TokenFields" {
			continue
		}
		err := schema.Value.VisitJSON(map[string]any{"no_such_field": true}, openapi3.EnableJSONSchema2020())
		var refused *openapi3.SchemaError
		if !errors.As(err, &refused) {
			t.Errorf("schema %s accepts an object with a field that it does not know", name)
		}
	}
}
