//go:build appliance

package stack

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	use     = regexp.MustCompile(`\$\{([A-Z0-9_]+)(?::?-([^}]*))?\}`)
	setting = regexp.MustCompile(`(?m)^#?([A-Z0-9_]+)=(.*)$`)
	// notHere are the lines that a clone's file has for the installed one.
	notHere = regexp.MustCompile(`(?m)^ *#package .*$`)
)

// Every variable of the compose file is described with its default, and every one that is
// described is used.
func TestVariables(t *testing.T) {
	for _, v := range variants() {
		used, described := map[string]string{}, map[string]string{}
		for _, m := range use.FindAllStringSubmatch(notHere.ReplaceAllString(read(t, filepath.Join(v.dir, "docker-compose.yml")), ""), -1) {
			if other, ok := used[m[1]]; ok && other != m[2] {
				t.Errorf("%s: %s has the defaults %q and %q", v.name, m[1], other, m[2])
			}
			used[m[1]] = m[2]
		}
		for _, m := range setting.FindAllStringSubmatch(read(t, v.env), -1) {
			if _, ok := described[m[1]]; ok {
				t.Errorf("%s: %s is described twice", v.name, m[1])
			}
			described[m[1]] = m[2]
		}
		if v.name == "installed" {
			if text := read(t, v.env); strings.Contains(text, tag) || !strings.Contains(text, " COLLECTOR_IMAGE") {
				t.Errorf("%s holds the version %s, or says nothing of COLLECTOR_IMAGE. With a version in it, it differs in each one, and every upgrade asks whoever has edited it", v.env, tag)
			}
			delete(used, "COLLECTOR_IMAGE")
			// The script gives containers copies of these files.
			script := read(t, filepath.Join(root, "packaging/stack/ollystack-stack"))
			for _, file := range []string{"OPAMP_CA_FILE", "AGENT_TOKEN_FILE", "METRICS_TOKEN_FILE"} {
				if !strings.Contains(script, "setting "+file+")") {
					t.Errorf("%s is described and not used by the script", file)
				}
				used[file] = ""
			}
		}
		if len(used) < 20 {
			t.Fatalf("%s: only %d variables were found", v.name, len(used))
		}
		if !maps.Equal(used, described) {
			t.Errorf("%s: the compose file uses\n%s\nand %s describes\n%s", v.name, lines(used), v.env, lines(described))
		}
	}
}

// Every image is named once, by version, and a variable replaces it wherever it is used.
func TestImages(t *testing.T) {
	for _, v := range variants() {
		text := read(t, filepath.Join(v.dir, "docker-compose.yml"))
		replaced := []string{}
		for _, m := range use.FindAllStringSubmatch(text, -1) {
			if !strings.HasSuffix(m[1], "_IMAGE") || m[1] == "GO_IMAGE" {
				continue
			}
			if strings.Count(text, "${"+m[1]) != 1 {
				t.Errorf("%s: %s is named more than once", v.name, m[1])
			}
			if _, tag, ok := strings.Cut(m[2], ":"); !ok || tag == "" || strings.Contains(tag, "latest") {
				t.Errorf("%s: %s = %q has no version", v.name, m[1], m[2])
			}
			replaced = append(replaced, m[1]+"=registry.example/"+strings.ToLower(m[1])+":1")
		}
		for name, s := range v.config(t, []string{"ebpf", "longterm"}, replaced...) {
			if !strings.HasPrefix(s.Image, "registry.example/") {
				t.Errorf("%s: the image of %s is %q whatever the variables say", v.name, name, s.Image)
			}
		}
	}
}

// What the compose file mounts of the checkout is there.
func TestMountedFiles(t *testing.T) {
	for _, v := range variants() {
		for _, m := range regexp.MustCompile(`(?m)^\s+- (\./[^:]+):`).FindAllStringSubmatch(read(t, filepath.Join(v.dir, "docker-compose.yml")), -1) {
			if _, err := os.Stat(filepath.Join(v.dir, m[1])); err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
		}
	}
}

func lines(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b.WriteString("  " + k + "=" + m[k] + "\n")
	}
	return b.String()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
