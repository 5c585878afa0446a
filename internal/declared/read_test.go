package declared

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestRead reads the folders of testdata/read.
func TestRead(t *testing.T) {
	archives, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			last := &archive.Files[len(archive.Files)-1]
			dir := folder(t, archive.Files[:len(archive.Files)-1]...)
			configs, err := Read(dir)
			var got strings.Builder
			for _, c := range configs {
				fmt.Fprintf(&got, "%s %q %q %d %v %q %s:%d %q\n", c.Name, c.Description, c.Selector, c.Priority, c.Labels, c.RenamedFrom, c.File, c.Line, c.Body)
			}
			if err != nil {
				fmt.Fprintln(&got, err)
			}
			text := strings.ReplaceAll(got.String(), dir+string(filepath.Separator), "")
			if *update {
				last.Data = []byte(text)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if text != string(last.Data) {
				t.Errorf("Read(%s) =\n%swant\n%s", name, text, last.Data)
			}
		})
	}
}

func TestReadOneFile(t *testing.T) {
	dir := folder(t)
	put(t, filepath.Join(dir, "edge.yaml"), "a: b\n")
	put(t, filepath.Join(dir, "edge.meta.yml"), "priority: 7\n")
	put(t, filepath.Join(dir, "other.yaml"), "\n")
	put(t, filepath.Join(dir, "collector.conf"), "a: c\n")
	if got := read(t, filepath.Join(dir, "edge.yaml")); len(got) != 1 || got[0].Priority != 7 || got[0].Body != "a: b\n" {
		t.Errorf("Read(edge.yaml) = %+v, want one with its sidecar", got)
	}
	if got := read(t, filepath.Join(dir, "collector.conf")); len(got) != 1 || got[0].Name != "collector.conf" {
		t.Errorf("Read(collector.conf) = %+v, want it under its whole name", got)
	}
	for file, want := range map[string]string{"edge.meta.yml": "name the file next to it", "nosuch.yaml": "no such file"} {
		if got, err := Read(filepath.Join(dir, file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%s) = %v, %v, want an error with %q", file, got, err, want)
		}
	}
	t.Chdir(dir)
	if got := read(t, "edge.yaml"); len(got) != 1 || got[0].File != "edge.yaml" {
		t.Errorf("Read in the working directory = %+v, want File edge.yaml", got)
	}
}

// TestBodiesKeepTheirBytes: nothing is made of newlines, marks or a missing end.
func TestBodiesKeepTheirBytes(t *testing.T) {
	for _, body := range []string{
		"a: b\r\nc: d\r\n", "\ufeffa: b\n", "a: b", "a: b\n\n\n", "\n\na: b\n", "a: \"\\u00e9 \u00e9\"\n", "--- # x\na: b\n", "%YAML 1.2\n---\na: b\n", "a: b\n...\n",
	} {
		for form, text := range map[string]string{
			"alone":                        body,
			"front":                        "ollystack:\n  priority: 1\n---\n" + body,
			"front with Windows' newlines": "ollystack:\r\n  priority: 1\r\n---\r\n" + body,
			"front with a mark":            "\ufeffollystack:\n  priority: 1\n---\n" + body,
			"front after a line":           "---\nollystack: {priority: 1}\n--- # body\n" + body,
		} {
			dir := folder(t, txtar.File{Name: "x.yaml", Data: []byte(text)})
			got := read(t, dir)
			if len(got) != 1 || got[0].Body != body || (got[0].Priority == 1) != (form != "alone") {
				t.Errorf("Read(%s, %q) = %+v, want the body %q", form, text, got, body)
			}
		}
	}
}

