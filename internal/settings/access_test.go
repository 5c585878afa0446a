package settings

import (
	"strings"
	"testing"
)

func TestEffectiveAuthMode(t *testing.T) {
	for _, tc := range []struct {
		listen string
		mode   AuthMode
		want   AuthMode
	}{
		{"127.0.0.1:4320", AuthUnset, AuthNone},
		{"127.8.9.10:4320", AuthUnset, AuthNone},
		{"[::1]:4320", AuthUnset, AuthNone},
		{"[::ffff:127.0.0.1]:4320", AuthUnset, AuthNone},
		{"localhost:4320", AuthUnset, AuthNone},
		{"LocalHost:4320", AuthUnset, AuthNone},
		{":4320", AuthUnset, AuthToken},
		{"0.0.0.0:4320", AuthUnset, AuthToken},
		{"[::]:4320", AuthUnset, AuthToken},
		{"10.0.0.1:4320", AuthUnset, AuthToken},
		{"128.0.0.1:4320", AuthUnset, AuthToken},
		{"localhost.example:4320", AuthUnset, AuthToken},
		{"127.0.0.1.example:4320", AuthUnset, AuthToken},
		{"nonsense", AuthUnset, AuthToken},
		{":4320", AuthNone, AuthNone},
		{"127.0.0.1:4320", AuthToken, AuthToken},
	} {
		s := Default()
		s.Listen, s.Auth.Mode = tc.listen, tc.mode
		if got := s.EffectiveAuthMode(); got != tc.want {
			t.Errorf("EffectiveAuthMode(listen %s, mode %q) = %q, want %q", tc.listen, tc.mode, got, tc.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	tls := TLS{CertFile: "c", KeyFile: "k"}
	for _, tc := range []struct {
		listen string
		mode   AuthMode
		tls    TLS
		want   []string // a word of each warning
	}{
		{"127.0.0.1:4320", AuthUnset, TLS{}, nil},
		{"127.0.0.1:4320", AuthNone, TLS{}, nil},
		{"127.0.0.1:4320", AuthToken, TLS{}, []string{"unencrypted"}},
		{":4320", AuthUnset, TLS{}, []string{"unencrypted"}},
		{":4320", AuthUnset, tls, nil},
		{":4320", AuthNone, TLS{}, []string{"Whoever reaches :4320"}},
		{":4320", AuthNone, tls, []string{"Whoever reaches :4320"}},
	} {
		s := Default()
		s.Listen, s.Auth.Mode, s.TLS = tc.listen, tc.mode, tc.tls
		got := s.Warnings()
		ok := len(got) == len(tc.want)
		for i := range got {
			ok = ok && strings.Contains(got[i], tc.want[i])
		}
		if !ok {
			t.Errorf("Warnings(listen %s, mode %q, tls %v) = %q, want %q", tc.listen, tc.mode, tc.tls.Enabled(), got, tc.want)
		}
	}
}
