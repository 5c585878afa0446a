//go:build e2e

package shells

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shell is one of those that the packages install a completion for.
type shell struct {
	name string
	// place is where the completion is put, below the home directory, as the packages put it below /usr/share.
	place string
	// rc are the lines of a file that is read first, and where that is.
	file string
	rc   string
	args []string
	// tabs is how often Tab is pressed until choices are listed. fish lists the ends of long ones.
	tabs int
}

var shells = []shell{
	{
		name: "bash", place: ".local/share/bash-completion/completions/ollystack", args: []string{"--noprofile", "-i"}, tabs: 2,
		file: ".bashrc", rc: ". /usr/share/bash-completion/bash_completion\nPS1='> '\n",
	},
	{
		name: "zsh", place: "functions/_ollystack", args: []string{"-i", "-o", "no_global_rcs"}, tabs: 1,
		file: ".zshrc", rc: "fpath=(~/functions $fpath)\nautoload -U compinit\ncompinit -u -D\nPS1='> '\n",
	},
	{
		name: "fish", place: ".config/fish/completions/ollystack.fish", args: []string{"-i"}, tabs: 1,
		file: ".config/fish/config.fish", rc: "function fish_prompt; echo -n '> '; end\nfunction fish_greeting; end\nset -g fish_autosuggestion_enabled 0\n",
	},
}

// open starts the shell, in a home directory of its own with a file that is no answer to anything.
func (s shell) open(t *testing.T, bin string, environ ...string) *terminal {
	t.Helper()
	home := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(s.file, s.rc)
	put(s.place, run(t, bin, nil, "completion", s.name)+"\n")
	// Where there is none, fish reads the manual pages into one, in the background and beyond its own end.
	put(".local/share/fish/generated_completions/none", "")
	put("edge-file.yaml", body)
	put(".config/ollystack/config.yaml", "contexts:\n  staging-eu: {server: \"http://127.0.0.1:1\"}\n  production-eu: {server: \"http://127.0.0.1:1\"}\n")
	path, err := exec.LookPath(s.name)
	if err != nil {
		t.Fatalf("%v; hack/test-deps installs it", err)
	}
	environ = append([]string{"HOME=" + home, "PATH=" + bin + ":/usr/bin:/bin", "LANG=C.UTF-8", "TERM=screen"}, environ...)
	x := start(t, home, environ, append([]string{path}, s.args...)...)
	x.until("a prompt", func(screen string) bool { return strings.HasSuffix(screen, ">") })
	return x
}

// TestCompletion: names that only the server knows are offered where one presses Tab, and completed where there is one choice.
func TestCompletion(t *testing.T) {
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, bin)
	environ := []string{"OLLYSTACK_SERVER=" + server, "HOME=" + t.TempDir()}
	file := filepath.Join(t.TempDir(), "good.yaml")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"production", "canary-1", "canary-2"} {
		run(t, bin, environ, "configs", "create", name, "-f", file)
	}
	run(t, bin, environ, "agents", "label", "gateway-us-0007", "app-name=web")
	uid := run(t, bin, environ, "agents", "get", "gateway-us-0007", "-o", "name")
	for _, s := range shells {
		t.Run(s.name, func(t *testing.T) {
			x := s.open(t, bin, "OLLYSTACK_SERVER="+server)
			for _, c := range []struct{ typed, line string }{
				{"ollystack agents get gateway-u", "ollystack agents get gateway-us-0007"},
				{"ollystack agents assign edge-us-0004 prod", "ollystack agents assign edge-us-0004 production"},
				{"ollystack configs history prod", "ollystack configs history production"},
				{"ollystack agents list --config prod", "ollystack agents list --config production"},
				{"ollystack agents list --status unh", "ollystack agents list --status unhealthy"},
				{"ollystack agents list --status=unh", "ollystack agents list --status=unhealthy"},
				{"ollystack completion zs", "ollystack completion zsh"},
				{"ollystack status --context stag", "ollystack status --context staging-eu"},
				{"ollystack context use prod", "ollystack context use production-eu"},
				{"ollystack configs roll", "ollystack configs rollback"},
			} {
				x.types(c.typed)
				x.press("Tab")
				x.until("the line "+c.line, func(screen string) bool { return strings.HasSuffix(screen, "> "+c.line) })
				x.clear()
			}
			selectors(x)
			for typed, offered := range map[string][]string{
				"ollystack agents list -l cloud.region=": {"ap", "eu", "us"},
				"ollystack agents forget edge-us-00":     {"us-0001", "us-0004", "us-0010"},
				"ollystack configs delete canary-":       {"ary-1", "ary-2"},
				"ollystack agents get " + uid[:35]:       {uid[30:], "gateway-us-0007", "edge-us-0010"}, // ids, each with its name
			} {
				x.types(typed)
				for range s.tabs {
					x.press("Tab")
				}
				x.until(strings.Join(offered, ", ")+" offered", func(screen string) bool {
					for _, name := range offered {
						if !strings.Contains(screen, name) {
							return false
						}
					}
					return !strings.Contains(screen, "edge-file")
				})
				x.clear()
			}
		})
	}
}

