package rest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

// packagesWorld serves a folder with a few files, and secrets around it.
func packagesWorld(t *testing.T, change ...func(*setup)) (w *world, dir string) {
	t.Helper()
	above := t.TempDir()
	dir = filepath.Join(above, "packages")
	for name, content := range map[string]string{
		"secret": "secret", "packages/SHA256SUMS": "sums", "packages/a_1.0_amd64.deb": "0123456789", "packages/a-1.0.rpm": "rpm",
		"packages/repodata/repomd.xml": "<xml/>", "packages/.upload.deb": "half", "packages/.hidden/x": "x", "packages/odd name%2F.deb": "odd",
	} {
		path := filepath.Join(above, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"up": "../secret", "away": filepath.Join(above, "secret"), "latest.deb": "a_1.0_amd64.deb"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	return newWorld(t, append(change, func(s *setup) { s.rest.PackagesDir = dir })...), dir
}

func TestPackages(t *testing.T) {
	w, _ := packagesWorld(t)
	for path, want := range map[string]struct{ contentType, body string }{
		"a_1.0_amd64.deb":     {"application/vnd.debian.binary-package", "0123456789"},
		"./a_1.0_amd64.deb":   {"application/vnd.debian.binary-package", "0123456789"}, // as apt asks
		"a-1.0.rpm":           {"application/x-rpm", "rpm"},
		"SHA256SUMS":          {"text/plain; charset=utf-8", "sums"},
		"repodata/repomd.xml": {"application/xml", "<xml/>"},
		"latest.deb":          {"application/vnd.debian.binary-package", "0123456789"}, // a link inside
		"odd%20name%252F.deb": {"application/vnd.debian.binary-package", "odd"},
	} {
		got := w.do("GET", "/packages/"+path, nil)
		got.want(http.StatusOK)
		if got.header.Get("Content-Type") != want.contentType || string(got.body) != want.body || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET /packages/%s = %q %v, want %q of %s, not to be sniffed", path, got.body, got.header, want.body, want.contentType)
		}
	}
	for _, path := range []string{
		"nosuch.deb", "up", "away", "../secret", "%2e%2e/secret", "..%2fsecret", "repodata/../../secret", "/etc/passwd", "%2fetc%2fpasswd",
		"repodata", "repodata/", ".", "..", ".upload.deb", ".hidden/x", "./.upload.deb", "a%00b", `..\secret`, "SHA256SUMS/x", strings.Repeat("x", 5000),
	} {
		w.do("GET", "/packages/"+path, nil).problem(http.StatusNotFound)
	}
}

// TestPackagesConditions: parts, and no second time what somebody has; errors are problems as everywhere.
func TestPackagesConditions(t *testing.T) {
	w, _ := packagesWorld(t)
	const path = "/packages/a_1.0_amd64.deb"
	whole := w.do("GET", path, nil)
	head := w.do("HEAD", path, nil)
	head.want(http.StatusOK)
	if head.header.Get("Content-Length") != "10" || head.etag() == "" || head.etag() != whole.etag() {
		t.Errorf("HEAD %s = %v, want the length 10 and the ETag of GET: %s", path, head.header, whole.etag())
	}
	part := w.do("GET", path, nil, header("Range", "bytes=4-6"))
	part.want(http.StatusPartialContent)
	if string(part.body) != "456" {
		t.Errorf("bytes 4-6 = %q, want 456", part.body)
	}
	w.do("GET", path, nil, header("If-None-Match", whole.etag())).want(http.StatusNotModified)
	w.do("GET", path, nil, header("If-Match", `"other"`)).problem(http.StatusPreconditionFailed)
	w.do("GET", path, nil, header("Range", "bytes=50-60")).problem(http.StatusRequestedRangeNotSatisfiable, "10 bytes")
}

// TestPackagesTokens: a token of any role, also as the password of HTTP Basic, which is understood here alone.
func TestPackagesTokens(t *testing.T) {
	w, _ := packagesWorld(t, withTokens)
	basic := func(token string) option {
		return func(r *http.Request) { r.SetBasicAuth("anybody", token) }
	}
	for _, role := range []fleet.Role{fleet.RoleAdmin, fleet.RoleRead, fleet.RoleAgent} {
		token := w.newToken(role)
		w.do("GET", "/packages/SHA256SUMS", nil, header("Authorization", "Bearer "+token)).want(http.StatusOK)
		w.do("GET", "/packages/SHA256SUMS", nil, basic(token)).want(http.StatusOK)
		w.do("GET", "/api/v1/agents", nil, basic(token)).problem(http.StatusUnauthorized)
		w.do("GET", "/packages/SHA256SUMS", nil, basic(token), header("Authorization", "Bearer "+token)).problem(http.StatusUnauthorized)
	}
	w.do("GET", "/packages/SHA256SUMS", nil, basic("wrong")).problem(http.StatusUnauthorized)

	const name = "a_1.0_amd64.deb"
	if got := w.do("GET", "/packages/", nil); strings.Contains(string(got.body), name) {
		t.Errorf("GET /packages/ without a token = %s, want no list of files", got.body)
	}
	got := w.do("GET", "/packages/", nil, basic(w.newToken(fleet.RoleAgent)))
	if !strings.Contains(string(got.body), "10  "+name+"\n") || strings.Contains(string(got.body), "upload") || strings.Contains(string(got.body), "away") {
		t.Errorf("GET /packages/ with a token = %s, want the files, and no hidden ones or links", got.body)
	}
}

// TestPackagesPage: the line to paste has the address by which the page was reached, if that is one.
func TestPackagesPage(t *testing.T) {
	w, _ := packagesWorld(t, withTokens, func(s *setup) { s.rest.AgentPath = "/agents" })
	for _, c := range []struct{ host, proto, want string }{
		{"fleet.example:4320", "", "sh install-collector.sh --server http://fleet.example:4320 --token-file enrolment.token --endpoint ws://fleet.example:4320/agents\n"},
		{"fleet.example", "https", "curl -fsSO https://fleet.example/packages/install-collector.sh\n"},
		{"[::1]:4320", "https", "--endpoint wss://[::1]:4320/agents\n"},
		{"a;reboot", "", "--server http://HOST:PORT "},
		{"$(reboot)", "", "--server http://HOST:PORT "},
	} {
		got := w.do("GET", "/packages/", nil, host(c.host), header("X-Forwarded-Proto", c.proto))
		if got.want(http.StatusOK); !strings.Contains(string(got.body), c.want) {
			t.Errorf("GET /packages/ of %s = %s\nwant %q in it", c.host, got.body, c.want)
		}
	}
	script := w.do("GET", "/packages/install-collector.sh", nil)
	if script.want(http.StatusOK); !strings.HasPrefix(string(script.body), "#!/bin/sh\n") {
		t.Errorf("GET /packages/install-collector.sh = %.40q, want a script", script.body)
	}
}

// TestPackagesOff: where there are none, the answer says what to do.
func TestPackagesOff(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.rest.PackagesDir = "" })
	for _, path := range []string{"/packages/", "/packages/x.deb", "/packages/install-collector.sh"} {
		w.do("GET", path, nil).problem(http.StatusNotFound, "packages.dir")
	}
	missing := newWorld(t, func(s *setup) { s.rest.PackagesDir = "/nosuch" })
	missing.do("GET", "/packages/x.deb", nil).problem(http.StatusNotFound, "x.deb")
	if got := missing.do("GET", "/packages/", nil); !strings.Contains(string(got.body), "does not exist") {
		t.Errorf("GET /packages/ of a folder that is missing = %s, want it said", got.body)
	}
}

// TestPackagesLarge: what is longer than one write arrives whole, and the connection can be used again.
func TestPackagesLarge(t *testing.T) {
	w, dir := packagesWorld(t)
	large := strings.Repeat("0123456789abcdef", 1<<16)
	if err := os.WriteFile(filepath.Join(dir, "large.deb"), []byte(large), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if got := w.do("GET", "/packages/large.deb", nil); string(got.body) != large {
			t.Errorf("request %d = %d bytes, want %d", i, len(got.body), len(large))
		}
	}
	metrics := string(w.do("GET", "/metrics", nil).body)
	if want := fmt.Sprintf(`ollystack_http_requests_total{code="200",method="GET",route="/packages/{file}"} %d`, 2); !strings.Contains(metrics, want) {
		t.Errorf("the metrics have no %s", want)
	}
}
