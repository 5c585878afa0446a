package settings

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// other returns a valid text for k that is not its default, its spelling in YAML, and how it prints.
func other(t *testing.T, k Key) (text, inYAML, printed string) {
	t.Helper()
	switch k.Name {
	case "listen":
		text = "0.0.0.0:9999"
	case "log.format":
		text = "json"
	case "auth.mode":
		text = "token"
	case "log.level":
		text = "warn"
	case "redis.url":
		text = "cache.example:6379"
	case "opamp.path":
		text = "/opamp"
	case "allowed_hosts":
		return "a.example,b.example", "[a.example, b.example]", "a.example,b.example"
	case "opamp.max_message_size":
		text = "1MiB"
	case "opamp.max_inflight_bytes":
		text = "512MiB"
	case "opamp.max_inflight_share":
		text = "4MiB"
	case "opamp.idle_timeout":
		text = "1h"
	default:
		switch k.Type {
		case "text":
			text = "something else"
		case "number":
			text = "77"
		case "bool":
			text = "false"
		case "size":
			text = "777MiB"
		case "duration":
			text = "7s"
		default:
			t.Fatalf("no other value for %s of type %s; add one", k.Name, k.Type)
		}
	}
	return text, text, text
}

// Every key can be set in each of the three places, and sets one field.
func TestEveryKeyFromEverySource(t *testing.T) {
	for _, k := range Keys() {
		t.Run(k.Name, func(t *testing.T) {
			text, inYAML, printed := other(t, k)
			if printed == k.Default {
				t.Fatalf("%q is the default of %s; want another value", printed, k.Name)
			}
			in := map[string]sources{
				"file FILE:1":          {file: k.Name + ": " + inYAML},
				"environment " + k.Env: {env: []string{k.Env + "=" + text}},
				"flag --" + k.Flag:     {args: []string{"--" + k.Flag + "=" + text}},
			}
			if k.section() != "" {
				in["file FILE:2"] = sources{file: strings.Replace(k.Name, ".", ":\n  ", 1) + ": " + inYAML}
			}
			if strings.HasPrefix(k.Name, "tls.") { // both or neither
				for origin, s := range in {
					s.env = append(s.env, "OLLYSTACK_TLS_KEY_FILE=/x", "OLLYSTACK_TLS_CERT_FILE=/x")
					if strings.HasPrefix(origin, "environment") {
						s.env = append(s.env, k.Env+"="+text)
					}
					if strings.HasPrefix(origin, "file") {
						s.env = s.env[:1]
						if k.Name == "tls.key_file" {
							s.env[0] = "OLLYSTACK_TLS_CERT_FILE=/x"
						}
					}
					in[origin] = s
				}
			}
			for origin, s := range in {
				loaded, path := mustLoad(t, s)
				if got := k.show(&loaded.Settings); got != printed {
					t.Errorf("Load(%+v) %s = %q, want %q", s, k.Name, got, printed)
				}
				if got := strings.ReplaceAll(loaded.Origin(k.Name), path, "FILE"); got != origin {
					t.Errorf("Load(%+v).Origin(%s) = %q, want %q", s, k.Name, got, origin)
				}
			}
		})
	}
}

// Every field of Settings has one key, and every key a name of its own in each place.
func TestKeysCoverSettings(t *testing.T) {
	fields := leaves(reflect.TypeFor[Settings](), "")
	touched := map[string]string{}
	for _, k := range Keys() {
		text, _, _ := other(t, k)
		v, err := k.parse([]string{text})
		if err != nil {
			t.Errorf("%s: parse(%q) = %v, want nil", k.Name, text, err)
			continue
		}
		changed, unchanged := Default(), Default()
		k.put(&changed, v)
		var names []string
		for _, field := range fields {
			if !reflect.DeepEqual(fieldOf(changed, field), fieldOf(unchanged, field)) {
				names = append(names, field)
			}
		}
		if len(names) != 1 {
			t.Errorf("%s sets the fields %q, want one", k.Name, names)
			continue
		}
		if before, taken := touched[names[0]]; taken {
			t.Errorf("%s and %s both set %s", before, k.Name, names[0])
		}
		touched[names[0]] = k.Name
		// The name is the field's, in snake_case.
		if got, want := strings.ReplaceAll(k.Name, "_", ""), strings.ToLower(names[0]); got != want {
			t.Errorf("%s sets %s, want a name that is the field's", k.Name, names[0])
		}
	}
	for _, field := range fields {
		if touched[field] == "" {
			t.Errorf("no key sets Settings.%s", field)
		}
	}

	form := regexp.MustCompile(`^([a-z]+\.)?[a-z]+(_[a-z]+)*$`)
	names := map[string]string{configFlag: "--config", configEnv: "--config"}
	for _, k := range Keys() {
		if !form.MatchString(k.Name) {
			t.Errorf("key %q, want snake_case in at most one section", k.Name)
		}
		if k.Help == "" || strings.HasSuffix(k.Help, ".") || strings.ContainsAny(k.Help, "|`\n") {
			t.Errorf("%s: help %q, want a sentence without full stop, bars and backquotes", k.Name, k.Help)
		}
		if isOthers(k.Env, "") {
			t.Errorf("%s: %s is let be as somebody else's", k.Name, k.Env)
		}
		for _, name := range []string{k.Name, k.Flag, k.Env} {
			if before, taken := names[name]; taken && before != k.Name {
				t.Errorf("%s and %s are both called %s", before, k.Name, name)
			}
			names[name] = k.Name
		}
	}
}

func leaves(t reflect.Type, prefix string) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Struct {
			names = append(names, leaves(f.Type, prefix+f.Name+".")...)
			continue
		}
		names = append(names, prefix+f.Name)
	}
	return names
}

func fieldOf(s Settings, name string) any {
	v := reflect.ValueOf(s)
	for part := range strings.SplitSeq(name, ".") {
		v = v.FieldByName(part)
	}
	return v.Interface()
}

// The defaults pass the checks that values from elsewhere must pass, alone and together.
func TestDefaultsAreValid(t *testing.T) {
	var file strings.Builder
	s := Default()
	for _, k := range Keys() {
		text, err := k.yaml(&s)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&file, "%s: %s\n", k.Name, text)
	}
	loaded, _ := mustLoad(t, sources{file: file.String()})
	if !reflect.DeepEqual(loaded.Settings, s) {
		t.Errorf("Load(%s) = %+v, want %+v", file.String(), loaded.Settings, s)
	}
}

func TestHelp(t *testing.T) {
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	RegisterFlags(fs)
	usage := fs.FlagUsages()
	for _, k := range Keys() {
		line := regexp.MustCompile(`(?m)^ +--` + regexp.QuoteMeta(k.Flag) + `\b.*$`).FindString(usage)
		if !strings.Contains(line, k.Help) {
			t.Errorf("help of --%s = %q, want it to say %q", k.Flag, line, k.Help)
		}
		if k.Default != "" && k.Default != "0" && !strings.Contains(line, "(default "+k.Default+")") {
			t.Errorf("help of --%s = %q, want its default %s", k.Flag, line, k.Default)
		}
	}
	if !strings.Contains(usage, "--config FILE") {
		t.Errorf("help = %s, want --config FILE", usage)
	}
	if err := fs.Parse([]string{"--opamp-compression"}); err != nil {
		t.Errorf("Parse(--opamp-compression) = %v, want nil", err)
	}
}
