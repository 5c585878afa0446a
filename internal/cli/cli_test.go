package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ollystack/control-plane/internal/client"
)

func TestTable(t *testing.T) {
	t.Parallel()
	table := NewTable(Column{Title: "ID", Keep: true}, Column{Title: "NAME"}, Column{Title: "AGE", Optional: true}, Column{Title: "STATUS"})
	table.Row(Cell{Text: "0195f2b4"}, Cell{Text: "a-rather-long-name-of-an-agent"}, Cell{Text: "3h"}, Cell{Text: "healthy", Colour: Green})
	table.Texts("0195f2b5", "evil\x1b[2J\u202e", "", "")
	for _, c := range []struct {
		screen Screen
		want   string
	}{
		{Screen{}, "" +
			"ID        NAME                            AGE  STATUS\n" +
			"0195f2b4  a-rather-long-name-of-an-agent  3h   healthy\n" +
			"0195f2b5  evil\\u001b[2J\\u202e             -    -\n"},
		{Screen{Width: 40}, "" +
			"ID        NAME                   STATUS\n" +
			"0195f2b4  a-rather-long-name-o…  healthy\n" +
			"0195f2b5  evil\\u001b[2J\\u202e    -\n"},
		{Screen{Width: 10, Colour: true}, "" +
			"\x1b[1mID\x1b[0m        \x1b[1mNAME\x1b[0m    \x1b[1mSTATUS\x1b[0m\n" +
			"0195f2b4  a-rat…  \x1b[32mhealt…\x1b[0m\n" +
			"0195f2b5  evil\\…  -\n"},
	} {
		var out bytes.Buffer
		if err := table.Write(&out, c.screen); err != nil || out.String() != c.want {
			t.Errorf("Write(%+v) = %v\n%s\nwant\n%s", c.screen, err, out.String(), c.want)
		}
	}
}

func TestYAML(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := PrintYAML(&out, map[string]any{"list": []any{1, "1", true, nil, "<a>"}, "none": []int{}, "text": "a: b\nc: d\n", "big": 12345678901234567})
	want := "big: 12345678901234567\nlist:\n  - 1\n  - \"1\"\n  - true\n  - null\n  - <a>\nnone: []\ntext: |\n  a: b\n  c: d\n"
	if err != nil || out.String() != want {
		t.Errorf("PrintYAML = %v\n%s\nwant\n%s", err, out.String(), want)
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	w := World{Now: func() time.Time { return now }}
	for d, want := range map[time.Duration]string{-time.Second: "0s", 59 * time.Second: "59s", time.Hour - 1: "59m", 47 * time.Hour: "47h", 49 * time.Hour: "2d"} {
		if got := w.Ago(now.Add(-d)); got != want {
			t.Errorf("Ago(%v) = %s, want %s", d, got, want)
		}
	}
	if got := w.Ago(time.Time{}); got != "" {
		t.Errorf("Ago of no time = %s", got)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	if got := ExitCode(&client.Error{Kind: client.Invalid}); got != ExitUsage {
		t.Errorf("ExitCode of what the server does not understand = %d, want %d", got, ExitUsage)
	}
	for code, err := range map[int]error{
		ExitOK: nil, ExitFailure: errors.New("x"), ExitUsage: Usagef("x"),
		ExitNotFound: WithHint(&client.Error{Kind: client.NotFound}, "try"), ExitRefused: &client.Error{Kind: client.Refused},
		ExitConflict: &client.Error{Kind: client.Conflict}, ExitDenied: &client.Error{Kind: client.Denied}, ExitUnreachable: &client.Error{Kind: client.Unreachable},
	} {
		if got := ExitCode(err); got != code {
			t.Errorf("ExitCode(%v) = %d, want %d", err, got, code)
		}
	}
}

// TestMessage: an error says what to try.
func TestMessage(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"--confirm-agents 120":   &client.Error{Kind: client.Conflict, Status: 409, Detail: "this would reach 120 connected agents at once, which is more than 100: say confirm_agents=120 if that is meant"},
		"--detach":               &client.Error{Kind: client.Conflict, Status: 409, Detail: "3 agents are assigned: detach=true lets them go first"},
		"--token-file":           &client.Error{Kind: client.Denied, Status: 401, NoToken: true},
		"none of this server's":  &client.Error{Kind: client.Denied, Status: 401},
		"an admin token does":    &client.Error{Kind: client.Denied, Status: 403},
		"try again":              &client.Error{Kind: client.Conflict, Status: 412},
		"Is the server running":  &client.Error{Kind: client.Unreachable},
		"Write https://":         &client.Error{Kind: client.Unreachable, Status: 400, Detail: "the server speaks TLS, and was asked without"},
		"another version":        &client.Error{Status: 404, Detail: "there is nothing at /x", NoRoute: true},
		"NO_PROXY=fleet":         &client.Error{Kind: client.Unreachable, Server: "fleet:4320", Proxy: "proxy:3128"},
		"to the proxy proxy:1":   &client.Error{Status: 407, Server: "fleet:4320", Proxy: "proxy:1"},
		"another program":        &client.Error{Status: 502, Server: "fleet:4320"},
		"interrupted":            context.Canceled,
		"do this\nand then that": WithHint(errors.New("do this"), "and then that"),
	} {
		if got := Message(err); !strings.Contains(got, want) {
			t.Errorf("Message(%+v) = %q, want %q in it", err, got, want)
		}
	}
}

// home is a world with a file of contexts.
func home(t *testing.T, mode os.FileMode, contexts string, environ ...string) World {
	t.Helper()
	dir := t.TempDir()
	w := World{Environ: append([]string{"HOME=" + dir}, environ...)}
	file := contextsFile(w)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(contexts), mode); err != nil {
		t.Fatal(err)
	}
	return w
}

