package settings

import (
	"log/slog"
	"net/url"
	"strings"
)

// SecretURL is an address that may hold a password: redis://, rediss://,
// unix:// or host:port. It prints masked, in logs and JSON too; Reveal gives
// the address itself.
type SecretURL string

const mask = "***"

// Reveal returns the address with its password, for whoever dials it.
func (u SecretURL) Reveal() string { return string(u) }

// String returns the address with mask in place of user, password and query.
// Of an address that it cannot take apart it returns the mask alone.
func (u SecretURL) String() string {
	plain := string(u)
	if !strings.Contains(plain, "://") {
		if strings.ContainsRune(plain, '@') {
			return mask
		}
		return plain
	}
	parsed, err := url.Parse(plain)
	if err != nil || parsed.Opaque != "" {
		return mask
	}
	masked := parsed.Scheme + "://"
	if parsed.User != nil {
		masked += mask + "@"
	}
	masked += parsed.Host + parsed.EscapedPath()
	if parsed.RawQuery != "" || parsed.Fragment != "" {
		masked += "?" + mask
	}
	return masked
}

// GoString keeps %#v from printing the password.
func (u SecretURL) GoString() string { return `"` + u.String() + `"` }

// LogValue keeps slog from printing the password.
func (u SecretURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText keeps JSON and YAML from printing the password.
func (u SecretURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
