package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// add puts components into a bill of materials, whose program depends on all of them. What else
// is in it stays as it is; the same input gives the same bytes.
func add(bom []byte, components []component) ([]byte, error) {
	var whole map[string]any
	if err := json.Unmarshal(bom, &whole); err != nil {
		return nil, err
	}
	parts, _ := whole["components"].([]any)
	graph, _ := whole["dependencies"].([]any)
	if len(graph) == 0 {
		return nil, errors.New("it does not say what the program depends on")
	}
	// The program itself comes first.
	program, _ := graph[0].(map[string]any)
	direct, ok := program["dependsOn"].([]any)
	if !ok {
		return nil, fmt.Errorf("its first dependency is %v, want the program's", graph[0])
	}
	for _, c := range components {
		parts = append(parts, c)
		graph = append(graph, map[string]string{"ref": c.Ref})
		direct = append(direct, c.Ref)
	}
	program["dependsOn"] = direct
	whole["components"], whole["dependencies"] = parts, graph

	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // purls have ampersands
	e.SetIndent("", "  ")
	err := e.Encode(whole)
	return out.Bytes(), err
}
