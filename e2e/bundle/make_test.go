//go:build appliance

package bundle

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/e2e/images"
	"github.com/ollystack/control-plane/e2e/machine"
)

const checkout = "../.."

// signer is a key made for one test.
type signer struct{ home, fingerprint string }

func newSigner(t *testing.T) signer {
	t.Helper()
	// gpg-agent's socket must have a short path.
	home, err := os.MkdirTemp("", "gpg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	s := signer{home: home}
	s.gpg(t, "--passphrase", "", "--quick-generate-key", "Release <release@example.org>", "ed25519", "sign", "1d")
	for line := range strings.Lines(s.gpg(t, "--with-colons", "--list-keys")) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			s.fingerprint = fields[9]
		}
	}
	if len(s.fingerprint) != 40 {
		t.Fatalf("gpg --list-keys shows the fingerprint %q, want 40 digits", s.fingerprint)
	}
	return s
}

func (s signer) gpg(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("gpg", append([]string{"--batch", "--homedir", s.home}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("gpg %v: %v", args, err)
	}
	return string(out)
}

// standIns are the images of the stack that no registry is asked for here, by the
// variables that name them in docker-compose.yml.
func standIns() map[string]*images.Image {
	return map[string]*images.Image{
		"CLICKHOUSE_IMAGE": images.ClickHouse, "PROMETHEUS_IMAGE": images.Prometheus, "OBJECT_STORAGE_IMAGE": images.ObjectStorage,
		"BEYLA_IMAGE": images.BeylaStandIn,
	}
}

// makeBundle makes a signed bundle with the engine of m, as `make bundle` does when
// packages and images are built, and returns the file's path. The engine's images are gone afterwards.
func makeBundle(t *testing.T, m *machine.Machine, s signer) string {
	t.Helper()
	engine := "unix://" + m.Path("/run/docker.sock")
	env := append(os.Environ(), "DOCKER_HOST="+engine, "GNUPGHOME="+s.home, "GPG_KEY="+s.fingerprint, "BUNDLE_PROFILES=ebpf longterm", "ZSTD_LEVEL=1",
		"SOURCE_DATE_EPOCH="+strings.TrimSpace(output(t, nil, "hack/package-version", "--epoch")))
	for variable, image := range standIns() {
		file, err := image.File(t.Context(), checkout)
		if err != nil {
			t.Fatalf("build %s: %v", image.Ref(), err)
		}
		output(t, env, "docker", "load", "--quiet", "--input", file)
		env = append(env, variable+"="+image.Ref())
	}
	version := strings.TrimSpace(output(t, nil, "hack/package-version"))
	output(t, env, "packaging/bundle/make-bundle", version, "amd64")
	output(t, env, "docker", "image", "prune", "--all", "--force")
	return filepath.Join(checkout, "dist", "ollystack-"+version+"-amd64.tar.zst")
}

// output runs a command in the checkout.
func output(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	if strings.Contains(name, "/") {
		name = filepath.Join(checkout, name)
		absolute, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		name = absolute
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = checkout, env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, stderr.String())
	}
	return string(out)
}

// decode reads the JSON that a command on the machine prints.
func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%q is not what was asked for: %v", text, err)
	}
}
