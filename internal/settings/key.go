package settings

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// EnvPrefix begins every environment variable that is ours.
const EnvPrefix = "OLLYSTACK_"

// Key describes one setting, under all its names.
type Key struct {
	Name    string // in the file, sections joined by dots: redis.url
	Flag    string // without the dashes in front: redis-url
	Env     string // OLLYSTACK_REDIS_URL
	AlsoEnv string // a variable without the prefix that sets it too, where Env does not; mostly empty
	Type    string // duration, size, number, ...
	Default string // as String prints it; empty where there is none
	Help    string // one sentence without its full stop
	Secret  bool   // the value appears in no error and only masked in listings

	list  bool
	file  bool // the value is the name of a file
	wants string
	tags  []string
	// read parses and checks texts; the error quotes nothing.
	read func(texts []string) (any, error)
	// put stores what read returned.
	put func(*Settings, any)
	// show prints the value, masked where it is secret.
	show func(*Settings) string
}

// newKey describes the field that at points to, of the given kind.
func newKey[T any](name string, at func(*Settings) *T, k kind[T], help string, checks ...func(T) error) Key {
	defaults := Default()
	return Key{
		Name:    name,
		Flag:    strings.NewReplacer(".", "-", "_", "-").Replace(name),
		Env:     EnvPrefix + strings.ToUpper(strings.ReplaceAll(name, ".", "_")),
		Type:    k.name,
		Default: k.format(*at(&defaults)),
		Help:    help,
		list:    k.list,
		wants:   k.wants,
		tags:    k.tags,
		read: func(texts []string) (any, error) {
			v, err := k.parse(texts)
			if err != nil {
				return nil, err
			}
			for _, check := range checks {
				if err := check(v); err != nil {
					return nil, err
				}
			}
			return v, nil
		},
		put: func(s *Settings, v any) {
			if v, ok := v.(T); ok {
				*at(s) = v
			}
		},
		show: func(s *Settings) string { return k.format(*at(s)) },
	}
}

// alsoEnv names a second, plain variable for k.
func alsoEnv(name string, k Key) Key {
	k.AlsoEnv = name
	return k
}

// secret keeps the value of k out of errors.
func secret(k Key) Key {
	k.Secret = true
	return k
}

// file marks k as the name of a file, which a credential can be itself.
func file(k Key) Key {
	k.file = true
	return k
}

// section returns the first part of the name where it has two, and otherwise nothing.
func (k Key) section() string {
	section, _, found := strings.Cut(k.Name, ".")
	if !found {
		return ""
	}
	return section
}

// parse is read with an error that says what was found, where that may be shown.
func (k Key) parse(texts []string) (any, error) {
	v, err := k.read(texts)
	if err == nil {
		return v, nil
	}
	got := strings.Join(texts, ",")
	if k.Secret || !quotable(got) {
		return nil, err
	}
	return nil, fmt.Errorf("%w, got %q", err, got)
}

// quotable reports whether a text that somebody gave may be repeated to them.
// An address with a password, put in the wrong place, has an @.
func quotable(s string) bool { return len(s) <= 64 && !strings.ContainsRune(s, '@') }

// yaml returns the value as a YAML scalar or list, masked where it is secret.
func (k Key) yaml(s *Settings) (string, error) {
	shown := k.show(s)
	if !slices.Contains(k.tags, tagText) {
		return shown, nil // in quotes it would be a text
	}
	var node yaml.Node
	if err := node.Encode(shown); err != nil {
		return "", err
	}
	if k.list {
		if err := node.Encode(strings.FieldsFunc(shown, func(r rune) bool { return r == ',' })); err != nil {
			return "", err
		}
		node.Style = yaml.FlowStyle
	}
	out, err := yaml.Marshal(&node)
	return strings.TrimSpace(string(out)), err
}
