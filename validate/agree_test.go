package validate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAgreesWithConfmap holds our rules about form against the collector's own
// library: what one of these codes refuses, it cannot load either.
func TestAgreesWithConfmap(t *testing.T) {
	t.Parallel()
	const whole = "receivers: {nop: }\nexporters: {nop: }\n"
	tests := []struct{ code, body string }{
		{"unknown-key", "recievers: {}\n" + whole},
		{"unknown-key", whole + "service: {pipeline: {}}\n"},
		{"unknown-key", whole + "service: {pipelines: {logs: {receiver: [nop], receivers: [nop], exporters: [nop]}}}\n"},
		{"wrong-type", "processors: [batch]\n" + whole},
		{"wrong-type", "processors: {batch: 5}\n" + whole},
		{"wrong-type", "processors: {batch: [1]}\n" + whole},
		{"wrong-type", "processors: {batch: \"\"}\n" + whole},
		{"wrong-type", whole + "service: {telemetry: 5}\n"},
		{"wrong-type", whole + "service: {pipelines: [logs]}\n"},
		{"wrong-type", whole + "service: {pipelines: {logs: [nop]}}\n"},
		{"wrong-type", whole + "service: {pipelines: {logs: {receivers: [5]}}}\n"},
		{"wrong-type", whole + "service: {pipelines: {logs: {receivers: [[nop]]}}}\n"},
		{"wrong-type", whole + "service: {pipelines: {logs: {receivers: {nop: }}}}\n"},
		{"invalid-component-id", "processors: {1: }\n" + whole},
		{"invalid-component-id", "processors: {a-b: }\n" + whole},
		{"invalid-component-id", "processors: {batch/: }\n" + whole},
		{"invalid-component-id", "processors: {/x: }\n" + whole},
		{"invalid-component-id", "processors: {batch/a b: }\n" + whole},
		{"invalid-component-id", whole + "service: {extensions: [\"\"]}\n"},
		{"invalid-pipeline-id", whole + "service: {pipelines: {spans: {receivers: [nop], exporters: [nop]}}}\n"},
		{"invalid-pipeline-id", whole + "service: {pipelines: {logs/: {receivers: [nop], exporters: [nop]}}}\n"},
		{"duplicate-id", "processors: {batch/a: , batch/ a: }\n" + whole},
		{"duplicate-key", whole + whole},
		{"invalid-tag", "receivers: {nop: {a: !!int x}}\n"},
		{"invalid-merge", "receivers: {<<: 5}\n"},
		{"not-a-map", "[]"},
		{"not-yaml", "a: [\n"},
	}
	for _, test := range tests {
		findings := New().Check([]byte(test.body))
		found := false
		for _, f := range findings {
			found = found || f.Code == test.code
		}
		if !found {
			t.Errorf("Check(%q) = %v, want %s", test.body, findings, test.code)
		}
		conf, err := loadConfmap([]byte(test.body))
		if err == nil {
			err = unmarshalConfmap(conf)
		}
		if err == nil {
			t.Errorf("confmap loads %q, which Check refuses with %s", test.body, test.code)
		}
	}
}

// TestConfmapLoadsValid holds the other direction for whole files.
func TestConfmapLoadsValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/valid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("Glob = %v, %v, want files", files, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		conf, err := loadConfmap(body)
		if err != nil {
			t.Fatalf("loadConfmap(%s) = %v, want nil", file, err)
		}
		if err := unmarshalConfmap(conf); err != nil {
			t.Errorf("unmarshalConfmap(%s) = %v, want nil", file, err)
		}
	}
}

func TestWithoutValues(t *testing.T) {
	t.Parallel()
	conf, err := loadConfmap([]byte("service: {telemetry: hunter2, extensions: {a: hunter2}}\nreceivers: hunter2\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = unmarshalConfmap(conf)
	if err == nil {
		t.Fatal("unmarshalConfmap(wrong types) = nil, want an error")
	}
	if got := withoutValues(err); got == "" || strings.Contains(got, "hunter2") {
		t.Errorf("withoutValues(%q) = %q, want it without hunter2", err, got)
	}
}
