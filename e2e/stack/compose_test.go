//go:build appliance

package stack

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ollystack/control-plane/e2e/sandbox"
)

const root = "../.."

// tag is the version that the installed files are of.
const tag = "9.9.9"

// service is what docker-compose makes of a service.
type service struct {
	Image       string           `yaml:"image"`
	Container   string           `yaml:"container_name"`
	Restart     string           `yaml:"restart"`
	MemLimit    string           `yaml:"mem_limit"`
	ReadOnly    bool             `yaml:"read_only"`
	Privileged  bool             `yaml:"privileged"`
	PID         string           `yaml:"pid"`
	CapDrop     []string         `yaml:"cap_drop"`
	CapAdd      []string         `yaml:"cap_add"`
	SecurityOpt []string         `yaml:"security_opt"`
	Build       map[string]any   `yaml:"build"`
	Ports       []any            `yaml:"ports"`
	ExtraHosts  any              `yaml:"extra_hosts"`
	Environment map[string]any   `yaml:"environment"`
	DependsOn   map[string]any   `yaml:"depends_on"`
	Health      *healthcheck     `yaml:"healthcheck"`
	Secrets     []map[string]any `yaml:"secrets"`
	Volumes     []any            `yaml:"volumes"`
}

type healthcheck struct {
	Test []string `yaml:"test"`
}

// variant is the compose file of a clone, or the one that is installed.
type variant struct {
	name string
	dir  string
	env  string // the file with its variables
}

var (
	profiles = [][]string{nil, {"ebpf"}, {"longterm"}, {"bucket"}, {"ebpf", "longterm"}}
	// oneShots end by themselves and are waited for.
	oneShots = []string{"seed", "cold-tier"}
	// shared are the services that both variants have.
	shared = []string{"agent-collector", "beyla", "clickhouse", "cold-tier", "gateway-collector", "object-storage", "prometheus"}
)

// installed is where TestMain has `make stack-files` write to.
var installed string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "stack")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system tidies up what is left
	installed = filepath.Join(dir, "stack")
	cmd := exec.Command("go", "run", "./hack/stackfiles", "-to", installed, "-tag", tag)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func variants() []variant {
	return []variant{
		{"clone", root, filepath.Join(root, ".env.example")},
		{"installed", installed, filepath.Join(installed, "stack.env")},
	}
}

