//go:build appliance

package stack

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPinImages(t *testing.T) {
	digest := func(c string) string { return "sha256:" + strings.Repeat(c, 64) }
	m := newMachine(t)
	m.write("example", "#ONE_IMAGE=one:1\n#TWO_IMAGE=two:2\n#OWN_IMAGE=own:3\n#GO_IMAGE=golang:1\n#HTTP_PORT=4320\n")
	m.write("env", "HTTP_PORT=5000\nTWO_IMAGE=registry.example:5000/two:9@"+digest("0")+"\n")
	m.write("registry", "one:1\nregistry.example:5000/two:9\n")
	m.write("local", "own:3\n")
	m.write("digests", "one:1 one@"+digest("a")+"\nregistry.example:5000/two:9 registry.example:5000/two@"+digest("b")+"\n")
	pin := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), abs(t, filepath.Join(root, "hack/pin-images")), m.fake+"/example", m.fake+"/env")
		cmd.Env = []string{"PATH=/usr/bin:/bin", "FAKE=" + m.fake, "DOCKER=" + abs(t, "testdata/bin/docker")}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	want := "HTTP_PORT=5000\nONE_IMAGE=one:1@" + digest("a") + "\nTWO_IMAGE=registry.example:5000/two:9@" + digest("b") + "\n"
	for range 2 { // a second run changes nothing
		out, err := pin()
		if err != nil || !strings.Contains(out, "own:3 (OWN_IMAGE) was never in a registry") {
			t.Fatalf("pin-images: %v\n%s", err, out)
		}
		if got := read(t, filepath.Join(m.fake, "env")); got != want {
			t.Fatalf("it writes\n%swant\n%s", got, want)
		}
	}

	// An image that cannot be had: nothing is written.
	m.write("registry", "one:1\n")
	if out, err := pin(); err == nil || !strings.Contains(out, "registry.example:5000/two:9 (TWO_IMAGE) can neither be pulled") {
		t.Errorf("pin-images of what cannot be had = %v\n%s", err, out)
	}
	if got := read(t, filepath.Join(m.fake, "env")); got != want {
		t.Errorf("it writes\n%swant what was there\n%s", got, want)
	}
}
