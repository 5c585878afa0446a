package declared

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// export is what the command does: it brings a folder to what a server has.
func export(t *testing.T, dir string, have []Current) []Written {
	t.Helper()
	var existing []Config
	if _, err := os.Stat(dir); err == nil {
		existing = read(t, dir)
	}
	files, err := Files(have, existing)
	if err != nil {
		t.Fatalf("Files = %v", err)
	}
	done, err := Write(dir, files)
	if err != nil {
		t.Fatalf("Write = %v", err)
	}
	return done
}

func changed(done []Written) []string {
	var paths []string
	for _, w := range done {
		if w.Changed {
			paths = append(paths, w.Path)
		}
	}
	return paths
}

// unchanged asks that a folder declares just what a server has.
func unchanged(t *testing.T, dir string, have []Current) {
	t.Helper()
	for _, c := range Make(read(t, dir), have, Options{Set: "apply", Prune: true}) {
		if c.Action != Unchanged {
			t.Fatalf("after an export of %+v apply would %s %s %v: want %+v", have, c.Action, c.Name, c.Fields, c.Want)
		}
	}
}

func TestFiles(t *testing.T) {
	have := []Current{
		{Name: "plain", Body: "a: b"},
		{Name: "Edge", Body: "1", Description: "Über\nall: #1", Selector: "env in (a, b),!canary", Priority: -10, Labels: map[string]string{ManagedBy: "apply", "team": "true", "n": "10"}},
		{Name: "edge", Body: "2\r\n"},
		{Name: "x.meta", Body: "3"},
		{Name: "con.fig", Body: "4"},
		{Name: "com1", Body: "5"},
		{Name: "x.yaml", Body: "6"},
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	done := export(t, dir, have)
	var got []string
	for _, w := range done {
		if !strings.HasSuffix(w.Path, ".meta.yaml") {
			got = append(got, w.Path)
		}
	}
	if want := "Edge.yaml com1~.yaml con~.fig.yaml edge~2.yaml plain.yaml x.meta~.yaml x.yaml.yaml"; strings.Join(got, " ") != want {
		t.Errorf("Files = %v, want %s", got, want)
	}
	meta, err := os.ReadFile(filepath.Join(dir, "Edge.meta.yaml"))
	want := "name: Edge\ndescription: \"Über\\nall: #1\"\nselector: env in (a, b),!canary\npriority: -10\nlabels:\n  n: \"10\"\n  team: \"true\"\n"
	if err != nil || string(meta) != want {
		t.Errorf("Edge.meta.yaml = %q, %v, want %q", meta, err, want)
	}
	unchanged(t, dir, have)
	if again := changed(export(t, dir, have)); len(again) != 0 {
		t.Errorf("a second export wrote %v, want nothing", again)
	}
	slices.Reverse(have)
	if again := changed(export(t, dir, have)); len(again) != 0 {
		t.Errorf("an export in another order wrote %v, want nothing", again)
	}
}

// TestFilesKeepTheirForm: what a folder declares already is brought up to date where it is.
// TestFilesOfAHostileServer: a server's answer decides on no path but that of a configuration.
func TestFilesOfAHostileServer(t *testing.T) {
	for _, name := range []string{".github/workflows/deploy", "../deploy", ".hidden", "a/b", `a\b`, "", "a\nb"} {
		if files, err := Files([]Current{{Name: name, Body: "on: push\n"}}, nil); err == nil {
			t.Errorf("Files of a configuration called %q = %q, want it refused", name, files[0].Path)
		}
	}
}

func TestFilesKeepTheirForm(t *testing.T) {
	dir := folder(t)
	put(t, filepath.Join(dir, "sub", "front.yml"), "ollystack: # ours\n  name: a\n---\na: b\n")
	put(t, filepath.Join(dir, "alone.yaml"), "a: b\n")
	put(t, filepath.Join(dir, "beside.yaml"), "a: b\n")
	put(t, filepath.Join(dir, "beside.meta.yml"), "# ours\nname: c\nrenamed_from: b\n")
	put(t, filepath.Join(dir, "gone.yaml"), "a: b\n")
	have := []Current{{Name: "a", Body: "2\n"}, {Name: "alone", Body: "2\n"}, {Name: "c", Body: "2\n"}}
	want := func(files map[string]string) {
		t.Helper()
		for name, text := range files {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != text {
				t.Errorf("%s = %q, %v, want %q", name, got, err, text)
			}
		}
	}
	if got := changed(export(t, dir, have)); len(got) != 3 {
		t.Errorf("export wrote %v, want three bodies", got)
	}
	want(map[string]string{"sub/front.yml": "ollystack: # ours\n  name: a\n---\n2\n", "alone.yaml": "2\n", "beside.yaml": "2\n", "beside.meta.yml": "# ours\nname: c\nrenamed_from: b\n"})
	for i := range have {
		have[i].Priority = 5
	}
	export(t, dir, have)
	want(map[string]string{
		"sub/front.yml": "ollystack:\n  name: a\n  priority: 5\n---\n2\n", "alone.meta.yaml": "name: alone\npriority: 5\n",
		"beside.meta.yml": "name: c\nrenamed_from: b\npriority: 5\n", "gone.yaml": "a: b\n",
	})
	if missing := Missing(have, read(t, dir)); len(missing) != 1 || missing[0].Name != "gone" {
		t.Errorf("Missing = %+v, want gone", missing)
	}
}

// TestRoundTrip: whatever a server has, applying what was exported changes nothing.
func TestRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	characters := []rune("aZ09 .:-#'\"\\{}[],&*!|>%@`~\t\n\r\u0085\u00a0\u2028\ufeffäß漢🙂\x00\x07\x7f?/=<")
	text := func(most int, allowed func(rune) bool) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			if r := characters[random.IntN(len(characters))]; allowed(r) {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
	anything := func(rune) bool { return true }
	shown := func(r rune) bool { return printable(string(r)) }
	words := []string{"", "true", "null", "~", "10", "1.5", "0x1", "2026-11-26", "---", "...", "<<", "yes", "=", "a: b", "- a", "# a", "!x", "? a"}
	word := func(allowed func(rune) bool) string {
		if random.IntN(2) == 0 {
			return words[random.IntN(len(words))]
		}
		return text(12, allowed)
	}
	names := []string{"a", "A", "a.meta", "a.yaml", "nul", "x-1", "X_1", "a.META", "true", "1", "0"}
	state := func() []Current {
		var have []Current
		for _, name := range names {
			if random.IntN(3) == 0 {
				continue
			}
			c := Current{
				Name: name, Body: "k: v" + text(20, anything), Description: word(anything),
				Selector: []string{"", "env=production", "a in (b, c),!d", "x.y/z", "a>1"}[random.IntN(5)], Priority: random.IntN(5) - 2, Labels: map[string]string{},
			}
			for range random.IntN(3) {
				if key := word(shown); key != "" {
					c.Labels[key] = word(shown)
				}
			}
			if random.IntN(2) == 0 {
				c.Labels[ManagedBy] = []string{"apply", "apply.x", "hand"}[random.IntN(3)]
			}
			have = append(have, c)
		}
		return have
	}
	for i := range 60 {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		have := state()
		export(t, dir, have)
		unchanged(t, dir, have)
		// The server goes on, and the folder follows; what is gone stays in the folder, and is taken away by hand.
		have = state()
		export(t, dir, have)
		for _, gone := range Missing(have, read(t, dir)) {
			for _, file := range []string{gone.path, gone.sidecar} {
				if err := os.Remove(filepath.Join(dir, file)); err != nil {
					t.Fatal(err)
				}
			}
		}
		unchanged(t, dir, have)
		got := map[string]string{}
		for _, c := range read(t, dir) {
			got[c.Name] = c.Body
		}
		want := map[string]string{}
		for _, h := range have {
			want[h.Name] = h.Body
		}
		if !maps.Equal(got, want) {
			t.Fatalf("Read after Write = %q, want %q", got, want)
		}
	}
}

// FuzzMeta: what can be said of a configuration is read as it was written.
func FuzzMeta(f *testing.F) {
	f.Add("a description", "env=production", 10, "team", "edge")
	f.Add("\n two\r\n", "", -1, "<<", "~")
	f.Fuzz(func(t *testing.T, description, selector string, priority int, key, value string) {
		want := Config{Name: "x", Description: description, Selector: strings.TrimSpace(selector), Priority: priority, Labels: map[string]string{}}
		if checkLabel(key, value) == nil {
			want.Labels[key] = value
		}
		if checkDescription(description) != nil || checkSelector(selector) != nil || !validUTF8(description) {
			t.Skip()
		}
		meta, err := want.meta()
		if err != nil {
			t.Fatal(err)
		}
		got := Config{Labels: map[string]string{}}
		m := metaReader{file: "x.meta.yaml", to: &got, faults: &faults{}}
		m.read(meta, false)
		if err := m.faults.err(); err != nil || !got.sameMeta(&want) {
			t.Errorf("read(%q) = %+v, %v, want %+v", meta, got, err, want)
		}
	})
}

func validUTF8(s string) bool { return strings.ToValidUTF8(s, "") == s }

// TestWriteKeepsWhoMayRead: a file that is for its owner alone stays so.
func TestWriteKeepsWhoMayRead(t *testing.T) {
	dir := folder(t)
	file := filepath.Join(dir, "edge.yaml")
	put(t, file, "a: b\n")
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	export(t, dir, []Current{{Name: "edge", Body: "a: c\n"}})
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode of a file that was replaced = %v, %v; want it as it was, 0640", info.Mode(), err)
	}
}

func TestWriteIsWholeOrNot(t *testing.T) {
	dir := folder(t)
	if _, err := Write(dir, []File{{"../outside.yaml", []byte("x")}}); err == nil {
		t.Error("Write outside of the folder went well, want it refused")
	}
	if err := os.Mkdir(filepath.Join(dir, "a.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, []File{{"a.yaml", []byte("x")}}); err == nil || !strings.Contains(err.Error(), "a.yaml") {
		t.Errorf("Write over a folder = %v, want an error that names it", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("after refused writes there is %v, %v, want nothing beside a.yaml", entries, err)
	}
}
