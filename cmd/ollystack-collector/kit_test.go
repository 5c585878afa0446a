package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testToken = "olly_0123456789abcdefghijklmnop"

// result is what one run of the program has left.
type result struct {
	code           int
	stdout, stderr string
}

// call runs the program as main does, without a process of its own.
func call(t *testing.T, w world, args ...string) result {
	t.Helper()
	var out, errs strings.Builder
	w.args, w.stdout, w.stderr = args, &out, &errs
	if w.systemctl == nil {
		w.systemctl = func(context.Context, ...string) (string, error) {
			t.Error("systemctl was called")
			return "", nil
		}
	}
	code := run(t.Context(), w)
	return result{code, out.String(), errs.String()}
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// holding lists the files below dir that hold text, with their modes.
func holding(t *testing.T, dir, text string) map[string]fs.FileMode {
	t.Helper()
	found := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if strings.Contains(read(t, path), text) {
			info, err := e.Info()
			if err != nil {
				return err
			}
			found[strings.TrimPrefix(path, dir)] = info.Mode()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantText(t *testing.T, what, got string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(got, text) {
			t.Errorf("%s = %q, want %q in it", what, got, text)
		}
	}
}
