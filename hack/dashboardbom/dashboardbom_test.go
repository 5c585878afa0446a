package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// integrity is that of npm: SHA-512 of nothing.
const integrity = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="

const licenses = `# Licenses

The app bundles dependencies which contain the following licenses:

## @mantine/core - 9.8.1 (MIT)

MIT License
## 1 - Terms (of it)

## yaml - 2.9.1 (ISC)
## bare - 1.0.0
`

const lock = `{"packages": {
	"": {"version": "0.0.0", "license": "Apache-2.0"},
	"node_modules/@mantine/core": {"version": "9.8.1", "license": "MIT", "integrity": "` + integrity + `"},
	"node_modules/yaml": {"version": "1.0.0", "license": "MIT", "integrity": "` + integrity + `"},
	"node_modules/other/node_modules/yaml": {"version": "2.9.1", "license": "(ISC OR MIT)", "integrity": "` + integrity + `"},
	"node_modules/bare": {"version": "1.0.0", "license": "0BSD", "integrity": "` + integrity + `"},
	"node_modules/vite": {"version": "8.0.0", "license": "MIT", "dev": true, "integrity": "` + integrity + `"}
}}`

const bom = `{
  "bomFormat": "CycloneDX",
  "version": 1,
  "components": [{"name": "go.etcd.io/bbolt", "purl": "pkg:golang/go.etcd.io/bbolt@v1?goarch=amd64&goos=linux"}],
  "dependencies": [{"ref": "program", "dependsOn": ["bbolt"]}, {"ref": "bbolt"}]
}`

func write(t *testing.T, texts map[string]string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, text := range texts {
		files[name] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(files[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestRewrite(t *testing.T) {
	var outputs [2][]byte
	for i := range outputs {
		files := write(t, map[string]string{"bom": bom, "licenses": licenses, "lock": lock})
		if err := rewrite(files["bom"], files["licenses"], files["lock"]); err != nil {
			t.Fatal(err)
		}
		var err error
		if outputs[i], err = os.ReadFile(files["bom"]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(outputs[0], outputs[1]) {
		t.Errorf("the same input gives\n%s\nand\n%s", outputs[0], outputs[1])
	}
	var got struct {
		BOMFormat    string
		Version      int
		Components   []component
		Dependencies []struct {
			Ref       string
			DependsOn []string
		}
	}
	if err := json.Unmarshal(outputs[0], &got); err != nil || got.BOMFormat != "CycloneDX" || got.Version != 1 {
		t.Fatalf("rewrite wrote %s (%v)", outputs[0], err)
	}
	var found []string
	for _, c := range got.Components[1:] {
		found = append(found, c.Name+" "+c.Version+" "+c.Licenses[0].Expression+" "+c.PURL)
		if len(c.Hashes) != 1 || !strings.HasPrefix(c.Hashes[0].Content, "cf83e1357eefb8bd") {
			t.Errorf("%s has the hashes %v, want SHA-512 of nothing", c.Name, c.Hashes)
		}
	}
	want := `@mantine/core 9.8.1 MIT pkg:npm/%40mantine/core@9.8.1
yaml 2.9.1 (ISC OR MIT) pkg:npm/yaml@2.9.1
bare 1.0.0 0BSD pkg:npm/bare@1.0.0`
	if list := strings.Join(found, "\n"); list != want {
		t.Errorf("components:\n%s\nwant\n%s", list, want)
	}
	if !strings.Contains(string(outputs[0]), "goarch=amd64&goos=linux") {
		t.Errorf("what was there is not as it was:\n%s", outputs[0])
	}
	program := strings.Join(got.Dependencies[0].DependsOn, " ")
	if want := "bbolt pkg:npm/%40mantine/core@9.8.1 pkg:npm/yaml@2.9.1 pkg:npm/bare@1.0.0"; program != want || len(got.Dependencies) != 5 {
		t.Errorf("the program depends on %q, %d in all, want %q and 5", program, len(got.Dependencies), want)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ bom, licenses, lock, says string }{
		"nothing listed":         {bom, "# Licenses\n", lock, "no packages found"},
		"another lock file":      {bom, licenses, strings.ReplaceAll(lock, "9.8.1", "9.8.2"), "make web"},
		"no licence":             {bom, licenses, strings.Replace(lock, `"0BSD"`, `""`, 1), "under which licence"},
		"no hash":                {bom, licenses, strings.ReplaceAll(lock, "sha512-", "sha1-"), "no SHA-512"},
		"a bill without graph":   {`{"components": []}`, licenses, lock, "does not say"},
		"a bill of another kind": {`{"dependencies": ["x"]}`, licenses, lock, "want the program's"},
		"no bill":                {`[]`, licenses, lock, "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			files := write(t, map[string]string{"bom": c.bom, "licenses": c.licenses, "lock": c.lock})
			err := rewrite(files["bom"], files["licenses"], files["lock"])
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("rewrite() = %v, want an error that says %q", err, c.says)
			}
		})
	}
}
