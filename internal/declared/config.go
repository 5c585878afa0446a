package declared

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/labels"
)

// ManagedBy is the label that tells which set of files a configuration was made from.
const ManagedBy = "ollystack.io/managed-by"

// The API's limits, held here so that a fault is told with its file and line.
const (
	maxDescription = 4096
	maxLabels      = 64
	maxLabelKey    = 317
	maxLabelValue  = 1024
)

// Config is one configuration as files declare it.
type Config struct {
	Name        string
	Description string
	Selector    string
	Priority    int
	Labels      map[string]string // without ManagedBy; never nil after Read
	Body        string
	// RenamedFrom is the name that it had; empty where it had no other.
	RenamedFrom string
	// File is where the body is, as a person would say it; Line is where in it the body begins, from 1.
	File string
	Line int

	nameAt position
	fromAt position
	// Where it is in the folder, for Files: paths with slashes, the second empty where there is none.
	path, sidecar string
	front         []byte // of a file that has one
}

// position is a place in a file; line is 0 where it is the whole file.
type position struct {
	file string
	line int
}

var configName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

var idLike = regexp.MustCompile(`(?i)^(urn:uuid:)?\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$`)

func checkName(name string) error {
	switch {
	case !configName.MatchString(name):
		return fmt.Errorf("the name %.140q is not 1 to 128 letters, digits, '.', '-' and '_' that begin with a letter or a digit", name)
	case idLike.MatchString(name):
		return fmt.Errorf("the name %q looks like an id", name)
	}
	return nil
}

func checkDescription(text string) error {
	if len(text) > maxDescription {
		return fmt.Errorf("the description has %d bytes, more than the %d that are allowed", len(text), maxDescription)
	}
	return nil
}

func checkSelector(text string) error {
	if _, err := labels.Parse(text); err != nil {
		return fmt.Errorf("the selector %q: %w", text, err)
	}
	return nil
}

func checkLabel(key, value string) error {
	switch {
	case key == ManagedBy:
		return fmt.Errorf("the label %s is written by apply itself: say --set for another value", ManagedBy)
	case key == "" || len(key) > maxLabelKey || !printable(key):
		return fmt.Errorf("the label %.80q is not a key of 1 to %d printable characters", key, maxLabelKey)
	case len(value) > maxLabelValue || !printable(value):
		return fmt.Errorf("the value of the label %q is not of at most %d printable characters", key, maxLabelValue)
	}
	return nil
}

// NotUTF8 says why a text cannot be sent to a server, and in which line that begins: JSON holds UTF-8 and
// nothing else, so it would arrive as another text. It is nil for one that can.
func NotUTF8(text []byte) (line int, err error) {
	switch {
	case utf8.Valid(text):
		return 0, nil
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return 1, errors.New("this is UTF-16 and must be UTF-8: save it so, or convert it with iconv -f UTF-16 -t UTF-8")
	}
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return 1 + bytes.Count(text[:at], []byte("\n")), fmt.Errorf("the byte 0x%02x is no UTF-8: save it as UTF-8, or convert it with iconv, for example from ISO-8859-1", text[at])
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) < 0
}
