package declared

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

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

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) < 0
}
