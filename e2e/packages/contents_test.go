//go:build appliance

package packages

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// entry is a file of a package: "-rwxr-xr-x root:root".
type entries map[string]string

// debEntries are the files of a .deb by path.
func debEntries(t *testing.T, deb string) entries {
	t.Helper()
	found := entries{}
	for line := range strings.Lines(run(t, nil, "dpkg-deb", "--contents", deb)) {
		f := strings.Fields(line)
		if len(f) < 6 {
			t.Fatalf("dpkg-deb --contents: %q", line)
		}
		path := "/" + strings.Trim(strings.TrimPrefix(f[5], "./"), "/")
		found[path] = f[0] + " " + strings.Replace(f[1], "/", ":", 1)
	}
	return found
}

// rpmEntries are the files of an .rpm by path.
func rpmEntries(t *testing.T, rpm string) entries {
	t.Helper()
	found := entries{}
	format := `[%{FILENAMES}\t%{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME}\n]`
	for line := range strings.Lines(run(t, nil, "rpm", "-qp", "--nosignature", "--qf", format, rpm)) {
		path, rest, _ := strings.Cut(strings.TrimSpace(line), "\t")
		found[path] = rest
	}
	return found
}

// What both formats have, and how it may be read.
var (
	controlPlaneFiles = entries{
		"/usr/bin/ollystack":         "-rwxr-xr-x root:root",
		"/etc/ollystack":             "drwxr-xr-x root:root",
		"/etc/ollystack/credentials": "drwx------ root:root",
		"/etc/ollystack/stack.env":   "-rw------- root:root",
		"/usr/lib/ollystack/stack":   "-rwxr-xr-x root:root",

		"/usr/lib/systemd/system/ollystack-control-plane.service":        "-rw-r--r-- root:root",
		"/usr/lib/systemd/system/ollystack-backup.service":               "-rw-r--r-- root:root",
		"/usr/lib/systemd/system/ollystack-backup.timer":                 "-rw-r--r-- root:root",
		"/usr/lib/systemd/system/ollystack-stack.service":                "-rw-r--r-- root:root",
		"/usr/lib/systemd/system/ollystack-stack@.service":               "-rw-r--r-- root:root",
		"/usr/share/ollystack/stack/docker-compose.yml":                  "-rw-r--r-- root:root",
		"/usr/share/man/man1/ollystack-serve.1.gz":                       "-rw-r--r-- root:root",
		"/usr/share/man/man5/ollystack.yaml.5.gz":                        "-rw-r--r-- root:root",
		"/usr/share/bash-completion/completions/ollystack":               "-rw-r--r-- root:root",
		"/usr/share/fish/vendor_completions.d/ollystack.fish":            "-rw-r--r-- root:root",
		"/usr/share/doc/ollystack-control-plane/changelog.gz":            "-rw-r--r-- root:root",
		"/usr/share/doc/ollystack-control-plane/install.md":              "-rw-r--r-- root:root",
		"/usr/share/doc/ollystack-control-plane/third-party-licenses.gz": "-rw-r--r-- root:root",
	}
	collectorFiles = entries{
		"/usr/bin/ollystack-collector":                               "-rwxr-xr-x root:root",
		"/usr/lib/ollystack-collector/opampsupervisor":               "-rwxr-xr-x root:root",
		"/usr/lib/ollystack-collector/otelcol":                       "-rwxr-xr-x root:root",
		"/etc/ollystack-collector":                                   "drwxr-xr-x root:root",
		"/usr/lib/systemd/system/ollystack-collector.service":        "-rw-r--r-- root:root",
		"/usr/share/man/man1/ollystack-collector.1.gz":               "-rw-r--r-- root:root",
		"/usr/share/doc/ollystack-collector/third-party-licenses.gz": "-rw-r--r-- root:root",
	}
)

var link = regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)

// A page that is installed links to what is installed, or to the web.
func TestLinks(t *testing.T) {
	for _, name := range []string{controlPlane, collector} {
		deb, dir := builtDeb(t, name), t.TempDir()
		run(t, nil, "dpkg-deb", "--extract", deb, dir)
		pages, err := filepath.Glob(filepath.Join(dir, "usr/share/doc", name, "*.md"))
		if err != nil || len(pages) == 0 {
			t.Fatalf("pages of %s: %v, %v", name, pages, err)
		}
		for _, page := range pages {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range link.FindAllStringSubmatch(string(text), -1) {
				target := filepath.Join(filepath.Dir(page), m[1])
				switch {
				case strings.HasPrefix(m[1], "https://"):
					continue
				case filepath.IsAbs(m[1]):
					target = filepath.Join(dir, m[1])
				}
				if _, err := os.Stat(target); err != nil {
					t.Errorf("%s: %s links to %s, which is not installed", name, filepath.Base(page), m[1])
				}
			}
		}
	}
}