const twoContexts = `current: one
contexts:
  one: {server: "http://one:1", token: secret-one}
  two: {server: "http://two:2", token_file: two.token, ca_file: ~/two.pem}
`

// TestTarget: which server, and with which token, in the order of what wins.
func TestTarget(t *testing.T) {
	t.Parallel()
	env := []string{"OLLYSTACK_SERVER=http://env:3", "OLLYSTACK_TOKEN=secret-env"}
	for name, c := range map[string]struct {
		environ []string
		conn    Connection
		want    Context
	}{
		"the current context":                         {nil, Connection{}, Context{Server: "http://one:1", Token: "secret-one"}},
		"a token of the environment wins over it":     {env[1:], Connection{}, Context{Server: "http://one:1", Token: "secret-env"}},
		"a context that is named":                     {nil, Connection{Context: "two"}, Context{Server: "http://two:2", TokenFile: "DIR/two.token", CAFile: "HOME/two.pem"}},
		"it wins over the environment":                {env, Connection{Context: "two"}, Context{Server: "http://two:2", TokenFile: "DIR/two.token", CAFile: "HOME/two.pem"}},
		"also where it is named there":                {append([]string{"OLLYSTACK_CONTEXT=two"}, env...), Connection{}, Context{Server: "http://two:2", TokenFile: "DIR/two.token", CAFile: "HOME/two.pem"}},
		"the environment wins over the current one":   {env[:1], Connection{}, Context{Server: "http://env:3"}},
		"a flag wins, and no context's token follows": {nil, Connection{Server: "http://flag:4"}, Context{Server: "http://flag:4"}},
		"a flag with a token of the environment":      {env, Connection{Server: "http://flag:4"}, Context{Server: "http://flag:4", Token: "secret-env"}},
		"a token file wins over all tokens":           {env, Connection{TokenFile: "t"}, Context{Server: "http://env:3", TokenFile: "t"}},
		"a token file with a context":                 {nil, Connection{Context: "one", TokenFile: "t"}, Context{Server: "http://one:1", TokenFile: "t"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := home(t, 0o600, twoContexts, c.environ...)
			where := strings.NewReplacer("DIR", filepath.Dir(contextsFile(w)), "HOME", w.Env("HOME"))
			c.want.TokenFile, c.want.CAFile = where.Replace(c.want.TokenFile), where.Replace(c.want.CAFile)
			if got, err := c.conn.target(w); err != nil || got != c.want {
				t.Errorf("target = %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
	if got, err := (&Connection{}).target(World{}); err != nil || got.Server != DefaultServer {
		t.Errorf("target without anything = %+v, %v, want %s", got, err, DefaultServer)
	}
}

// TestContextsRefused: what is wrong with the file is said, and what to do.
func TestContextsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode os.FileMode
		text string
		name string
		says string
		code int
	}{
		{0o644, twoContexts, "", "chmod 600", ExitUsage},
		{0o600, "contexts: {one: {sever: x}}", "", `line 1: there is no "sever" here`, ExitUsage},
		{0o600, "contexts: {one: [secret]}", "", "line 1: something else belongs here\nMend it", ExitUsage},
		{0o600, "contexts: {", "", "did not find expected", ExitUsage},
		{0o600, twoContexts, "three", `no context "three"`, ExitNotFound},
		{0o600, "current: gone", "", `no context "gone"`, ExitNotFound},
	} {
		_, err := (&Connection{Context: c.name, Timeout: 1}).Open(home(t, c.mode, c.text))
		if err == nil || !strings.Contains(Message(err), c.says) || ExitCode(err) != c.code {
			t.Errorf("Open with %q = %v (code %d), want %q and code %d", c.text, err, ExitCode(err), c.says, c.code)
		}
	}
	// Without a token in it, others may read it.
	if _, err := (&Connection{Context: "one", Timeout: 1}).Open(home(t, 0o644, "contexts: {one: {server: 'http://one:1'}}")); err != nil {
		t.Errorf("Open of a context without a token = %v", err)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, "n\n": false, "": false, "\n": false, "yesterday\n": false} {
		var asked bytes.Buffer
		w := World{Stdin: strings.NewReader(answer), Stderr: &asked, Screen: Screen{Stdin: true, Stderr: true}}
		if err := w.Confirm(t.Context(), false, "Restart 3 agents?"); (err == nil) != want || asked.String() != "Restart 3 agents? [y/N] " {
			t.Errorf("Confirm answered %q = %v after %q, want %v", answer, err, &asked, want)
		}
	}
	if err := (World{}).Confirm(t.Context(), false, "Restart 3 agents?"); ExitCode(err) != ExitUsage || !strings.Contains(Message(err), "--yes") {
		t.Errorf("Confirm without a terminal = %v, want code 2 and --yes", err)
	}
	if err := (World{}).Confirm(t.Context(), true, "Restart 3 agents?"); err != nil {
		t.Errorf("Confirm with --yes = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never, end := newPipe(t)
	defer end()
	if err := (World{Stdin: never, Stderr: &bytes.Buffer{}, Screen: Screen{Stdin: true, Stderr: true}}).Confirm(ctx, false, "?"); !errors.Is(err, context.Canceled) {
		t.Errorf("Confirm that is interrupted = %v, want %v", err, context.Canceled)
	}
}

// newPipe is a file that nothing comes from, until end.
func newPipe(t *testing.T) (r *os.File, end func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, func() { w.Close(); r.Close() }
}

// TestProgress: what is quick is not worth a word, and nothing of what is slow stays.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		for _, terminal := range []bool{true, false} {
			p := NewProgress(World{Stderr: &out, Screen: Screen{Stderr: terminal}}, "agents", 3)
			p.Step()
			time.Sleep(unnoticed)
			p.Step()
			p.Step() // too soon after the last word
			p.End()
		}
		if got, want := out.String(), "\r\x1b[Kagents 2/3\r\x1b[K"; got != want {
			t.Errorf("progress = %q, want %q", got, want)
		}
	})
}
