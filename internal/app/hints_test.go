package app

import (
	"net"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/internal/settings"
)

func TestLocalAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"127.0.0.1:4320":   "127.0.0.1:4320",
		"localhost:4320":   "localhost:4320",
		":4320":            "127.0.0.1:4320",
		"0.0.0.0:4320":     "127.0.0.1:4320",
		"[::]:4320":        "127.0.0.1:4320",
		"[::1]:4320":       "[::1]:4320",
		"10.1.2.3:80":      "10.1.2.3:80",
		"fleet.example:80": "fleet.example:80",
	} {
		if got := LocalAddress(in); got != want {
			t.Errorf("LocalAddress(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestHintsOfTokenModeWithTLS(t *testing.T) {
	t.Parallel()
	s := settings.Default()
	s.DataDir, s.Auth.Mode = "/data", settings.AuthToken
	s.TLS = settings.TLS{CertFile: "c", KeyFile: "k"}
	var out strings.Builder
	printHints(&out, s, Build{Version: "1.2.3"}, &net.TCPAddr{IP: net.IPv6unspecified, Port: 4320})
	for _, want := range []string{
		"wss://127.0.0.1:4320/v1/opamp", "https://127.0.0.1:4320/\n", "/data/admin.token", "/data/enrolment.token",
		`curl -H "Authorization: Bearer $(cat /data/admin.token)" https://127.0.0.1:4320/api/v1/agents`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the hints have no %q:\n%s", want, out.String())
		}
	}
}
