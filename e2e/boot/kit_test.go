//go:build appliance

package boot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

// Where the packages' files are, as an operator types them.
const (
	unit       = "ollystack-control-plane.service"
	stateDir   = "/var/lib/ollystack"
	settings   = "/etc/ollystack/ollystack.yaml"
	adminToken = stateDir + "/admin.token"
	agentToken = stateDir + "/enrolment.token"
)

// startTime is how long a unit may take to be up again, on a busy machine.
const startTime = 60 * time.Second

// builtPackage is the .deb of that name that `make packages` has built.
func builtPackage(t *testing.T, name string) string {
	t.Helper()
	pattern := fmt.Sprintf("../../dist/packages/%s_*_%s.deb", name, runtime.GOARCH)
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s = %v (%v), want one; run the tests with: make e2e-appliance", pattern, found, err)
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// appliance is a machine that the control plane is, or will be, installed on.
type appliance struct {
	*machine.Machine
	http  *http.Client
	token string // the admin's
}

func newAppliance(t *testing.T) *appliance {
	t.Helper()
	m := machine.Boot(t, machine.Options{})
	return &appliance{Machine: m, http: m.HTTP()}
}

// apt hands a package file to the machine and installs it as its page says; it returns
// what apt says.
func apt(t *testing.T, m *machine.Machine, file string, args ...string) string {
	t.Helper()
	m.Run(t, "mkdir -p /srv/packages")
	m.CopyIn(t, file, "/srv/packages/"+filepath.Base(file))
	said := m.Run(t, fmt.Sprintf("cd /srv/packages && apt-get install -y %s ./%s 2>&1", strings.Join(args, " "), filepath.Base(file)))
	return strings.ReplaceAll(said, "\r\n", "\n") // apt shows dpkg a terminal
}

// install installs the control plane, waits until it answers, and reads the token.
func (a *appliance) install(t *testing.T, file string, args ...string) (said string) {
	t.Helper()
	said = apt(t, a.Machine, file, args...)
	a.waitServing(t)
	a.token = strings.TrimSpace(a.Read(t, adminToken))
	return said
}

// waitServing waits until the control plane says that it is well.
func (a *appliance) waitServing(t *testing.T) {
	t.Helper()
	machine.Eventually(t, startTime, "the control plane serves", func() error {
		if r := a.Try(t, "ollystack healthcheck"); r.Code != 0 {
			return fmt.Errorf("ollystack healthcheck: %v", r)
		}
		return nil
	})
}

// property reads one property of a unit.
func (a *appliance) property(t *testing.T, name string) string {
	t.Helper()
	return property(t, a.Machine, unit, name)
}

func property(t *testing.T, m *machine.Machine, unit, name string) string {
	t.Helper()
	return strings.TrimSpace(m.Run(t, fmt.Sprintf("systemctl show --value --property=%s %s", name, unit)))
}

// number is a property that is one.
func (a *appliance) number(t *testing.T, name string) int {
	t.Helper()
	text := a.property(t, name)
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s of %s is %q, want a number", name, unit, text)
	}
	return n
}

// dropIn sets something of a unit that is not for production, where the tests cannot
// wait as long as production does.
func (a *appliance) dropIn(t *testing.T, lines string) {
	t.Helper()
	a.Write(t, "/etc/systemd/system/"+unit+".d/test.conf", "[Service]\n"+lines)
	a.Run(t, "systemctl daemon-reload")
}

// lastLines is the end of the unit's journal.
func lastLines(t *testing.T, m *machine.Machine, unit string, n int) string {
	t.Helper()
	return m.Run(t, fmt.Sprintf("journalctl --no-pager --output=cat --unit=%s --lines=%d", unit, n))
}

// problem is an answer of the API that is not a success. Source: RFC 9457.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail) }

// call asks the control plane as the admin: body, if any, is sent as JSON, a string as
// YAML, and the answer decoded into out, if any. A refusal is a *problem.
func (a *appliance) call(method, path string, body, out any) error {
	return call(a.http, a.token, method, path, body, out)
}

func call(client *http.Client, token, method, path string, body, out any) error {
	var reader io.Reader
	contentType := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		reader, contentType = strings.NewReader(b), "application/yaml"
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(method, "http://127.0.0.1:4320"+path, reader)
	if err != nil {
		return err
	}
	if reader != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 400 {
		p := &problem{}
		if err := json.Unmarshal(answer, p); err != nil || p.Status != res.StatusCode {
			return fmt.Errorf("%s %s answers %d without a problem's body: %.300q", method, path, res.StatusCode, answer)
		}
		return p
	}
	if text, ok := out.(*string); ok {
		*text = string(answer)
		return nil
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// must is call for what must succeed.
func (a *appliance) must(t *testing.T, method, path string, body, out any) {
	t.Helper()
	if err := a.call(method, path, body, out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// config is what these tests read of a configuration.
type config struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Body    string `json:"config"`
}

// quiet is a configuration that a collector of ours runs; note makes it another one.
func quiet(note string) string {
	return fmt.Sprintf(`# %s
receivers:
  nop: {}
exporters:
  nop: {}
service:
  pipelines:
    traces:
      receivers: [nop]
      exporters: [nop]
`, note)
}

// store creates a configuration.
func (a *appliance) store(t *testing.T, name, body string) {
	t.Helper()
	a.must(t, http.MethodPost, "/api/v1/configs?name="+name, body, nil)
}

// stored checks that a configuration is there as it was written.
func (a *appliance) stored(t *testing.T, name, body string) {
	t.Helper()
	var c config
	a.must(t, http.MethodGet, "/api/v1/configs/"+name, nil, &c)
	if c.Body != body {
		t.Errorf("configuration %s holds %q, want %q", name, c.Body, body)
	}
}