// selectors: a key is completed up to its sign, its value from there, and so on after a comma. In bash a word ends at each sign.
func selectors(x *terminal) {
	x.t.Helper()
	for _, c := range [][]struct{ typed, line string }{
		{
			{"ollystack agents list -l coll", "ollystack agents list -l collector.role="},
			{"ga", "ollystack agents list -l collector.role=gateway"},
		},
		{
			{"ollystack agents watch --selector=coll", "ollystack agents watch --selector=collector.role="},
			{"ga", "ollystack agents watch --selector=collector.role=gateway"},
		},
		{
			{"ollystack agents restart -l collector.role=gateway,cloud", "ollystack agents restart -l collector.role=gateway,cloud.region="},
			{"u", "ollystack agents restart -l collector.role=gateway,cloud.region=us"},
		},
		{
			{"ollystack agents label -l app", "ollystack agents label -l app-name="},
			{"w", "ollystack agents label -l app-name=web"},
		},
		{{"ollystack configs create x --selector host.arch!=am", "ollystack configs create x --selector host.arch!=amd64"}},
	} {
		for _, step := range c {
			x.types(step.typed)
			x.press("Tab")
			x.until("the line "+step.line, func(screen string) bool {
				return strings.HasSuffix(strings.ReplaceAll(screen, `\!`, "!"), "> "+step.line) // zsh escapes it
			})
		}
		x.clear()
	}
}

// clear begins with an empty line on an empty screen. A shell that is still drawing may miss a key.
func (x *terminal) clear() {
	x.t.Helper()
	x.until("an empty line", func(string) bool {
		x.press("C-u")
		x.press("C-l")
		for range 20 {
			if x.screen() == ">" {
				return true
			}
			<-time.After(20 * time.Millisecond)
		}
		return false
	})
}

// tooLong is more than a shell may wait for names: the command gives up after two seconds, on a machine that may be busy.
const tooLong = 8 * time.Second

// TestCompletionWithoutServer: where nobody answers there are no names, and no files instead; and the shell is back soon.
func TestCompletionWithoutServer(t *testing.T) {
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for what, server := range map[string]string{"silent": silent.Addr().String(), "gone": "127.0.0.1:1"} {
		for _, s := range shells {
			t.Run(s.name+" "+what, func(t *testing.T) {
				x := s.open(t, bin, "OLLYSTACK_SERVER=http://"+server)
				x.types("ollystack agents get edge")
				x.press("Tab")
				x.types("X")
				took := x.until("what was typed, and nothing else", func(screen string) bool { return strings.HasSuffix(screen, "> ollystack agents get edgeX") })
				if took > tooLong {
					t.Errorf("Tab took %v, want at most %v", took, tooLong)
				}
			})
		}
	}
}
