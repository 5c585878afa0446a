package settings

import (
	"net"
	"net/netip"
	"strings"
)

// EffectiveAuthMode returns the mode that the server runs in: the one that was
// set, and otherwise AuthNone on a loopback address (127.0.0.0/8, ::1,
// localhost) and AuthToken elsewhere.
func (s Settings) EffectiveAuthMode() AuthMode {
	switch {
	case s.Auth.Mode != AuthUnset:
		return s.Auth.Mode
	case s.ListensOnLoopback():
		return AuthNone
	}
	return AuthToken
}

// ListensOnLoopback reports whether only this machine can reach the server.
func (s Settings) ListensOnLoopback() bool {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Warnings returns a sentence for each thing that the operator ought to know at
// every start; nil where there is none.
func (s Settings) Warnings() []string {
	var warnings []string
	if s.EffectiveAuthMode() == AuthToken && !s.TLS.Enabled() {
		warnings = append(warnings, "Tokens and configurations travel unencrypted: the server asks for tokens and has no TLS. "+
			"Set tls.cert_file and tls.key_file, or put a proxy with TLS before it.")
	}
	if s.EffectiveAuthMode() == AuthNone && !s.ListensOnLoopback() {
		warnings = append(warnings, "Whoever reaches "+s.Listen+" may read and change everything: auth.mode is none on an address that is not loopback. "+
			"Set auth.mode to token.")
	}
	return warnings
}
