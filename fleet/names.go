package fleet

import (
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	maxLabels     = 64
	maxLabelKey   = 317 // a DNS prefix of 253, a slash, a name of 63
	maxLabelValue = 1024
	// maxDescription bounds a configuration's description, in bytes.
	maxDescription = 4096
)

var configName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// CheckName reports whether a configuration may have the name: 1 to 128
// letters, digits, dots, dashes and underscores, the first a letter or a digit,
// and not of the form of an id. Errors: Invalid.
func CheckName(name string) error {
	if !configName.MatchString(name) {
		return Errorf(Invalid, "name %q: a name is 1 to 128 letters, digits, '.', '-' and '_', and begins with a letter or a digit", name)
	}
	if uuid.Validate(name) == nil {
		return Errorf(Invalid, "name %q: a name must not look like an id", name)
	}
	return nil
}

// CheckLabels reports whether labels are of a sane size and printable. Errors: Invalid.
func CheckLabels(labels map[string]string) error {
	if len(labels) > maxLabels {
		return Errorf(Invalid, "%d labels are more than the %d that are allowed", len(labels), maxLabels)
	}
	for k, v := range labels {
		if k == "" || len(k) > maxLabelKey || !printable(k) {
			return Errorf(Invalid, "label key %.80q: a key is 1 to %d printable characters", k, maxLabelKey)
		}
		if len(v) > maxLabelValue || !printable(v) {
			return Errorf(Invalid, "label %q: a value is at most %d printable characters", k, maxLabelValue)
		}
	}
	return nil
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}
