package rest

import (
	"os"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestEveryRouteIsAnOperation(t *testing.T) {
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]any
	}
	if err := yaml.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	methods := map[string]string{"get": "GET", "put": "PUT", "post": "POST", "patch": "PATCH", "delete": "DELETE"}
	var described []string
	for path, item := range document.Paths {
		for key := range item {
			if method, ok := methods[key]; ok {
				described = append(described, method+" "+path)
			}
		}
	}
	var routed []string
	for _, rt := range (&api{}).routes() {
		routed = append(routed, rt.method+" "+rt.path)
	}
	slices.Sort(described)
	slices.Sort(routed)
	if !slices.Equal(routed, described) {
		t.Errorf("routes() = %q, want the operations of openapi.yaml: %q", routed, described)
	}
}

func TestEveryParameterIsDescribed(t *testing.T) {
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	type parameter struct {
		Name string
		In   string
		Ref  string `yaml:"$ref"`
	}
	type operation struct{ Parameters []parameter }
	var document struct {
		Paths map[string]struct {
			Parameters                    []parameter
			Get, Put, Post, Patch, Delete *operation
		}
		Components struct{ Parameters map[string]parameter }
	}
	if err := yaml.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	for _, rt := range (&api{}).routes() {
		item := document.Paths[rt.path]
		op := map[string]*operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete}[rt.method]
		if op == nil {
			continue // the test above says so
		}
		var described []string
		for _, p := range slices.Concat(item.Parameters, op.Parameters) {
			if p.Ref != "" {
				p = document.Components.Parameters[p.Ref[len("#/components/parameters/"):]]
			}
			if p.In == "query" {
				described = append(described, p.Name)
			}
		}
		slices.Sort(described)
		taken := slices.Sorted(slices.Values(rt.params))
		if !slices.Equal(taken, described) {
			t.Errorf("parameters of %s %s = %q, want those of openapi.yaml: %q", rt.method, rt.path, taken, described)
		}
	}
}