// TestLinks: nothing outside of the folder gets to a server.
func TestLinks(t *testing.T) {
	outside := filepath.Join(folder(t), "secret.yaml")
	put(t, outside, "password: x\n")
	for _, tc := range []struct {
		link, to string
		want     string // of the fault; empty where the link is followed
	}{
		{"edge.yaml", outside, "leads out of the folder"},
		{"edge.yaml", "../" + filepath.Base(filepath.Dir(outside)) + "/secret.yaml", "leads out of the folder"},
		{"edge.meta.yaml", outside, "leads out of the folder"},
		{"edge.yaml", "nowhere.yaml", "no such file"},
		{"edge.yaml", "edge.yaml", "too many levels"},
		{"more", "below", "a link to a folder is not followed"},
		{"linked.yaml", "below/here.yaml", ""},
	} {
		dir := folder(t)
		put(t, filepath.Join(dir, "below", "here.yaml"), "a: b\n")
		if tc.link == "edge.meta.yaml" {
			put(t, filepath.Join(dir, "edge.yaml"), "a: b\n")
		}
		if err := os.Symlink(tc.to, filepath.Join(dir, tc.link)); err != nil {
			t.Fatal(err)
		}
		got, err := Read(dir)
		if tc.want == "" {
			if err != nil || len(got) != 2 || got[1].Body != "a: b\n" {
				t.Errorf("Read with %s -> %s = %v, %v, want it followed", tc.link, tc.to, got, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tc.link+": ") || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("Read with %s -> %s = %v, %v, want an error with %q", tc.link, tc.to, got, err, tc.want)
		}
	}
}

// TestMountedConfigMap: Kubernetes mounts one as links into a hidden folder, which is itself a link.
func TestMountedConfigMap(t *testing.T) {
	dir := folder(t)
	put(t, filepath.Join(dir, "..2026_11_26", "edge.yaml"), "a: b\n")
	for link, to := range map[string]string{"..data": "..2026_11_26", "edge.yaml": "..data/edge.yaml"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, dir); len(got) != 1 || got[0].Name != "edge" || got[0].Body != "a: b\n" {
		t.Errorf("Read of a mounted ConfigMap = %+v, want edge", got)
	}
}

// TestNotUTF8: what a server would be sent otherwise than it is in the file is refused, at its line.
func TestNotUTF8(t *testing.T) {
	dir := folder(t)
	put(t, filepath.Join(dir, "latin.yaml"), "a: b\n# caf\xe9\n")
	put(t, filepath.Join(dir, "utf16.yaml"), "\xff\xfea\x00:\x00")
	put(t, filepath.Join(dir, "replaced.yaml"), "# \ufffd is a character as any other\n")
	put(t, filepath.Join(dir, "meta.yaml"), "a: b\n")
	put(t, filepath.Join(dir, "meta.meta.yaml"), "name: meta\ndescription: caf\xe9\n")
	put(t, filepath.Join(dir, "bell.yaml"), "a: b\n")
	put(t, filepath.Join(dir, "bell.meta.yaml"), "name: bell\n\ndescription: \a\n")
	put(t, filepath.Join(dir, "half.yaml"), "a: b\n")
	put(t, filepath.Join(dir, "half.meta.yaml"), `selector: "a=b`)
	_, err := Read(dir)
	var got []string
	faults, _ := errors.AsType[Faults](err)
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%s:%d: %.16s", filepath.Base(f.File), f.Line, f.Msg))
	}
	want := "bell.meta.yaml:3: not YAML: contro; half.meta.yaml:1: not YAML: found ; latin.yaml:2: the byte 0xe9 is; meta.meta.yaml:2: the byte 0xe9 is; utf16.yaml:1: this is UTF-16 a"
	if strings.Join(got, "; ") != want {
		t.Errorf("Read = %s\nwant %s\n(%v)", strings.Join(got, "; "), want, err)
	}
}

func TestReadBounds(t *testing.T) {
	t.Run("large", func(t *testing.T) {
		dir := folder(t)
		put(t, filepath.Join(dir, "fits.yaml"), strings.Repeat("x", maxBody))
		read(t, dir)
		put(t, filepath.Join(dir, "large.yaml"), strings.Repeat("x", maxBody+1))
		put(t, filepath.Join(dir, "vast.yaml"), strings.Repeat("x", maxBody+maxMeta+1))
		put(t, filepath.Join(dir, "meta.yaml"), "a: b\n")
		put(t, filepath.Join(dir, "meta.meta.yaml"), "#"+strings.Repeat("x", maxMeta))
		_, err := Read(dir)
		for _, want := range []string{"large.yaml: the configuration has 1048577 bytes", "vast.yaml: the file has 1114113 bytes, and may have 1114112", "meta.meta.yaml: the file has 65537 bytes, and may have 65536"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Read = %v, want %q", err, want)
			}
		}
	})
	t.Run("many", func(t *testing.T) {
		dir := folder(t)
		for i := range maxFiles + 1 {
			put(t, filepath.Join(dir, fmt.Sprintf("%d.yaml", i)), "")
		}
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "more than 10000 YAML files") {
			t.Errorf("Read = %v, want it refused", err)
		}
	})
	t.Run("folder", func(t *testing.T) {
		dir := folder(t)
		put(t, filepath.Join(dir, "folder.yaml", "x.yaml"), "a: b\n")
		if got := read(t, dir); len(got) != 1 || got[0].Name != "x" {
			t.Errorf("Read = %+v, want what the folder holds, whatever it is called", got)
		}
	})
	t.Run("name", func(t *testing.T) {
		dir := folder(t)
		put(t, filepath.Join(dir, "\x1b[2J\n.yaml"), "")
		if _, err := Read(dir); err == nil || strings.ContainsAny(err.Error(), "\x1b") {
			t.Errorf("Read = %q, want the name in quotes", err)
		}
	})
}

// FuzzSplitFront: what is split is all there, and only a file that begins so is.
func FuzzSplitFront(f *testing.F) {
	for _, seed := range []string{"", "a: b", "ollystack:\n---\na: b", "---\nollystack: {}\r\n--- #\r\nx", "\ufeff# c\n\nollystack:\n  name: x\n---", "ollystack:\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		front, ok := SplitFront(text)
		if !ok {
			return
		}
		if string(front.Front)+string(front.Body) != string(text) {
			t.Fatalf("SplitFront(%q) = %q, %q, want all of it", text, front.Front, front.Body)
		}
		if lines := strings.Count(string(front.Front), "\n") + 1; front.Line != 0 && len(front.Body) > 0 && front.Line != lines {
			t.Errorf("SplitFront(%q).Line = %d, want %d", text, front.Line, lines)
		}
		var c Config
		c.Labels = map[string]string{}
		m := metaReader{file: "x", to: &c, faults: &faults{}}
		m.read(front.meta, true) // whatever it holds, it ends
	})
}
