package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/internal/settings"
)

// series are the metrics that there are: for each name its labels, each with its values.
type series map[string]map[string][]string

var labelPattern = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)

func (s series) add(line string) {
	name := line[:strings.IndexAny(line, "{ ")]
	if s[name] == nil {
		s[name] = map[string][]string{}
	}
	for _, l := range labelPattern.FindAllStringSubmatch(line[len(name):], -1) {
		if !slices.Contains(s[name][l[1]], l[2]) {
			s[name][l[1]] = append(s[name][l[1]], l[2])
		}
	}
}

// scraped asks a server that has all that can be measured: TLS, and a Redis.
func scraped(t *testing.T) series {
	t.Helper()
	s := testSettings(t)
	s.Redis.URL = settings.SecretURL("redis://127.0.0.1:1")
	s.TLS = tlsFiles(t)
	cert, key := pair(t, 1)
	writePair(t, s.TLS, cert, key)
	srv := start(t, s)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
	all := series{}
	for range 2 { // the first request is in what the second one is told
		status, body := srv.do(t, client, "https", request{path: "/metrics"})
		if status != http.StatusOK {
			t.Fatalf("GET /metrics = %d %s", status, body)
		}
		for line := range strings.Lines(body) {
			if !strings.HasPrefix(line, "#") {
				all.add(line)
			}
		}
	}
	return all
}

var (
	grouping   = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	ranges     = regexp.MustCompile(`\[[^\]]*\]`)
	reference  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)(\s*\()?(\{[^}]*\})?`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	promQLWord = []string{"and", "or", "unless", "bool", "offset", "inf"}
)

// check complains about each name in a PromQL expression that is not among the
// metrics, about labels that its metric does not have, and values that it never takes.
func (s series) check(expr string) (groups []string, faults []error) {
	labels := []string{"instance", "job"}
	text := ranges.ReplaceAllString(grouping.ReplaceAllString(expr, ""), "")
	found := 0
	for _, r := range reference.FindAllStringSubmatch(text, -1) {
		name, call, selector := r[1], r[2], r[3]
		if call != "" || slices.Contains(promQLWord, name) {
			continue
		}
		has, ok := s[name]
		if !ok {
			faults = append(faults, fmt.Errorf("no metric %s", name))
			continue
		}
		found++
		for label := range has {
			labels = append(labels, label)
		}
		for _, m := range matcher.FindAllStringSubmatch(selector, -1) {
			if m[1] != "job" && m[1] != "instance" {
				faults = append(faults, matches(name, has, m[1], m[2], m[3])...)
			}
		}
	}
	if found == 0 {
		faults = append(faults, fmt.Errorf("it names no metric"))
	}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(g[2], ",") {
			label = strings.TrimSpace(label)
			groups = append(groups, label)
			if !slices.Contains(labels, label) {
				faults = append(faults, fmt.Errorf("none of its metrics has the label %s", label))
			}
		}
	}
	return groups, faults
}

func matches(name string, has map[string][]string, label, op, value string) (faults []error) {
	values, ok := has[label]
	if !ok {
		return []error{fmt.Errorf("%s has no label %s", name, label)}
	}
	if label == "code" {
		return nil // whatever HTTP has; a test cannot make all of them happen
	}
	alternatives := []string{regexp.QuoteMeta(value)}
	if strings.HasSuffix(op, "~") {
		alternatives = strings.Split(value, "|")
	}
	for _, a := range alternatives {
		if !slices.ContainsFunc(values, regexp.MustCompile("^(?:"+a+")$").MatchString) {
			faults = append(faults, fmt.Errorf("%s never has %s=%q, only %q", name, label, a, values))
		}
	}
	return faults
}

// TestCheckOfExpressions: what the tests below rely on finds what is wrong.
func TestCheckOfExpressions(t *testing.T) {
	t.Parallel()
	s := series{}
	s.add(`agents{status="healthy"} 3`)
	s.add(`agents{status="gone"} 3`)
	for expr, want := range map[string]string{
		`sum by (status) (agents{status=~"healthy|gone", job="x"}) > 3`: "[]",
		`rate(agnets[5m])`:             "[no metric agnets it names no metric]",
		`agents{state="gone"}`:         "[agents has no label state]",
		`agents{status="unwell"}`:      `[agents never has status="unwell", only ["healthy" "gone"]]`,
		`agents{status=~"gone|away"}`:  `[agents never has status="away", only ["healthy" "gone"]]`,
		`sum by (reason) (agents) > 1`: "[none of its metrics has the label reason]",
	} {
		if _, faults := s.check(expr); fmt.Sprint(faults) != want {
			t.Errorf("check(%s) = %v, want %s", expr, faults, want)
		}
	}
}