func TestContents(t *testing.T) {
	for _, test := range []struct {
		format, name string
		got, both    entries
		more         entries
	}{
		{"deb", controlPlane, debEntries(t, builtDeb(t, controlPlane)), controlPlaneFiles, entries{
			"/etc/ollystack/ollystack.yaml":                        "-rw-r----- root:root", // its group: the postinst
			"/usr/lib/sysusers.d/ollystack-control-plane.conf":     "-rw-r--r-- root:root",
			"/usr/share/zsh/vendor-completions/_ollystack":         "-rw-r--r-- root:root",
			"/usr/share/doc/ollystack-control-plane/copyright":     "-rw-r--r-- root:root",
			"/usr/share/lintian/overrides/ollystack-control-plane": "-rw-r--r-- root:root",
		}},
		{"rpm", controlPlane, rpmEntries(t, builtRPM(t, controlPlane)), controlPlaneFiles, entries{
			"/etc/ollystack/ollystack.yaml":                       "-rw-r----- root:ollystack",
			"/usr/lib/systemd/system-preset/50-ollystack.preset":  "-rw-r--r-- root:root",
			"/usr/share/zsh/site-functions/_ollystack":            "-rw-r--r-- root:root",
			"/usr/share/licenses/ollystack-control-plane/LICENSE": "-rw-r--r-- root:root",
		}},
		{"deb", collector, debEntries(t, builtDeb(t, collector)), collectorFiles, entries{
			"/usr/lib/sysusers.d/ollystack-collector.conf": "-rw-r--r-- root:root",
			"/usr/share/doc/ollystack-collector/copyright": "-rw-r--r-- root:root",
		}},
		{"rpm", collector, rpmEntries(t, builtRPM(t, collector)), collectorFiles, entries{
			"/usr/share/licenses/ollystack-collector/LICENSE": "-rw-r--r-- root:root",
		}},
	} {
		for _, want := range []entries{test.both, test.more} {
			for path, how := range want {
				if got := test.got[path]; got != how {
					t.Errorf("%s of %s: %s is %q, want %q", test.format, test.name, path, got, how)
				}
			}
		}
		for path, how := range test.got {
			if how[0] == '-' && (how[5] == 'w' || how[8] == 'w') {
				t.Errorf("%s of %s: %s is %q: others than root may write it", test.format, test.name, path, how)
			}
		}
	}
}

// What an operator edits is marked so, in either format, and nothing else is.
func TestSettingsAreMarked(t *testing.T) {
	want := []string{"/etc/ollystack/ollystack.yaml", "/etc/ollystack/stack.env"}
	conffiles := strings.Fields(run(t, nil, "dpkg-deb", "--info", builtDeb(t, controlPlane), "conffiles"))
	slices.Sort(conffiles)
	if !slices.Equal(conffiles, want) {
		t.Errorf("conffiles = %v, want %v", conffiles, want)
	}
	format := `[%{FILENAMES} %{FILEFLAGS:fflags}\n]`
	var config []string
	for line := range strings.Lines(run(t, nil, "rpm", "-qp", "--nosignature", "--qf", format, builtRPM(t, controlPlane))) {
		// c: a configuration file; n: not replaced where it was edited.
		if f := strings.Fields(line); len(f) == 2 && f[1] == "cn" {
			config = append(config, f[0])
		}
	}
	slices.Sort(config)
	if !slices.Equal(config, want) {
		t.Errorf("%%config(noreplace) files of the .rpm = %v, want %v", config, want)
	}
}

// What both formats say of themselves, and that they want nothing that has to come from
// elsewhere.
func TestMetadata(t *testing.T) {
	version := strings.TrimSpace(run(t, nil, "dpkg-deb", "--field", builtDeb(t, controlPlane), "Version"))
	if !regexp.MustCompile(`^\d+\.\d+\.\d+(~git\d{8}T\d{6}\.[0-9a-f]+)?(\+changed)?$`).MatchString(version) {
		t.Errorf("version %q, want X.Y.Z, or 0.1.0~git and the commit's time and hash", version)
	}
	for _, name := range []string{controlPlane, collector} {
		if got := run(t, nil, "dpkg-deb", "--field", builtDeb(t, name), "Package", "Version", "Architecture", "Depends"); got !=
			"Package: "+name+"\nVersion: "+version+"\nArchitecture: "+runtime.GOARCH+"\nDepends: passwd\n" {
			t.Errorf("fields of %s:\n%s", name, got)
		}
		got := run(t, nil, "rpm", "-qp", "--nosignature", "--qf", `%{NAME} %{VERSION}-%{RELEASE} %{ARCH} %{LICENSE} %{BUILDHOST}`, builtRPM(t, name))
		if want := name + " " + version + "-1 " + rpmArch + " Apache-2.0 ollystack"; got != want {
			t.Errorf("fields of the .rpm = %q, want %q", got, want)
		}
		if got := run(t, nil, "rpm", "-qp", "--nosignature", "--requires", builtRPM(t, name)); got != "/usr/sbin/useradd\n" {
			t.Errorf("the .rpm of %s requires %q, want useradd alone", name, got)
		}
	}
}

