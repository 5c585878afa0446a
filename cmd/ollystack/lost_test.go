//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ollystack/control-plane/internal/cli"
)

// full is an output on a disk that is full.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "results", Err: syscall.ENOSPC}
}

// TestLostResults: what could not be written is a failure, of every command: a token that is not in its file is lost for good.
func TestLostResults(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	connectAgent(t, p.url, &simulated{name: "edge-1"})
	dir := t.TempDir()
	file, other := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "other.yaml")
	writeFile(t, file, goldenBody)
	writeFile(t, other, goldenBad)
	for _, line := range []string{
		"configs create good -f FILE", "status", "agents list", "agents list -o json", "agents list -o csv", "agents get edge-1", "agents label edge-1 a=b", "agents get edge-1 --effective-config",
		"configs get good", "configs diff good -f OTHER", "configs history good", "apply -f FILE --dry-run", "validate FILE", "version", "--version", "agents", "completion bash",
		"token create one --role read", "token list", "context list -o json", "export -o DIR/a/b", "exit-codes",
	} {
		var stderr strings.Builder
		code := run(context.WithoutCancel(t.Context()), surroundings{
			World: cli.World{Environ: []string{noSettingsFile, noCredentials, "OLLYSTACK_SERVER=" + p.url}, Stdin: strings.NewReader(""), Stdout: full{}, Stderr: &stderr},
			args:  strings.Fields(strings.NewReplacer("FILE", file, "OTHER", other, "DIR", dir).Replace(line)),
		})
		if code != 1 || !strings.Contains(stderr.String(), "results: no space left on device") {
			t.Errorf("ollystack %s = %d, %s; want 1 and the reason", line, code, &stderr)
		}
	}
}
