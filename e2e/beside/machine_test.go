//go:build appliance

package beside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/images"
	"github.com/ollystack/control-plane/e2e/sandbox"
)

const (
	checkout = "../.."
	// state is where the compose file looks for tokens. It is this run's own.
	state = "/var/lib/ollystack-stack"
)

// machine has a control plane in token mode and the stack's files, as the package installs them.
type machine struct {
	t     *testing.T
	store string // the control plane's data directory
	files string
	env   string

	settings []string // of the control plane, as environment variables
	server   string   // where it answers
	client   *http.Client
	stop     func() // stops it
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	m := &machine{
		t: t, store: filepath.Join(dir, "store"), files: filepath.Join(dir, "files"), env: filepath.Join(dir, "stack.env"),
		settings: []string{"OLLYSTACK_LISTEN=0.0.0.0:4320", "OLLYSTACK_AUTH_MODE=token", "OLLYSTACK_ALLOWED_HOSTS=host.docker.internal"},
		server:   "http://127.0.0.1:4320", client: http.DefaultClient,
	}
	if err := os.MkdirAll(state, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", state, "tmpfs", 0, "mode=755"); err != nil {
		t.Fatal(err)
	}
	m.useComposePlugin()
	m.run("go", "run", "./hack/stackfiles", "-from", ".", "-to", m.files, "-tag", "test")
	m.startEngine()
	m.startServer()
	return m
}

// useComposePlugin has the script use docker compose 2; the machine of e2e/bundle has docker-compose 1.29.
func (m *machine) useComposePlugin() {
	m.t.Helper()
	dir := m.t.TempDir()
	if err := sandbox.ComposePlugin(checkout, dir); err != nil {
		m.t.Fatal(err)
	}
	m.t.Setenv("DOCKER_CONFIG", dir)
	m.t.Log(m.run("docker", "compose", "version"))
}

func (m *machine) startEngine() {
	m.t.Helper()
	engine, err := sandbox.StartEngine(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		if err := engine.Stop(); err != nil {
			m.t.Error(err)
		}
	})
	var env strings.Builder
	for variable, image := range map[string]*images.Image{"CLICKHOUSE_IMAGE": images.ClickHouse, "PROMETHEUS_IMAGE": images.Prometheus} {
		file, err := image.File(m.t.Context(), checkout)
		if err == nil {
			err = engine.Load(m.t.Context(), file)
		}
		if err != nil {
			m.t.Fatal(err)
		}
		fmt.Fprintf(&env, "%s=%s\n", variable, image.Ref())
	}
	collectors, err := filepath.Glob(filepath.Join(checkout, "dist/images/ollystack-collector_*_amd64.tar"))
	if err != nil || len(collectors) == 0 {
		m.t.Fatalf("no dist/images/ollystack-collector_*_amd64.tar: run make images (%v)", err)
	}
	slices.SortFunc(collectors, func(a, b string) int { return modified(m.t, a).Compare(modified(m.t, b)) })
	if err := engine.Load(m.t.Context(), collectors[len(collectors)-1]); err != nil {
		m.t.Fatal(err)
	}
	fmt.Fprintf(&env, "COLLECTOR_IMAGE=%s\n", strings.Fields(m.run("docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "ollystack/collector"))[0])
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		m.t.Fatal(err)
	}
	if files.Max < 262144 { // as much as this machine may give
		fmt.Fprintf(&env, "CLICKHOUSE_NOFILE=%s\n", strconv.FormatUint(files.Max, 10))
	}
	if err := os.WriteFile(m.env, []byte(env.String()), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func modified(t *testing.T, file string) time.Time {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

func (m *machine) startServer() {
	m.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(m.t.Context()), filepath.Join(checkout, "bin/ollystack"), "serve", "--data-dir", m.store)
	var log strings.Builder
	cmd.Stderr, cmd.Env = &log, m.environment()
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			m.t.Error(err)
		}
		if m.t.Failed() {
			m.t.Logf("the control plane:\n%s", log.String())
		}
	})
	m.t.Cleanup(m.stop)
}

// environment is this process's, with the control plane's settings and no others.
func (m *machine) environment() []string {
	own := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "OLLYSTACK_") })
	return append(own, m.settings...)
}

// run runs a command in the checkout and returns what it prints.
func (m *machine) run(name string, args ...string) string {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), name, args...)
	cmd.Dir = checkout
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// script runs /usr/lib/ollystack/stack, as the unit does, and returns what it says and its exit code.
func (m *machine) script(args ...string) (string, int) {
	m.t.Helper()
	program, err := filepath.Abs(filepath.Join(checkout, "bin/ollystack"))
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.CommandContext(m.t.Context(), filepath.Join(checkout, "packaging/stack/ollystack-stack"), args...)
	cmd.Env = append(m.environment(), "STACK_FILES="+m.files, "STACK_ENV="+m.env, "STACK_STORE="+m.store, "STACK_PROGRAM="+program)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// get asks for JSON, with a token where one is given.
func (m *machine) get(address, token string, into any) error {
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", address, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// query asks Prometheus for the value of an expression that has one.
func (m *machine) query(expression string) (string, error) {
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := m.get("http://127.0.0.1:9090/api/v1/query?query="+url.QueryEscape(expression), "", &answer); err != nil {
		return "", err
	}
	if len(answer.Data.Result) != 1 {
		return "", fmt.Errorf("%s has %d values", expression, len(answer.Data.Result))
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1]), nil
}

func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		err := holds()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not %s: %v", what, err)
		}
		<-tick.C
	}
}
