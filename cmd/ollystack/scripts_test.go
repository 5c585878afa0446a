//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/scripts: processes of the program against a server that is one,
// too, and simulated agents. Each script has a server of its own, whose flags are on its first
// line: "# serve --guard-max-agents 1". Beside the usual commands there are
//
//	code N ollystack ...                      the exit code is N
//	agent NAME [KEY=VALUE...] [-sick ERROR]   an agent connects and stays
//	disconnect NAME                           its connection ends
//	until COMMAND... -- PATTERN               ollystack COMMAND is run until its output matches
//	restarted NAME N                          the agent was asked to restart so often, or will be
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "scripts", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("scripts = %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			flags, ok := strings.CutPrefix(first, "# serve")
			if !ok {
				t.Fatalf("%s begins %q, want # serve and the server's flags", file, first)
			}
			s := scenario{server: startProcess(t, strings.Fields(flags)...), agents: map[string]*simulated{}}
			testscript.Run(t, testscript.Params{
				Files: []string{file}, Setup: s.setUp, RequireExplicitExec: true, UpdateScripts: *update,
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"agent":      func(ts *testscript.TestScript, _ bool, args []string) { s.agent(ts, t, args) },
					"disconnect": s.disconnect, "until": s.until, "restarted": s.restarted, "code": exitsWith,
				},
			})
		})
	}
}

// scenario is what a script runs in.
type scenario struct {
	server *process
	agents map[string]*simulated
}

func (s *scenario) setUp(env *testscript.Env) error {
	env.Setenv("OLLYSTACK_SERVER", s.server.url)
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("TMPDIR", env.WorkDir)
	env.Setenv("TOKENS", s.server.dir) // where the first tokens are
	for _, kv := range []string{noSettingsFile, noCredentials} {
		name, value, _ := strings.Cut(kv, "=")
		env.Setenv(name, value)
	}
	return nil
}

func (s *scenario) agent(ts *testscript.TestScript, t *testing.T, args []string) {
	a := &simulated{name: args[0], attributes: map[string]string{}}
	for i := 1; i < len(args); i++ {
		if args[i] == "-sick" {
			i++
			a.sick = args[i]
			continue
		}
		k, v, ok := strings.Cut(args[i], "=")
		if !ok {
			ts.Fatalf("agent: %q is no attribute", args[i])
		}
		a.attributes[k] = v
	}
	s.agents[a.name] = connectAgent(t, s.server.url, a)
}

func (s *scenario) known(ts *testscript.TestScript, name string) *simulated {
	a := s.agents[name]
	if a == nil {
		ts.Fatalf("there is no agent %q", name)
	}
	return a
}

func (s *scenario) disconnect(ts *testscript.TestScript, _ bool, args []string) {
	s.known(ts, args[0]).disconnect()
}

func (s *scenario) restarted(ts *testscript.TestScript, _ bool, args []string) {
	a := s.known(ts, args[0])
	for deadline := time.Now().Add(patience); fmt.Sprint(a.restarted()) != args[1]; {
		if time.Now().After(deadline) {
			ts.Fatalf("%s was asked to restart %d times, want %s", args[0], a.restarted(), args[1])
		}
		<-time.After(10 * time.Millisecond)
	}
}

// exitsWith runs a command that has to end with the given code.
func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got, err = failed.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func (s *scenario) until(ts *testscript.TestScript, _ bool, args []string) {
	command, pattern, err := split(args)
	if err != nil {
		ts.Fatalf("%v", err)
	}
	for deadline := time.Now().Add(patience); ; {
		failed := ts.Exec("ollystack", command...)
		if output := ts.ReadFile("stdout") + ts.ReadFile("stderr"); pattern.MatchString(output) {
			return
		} else if time.Now().After(deadline) {
			ts.Fatalf("ollystack %v = %v, %s; want %v", command, failed, output, pattern)
		}
	}
}

func split(args []string) (command []string, pattern *regexp.Regexp, err error) {
	n := len(args)
	if n < 3 || args[n-2] != "--" {
		return nil, nil, errors.New("until COMMAND... -- PATTERN")
	}
	pattern, err = regexp.Compile(args[n-1])
	return args[:n-2], pattern, err
}
