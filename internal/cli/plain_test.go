package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// hostile is what an agent may call itself to play with whoever looks at it: it clears the screen, changes the
// window's title in one and in two bytes, turns the order round, hides a character above U+FFFF, and rings.
const hostile = "a\x1b[2J\x1b]0;title\x07\u009b31m\u202egnp.exe\U000e0041\r"

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"edge-1": "edge-1", "北京-1 שלום 😀": "北京-1 שלום 😀", "a\nb\tc": `a\u000ab\u0009c`, "bad\x9b31m": "bad\ufffd31m",
		hostile: `a\u001b[2J\u001b]0;title\u0007\u009b31m\u202egnp.exe\U000e0041\u000d`,
	} {
		if got := Plain(text); got != want {
			t.Errorf("Plain(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestVerbatim: another's text keeps its bytes in a file, and is harmless on a terminal however it is cut into pieces.
func TestVerbatim(t *testing.T) {
	t.Parallel()
	const text = "receivers: # 北京 \u009b31m\n\tx\r\n\ry\n"
	for size := 1; size <= len(text); size++ {
		var file, terminal bytes.Buffer
		for _, w := range []World{{Stdout: &file}, {Stdout: &terminal, Screen: Screen{Width: 80}}} {
			out := w.Verbatim()
			for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
				if n, err := out.Write([]byte(rest[:min(size, len(rest))])); err != nil || n != min(size, len(rest)) {
					t.Fatalf("Write = %d, %v", n, err)
				}
			}
		}
		if file.String() != text || terminal.String() != "receivers: # 北京 \\u009b31m\n        x\n\\u000dy\n" {
			t.Errorf("in pieces of %d: a file gets %q, a terminal %q", size, &file, &terminal)
		}
	}
}

// TestPrintHostile: what is for programs says the same, and holds nothing that a terminal obeys.
func TestPrintHostile(t *testing.T) {
	t.Parallel()
	in := map[string]any{"name": hostile, "body": "a:\n\tb # " + hostile, hostile: "plain"}
	for name, format := range map[string]struct {
		print func(*bytes.Buffer) error
		read  func([]byte, any) error
	}{
		"JSON": {func(b *bytes.Buffer) error { return PrintJSON(b, in) }, json.Unmarshal},
		"line": {func(b *bytes.Buffer) error { return PrintLine(b, in) }, json.Unmarshal},
		"YAML": {func(b *bytes.Buffer) error { return PrintYAML(b, in) }, yaml.Unmarshal},
	} {
		var text bytes.Buffer
		if err := format.print(&text); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(text.String(), harmful) {
			t.Errorf("%s = %q, want nothing in it that a terminal obeys", name, &text)
		}
		out := map[string]any{}
		if err := format.read(text.Bytes(), &out); err != nil || len(out) != 3 {
			t.Fatalf("%s = %s: %v", name, &text, err)
		}
		for key, value := range in {
			if out[key] != value {
				t.Errorf("%s of %q = %q, want %q", name, key, out[key], value)
			}
		}
	}
}

// TestWidth: a column is as wide as a terminal shows it.
func TestWidth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"edge": 4, "北京": 4, "ｱ": 1, "Ａ": 2, "한국": 4, "각": 2, "e\u0301": 1, "😀": 2, "שלום": 4, "": 0} {
		if got := length(text); got != want {
			t.Errorf("length(%q) = %d, want %d", text, got, want)
		}
	}
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{{"北京", 4, "北京"}, {"北京上海", 5, "北京…"}, {"北京上海", 6, "北京…"}, {"a北京", 3, "a…"}, {"edge-1", 5, "edge…"}, {"e\u0301e\u0301e\u0301", 2, "e\u0301…"}} {
		if got := cut(c.text, c.columns); got != c.want || length(got) > c.columns {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.columns, got, c.want)
		}
	}
	table := NewTable(Column{Title: "NAME"}, Column{Title: "STATUS"})
	table.Texts("北京-1", "healthy")
	table.Texts("edge-1 😀", "healthy")
	table.Texts("x\x1b[2J", "unhealthy")
	for width, want := range map[int]string{
		0:  "NAME        STATUS\n北京-1      healthy\nedge-1 😀   healthy\nx\\u001b[2J  unhealthy\n",
		18: "NAME      STATUS\n北京-1    healthy\nedge-1 …  healthy\nx\\u001b…  unhealt…\n",
	} {
		var out bytes.Buffer
		if err := table.Write(&out, Screen{Width: width}); err != nil || out.String() != want {
			t.Errorf("a table of %d columns =\n%s\nwant\n%s", width, &out, want)
		}
	}
}
