package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// runAsProgram has the test's binary be the program: it is what the tests about signals start.
const runAsProgram = "RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(runAsProgram) != "" {
		main() // does not return
	}
	testscript.Main(m, map[string]func(){"ollystack": main}) // does not return either
}

// noSettingsFile and noCredentials keep the tests from the settings of a server that is installed on this machine.
const (
	noSettingsFile = "OLLYSTACK_CONFIG=" + os.DevNull
	noCredentials  = "CREDENTIALS_DIRECTORY="
)

// outcome is what a run of the program leaves.
type outcome struct {
	code           int
	stdout, stderr string
}

// world is what the program is given beside its arguments.
type world struct {
	environ []string
	stdin   io.Reader // nil is empty
	screen  cli.Screen
	now     func() time.Time
}

// call runs one command in this process.
func call(t *testing.T, w world, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if w.stdin == nil {
		w.stdin = strings.NewReader("")
	}
	var stdout, stderr bytes.Buffer
	code := run(ctx, surroundings{
		World: cli.World{Environ: append([]string{noSettingsFile, noCredentials}, w.environ...), Stdin: w.stdin, Stdout: &stdout, Stderr: &stderr, Screen: w.screen, Now: w.now},
		args:  args, build: app.Build{Version: "1.2.3", Commit: "abc"},
	})
	return outcome{code, stdout.String(), stderr.String()}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
