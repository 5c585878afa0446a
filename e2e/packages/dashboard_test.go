//go:build appliance

package packages

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whatever npm package is in the dashboard is in the bill of materials of the packed program, with
// version, purl, checksum and licence; its licence is in the package's documentation, and the
// licence's name in the copyright file.
func TestDashboardIsAccountedFor(t *testing.T) {
	dir := t.TempDir()
	run(t, nil, "dpkg-deb", "--extract", builtDeb(t, controlPlane), dir)
	served := page(t, filepath.Join(dir, "usr/bin/ollystack"), "/licenses.md")
	packages := regexp.MustCompile(`(?m)^## (\S+) - (\d\S*) \((.+)\)$`).FindAllStringSubmatch(served, -1)
	if len(packages) < 20 {
		t.Fatalf("/licenses.md names %d packages, want those of a dashboard:\n%.600s", len(packages), served)
	}

	var bill struct {
		SerialNumber string
		Metadata     struct{ Timestamp string }
		Components   []struct {
			Name, Version, PURL string
			Hashes              []struct{ Alg, Content string }
			Licenses            []struct{ Expression string }
		}
	}
	text := read(t, built(t, "ollystack-[0-9]*-linux-"+runtime.GOARCH+".cdx.json"))
	if err := json.Unmarshal([]byte(text), &bill); err != nil {
		t.Fatal(err)
	}
	if bill.SerialNumber != "" || bill.Metadata.Timestamp != "" {
		t.Errorf("the bill of materials is another one at each build: %q %q", bill.SerialNumber, bill.Metadata.Timestamp)
	}
	if found := regexp.MustCompile(`https?://[^"/]*(registry|npm|proxy)[^"]*`).FindString(text); found != "" {
		t.Errorf("the bill of materials names where its maker got a package from: %s", found)
	}
	listed := map[string]string{} // "name version licence" by purl
	for _, c := range bill.Components {
		if !strings.HasPrefix(c.PURL, "pkg:npm/") {
			continue
		}
		if len(c.Licenses) != 1 || len(c.Hashes) != 1 || c.Hashes[0].Alg != "SHA-512" || len(c.Hashes[0].Content) != 128 {
			t.Errorf("%+v: want one licence and one SHA-512", c)
			continue
		}
		listed[c.PURL] = c.Name + " " + c.Version + " " + c.Licenses[0].Expression
	}

	doc := filepath.Join(dir, "usr/share/doc", controlPlane)
	licences := run(t, nil, "gzip", "-dc", filepath.Join(doc, "third-party-licenses.gz"))
	copyright := read(t, filepath.Join(doc, "copyright"))
	for _, p := range packages {
		name, version, licence := p[1], p[2], p[3]
		purl := "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + version
		if got, want := listed[purl], name+" "+version+" "+licence; got != want {
			t.Errorf("the bill of materials has %q for %s, want %q", got, purl, want)
		}
		delete(listed, purl)
		contains(t, licences, "\n== npm: "+name+" - "+version+" ("+licence+")\n")
		contains(t, copyright, licence)
	}
	if len(listed) > 0 {
		t.Errorf("the bill of materials names what is not in the dashboard: %v", listed)
	}
}

var address = regexp.MustCompile(`\bready\b.* address=(\S+)`)

// page starts a program of ours as a server and returns what it answers.
func page(t *testing.T, program, path string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "serve", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir())
	cmd.Env = []string{"HOME=" + t.TempDir()}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said = append(said, lines.Text())
		if address.MatchString(lines.Text()) {
			break
		}
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended it
	found := address.FindStringSubmatch(strings.Join(said, "\n"))
	if found == nil {
		t.Fatalf("%s serve does not get ready:\n%s", program, strings.Join(said, "\n"))
	}
	res, err := http.Get("http://" + found[1] + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", path, res.Status, err)
	}
	return string(body)
}
