package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// TestValidate holds the outputs and exit codes to testdata/validate.golden.
func TestValidate(t *testing.T) {
	t.Parallel()
	const good, bad, warned = "testdata/good.yaml", "testdata/bad.yaml", "testdata/warned.yaml"
	const front = "testdata/declared/sub/front.yaml"
	var out strings.Builder
	for _, args := range [][]string{
		{good},
		{bad},
		{warned},
		{good, bad},
		{"testdata/nosuch.yaml"},
		{bad, "testdata/nosuch.yaml", good},
		{front},
		{"testdata/declared"},
		{"testdata/undeclared"},
		{"testdata/scripts"},
		{"-"},
		{"-o", "json", good},
		{"--output", "json", bad},
		{"-o", "json", good, bad, "testdata/nosuch.yaml"},
	} {
		got := call(t, world{stdin: strings.NewReader("receivers: {}\nreceivers: {}\n")}, append([]string{"validate"}, args...)...)
		fmt.Fprintf(&out, "$ ollystack validate %s\n%s%sexit code %d\n\n", strings.Join(args, " "), got.stdout, got.stderr, got.code)
	}
	golden := filepath.Join("testdata", "validate.golden")
	if *update {
		writeFile(t, golden, out.String())
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("ollystack validate = \n%s\nwant (%s, -update rewrites it)\n%s", out.String(), golden, want)
	}
}

// endless is a file without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '#'
	}
	return len(p), nil
}

// TestValidateEndless: what is too long is refused, and not read to its end.
func TestValidateEndless(t *testing.T) {
	t.Parallel()
	if got := call(t, world{stdin: endless{}}, "validate", "-"); got.code != 1 || !strings.Contains(got.stdout, "error") {
		t.Errorf("ollystack validate of an endless file = %+v, want code 1 and an error", got)
	}
}
