package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// kind is how values of one Go type are written. Errors complete a sentence
// that begins with the setting's name, and never quote the value: whoever
// reports them decides whether it may be shown.
type kind[T any] struct {
	name   string   // in help and docs
	wants  string   // completes "wants ..."
	tags   []string // the YAML tags that it accepts
	list   bool     // several texts make one value
	parse  func(texts []string) (T, error)
	format func(T) string
}

// scalar makes the kind of a value that one text gives; of several, the last wins, as of a repeated flag.
func scalar[T any](name, wants string, tags []string, parse func(string) (T, error), format func(T) string) kind[T] {
	return kind[T]{
		name: name, wants: wants, tags: tags, format: format,
		parse: func(texts []string) (T, error) { return parse(texts[len(texts)-1]) },
	}
}

const (
	tagText   = "!!str"
	tagNumber = "!!int"
	tagBool   = "!!bool"
)

func textKind[T ~string](name string) kind[T] {
	return scalar(name, "text (in quotes, if need be)", []string{tagText}, func(s string) (T, error) {
		if strings.ContainsFunc(s, unicode.IsControl) {
			return "", errors.New("must not hold control characters")
		}
		return T(s), nil
	}, func(v T) string { return string(v) })
}

// secretKind reads as textKind does, and prints masked.
func secretKind() kind[SecretURL] {
	k := textKind[SecretURL]("address")
	k.format = SecretURL.String
	return k
}

// choiceKind accepts the given texts alone. The empty one, where it is among them, stands for "left out".
func choiceKind[T ~string](choices ...T) kind[T] {
	var named []string
	for _, choice := range choices {
		if choice != "" {
			named = append(named, string(choice))
		}
	}
	wants := strings.Join(named, " or ")
	return scalar(strings.Join(named, "|"), wants, []string{tagText}, func(s string) (T, error) {
		for _, choice := range choices {
			if s == string(choice) {
				return choice, nil
			}
		}
		return "", errors.New("wants " + wants)
	}, func(v T) string { return string(v) })
}

func levelKind() kind[slog.Level] {
	const wants = "debug, info, warn or error"
	return scalar("level", wants, []string{tagText}, func(s string) (slog.Level, error) {
		switch s {
		case "debug":
			return slog.LevelDebug, nil
		case "info":
			return slog.LevelInfo, nil
		case "warn":
			return slog.LevelWarn, nil
		case "error":
			return slog.LevelError, nil
		}
		return 0, errors.New("wants " + wants)
	}, func(v slog.Level) string { return strings.ToLower(v.String()) })
}

func numberKind() kind[int] {
	const wants = "a whole number"
	return scalar("number", wants, []string{tagNumber}, func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, errors.New("wants " + wants)
		}
		return n, nil
	}, strconv.Itoa)
}

func boolKind() kind[bool] {
	const wants = "true or false"
	return scalar("bool", wants, []string{tagBool}, func(s string) (bool, error) {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return false, errors.New("wants " + wants)
		}
		return b, nil
	}, strconv.FormatBool)
}

func sizeKind() kind[ByteSize] {
	return scalar("size", "a size such as 64MiB", []string{tagText, tagNumber}, ParseByteSize, ByteSize.String)
}

func durationKind() kind[time.Duration] {
	return scalar("duration", "a duration such as 30s", []string{tagText, tagNumber}, parseDuration, formatDuration)
}

const day = 24 * time.Hour

// parseDuration reads what time.ParseDuration does, and whole days, such as 30d.
func parseDuration(s string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.ParseUint(number, 10, 16); err == nil {
			return time.Duration(days) * day, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, errors.New("wants a duration with its unit, such as 30s, 5m, 12h or 7d")
	}
	return d, nil
}

// formatDuration prints as time.Duration does, without the zeros at the end: 2m, not 2m0s.
func formatDuration(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// hostsKind reads names of hosts, lower-cased, as a YAML list, or with commas between them.
func hostsKind() kind[[]string] {
	return kind[[]string]{
		name: "list", wants: "a list", tags: []string{tagText}, list: true,
		parse: func(texts []string) ([]string, error) {
			hosts := []string{}
			for _, text := range texts {
				for host := range strings.SplitSeq(text, ",") {
					host = strings.ToLower(strings.TrimSpace(host))
					if host == "" {
						continue
					}
					if !isHostName(host) {
						return nil, errors.New("wants names of hosts, without scheme, port or wildcard")
					}
					hosts = append(hosts, host)
				}
			}
			return hosts, nil
		},
		format: func(hosts []string) string { return strings.Join(hosts, ",") },
	}
}
