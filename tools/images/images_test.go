package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// laidOut is what packaging/images/root makes, with this test's own Go toolchain
// building the programs: small ones, linked as ours are.
func laidOut(t *testing.T, image string, cgo bool) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	text := "package main\nfunc main() {}\n"
	if cgo {
		text = "package main\nimport \"C\"\nfunc main() {}\n"
	}
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	programs := filepath.Join(dir, "programs")
	if err := os.Mkdir(programs, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ollystack", "ollystack-collector", "opampsupervisor", "otelcol-ollystack"} {
		build := exec.Command("go", "build", "-o", filepath.Join(programs, name), source)
		build.Env = append(os.Environ(), "GOARCH=amd64", "CGO_ENABLED=0")
		if cgo {
			build.Env = append(os.Environ(), "CGO_ENABLED=1")
		}
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v, %s", err, out)
		}
	}
	authorities := filepath.Join(dir, "ca.crt")
	if err := os.WriteFile(authorities, []byte("authorities\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "image")
	root := exec.Command("../../packaging/images/root", image, programs, to)
	root.Env = append(os.Environ(), "CA_CERTIFICATES="+authorities)
	if out, err := root.CombinedOutput(); err != nil {
		t.Fatalf("packaging/images/root: %v, %s", err, out)
	}
	return to
}

func runTool(t *testing.T, image, dir, output string) error {
	t.Helper()
	return run([]string{
		"-dockerfile", "../../packaging/images/" + image + ".Dockerfile", "-image", dir, "-arch", "amd64",
		"-version", "1.2.3", "-revision", "abc", "-tag", "ollystack/" + image + ":1.2.3", "-output", output,
	})
}

func TestImages(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	for _, c := range []struct {
		image string
		files []string // owner, mode, name
		check func(*testing.T, v1.Config)
	}{
		{"control-plane", []string{
			"0:0 1777 tmp/", "0:0 755 usr/bin/ollystack", "0:0 644 etc/passwd", "0:0 644 etc/group",
			"0:0 644 etc/ssl/certs/ca-certificates.crt", "65532:65532 700 var/lib/ollystack/",
		}, func(t *testing.T, got v1.Config) {
			want := []string{"CMD", "/usr/bin/ollystack", "healthcheck"}
			if got.Healthcheck == nil || !slices.Equal(got.Healthcheck.Test, want) || got.Healthcheck.Interval != 10*time.Second {
				t.Errorf("health check = %+v, want %q every 10 s", got.Healthcheck, want)
			}
			if _, ok := got.ExposedPorts["4320/tcp"]; !ok || !slices.Contains(got.Env, "OLLYSTACK_DATA_DIR=/var/lib/ollystack") {
				t.Errorf("ports = %v, environment = %v", got.ExposedPorts, got.Env)
			}
		}},
		{"collector", []string{
			"0:0 1777 tmp/", "0:0 755 usr/bin/ollystack-collector", "0:0 777 usr/bin/wget -> ollystack-collector",
			"0:0 755 usr/lib/ollystack-collector/opampsupervisor", "0:0 755 usr/lib/ollystack-collector/otelcol",
			"65532:65532 700 var/lib/ollystack-collector/",
		}, func(t *testing.T, got v1.Config) {
			if got.StopSignal != "SIGINT" || !slices.Equal(got.Cmd, []string{"run"}) {
				t.Errorf("stop signal = %q, command = %q; want SIGINT and run", got.StopSignal, got.Cmd)
			}
			if _, ok := got.Volumes["/var/lib/ollystack-collector"]; !ok {
				t.Errorf("volumes = %v", got.Volumes)
			}
		}},
	} {
		t.Run(c.image, func(t *testing.T) {
			dir := laidOut(t, c.image, false)
			first, second := filepath.Join(t.TempDir(), "a.tar"), filepath.Join(t.TempDir(), "b.tar")
			for _, output := range []string{first, second} {
				if err := runTool(t, c.image, dir, output); err != nil {
					t.Fatal(err)
				}
				// The next one is laid out at another time.
				if err := os.Chtimes(filepath.Join(dir, "root/etc/passwd"), time.Now(), time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(content(t, first), content(t, second)) {
				t.Error("the same files give two different images")
			}
			img, err := tarball.ImageFromPath(first, nil)
			if err != nil {
				t.Fatal(err)
			}
			config, err := img.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			if config.Architecture != "amd64" || config.OS != "linux" || config.Config.User != "65532:65532" {
				t.Errorf("image for %s/%s, user %q", config.OS, config.Architecture, config.Config.User)
			}
			if got := config.Config.Labels["org.opencontainers.image.version"]; got != "1.2.3" {
				t.Errorf("label version = %q, want 1.2.3", got)
			}
			files := listed(t, img)
			for _, want := range c.files {
				if !slices.Contains(files, want) {
					t.Errorf("files = %q, want %q among them", files, want)
				}
			}
			c.check(t, config.Config)
		})
	}
}

func TestDynamicProgramRefused(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	err := runTool(t, "control-plane", laidOut(t, "control-plane", true), filepath.Join(t.TempDir(), "a.tar"))
	if err == nil || !strings.Contains(err.Error(), "dynamically") {
		t.Errorf("an image with a program that needs libraries: %v, want an error", err)
	}
}

// TestStrict: what is not known is refused, never left out.
func TestStrict(t *testing.T) {
	for _, line := range []string{
		"RUN true", "ADD a /", "COPY a/ /", "COPY --from=build --link /image/a/ /", "COPY --from=build /src/ /", "COPY --from=build /image/a /b",
		"ENV A", "ENV A=$B", "ENV A=b c", "CMD run", "ENTRYPOINT /x", "HEALTHCHECK NONE", "HEALTHCHECK --start-interval=1s CMD [\"/x\"]", "VOLUME /x", "FROM other",
	} {
		if s, err := parseLastStage("FROM a AS build\nFROM scratch\n" + line + "\n"); err == nil {
			t.Errorf("parseLastStage(%s) = %+v, want an error", line, s)
		}
	}
	if _, err := parseLastStage("FROM debian\nCMD [\"/x\"]\n"); err == nil {
		t.Error("a last stage that is not FROM scratch is taken")
	}
}

func content(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func listed(t *testing.T, img v1.Image) []string {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, layer := range layers {
		r, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for archive := tar.NewReader(r); ; {
			h, err := archive.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.ModTime.Unix() != 1700000000 {
				t.Errorf("%s is of %v, want the time that was given", h.Name, h.ModTime)
			}
			entry := fmt.Sprintf("%d:%d %o %s", h.Uid, h.Gid, h.Mode, h.Name)
			if h.Linkname != "" {
				entry += " -> " + h.Linkname
			}
			files = append(files, entry)
		}
	}
	return files
}
