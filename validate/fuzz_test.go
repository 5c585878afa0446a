package validate_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/validate"
)

// FuzzCheck holds that any input is answered without a panic, twice the same,
// in order, and with places that are in the input.
func FuzzCheck(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, seed := range []string{
		"", "\n", "\xff", "a: \x00", "a: &a [*a]", "a: !!int x", "? [a]\n: b", "<<: [1]", "a: |\n x\n", "a: \"x\n", "a\u2028: 1\n b", "a: 1\r\rb: \u0085c: [",
		"receivers: {a: &a {<<: *a}}", "service: {pipelines: {traces: &p {receivers: [*p]}}}", "%TAG ! x\n---\n!a b: c", "\ufeff\ufeffa: 1",
	} {
		f.Add([]byte(seed))
	}
	checker := validate.New()
	f.Fuzz(func(t *testing.T, body []byte) {
		findings := checker.Check(body)
		if again := checker.Check(body); !reflect.DeepEqual(findings, again) {
			t.Fatalf("Check(%q) = %v, and again %v", body, findings, again)
		}
		if len(findings) > validate.DefaultMaxFindings+1 {
			t.Errorf("Check(%q) = %d findings, want at most %d", body, len(findings), validate.DefaultMaxFindings+1)
		}
		columns := lineLengths(body)
		line := 1
		for _, finding := range findings {
			if finding.Line < line {
				t.Errorf("Check(%q): line %d comes after line %d", body, finding.Line, line)
			}
			line = finding.Line
			if finding.Line < 1 || finding.Line > len(columns) || finding.Column < 1 || finding.Column > columns[finding.Line-1]+1 {
				t.Errorf("Check(%q) = %+v, outside of the body's %d lines", body, finding, len(columns))
			}
			if finding.Code == "" || finding.Message == "" || !utf8.ValidString(finding.Message) || !utf8.ValidString(finding.Path) {
				t.Errorf("Check(%q) = %+v, want a code and text in UTF-8", body, finding)
			}
			if finding.Severity != fleet.SeverityError && finding.Severity != fleet.SeverityWarning {
				t.Errorf("Check(%q) = %+v, want a known severity", body, finding)
			}
		}
	})
}

// lineLengths counts the characters of each line, by YAML's line breaks.
func lineLengths(body []byte) []int {
	lengths := []int{0}
	text := []rune(string(body))
	for i, c := range text {
		switch c {
		case '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				continue
			}
			lengths = append(lengths, 0)
		case '\n', 0x85, 0x2028, 0x2029:
			lengths = append(lengths, 0)
		default:
			lengths[len(lengths)-1]++
		}
	}
	return lengths
}
