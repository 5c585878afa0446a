package app

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	rulesFile     = "../../stack/prometheus/rules/ollystack.yml"
	ruleTestsFile = "../../stack/prometheus/tests/ollystack_test.yml"
	dashboardFile = "../../stack/grafana/ollystack-control-plane.json"
	runbookFile   = "../../docs/troubleshooting.md"
	runbookURL    = "https://github.com/ollystack/control-plane/blob/main/docs/troubleshooting.md#"
)

// fromOthers are metrics that are not the server's: Prometheus' own, and what the
// agents' hostmetrics are called after remote write, as seen from a real collector.
func fromOthers(s series) series {
	s.add(`up 1`)
	s.add(`system_filesystem_usage_bytes{host_name="vm",mountpoint="/",mode="rw",state="free"} 1`)
	return s
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAlertRules: each rule asks for what the server measures, has a page that tells
// what to do, and a unit test in which it fires. (promtool runs those: e2e/examples.)
func TestAlertRules(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(readFile(t, rulesFile)), &file); err != nil {
		t.Fatal(err)
	}
	known, tests, anchors := fromOthers(scraped(t)), readFile(t, ruleTestsFile), anchorsOf(readFile(t, runbookFile))
	seen := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			seen++
			if _, faults := known.check(r.Expr); len(faults) > 0 {
				t.Errorf("%s: %v", r.Alert, faults)
			}
			if s := r.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s: severity = %q, want critical or warning", r.Alert, s)
			}
			if r.Annotations["summary"] == "" {
				t.Errorf("%s has no summary", r.Alert)
			}
			anchor, ok := strings.CutPrefix(r.Annotations["runbook_url"], runbookURL)
			if !ok || !slices.Contains(anchors, anchor) {
				t.Errorf("%s: runbook_url %q is no heading of docs/troubleshooting.md; those are %q", r.Alert, r.Annotations["runbook_url"], anchors)
			}
			if !strings.Contains(tests, `labels: 'ALERTS{alertname="`+r.Alert+`", alertstate="firing"`) {
				t.Errorf("%s fires in no test of %s", r.Alert, ruleTestsFile)
			}
		}
	}
	if seen < 15 {
		t.Errorf("%d rules were read, want all of them", seen)
	}
}

// anchorsOf lists the headings of a page as the fragments that they get.
func anchorsOf(page string) (anchors []string) {
	heading, dropped := regexp.MustCompile(`(?m)^#+ (.+)$`), regexp.MustCompile(`[^a-z0-9 _-]`)
	for _, h := range heading.FindAllStringSubmatch(page, -1) {
		anchors = append(anchors, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return anchors
}

type panel struct {
	ID         int
	Type       string
	Title      string
	Datasource struct{ Type, UID string }
	GridPos    struct{ H, W, X, Y int }
	Targets    []struct{ Expr, LegendFormat string }
}

// TestDashboard: each panel asks for what the server measures, by the datasource that
// whoever looks has chosen, with nothing that Grafana does not bring.
func TestDashboard(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		UID, Title    string
		SchemaVersion int
		Panels        []panel
		Templating    struct {
			List []struct {
				Name, Type string
				Query      any
				Definition string
			}
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, dashboardFile)), &dashboard); err != nil {
		t.Fatal(err)
	}
	if dashboard.UID == "" || dashboard.Title == "" || dashboard.SchemaVersion < 36 {
		t.Errorf("uid, title, schemaVersion = %q, %q, %d", dashboard.UID, dashboard.Title, dashboard.SchemaVersion)
	}
	known := fromOthers(scraped(t))
	for _, v := range dashboard.Templating.List {
		if v.Name == "datasource" {
			if v.Type != "datasource" || v.Query != "prometheus" {
				t.Errorf("the variable datasource is of type %s for %v, want a datasource for prometheus", v.Type, v.Query)
			}
			continue
		}
		metric := regexp.MustCompile(`^label_values\(([a-z_]+)`).FindStringSubmatch(v.Definition)
		if metric == nil || known[metric[1]] == nil {
			t.Errorf("the variable %s asks for %q, which is no metric", v.Name, v.Definition)
		}
	}
	ids := map[int]bool{}
	for i, p := range dashboard.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		for _, q := range dashboard.Panels[:i] {
			if a, b := p.GridPos, q.GridPos; a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%q lies over %q", p.Title, q.Title)
			}
		}
		checkPanel(t, known, p)
	}
	if len(dashboard.Panels) < 20 {
		t.Errorf("%d panels were read, want all of them", len(dashboard.Panels))
	}
}

func checkPanel(t *testing.T, known series, p panel) {
	t.Helper()
	if p.Type == "row" {
		return
	}
	if p.Type != "stat" && p.Type != "timeseries" {
		t.Errorf("%q is a %s: another kind of panel may be a plugin", p.Title, p.Type)
	}
	if p.Datasource.Type != "prometheus" || p.Datasource.UID != "${datasource}" {
		t.Errorf("%q has the datasource %+v, want the variable", p.Title, p.Datasource)
	}
	if len(p.Targets) == 0 {
		t.Errorf("%q asks for nothing", p.Title)
	}
	for _, q := range p.Targets {
		groups, faults := known.check(q.Expr)
		if len(faults) > 0 {
			t.Errorf("%q: %s: %v", p.Title, q.Expr, faults)
		}
		for _, l := range regexp.MustCompile(`{{(\w+)}}`).FindAllStringSubmatch(q.LegendFormat, -1) {
			if !slices.Contains(groups, l[1]) {
				t.Errorf("%q: the legend names %s, by which %s does not group", p.Title, l[1], q.Expr)
			}
		}
	}
}
