package rest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestComponentsOfTheFleet(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []string{"receivers", "processors", "exporters", "connectors", "extensions"} {
		w.do("GET", "/api/v1/components", nil).want(http.StatusOK).is(kind, []string{})
	}
	w.connect(1) // with receiver otlp and exporter debug
	w.connect(2, func(r *fleet.Report) {
		r.ComponentsHash = "\x02"
		r.Components = fleet.Components{
			"receivers": {"hostmetrics", "otlp", "not a type", "x</script>", ""}, "connectors": {"count"}, "converters": {"expand"},
		}
	}).leave() // counts all the same
	d := w.do("GET", "/api/v1/components", nil).want(http.StatusOK)
	d.is("receivers", []string{"hostmetrics", "otlp"})
	d.is("exporters", []string{"debug"})
	d.is("connectors", []string{"count"})
	d.is("extensions", []string{})
	d.is("converters", nil)
}

func TestComponentsAreBounded(t *testing.T) {
	w := newWorld(t)
	w.connect(1, func(r *fleet.Report) {
		for n := range 3000 {
			r.Components["receivers"] = append(r.Components["receivers"], fmt.Sprintf("junk%d", n))
		}
	})
	d := w.do("GET", "/api/v1/components", nil).want(http.StatusOK)
	if list, _ := d.at("receivers").([]any); len(list) != 1000 {
		t.Errorf("GET /components = %d receivers, want 1000 at most", len(list))
	}
}
