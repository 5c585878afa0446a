package settings

import (
	"cmp"
	"fmt"
	"io"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// DefaultFile is the settings file that is read, if it exists, where no other is named.
const DefaultFile = "/etc/ollystack/ollystack.yaml"

// Options says where settings come from.
type Options struct {
	// Flags went through RegisterFlags and were parsed; nil is no flags.
	Flags *pflag.FlagSet
	// Environ is the environment, as os.Environ returns it; nil is an empty one.
	Environ []string
	// DefaultFile is read if it exists and no other file is named; empty reads none.
	DefaultFile string
}

// Loaded is the settings together with where they came from.
type Loaded struct {
	Settings Settings
	// File is the settings file that was read; empty where there was none.
	File string
	// origins holds, by name of the key, where its value came from; keys at their defaults are not in it.
	origins map[string]string
}

// Value is one setting as it turned out.
type Value struct {
	Key  Key
	Text string // masked where the key is secret
	// Origin is "default", "file PATH:LINE", "credential PATH", "environment NAME" or "flag --NAME".
	Origin string
}

// originDefault is the origin of what nobody has set.
const originDefault = "default"

// Load reads, checks and merges all sources: defaults, then HTTP_PORT, the file,
// the credentials, the environment and the flags, the later ones winning. A value is
// checked also where a later one wins over it. Errors: *Faults, with all that is wrong.
func Load(o Options) (Loaded, error) {
	keys := Keys()
	env := newEnviron(o.Environ)
	faults := &Faults{}

	file, path := newLayer(), ""
	if name, optional, ok := fileToRead(o, env, faults); ok {
		var found bool
		if file, found = readFile(name, optional, keys, faults); found {
			path = name
		}
	}
	credentials := readCredentials(env.values[credentialsEnv], keys, faults)
	environment := readEnvironment(env, keys, faults)
	flags := newLayer()
	if o.Flags != nil {
		flags = readFlags(o.Flags, keys, faults)
	}
	layers := []*layer{file, credentials, environment, flags}
	if _, given := originsOf(layers)["listen"]; !given {
		layers = append([]*layer{readPort(env, keys, faults)}, layers...)
	}

	loaded := Loaded{Settings: Default(), File: path, origins: originsOf(layers)}
	merged := koanf.New(".")
	for _, l := range layers {
		if err := merged.Load(l, nil); err != nil {
			return Loaded{}, fmt.Errorf("merge settings: %w", err)
		}
	}
	for _, k := range keys {
		if merged.Exists(k.Name) {
			k.put(&loaded.Settings, merged.Get(k.Name))
		}
	}
	loaded.checkTogether(faults)
	if err := faults.err(); err != nil {
		return Loaded{}, err
	}
	return loaded, nil
}

// fileToRead returns which file to read, if any, and whether it may be missing.
func fileToRead(o Options, env environ, faults *Faults) (name string, optional, ok bool) {
	if o.Flags != nil {
		if flag := o.Flags.Lookup(configFlag); flag != nil && flag.Changed {
			if flag.Value.String() == "" {
				faults.add(flagOrigin(configFlag), "", "wants the name of a file")
				return "", false, false
			}
			return flag.Value.String(), false, true
		}
	}
	if name := env.values[configEnv]; name != "" {
		return name, false, true
	}
	return o.DefaultFile, true, o.DefaultFile != ""
}

// Origin returns where the value of the key with the given name came from, as in Value.
func (l Loaded) Origin(name string) string {
	return cmp.Or(l.origins[name], originDefault)
}

// Values returns every setting, in the order of Keys, secrets masked: for a debug log.
func (l Loaded) Values() []Value {
	var values []Value
	for _, k := range Keys() {
		values = append(values, Value{Key: k, Text: k.show(&l.Settings), Origin: l.Origin(k.Name)})
	}
	return values
}

// Print writes every setting as a settings file that could be read back, but
// for secrets, which are masked; each with its origin as a comment.
func (l Loaded) Print(w io.Writer) error {
	for _, k := range Keys() {
		text, err := k.yaml(&l.Settings)
		if err != nil {
			return fmt.Errorf("print %s: %w", k.Name, err)
		}
		if _, err := fmt.Fprintf(w, "%s: %s # %s\n", k.Name, text, l.Origin(k.Name)); err != nil {
			return err
		}
	}
	return nil
}
