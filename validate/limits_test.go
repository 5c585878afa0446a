package validate_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/validate"
)

// TestCheckHostileInput holds the cost of inputs that were made to be dear.
func TestCheckHostileInput(t *testing.T) {
	const size = 1 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	laughs := func(open, item, end string) string {
		var b strings.Builder
		b.WriteString("a: &a {x: 1}\n")
		for c := 'b'; c < 'z'; c++ {
			fmt.Fprintf(&b, "%c: &%c %s", c, c, open)
			for i := range 9 {
				fmt.Fprintf(&b, item, i, c-1)
			}
			b.WriteString(end + "\n")
		}
		return b.String()
	}
	tests := []struct {
		name, body, code string
	}{
		{"alias bomb of lists", laughs("[", "*%[2]c,", "]"), "alias-bomb"},
		{"alias bomb of maps", laughs("{", "k%d: *%c,", "}"), "alias-bomb"},
		{"alias bomb of merges", laughs("{", "k%d: {<<: *%c},", "}"), "alias-bomb"},
		{"many aliases", "a: &a 1\nb: [" + fill("*a,")[:200_000] + "]", "alias-bomb"},
		{"merges of a large map", "a: &a {" + numbered("k%d: 1,", 5000) + "}\n" + numbered("m%d: {<<: *a}\n", 500), "alias-bomb"},
		{"deep lists", "a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "too-deep"},
		{"deep maps", strings.Repeat("{a: ", 9000) + strings.Repeat("}", 9000), "too-deep"},
		{"deeper than the parser goes", strings.Repeat("{a: ", 20000) + strings.Repeat("}", 20000), "not-yaml"},
		{"deep by aliases", "a: &a [[[[[[[[[[1]]]]]]]]]]\n" + numbered("b%[1]d: &b%[1]d 1\n", 1) + chain(30), "too-deep"},
		{"one map of many keys", "{" + numbered("k%d: 1,", 20000) + "}", "too-complex"},
		{"marks only", fill("- "), "too-complex"},
		{"commas only", "[" + fill(",")[1:], "too-complex"},
		{"comments only", fill("#\n"), "empty-document"},
		{"comments between keys", numbered("#c\nk%d: 1 #x\n", 50000), "too-complex"},
		{"one long text", "a: \"" + fill("x"), "too-large"},
		{"one long quoted text", "a: \"" + fill("\\n")[:size-10] + "\"", "missing-service"},
		{"unclosed long text", "a: \"" + fill("x")[:size-10], "not-yaml"},
		{"long text of lines", "a: |\n" + fill(" x\n")[:size-10], "missing-service"},
		{"line ends", fill("\r"), "empty-document"},
		{"long paths", strings.Repeat("k", 1000) + ":\n  " + strings.Repeat("l", 1000) + ":\n" + numbered("    m%d: 1\n", 9000), "missing-service"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			findings := validate.New().Check([]byte(test.body))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if !strings.Contains(codes(findings), " error "+test.code) {
				t.Errorf("Check(%d bytes) = %.300s, want an error %s", len(test.body), codes(findings), test.code)
			}
			// Both bounds are far from what is measured (0.3 s, 90 MB allocated in all), also with the race detector.
			if allocated := after.TotalAlloc - before.TotalAlloc; took > 10*time.Second || allocated > 256<<20 {
				t.Errorf("Check(%d bytes) took %v and %d MB, want less than 10s and 256 MB", len(test.body), took, allocated>>20)
			}
		})
	}
}

// chain nests each anchor in the one before, so that only aliases make the depth.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("c0: &c0 {x: 1}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "c%d: &c%d {x: {x: {x: {x: *c%d}}}}\n", i, i, i-1)
	}
	return b.String()
}

func BenchmarkCheck(b *testing.B) {
	small := []byte(strings.TrimSpace(rest))
	var large strings.Builder
	large.WriteString("processors:\n")
	for i := range 400 {
		fmt.Fprintf(&large, "  attributes/%d:\n    actions:\n      - {key: a%d, value: \"v\", action: upsert}\n", i, i)
	}
	large.WriteString(rest)
	for name, body := range map[string][]byte{"small": small, "30KiB": []byte(large.String())} {
		b.Run(name, func(b *testing.B) {
			checker := validate.New()
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if len(checker.Check(body)) > 101 {
					b.Fatal("Check returned more findings than its bound")
				}
			}
		})
	}
}
