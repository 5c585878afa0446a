package settings

import (
	"errors"
	"maps"
	"strings"
)

// layer is what one source sets: values that their kinds have read and checked,
// and where each came from. It is a koanf.Provider.
type layer struct {
	values  map[string]any    // by name of the key
	origins map[string]string // likewise
}

func newLayer() *layer {
	return &layer{values: map[string]any{}, origins: map[string]string{}}
}

// set reads texts as the value of k; what is wrong goes to faults.
func (l *layer) set(k Key, origin string, texts []string, faults *Faults) {
	// Also where the value is bad: someone gave it, and a bad listen is not replaced by HTTP_PORT.
	l.origins[k.Name] = origin
	v, err := k.parse(texts)
	if err != nil {
		faults.add(origin, k.Name, "%v", err)
		return
	}
	l.values[k.Name] = v
}

// Read returns the values as koanf wants them: nested by section.
func (l *layer) Read() (map[string]any, error) {
	nested := map[string]any{}
	for name, v := range l.values {
		section, last, found := strings.Cut(name, ".")
		if !found {
			nested[name] = v
			continue
		}
		inner, ok := nested[section].(map[string]any)
		if !ok {
			inner = map[string]any{}
			nested[section] = inner
		}
		inner[last] = v
	}
	return nested, nil
}

// ReadBytes is the other half of koanf.Provider, which a layer has no use for.
func (l *layer) ReadBytes() ([]byte, error) {
	return nil, errors.New("a layer has values, not bytes")
}

// originsOf merges the origins of layers; the later ones win.
func originsOf(layers []*layer) map[string]string {
	origins := map[string]string{}
	for _, l := range layers {
		maps.Copy(origins, l.origins)
	}
	return origins
}
