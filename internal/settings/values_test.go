package settings

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseByteSize(t *testing.T) {
	for in, want := range map[string]ByteSize{
		"0": 0, "1": 1, "4096": 4 * KiB, "12B": 12, "64MiB": 64 * MiB, "64 MiB": 64 * MiB, "64  mib": 64 * MiB, "3GIB": 3 * GiB,
		"1TiB": TiB, "5KiB": 5 * KiB, "1kB": 1000, "2MB": 2e6, "3GB": 3e9, "4TB": 4e12, "007": 7,
		"9223372036854775807": math.MaxInt64, "8388607TiB": 8388607 * TiB,
	} {
		if got, err := ParseByteSize(in); err != nil || got != want {
			t.Errorf("ParseByteSize(%q) = %d, %v, want %d, nil", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", " ", "MiB", "-1", "+1", "1.5GiB", "1M", "64 MiB ", " 64", "1e3", "0x10", "1_000", "6 4",
		"9223372036854775808", "8388608TiB", "64MiBs", "64\tMiB", "６４",
	} {
		if got, err := ParseByteSize(in); err == nil {
			t.Errorf("ParseByteSize(%q) = %d, nil, want an error", in, got)
		}
	}
}

func TestByteSizeString(t *testing.T) {
	for in, want := range map[ByteSize]string{
		0: "0", 1: "1", 1023: "1023", KiB: "1KiB", 1536: "1536", 64 * MiB: "64MiB", 1536 * MiB: "1536MiB", GiB: "1GiB", 2 * TiB: "2TiB",
	} {
		if got := in.String(); got != want {
			t.Errorf("ByteSize(%d).String() = %q, want %q", int64(in), got, want)
		}
	}
}

func FuzzParseByteSize(f *testing.F) {
	for _, seed := range []string{"", "0", "64MiB", "64 MiB", "9223372036854775807", "8388608TiB", "-1", "1.5GiB", "1 kB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		size, err := ParseByteSize(in)
		if err != nil {
			return
		}
		if size < 0 {
			t.Errorf("ParseByteSize(%q) = %d, want it not negative", in, size)
		}
		if again, err := ParseByteSize(size.String()); err != nil || again != size {
			t.Errorf("ParseByteSize(%q) = %d, %v, want %d, nil", size.String(), again, err, size)
		}
	})
}

func FuzzReadFile(f *testing.F) {
	for _, seed := range []string{
		"", "listen: ':1'", "redis: &r {redis: *r}", "a: &a [*a]\nallowed_hosts: *a", "? [a]\n: b", "<<: {listen: x}", "!!binary a: b",
		"allowed_hosts: [!!int a]", "listen: !!float x", "guard: {max_agents: !!int x}", "---\n---\n", "redis.url: redis://:pw@h:1", "\xff\xfe",
		"? &x\n: *x", "guard.max_agents: 0x10", "opamp.compression: !!bool 1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		faults := &Faults{}
		keys := Keys()
		r := &fileReader{
			path: "f", keys: keyIndex(keys, func(k Key) string { return k.Name }), names: []string{"listen"},
			layer: newLayer(), lines: map[string]int{}, faults: faults,
		}
		r.document([]byte(text))
		for name := range r.layer.values {
			if r.layer.origins[name] == "" {
				t.Errorf("document(%q) set %s without an origin", text, name)
			}
		}
		for _, fault := range faults.List {
			if fault.Message == "" || strings.ContainsRune(fault.Message, '\n') {
				t.Errorf("document(%q) has the fault %q, want one line", text, fault.Message)
			}
		}
	})
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "15s": 15 * time.Second, "1m30s": 90 * time.Second, "100ms": 100 * time.Millisecond, "30d": 720 * time.Hour, "0d": 0, "-1h": -time.Hour,
	} {
		if got, err := parseDuration(in); err != nil || got != want {
			t.Errorf("parseDuration(%q) = %v, %v, want %v, nil", in, got, err, want)
		}
	}
	for _, in := range []string{"", "30", "d", "1.5d", "-1d", "99999999d", "1h1d", "1 s", "s"} {
		if got, err := parseDuration(in); err == nil {
			t.Errorf("parseDuration(%q) = %v, nil, want an error", in, got)
		}
	}
	for in, want := range map[time.Duration]string{
		0: "0", time.Second: "1s", 2 * time.Minute: "2m", 90 * time.Second: "1m30s", time.Hour: "1h", 90 * time.Minute: "1h30m",
		time.Hour + time.Second: "1h0m1s", 7 * day: "7d", 36 * time.Hour: "36h", 10 * time.Minute: "10m", 10 * time.Second: "10s", 100 * time.Millisecond: "100ms",
	} {
		got := formatDuration(in)
		if got != want {
			t.Errorf("formatDuration(%v) = %q, want %q", in, got, want)
		}
		if back, err := parseDuration(got); err != nil || back != in {
			t.Errorf("parseDuration(%q) = %v, %v, want %v, nil", got, back, err, in)
		}
	}
}

func TestListen(t *testing.T) {
	for _, in := range []string{"127.0.0.1:4320", ":4320", ":0", "0.0.0.0:1", "[::1]:4320", "[::]:4320", "[fe80::1%eth0]:1", "localhost:1", "a-b.example:65535"} {
		if err := checkListen(in); err != nil {
			t.Errorf("checkListen(%q) = %v, want nil", in, err)
		}
	}
	for _, in := range []string{"", "4320", "localhost", "::1:4320", ":", ":65536", ":-1", ":+1", "http://a:1", "a/b:1", "[a]b:1", "-a:1"} {
		if err := checkListen(in); err == nil {
			t.Errorf("checkListen(%q) = nil, want an error", in)
		}
	}
}

func TestPath(t *testing.T) {
	for _, in := range []string{"/v1/opamp", "/opamp", "/a.b/c-d_e~f", "/apis", "/metrics2"} {
		if err := checkPath(in); err != nil {
			t.Errorf("checkPath(%q) = %v, want nil", in, err)
		}
	}
	for _, in := range []string{"", "/", "opamp", "/a/", "/a//b", "/a/../b", "/{x}", "/a?b", "/a b", "/metrics", "/api", "/api/v1/opamp"} {
		if err := checkPath(in); err == nil {
			t.Errorf("checkPath(%q) = nil, want an error", in)
		}
	}
}
