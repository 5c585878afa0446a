package validate_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/validate"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata")

// text is what findings look like in the tests: WriteText's lines and the path.
func text(findings []fleet.Finding) string {
	var out bytes.Buffer
	for _, f := range findings {
		if err := validate.WriteText(&out, "", []fleet.Finding{f}); err != nil {
			return err.Error()
		}
		out.Truncate(out.Len() - 1)
		out.WriteString(" @" + f.Path + "\n")
	}
	return out.String()
}

func TestCheckValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/valid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("Glob(testdata/valid) = %v, %v, want files", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := validate.New().Check(body); len(got) != 0 {
				t.Errorf("Check(%s) =\n%swant no findings", file, text(got))
			}
		})
	}
}

func TestCheckRefused(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/refused/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("Glob(testdata/refused) = %v, %v, want files", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			findings := validate.New().Check(body)
			got := text(findings)
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("Check(%s) =\n%swant\n%s", file, got, want)
			}
			if !fleet.HasErrors(findings) {
				t.Errorf("HasErrors(Check(%s)) = false, want true", file)
			}
		})
	}
}

// rest makes a whole configuration of what a case is about.
const rest = "\nreceivers: {nop: }\nexporters: {nop: }\nservice: {pipelines: {logs: {receivers: [nop], exporters: [nop]}}}\n"

func TestCheckText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body string
		want string // position, severity and code of each finding
	}{
		{"nothing", "", "1:1 error empty-document"},
		{"blanks", "\n \n", "1:1 error empty-document"},
		{"comment", "# nothing\n", "1:1 error empty-document"},
		{"empty document", "---\n...\n", "2:1 error empty-document"},
		{"a separator alone", "---", "1:4 error empty-document"},
		{"null", "\n~\n", "2:1 error empty-document"},
		{"scalar", "receivers\n", "1:1 error not-a-map"},
		{"reference", "${file:all.yaml}", "1:1 error not-a-map"},
		{"list", "\n- receivers:\n", "2:1 error not-a-map"},
		{"two documents", "a: 1\n---\nb: 2\n", "2:1 error multiple-documents"},
		{"a separator at the end", "a: 1\n---\n", "2:1 error multiple-documents"},
		{"fault in the second document", "a: 1\n---\nb: [\n", "3:1 error not-yaml"},
		{"document end", rest + "...\n", ""},
		{"document start", "%YAML 1.1\n---" + rest, ""},

		{"tab as indentation", "a:\n\tb: c\n", "2:1 error not-yaml"},
		{"tab as separator", "\"x\":\t1" + rest, "1:1 error unknown-key"},
		{"mapping in a value", "a: 1\nb: c: d\n", "2:5 error not-yaml"},
		{"bad indentation", "receivers:\n  otlp:\n    grpc:\n   http:\n", "4:4 error not-yaml"},
		{"unclosed quote", "a: 1\nb: \"c\nd: e\n", "2:4 error not-yaml"},
		{"unclosed list", "a: [1, 2\nb: c\n", "2:1 error not-yaml"},
		{"unknown anchor", "a: 1\nb: *c\n", "2:4 error not-yaml"},
		{"character that begins nothing", "a: 1\nb: @c\n", "2:4 error not-yaml"},

		{"NUL", "a: \x00\n", "1:4 error control-character"},
		{"escape", "a: 1\nb: \x1b[0m\n", "2:4 error control-character"},
		{"DEL", "a: \x7f\n", "1:4 error control-character"},
		{"Latin-1", "a: 1\nb: gr\xfc\xdf\n", "2:6 error not-utf8"},
		{"UTF-16", "\xff\xfea\x00:\x00", "1:1 error not-utf8"},
		{"column after wide characters", "äöü: \x00\n", "1:6 error control-character"},

		{"value against its tag", "receivers:\n  nop:\n    x: !!int hunter2\n", "1:1 error missing-service; 3:8 error invalid-tag"},
		{"not base64", "receivers:\n  nop: {x: !!binary \"%\"}\n", "1:1 error missing-service; 2:12 error invalid-tag"},
		{"list as key", "receivers:\n  nop:\n    ? [a]\n    : b\n", "1:1 error missing-service; 3:7 error unsupported-key"},
		{"merge of a scalar", "receivers:\n  <<: 1\n", "1:1 error missing-service; 2:7 error invalid-merge"},
		{"quoted << is a key", "receivers:\n  \"<<\": {}\n", "1:1 error missing-service; 2:3 error invalid-component-id"},
		{"merge in a merge", "receivers: &r {nop: }\nexporters: {<<: [*r, {nop/2: }]}\nservice: {pipelines: {logs: {receivers: [nop], exporters: [nop, nop/2]}}}", ""},
		{"alias as key", "receivers: {&id nop: }\nexporters: {*id : }\nservice: {pipelines: {logs: {receivers: [*id], exporters: [*id]}}}", ""},
		{"alias repeats a key", "receivers: {&id nop: , *id : }\n", "1:1 error missing-service; 1:24 error duplicate-key"},
		{"alias of itself", "receivers: &r\n  nop: {x: *r}\n", "2:12 error alias-cycle"},
		{"number and its text", "receivers: {nop: {1: a, \"1\": b}}\n", "1:1 error missing-service; 1:25 error duplicate-key"},
		{"number as key of a setting", "receivers: {nop: {1: a, 2.5: b, true: c, null: d}}\nexporters: {nop: }\nservice: {pipelines: {logs: {receivers: [nop], exporters: [nop]}}}", ""},

		{"no service", "receivers: {nop: }\n", "1:1 error missing-service"},
		{"null service", "receivers:\nservice:\n", "2:1 error missing-pipelines"},
		{"no pipelines", "service:\n  telemetry: {}\n", "1:1 error missing-pipelines"},
		{"null pipelines", "service:\n  pipelines:\n", "2:3 error missing-pipelines"},
		{"empty pipelines", "service:\n  pipelines: {}\n", "2:3 error missing-pipelines"},
		{"list of pipelines", "service:\n  pipelines: [traces]\n", "2:14 error wrong-type"},
		{"service is a list", "service: []\n", "1:10 error wrong-type"},
		{"service expanded", "service: ${file:service.yaml}\n", "1:10 warning unchecked-reference"},
		{"pipelines expanded", "service: {pipelines: \"${file:p}\"}\n", "1:22 warning unchecked-reference"},
		{"unclosed reference", "service: ${file\n", "1:10 error wrong-type"},
		{"escaped reference", "service: $${file:x}\n", "1:10 error wrong-type"},
		{"dollar before a reference", "service: $$${file:x}\n", "1:10 warning unchecked-reference"},
		{"top-level key with two colons", "receivers::nop: {}" + rest, "1:1 error unknown-key"},
		{"unused", "processors: {batch: }\nextensions: {zpages: }" + rest, "1:14 warning unused-processor; 2:14 warning unused-extension"},
		{"profiles", "receivers: {nop: }\nexporters: {nop: }\nservice: {pipelines: {profiles: {receivers: [nop], exporters: [nop]}}}", "3:23 warning gated-signal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			findings := validate.New().Check([]byte(test.body))
			if got := codes(findings); got != test.want {
				t.Errorf("Check(%q) = %s, want %s\n%s", test.body, got, test.want, text(findings))
			}
		})
	}
}