// config is what docker-compose makes of the file with a set of profiles.
func (v variant) config(t *testing.T, profiles []string, environ ...string) map[string]service {
	t.Helper()
	args := []string{"--env-file", abs(t, v.env), "-f", "docker-compose.yml"}
	for _, p := range profiles {
		args = append(args, "--profile", p)
	}
	out := run(t, v.dir, environ, "docker-compose", append(args, "config")...)
	var file struct {
		Services map[string]service `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(out), &file); err != nil {
		t.Fatal(err)
	}
	return file.Services
}

func abs(t *testing.T, path string) string {
	t.Helper()
	p, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs a command and returns what it prints on its standard output.
func run(t *testing.T, dir string, environ []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), environ...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// docker-compose takes both files with every profile, and says nothing against them.
func TestServices(t *testing.T) {
	for _, v := range variants() {
		for _, p := range profiles {
			services := v.config(t, p)
			want := slices.Clone(shared)
			if v.name == "clone" {
				want = append(want, "opamp-server", "redis", "seed")
			}
			// docker-compose 1.29 shows the services of every profile.
			for _, name := range want {
				if _, ok := services[name]; !ok {
					t.Errorf("%s, profiles %q: there is no service %s", v.name, p, name)
				}
			}
			if len(services) != len(want) {
				t.Errorf("%s, profiles %q: there are %d services, want %d: %q", v.name, p, len(services), len(want), want)
			}
			for name, s := range services {
				t.Run(fmt.Sprintf("%s/%s/%s", v.name, strings.Join(p, "+"), name), func(t *testing.T) { checkService(t, name, s) })
			}
		}
	}
}

// docker compose 2 takes both files as well, says nothing against them, and starts what the profiles name.
func TestComposePlugin(t *testing.T) {
	config := t.TempDir()
	if err := sandbox.ComposePlugin(root, config); err != nil {
		t.Fatal(err)
	}
	added := map[string][]string{"ebpf": {"beyla"}, "longterm": {"cold-tier", "object-storage"}, "bucket": {"cold-tier"}}
	for _, v := range variants() {
		for _, p := range profiles {
			want := []string{"agent-collector", "clickhouse", "gateway-collector", "prometheus"}
			if v.name == "clone" {
				want = append(want, "opamp-server", "redis", "seed")
			}
			args := []string{"compose", "--env-file", abs(t, v.env)}
			for _, profile := range p {
				args, want = append(args, "--profile", profile), append(want, added[profile]...)
			}
			cmd := exec.CommandContext(t.Context(), "docker", append(args, "config")...)
			cmd.Dir, cmd.Env = v.dir, append(os.Environ(), "DOCKER_CONFIG="+config)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Fatalf("%s, profiles %q: docker compose config: %v\n%s", v.name, p, err, stderr.String())
			}
			var file struct {
				Services map[string]service `yaml:"services"`
			}
			if err := yaml.Unmarshal(out, &file); err != nil {
				t.Fatal(err)
			}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(file.Services)); !slices.Equal(got, want) {
				t.Errorf("%s, profiles %q: the services are %q, want %q", v.name, p, got, want)
			}
		}
	}
}

// checkService holds a service to the rules that all of them follow.
func checkService(t *testing.T, name string, s service) {
	if s.Container != "ollystack-"+name {
		t.Errorf("container_name = %q, want ollystack-%s", s.Container, name)
	}
	if s.MemLimit == "" {
		t.Error("it has no mem_limit")
	}
	if !s.ReadOnly {
		t.Error("its root is not read-only")
	}
	if slices.Contains(oneShots, name) {
		if s.Restart != "on-failure" || s.Health == nil || !slices.Equal(s.Health.Test, []string{"NONE"}) {
			t.Errorf("restart = %q, health check %+v, want on-failure and none", s.Restart, s.Health)
		}
	} else if s.Restart != "unless-stopped" {
		t.Errorf("restart = %q, want unless-stopped", s.Restart)
	} else if s.Health == nil || len(s.Health.Test) < 2 {
		t.Errorf("healthcheck = %+v, want one", s.Health)
	}
	if name == "beyla" {
		if !s.Privileged || s.PID != "host" {
			t.Errorf("privileged = %v, pid = %q, want true and host", s.Privileged, s.PID)
		}
		return
	}
	if s.Privileged || s.PID != "" || len(s.CapAdd) > 0 || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Errorf("privileged = %v, pid %q, cap_add %q, cap_drop %q, security_opt %q, want no privilege", s.Privileged, s.PID, s.CapAdd, s.CapDrop, s.SecurityOpt)
	}
}

// An image is built by one service alone: docker compose 2 builds all of them at once, and where two
// make one image, the one that ends later fails. The others start after it, with docker-compose 1.29 too.
func TestBuilds(t *testing.T) {
	services := variants()[0].config(t, nil)
	builders := map[string]string{}
	for name, s := range services {
		if s.Build == nil {
			continue
		}
		if other, ok := builders[s.Image]; ok {
			t.Errorf("%s is built by %s and by %s", s.Image, other, name)
		}
		builders[s.Image] = name
	}
	if len(builders) != 2 {
		t.Errorf("built are %v, want the images of the control plane and of the collector", builders)
	}
	for name, s := range services {
		builder, ok := builders[s.Image]
		if ok && builder != name && s.DependsOn[builder] == nil {
			t.Errorf("%s uses what %s builds, and does not wait for it", name, builder)
		}
	}
}

// Nothing is published beyond this machine unless a variable says so, and the ports are the table's.
func TestPorts(t *testing.T) {
	want := map[string][]string{
		"opamp-server": {"4320"}, "gateway-collector": {"13133", "4317", "4318"},
		"clickhouse": {"8123", "9000"}, "prometheus": {"9090"},
	}
	for _, v := range variants() {
		for name, s := range v.config(t, []string{"ebpf", "longterm"}) {
			var inside []string
			for _, p := range s.Ports {
				text, ok := p.(string)
				address, port, found := strings.Cut(strings.TrimSuffix(text, "/tcp"), ":")
				_, container, both := strings.Cut(port, ":")
				if !ok || !found || !both || address != "127.0.0.1" {
					t.Errorf("%s: %s publishes %v, want an address of 127.0.0.1", v.name, name, p)
				}
				inside = append(inside, container)
			}
			slices.Sort(inside)
			if !slices.Equal(inside, want[name]) {
				t.Errorf("%s: the ports of %s = %q, want %q", v.name, name, inside, want[name])
			}
		}
	}
	clone := variants()[0]
	moved := clone.config(t, nil, "HTTP_PORT=5000", "OLLYSTACK_BIND_ADDRESS=192.0.2.1", "OTLP_BIND_ADDRESS=192.0.2.2")
	if got := fmt.Sprint(moved["opamp-server"].Ports); got != "[192.0.2.1:5000:4320/tcp]" {
		t.Errorf("with HTTP_PORT=5000 opamp-server publishes %s", got)
	}
	if got := fmt.Sprint(moved["gateway-collector"].Ports); !strings.Contains(got, "192.0.2.2:4317:4317") || !strings.Contains(got, "127.0.0.1:13133") {
		t.Errorf("with OTLP_BIND_ADDRESS the gateway publishes %s", got)
	}
	if env := moved["opamp-server"].Environment; env["HTTP_PORT"] != nil {
		t.Errorf("HTTP_PORT, the published port, is in the container's environment: %v", env)
	}
}

// What is started beside an installed control plane reaches that one, with its token, and
// builds nothing.
func TestInstalledVariant(t *testing.T) {
	installed := variants()[1]
	for name, s := range installed.config(t, nil) {
		if s.Build != nil {
			t.Errorf("%s is built: %v", name, s.Build)
		}
		for other := range s.DependsOn {
			if !slices.Contains(shared, other) {
				t.Errorf("%s depends on %s, which is not there", name, other)
			}
		}
		if name != "gateway-collector" && name != "agent-collector" {
			continue
		}
		if got := s.Environment["OPAMP_ENDPOINT"]; got != "ws://host.docker.internal:4320/v1/opamp" {
			t.Errorf("%s: OPAMP_ENDPOINT = %v", name, got)
		}
		if got := fmt.Sprint(s.ExtraHosts); !strings.Contains(got, "host.docker.internal") || !strings.Contains(got, "host-gateway") {
			t.Errorf("%s: extra_hosts = %s", name, got)
		}
		if len(s.Secrets) != 2 || s.Secrets[0]["source"] != "agent-token" || s.Secrets[1]["source"] != "control-plane-ca" {
			t.Errorf("%s: secrets = %v, want agent-token and control-plane-ca", name, s.Secrets)
		}
		if s.Image != "ollystack/collector:"+tag {
			t.Errorf("%s: image = %s", name, s.Image)
		}
	}
}
