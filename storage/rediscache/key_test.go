package rediscache

import (
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestKeyNames(t *testing.T) {
	uid, err := fleet.ParseInstanceUID("0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]key{
		"agent:0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a": agentKey(uid),
		"config:0195f2b5":              configKey("0195f2b5"),
		"config:with:colons":           configKey("with:colons"),
		"version:0195f2b5:12":          versionKey("0195f2b5", 12),
		"version:with:colons:1":        versionKey("with:colons", 1),
		"effective-config:00ff":        effectiveConfigKey("\x00\xff"),
		"components:00ff":              componentsKey("\x00\xff"),
		"effective-config:" + h64("a"): effectiveConfigKey(fleet.ConfigHash(strings.Repeat("\xaa", 32))),
	}
	for name, k := range cases {
		if got := k.String(); got != name {
			t.Errorf("String() = %q, want %q", got, name)
		}
		if got, ok := parseKey(name); !ok || got != k {
			t.Errorf("parseKey(%q) = %+v, %v, want %+v", name, got, ok, k)
		}
	}
}

func h64(digit string) string { return strings.Repeat(digit, 64) }

// What is not exactly a key of ours is not ours to delete.
func TestParseKeyRefuses(t *testing.T) {
	for _, name := range []string{
		"", "epoch", "agent", "agent:", "agent:x", "agent:0195F2B4-7C1E-7D3A-9A55-3F0C1D2E4B6A", "agent:0195f2b47c1e7d3a9a553f0c1d2e4b6a",
		"config:", "version:", "version:a", "version:a:", "version:a:x", "version:a:01", "version::1",
		"effective-config:", "effective-config:0", "effective-config:zz", "effective-config:AA", "components:xx", "token:1", "Agent:x",
	} {
		if k, ok := parseKey(name); ok {
			t.Errorf("parseKey(%q) = %+v, true, want false", name, k)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("agent:0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a")
	f.Add("version:a:b:3")
	f.Add("effective-config:00ff")
	f.Fuzz(func(t *testing.T, name string) {
		if k, ok := parseKey(name); ok && k.String() != name {
			t.Errorf("parseKey(%q).String() = %q", name, k.String())
		}
	})
}
