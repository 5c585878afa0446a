package app

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"

	"github.com/ollystack/control-plane/internal/settings"
)

// printHints tells a person where to point a collector and what to try next.
func printHints(w io.Writer, s settings.Settings, b Build, bound net.Addr) {
	address := LocalAddress(bound.String())
	agents, api := "ws://"+address+s.OpAMP.Path, "http://"+address
	curl := "curl "
	if s.TLS.Enabled() {
		agents, api = "wss://"+address+s.OpAMP.Path, "https://"+address
	}
	fmt.Fprintf(w, "\nOllyStack Control Plane %s is ready.\n\n", b.Version)
	fmt.Fprintf(w, "  Point a collector at   %s\n", agents)
	fmt.Fprintf(w, "  The dashboard is at    %s/\n", api)
	fmt.Fprintf(w, "  The API is at          %s/api/v1\n", api)
	fmt.Fprintf(w, "  Its data is in         %s\n", s.DataDir)
	if s.EffectiveAuthMode() == settings.AuthToken {
		admin, enrolment := filepath.Join(s.DataDir, AdminTokenFile), filepath.Join(s.DataDir, EnrolmentTokenFile)
		fmt.Fprintf(w, "  The first tokens are   in %s (for you) and %s (for agents)\n", admin, enrolment)
		curl = fmt.Sprintf("curl -H \"Authorization: Bearer $(cat %s)\" ", admin)
	}
	fmt.Fprint(w, "\nTry next:\n\n")
	for _, path := range []string{"health", "fleet/status", "agents"} {
		fmt.Fprintf(w, "  %s%s/api/v1/%s\n", curl, api, path)
	}
	fmt.Fprint(w, "\nCtrl-C stops it.\n\n")
}

// LocalAddress returns the address under which this machine reaches a server
// that listens on address: the loopback address where it listens on every one.
func LocalAddress(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port) // "::" takes IPv4 too
	}
	return address
}
