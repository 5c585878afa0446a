package settings

import (
	"strings"

	"github.com/spf13/pflag"
)

// configFlag names the settings file.
const configFlag = "config"

// RegisterFlags adds to fs a flag for every key, and --config. The flags keep
// what they are given as text; Load reads it, so that one bad flag is reported
// together with everything else that is wrong.
func RegisterFlags(fs *pflag.FlagSet) {
	fs.String(configFlag, "", "settings file, which must exist `FILE`; without it, "+DefaultFile+" is read if it exists")
	for _, k := range Keys() {
		flag := fs.VarPF(&flagValue{key: k, texts: []string{k.Default}}, k.Flag, "", k.Help)
		if k.Type == boolKind().name {
			flag.NoOptDefVal = "true"
		}
	}
}

// flagValue is a pflag.Value that keeps the texts it is given, the default until then.
type flagValue struct {
	key   Key
	texts []string
	given bool
}

// Set keeps text, after those that it was given before. It never fails: Load says what is wrong.
func (v *flagValue) Set(text string) error {
	if !v.given {
		v.texts, v.given = nil, true
	}
	v.texts = append(v.texts, text)
	return nil
}

// String returns the texts, masked where they are secret: pflag prints it.
func (v *flagValue) String() string {
	if v.key.Secret && v.given {
		return mask
	}
	return strings.Join(v.texts, ",")
}

// Type returns what the help shows after the flag.
func (v *flagValue) Type() string { return v.key.Type }

// readFlags reads the flags that were given.
func readFlags(fs *pflag.FlagSet, keys []Key, faults *Faults) *layer {
	l := newLayer()
	for _, k := range keys {
		flag := fs.Lookup(k.Flag)
		if flag == nil || !flag.Changed {
			continue
		}
		v, ok := flag.Value.(*flagValue)
		if !ok {
			faults.add(flagOrigin(k.Flag), k.Name, "is a %T, not registered by this package", flag.Value)
			continue
		}
		l.set(k, flagOrigin(k.Flag), v.texts, faults)
	}
	return l
}

func flagOrigin(name string) string { return "flag --" + name }
