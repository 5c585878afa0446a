package rest

import (
	_ "embed"
	"encoding/json"
	"net/http"

	"go.yaml.in/yaml/v3"
)

// openapiYAML describes this API in OpenAPI 3.1. The tests hold every route and every answer against it.
//
//go:embed openapi.yaml
var openapiYAML []byte

func openapiJSON() ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openapiYAML, &document); err != nil {
		return nil, err
	}
	return json.Marshal(document)
}

func (a *api) openapiDocument(*http.Request) (reply, error) {
	return reply{raw: a.openapi}, nil
}