// The programs need nothing of the machine, and say which version they are.
func TestPrograms(t *testing.T) {
	version := strings.TrimSpace(run(t, nil, "dpkg-deb", "--field", builtDeb(t, controlPlane), "Version"))
	dir := t.TempDir()
	run(t, nil, "dpkg-deb", "--extract", builtDeb(t, controlPlane), dir)
	run(t, nil, "dpkg-deb", "--extract", builtDeb(t, collector), dir)
	for _, program := range []string{
		"/usr/bin/ollystack", "/usr/bin/ollystack-collector", "/usr/lib/ollystack-collector/opampsupervisor", "/usr/lib/ollystack-collector/otelcol",
	} {
		contains(t, run(t, nil, "go", "version", "-m", dir+program), "CGO_ENABLED=0", "-trimpath=true")
	}
	for _, program := range []string{"/usr/bin/ollystack", "/usr/bin/ollystack-collector"} {
		contains(t, run(t, nil, dir+program, "version"), version)
	}
	contains(t, run(t, nil, dir+"/usr/bin/ollystack", "serve", "--print-settings", "--config", dir+"/etc/ollystack/ollystack.yaml"),
		"0.0.0.0:4320", "/var/lib/ollystack", "host.docker.internal")
}

// The tarball has the same program and what belongs to it.
func TestTarball(t *testing.T) {
	file := built(t, "ollystack-[0-9]*-linux-"+runtime.GOARCH+".tar.gz")
	top := strings.TrimSuffix(filepath.Base(file), "-linux-"+runtime.GOARCH+".tar.gz")
	listing := run(t, nil, "tar", "--list", "--verbose", "--file", file)
	for _, path := range []string{
		"ollystack", "ollystack.yaml", "LICENSE", "README.md", "third-party-licenses.gz", "docs/install.md",
		"systemd/ollystack-control-plane.service", "man/man1/ollystack.1.gz", "completion/bash/ollystack",
	} {
		contains(t, listing, " "+top+"/"+path+"\n")
	}
	for line := range strings.Lines(listing) {
		if f := strings.Fields(line); f[1] != "0/0" || f[0][5] == 'w' || f[0][8] == 'w' {
			t.Errorf("%q: want it root's, and nobody else to write it", line)
		}
	}
}

// Each program's bill of materials names its modules.
func TestBillsOfMaterials(t *testing.T) {
	for _, program := range []string{"ollystack", "ollystack-collector", "opampsupervisor", "otelcol-ollystack"} {
		var bill struct {
			BOMFormat  string
			Components []struct{ Name, Version, PURL string }
		}
		file := built(t, program+"-[0-9]*-linux-"+runtime.GOARCH+".cdx.json")
		if err := json.Unmarshal([]byte(read(t, file)), &bill); err != nil || bill.BOMFormat != "CycloneDX" {
			t.Fatalf("%s: %v, format %q", file, err, bill.BOMFormat)
		}
		names := map[string]bool{}
		for _, c := range bill.Components {
			names[c.Name] = true
			if c.Version == "" || c.PURL == "" {
				t.Errorf("%s: %+v has no version or no purl", file, c)
			}
		}
		if !names["std"] || len(names) < 2 {
			t.Errorf("%s names %d modules, want the standard library and more", file, len(names))
		}
		if program == "otelcol-ollystack" && !names["github.com/open-telemetry/opentelemetry-collector-contrib/exporter/clickhouseexporter"] {
			t.Errorf("%s does not name the exporter for ClickHouse", file)
		}
		if program == "ollystack" && !names["go.etcd.io/bbolt"] {
			t.Errorf("%s does not name go.etcd.io/bbolt", file)
		}
	}
}

// SHA256SUMS has every file of the folder, and is right.
func TestChecksums(t *testing.T) {
	dir := filepath.Dir(builtDeb(t, controlPlane))
	run(t, nil, "sh", "-ec", `cd "$1" && sha256sum --check --strict --quiet SHA256SUMS`, "sh", dir)
	sums := read(t, filepath.Join(dir, "SHA256SUMS"))
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		name := strings.TrimPrefix(path, dir+"/")
		if err == nil && !d.IsDir() && !strings.HasPrefix(name, "SHA256SUMS") && !strings.Contains(sums, "  "+name+"\n") {
			t.Errorf("SHA256SUMS has no %s", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
