package fleet

import (
	"fmt"
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

// unfit is the error of a field of a request that breaks a rule.
func unfit(path, code, format string, args ...any) error {
	f := Finding{Severity: SeverityError, Code: code, Path: path, Message: fmt.Sprintf(format, args...)}
	return &Error{Kind: Unprocessable, Msg: path + ": " + f.Message, Findings: []Finding{f}}
}

// CheckName reports whether a configuration may have the name: 1 to 128
// letters, digits, dots, dashes and underscores, the first a letter or a digit,
// and not of the form of an id. Errors: Unprocessable.
func CheckName(name string) error {
	if !configName.MatchString(name) {
		return unfit("name", "invalid-name",
			"%.140q is not 1 to 128 letters, digits, '.', '-' and '_' that begin with a letter or a digit", name)
	}
	if uuid.Validate(name) == nil {
		return unfit("name", "invalid-name", "%q looks like an id", name)
	}
	return nil
}

// CheckLabels reports whether labels are of a sane size and printable. Errors: Unprocessable.
func CheckLabels(labels map[string]string) error {
	if len(labels) > maxLabels {
		return unfit("labels", "too-many-labels", "%d are more than the %d that are allowed", len(labels), maxLabels)
	}
	for k, v := range labels {
		if k == "" || len(k) > maxLabelKey || !printable(k) {
			return unfit("labels", "invalid-label", "%.80q is not a key of 1 to %d printable characters", k, maxLabelKey)
		}
		if len(v) > maxLabelValue || !printable(v) {
			return unfit("labels::"+k, "invalid-label", "the value is not of at most %d printable characters", maxLabelValue)
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
