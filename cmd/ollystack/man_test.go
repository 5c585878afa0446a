package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/internal/settings"
)

// TestMan: a page for each command and for the settings, the same each time, and safe from what the formatter takes for itself.
func TestMan(t *testing.T) {
	t.Parallel()
	pages := func() map[string]string {
		dir := t.TempDir()
		if got := call(t, world{environ: []string{"SOURCE_DATE_EPOCH=86400"}}, "man", dir); got.code != 0 {
			t.Fatalf("ollystack man = %+v, want code 0", got)
		}
		files, err := filepath.Glob(filepath.Join(dir, "man[15]", "*"))
		if err != nil {
			t.Fatal(err)
		}
		read := map[string]string{}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			read[filepath.Base(file)] = string(text)
		}
		return read
	}
	first, second := pages(), pages()
	for name, text := range first {
		if second[name] != text {
			t.Errorf("%s differs from one time to the next", name)
		}
		if !strings.HasPrefix(text, ".TH ") || !strings.Contains(text, `"1970-01-02" "ollystack 1.2.3"`) {
			t.Errorf("%s begins %.100q, want date and version", name, text)
		}
	}
	for name, want := range map[string]string{
		"ollystack.1":              `\fBollystack\-serve\fR(1)`,
		"ollystack-serve.1":        `\fB\-\-print\-settings\fR`,
		"ollystack-token-create.1": ".nf\nollystack token create prometheus \\-\\-role read",
		"ollystack-version.1":      ".SH DESCRIPTION",
	} {
		if !strings.Contains(first[name], want) {
			t.Errorf("%s has no %q:\n%s", name, want, first[name])
		}
	}
	for _, k := range settings.Keys() {
		if !strings.Contains(first["ollystack.yaml.5"], `\fB`+roff(k.Name)+`\fR`) {
			t.Errorf("ollystack.yaml.5 has no %s", k.Name)
		}
	}
	if got, want := roff(`.a\b-'c'`), `\&.a\eb\-\(aqc\(aq`; got != want {
		t.Errorf("roff = %s, want %s", got, want)
	}
	for _, args := range [][]string{{"man"}, {"man", "a", "b"}} {
		if got := call(t, world{}, args...); got.code != 2 {
			t.Errorf("ollystack %v = %+v, want code 2", args, got)
		}
	}
	if got := call(t, world{environ: []string{"SOURCE_DATE_EPOCH=yesterday"}}, "man", t.TempDir()); got.code != 1 {
		t.Errorf("ollystack man with SOURCE_DATE_EPOCH=yesterday = %+v, want code 1", got)
	}
}

// TestCompletion: there is one for each of the shells that the packages install it for.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if got := call(t, world{}, "completion", shell); got.code != 0 || !strings.Contains(got.stdout, "ollystack") {
			t.Errorf("ollystack completion %s = %+v, want code 0 and a script", shell, got)
		}
	}
}
