//go:build appliance

package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/images"
	"github.com/ollystack/control-plane/e2e/sandbox"
)

// stack is a fresh clone with the compose project in it.
type stack struct {
	dir string
	env map[string]string // what .env says
}

// checkout is the repository that these tests belong to.
const checkout = "../.."

// startEngine starts the Docker Engine with every image that is not built by compose.
func startEngine(t *testing.T) *stack {
	t.Helper()
	engine, err := sandbox.StartEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := &stack{dir: clone(t), env: map[string]string{}}
	for variable, image := range map[string]*images.Image{
		"REDIS_IMAGE": images.Redis, "CLICKHOUSE_IMAGE": images.ClickHouse, "PROMETHEUS_IMAGE": images.Prometheus,
		"OBJECT_STORAGE_IMAGE": images.ObjectStorage, "GO_IMAGE": images.Go,
	} {
		file, err := image.File(t.Context(), checkout)
		if err == nil {
			err = engine.Load(t.Context(), file)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.env[variable] = image.Ref()
	}
	s.env["COLLECTOR_IMAGE"] = loadCollector(t, engine)
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	// Where this machine may not have as many open files as ClickHouse asks for, and may not
	// raise the limit (some containers and virtual machines).
	if files.Max < 262144 {
		s.env["CLICKHOUSE_NOFILE"] = strconv.FormatUint(files.Max, 10)
	}
	s.writeEnv(t)
	return s
}

// loadCollector loads what make images has left; building it from sources needs hundreds
// of modules, which the Go image here does not have.
func loadCollector(t *testing.T, engine *sandbox.Engine) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(checkout, "dist/images/ollystack-collector_*_amd64.tar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no dist/images/ollystack-collector_*_amd64.tar: run make images (%v)", err)
	}
	newest := files[0]
	for _, file := range files[1:] {
		if modified(t, file).After(modified(t, newest)) {
			newest = file
		}
	}
	if err := engine.Load(t.Context(), newest); err != nil {
		t.Fatal(err)
	}
	name := output(t, "docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "ollystack/collector")
	return strings.Fields(name)[0]
}

func modified(t *testing.T, file string) time.Time {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// clone copies what git would give a user, with what is not committed yet.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(sandbox.Dir(), "control-plane")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	list := "git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t " + dir
	command := exec.Command("bash", "-o", "pipefail", "-c", list)
	command.Dir = checkout
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("clone: %v\n%s", err, out)
	}
	return dir
}

// set changes one variable of .env; an empty value takes it away.
func (s *stack) set(t *testing.T, variable, value string) {
	t.Helper()
	if s.env[variable] = value; value == "" {
		delete(s.env, variable)
	}
	s.writeEnv(t)
}

func (s *stack) writeEnv(t *testing.T) {
	t.Helper()
	var text strings.Builder
	for variable, value := range s.env {
		fmt.Fprintf(&text, "%s=%s\n", variable, value)
	}
	if err := os.WriteFile(filepath.Join(s.dir, ".env"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// types runs a line as a user types it in the clone, and answers what it prints.
func (s *stack) types(t *testing.T, line string) string {
	t.Helper()
	out, err := s.tries(t, line)
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return out
}

func (s *stack) tries(t *testing.T, line string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-c", line)
	command.Dir = s.dir
	out, err := command.CombinedOutput()
	return string(out), err
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// container is what these tests read of docker inspect.
type container struct {
	Name         string
	RestartCount int
	State        struct {
		Status   string
		Pid      int
		ExitCode int
		Health   *struct {
			Status string
			Log    []struct{ Output string }
		}
	}
	Config     struct{ Image string }
	HostConfig struct {
		ReadonlyRootfs bool
		Privileged     bool
		Memory         int64
		SecurityOpt    []string
		CapDrop        []string
		RestartPolicy  struct{ Name string }
		PortBindings   map[string][]struct{ HostIp, HostPort string }
	}
}

// containers are the project's, by service.
func (s *stack) containers(t *testing.T) map[string]container {
	t.Helper()
	ids := strings.Fields(output(t, "docker", "ps", "-aq", "--filter", "label=com.docker.compose.project=control-plane"))
	if len(ids) == 0 {
		return nil
	}
	var list []container
	if err := json.Unmarshal([]byte(output(t, "docker", append([]string{"inspect"}, ids...)...)), &list); err != nil {
		t.Fatal(err)
	}
	found := map[string]container{}
	for _, c := range list {
		found[strings.TrimPrefix(c.Name, "/ollystack-")] = c
	}
	return found
}

// healthy waits until these services are, or until one has given up.
func (s *stack) healthy(t *testing.T, services ...string) {
	t.Helper()
	eventually(t, 4*time.Minute, "healthy: "+strings.Join(services, ", "), func() error {
		found := s.containers(t)
		var errs []error
		for _, service := range services {
			c, ok := found[service]
			switch {
			case !ok:
				errs = append(errs, fmt.Errorf("%s has no container", service))
			case c.State.Health == nil:
				errs = append(errs, fmt.Errorf("%s has no health check", service))
			case c.State.Health.Status != "healthy":
				errs = append(errs, fmt.Errorf("%s is %s, %s: %+v", service, c.State.Status, c.State.Health.Status, c.State.Health.Log))
			}
		}
		return errors.Join(errs...)
	})
}

// logs shows what the containers said when a test has failed.
func (s *stack) logs(t *testing.T) {
	if t.Failed() {
		command := exec.Command("bash", "-c", "docker-compose ps; docker-compose --profile longterm logs --no-color --tail=40")
		command.Dir = s.dir
		out, err := command.CombinedOutput()
		t.Logf("%s %v", out, err)
	}
}

func eventually(t *testing.T, within time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	ticks := time.NewTicker(250 * time.Millisecond)
	defer ticks.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ticks.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %v: %v", what, within, err)
		}
	}
}
