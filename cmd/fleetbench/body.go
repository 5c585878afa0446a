package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// Stand-ins in the template; each render writes over them. sameID also names the
// agent in everybody's configuration where all are to be equal.
const (
	sameID     = "00000000-0000-7000-8000-000000000000"
	noRevision = "0000000000000000"
)

// body is the text of an effective configuration, made once, into which each
// agent's name and the configuration that it last applied are written. It is
// real YAML with real components, since a server may well parse it.
type body struct {
	text      []byte
	ids       []int // where the agent's name stands
	revisions []int // where the applied configuration's short hash stands
}

// newBody makes a template of size bytes, or the little more that the smallest
// whole configuration needs.
func newBody(size int) body {
	var b strings.Builder
	fmt.Fprintf(&b, "receivers:\n  otlp:\n    protocols:\n      grpc:\n        endpoint: 127.0.0.1:4317\n      http:\n        endpoint: 127.0.0.1:4318\n"+
		"exporters:\n  otlphttp:\n    endpoint: https://gateway.example:4318\n    compression: gzip\n"+
		"service:\n  telemetry:\n    resource:\n      service.instance.id: %s\n"+
		"  pipelines:\n    traces:\n      receivers: [otlp]\n      processors: [attributes]\n      exporters: [otlphttp]\n"+
		"processors:\n  attributes:\n    actions:\n"+
		"      - action: upsert\n        key: instance\n        value: %s\n"+
		"      - action: upsert\n        key: revision\n        value: r-%s\n", sameID, sameID, noRevision)
	for i := 0; ; i++ {
		action := fmt.Sprintf("      - action: upsert\n        key: bench.attribute.%03d\n        value: of-no-meaning\n", i)
		if b.Len()+len(action) > size {
			break
		}
		b.WriteString(action)
	}
	if rest := size - b.Len(); rest > 0 {
		b.WriteString("#" + strings.Repeat("-", rest-1))
	}
	text := []byte(b.String())
	return body{text: text, ids: placesOf(text, sameID), revisions: placesOf(text, "r-"+noRevision)}
}

func placesOf(text []byte, stand string) []int {
	var places []int
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(stand))
		if i < 0 {
			return places
		}
		places = append(places, from+i)
		from += i + len(stand)
	}
}

// render writes the configuration of the agent named id, which last applied the
// configuration of that hash (nil for none). The caller owns the result.
func (t body) render(id string, hash []byte) []byte {
	out := bytes.Clone(t.text)
	for _, at := range t.ids {
		copy(out[at:at+len(sameID)], id)
	}
	if len(hash) > 0 {
		short := hex.EncodeToString(hash[:min(len(hash), len(noRevision)/2)])
		for _, at := range t.revisions {
			copy(out[at+len("r-"):at+len("r-")+len(noRevision)], short)
		}
	}
	return out
}