func codes(findings []fleet.Finding) string {
	lines := strings.Split(strings.TrimSpace(text(findings)), "\n")
	for i, line := range lines {
		if line == "" {
			continue
		}
		f := findings[i]
		place, _, _ := strings.Cut(strings.TrimPrefix(line, ":"), ": ")
		lines[i] = place + " " + string(f.Severity) + " " + f.Code
	}
	return strings.Join(lines, "; ")
}

func TestCheckDoesNotQuoteValues(t *testing.T) {
	t.Parallel()
	bodies := []string{
		"receivers:\n  nop: {password: !!int hunter2}" + rest,
		"receivers:\n  nop: hunter2" + rest,
		"receivers: hunter2\n",
		"service: {telemetry: hunter2}",
		"hunter2",
		"[hunter2]",
		"password: \"hunter2\n",
		"service:\n  pipelines:\n    traces:\n      receivers: hunter2\n",
	}
	for _, body := range bodies {
		findings := validate.New().Check([]byte(body))
		if len(findings) == 0 || strings.Contains(text(findings), "hunter2") {
			t.Errorf("Check(%q) = %q, want findings that do not quote the value", body, text(findings))
		}
	}
}

func TestCheckBoundsFindings(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	body.WriteString("processors:\n")
	for i := range 50 {
		fmt.Fprintf(&body, "  unused/%d:\n", i)
	}
	body.WriteString(rest + "bad1: 1\nbad2: 1\n")
	checker := validate.NewWithOptions(validate.Options{MaxFindings: 10})
	got := checker.Check([]byte(body.String()))
	if len(got) != 11 || got[10].Code != "too-many-findings" || !fleet.HasErrors(got) {
		t.Errorf("Check(50 warnings, 2 errors) = %d findings, last %q, want 11 with the errors and too-many-findings", len(got), got[len(got)-1].Code)
	}
	if n := len(slices.DeleteFunc(slices.Clone(got), func(f fleet.Finding) bool { return f.Code != "unknown-key" })); n != 2 {
		t.Errorf("Check(50 warnings, 2 errors) holds %d errors, want 2", n)
	}
}

func TestCheckRefusesLargeBody(t *testing.T) {
	t.Parallel()
	checker := validate.NewWithOptions(validate.Options{MaxBytes: 10})
	if got := codes(checker.Check([]byte("receivers: {}"))); got != "1:1 error too-large" {
		t.Errorf("Check(13 bytes) = %s, want 1:1 error too-large", got)
	}
}

func TestWriteText(t *testing.T) {
	t.Parallel()
	findings := []fleet.Finding{
		{Severity: fleet.SeverityError, Code: "undefined-receiver", Line: 3, Column: 7, Message: "Not\ndefined."},
		{Severity: fleet.SeverityWarning, Code: "unused-processor", Line: 4, Column: 1, Message: "Unused."},
	}
	var out bytes.Buffer
	if err := validate.WriteText(&out, "a.yaml", findings); err != nil {
		t.Fatalf("WriteText = %v, want nil", err)
	}
	want := "a.yaml:3:7: error: Not defined. [undefined-receiver]\na.yaml:4:1: warning: Unused. [unused-processor]\n"
	if out.String() != want {
		t.Errorf("WriteText = %q, want %q", out.String(), want)
	}
}

func TestCheckPossibleCycle(t *testing.T) {
	t.Parallel()
	// The connector takes two signals and gives two: whether logs come back as logs, only its factory knows.
	body := "receivers: {nop: }\nexporters: {nop: }\nconnectors: {mix: }\nservice:\n  pipelines:\n" +
		"    logs: {receivers: [nop, mix], exporters: [mix]}\n    traces: {receivers: [nop, mix], exporters: [mix, nop]}\n"
	want := "6:47 warning possible-connector-cycle; 7:49 warning possible-connector-cycle"
	if got := codes(validate.New().Check([]byte(body))); got != want {
		t.Errorf("Check(%q) = %s, want %s", body, got, want)
	}
}
