package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Context is a server by a name, and how to be let in.
type Context struct {
	Server    string `yaml:"server" json:"server"`
	TokenFile string `yaml:"token_file,omitempty" json:"token_file,omitempty"`
	Token     string `yaml:"token,omitempty" json:"-"`
	CAFile    string `yaml:"ca_file,omitempty" json:"ca_file,omitempty"`
}

// or fills in what c does not say. A token is one thing, in a file or not.
func (c Context) or(other Context) Context {
	if c.TokenFile == "" && c.Token == "" {
		c.TokenFile, c.Token = other.TokenFile, other.Token
	}
	c.Server, c.CAFile = cmp.Or(c.Server, other.Server), cmp.Or(c.CAFile, other.CAFile)
	return c
}

// Contexts are the file of contexts.
type Contexts struct {
	Current  string             `yaml:"current,omitempty"`
	Contexts map[string]Context `yaml:"contexts"`

	file, home string
}

// contextsFile is where contexts are kept: XDG_CONFIG_HOME/ollystack/config.yaml, in ~/.config where that is not set.
func contextsFile(w World) string {
	dir := w.Env("XDG_CONFIG_HOME")
	if dir == "" {
		home := w.Env("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "ollystack", "config.yaml")
}

// LoadContexts reads the file of contexts; one that is not there has none.
func LoadContexts(w World) (*Contexts, error) {
	c := &Contexts{Contexts: map[string]Context{}, file: contextsFile(w), home: w.Env("HOME")}
	if c.file == "" {
		return c, nil
	}
	text, err := os.ReadFile(c.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return nil, c.broken(fmt.Errorf("read the contexts: %w", err))
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, c.broken(fmt.Errorf("the contexts in %s: %s", c.file, yamlFault(err)))
	}
	if c.Contexts == nil { // the key is there, and nothing under it
		c.Contexts = map[string]Context{}
	}
	return c, c.private()
}

// broken is the error of a file that cannot be made use of.
func (c *Contexts) broken(err error) error {
	return &Error{Code: ExitUsage, Err: WithHint(err, "Mend it, or move it away and make its contexts anew: ollystack context set NAME --server URL. With --server it is not read.")}
}

var (
	unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongKind    = regexp.MustCompile("(?s)cannot unmarshal !!\\w+ (`.*` )?into \\S+")
)

// yamlFault is what the YAML library says, without what it says to programmers and without values, which may be secret.
func yamlFault(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if types, ok := errors.AsType[*yaml.TypeError](err); ok {
		text = strings.Join(types.Errors, "; ")
	}
	return wrongKind.ReplaceAllString(unknownField.ReplaceAllString(text, `there is no "$1" here`), "something else belongs here")
}

// private refuses a file with a token in it that others may read.
func (c *Contexts) private() error {
	holds := func(of Context) bool { return of.Token != "" }
	if !slices.ContainsFunc(slices.Collect(maps.Values(c.Contexts)), holds) {
		return nil
	}
	info, err := os.Stat(c.file)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return &Error{Code: ExitUsage, Err: WithHint(fmt.Errorf("%s holds a token, and others than its owner may read it (mode %04o)", c.file, info.Mode().Perm()),
			"Close it: chmod 600 %s", c.file)}
	}
	return nil
}

// File is where they are kept.
func (c *Contexts) File() string { return c.file }

// Names are the names of the contexts, in order.
func (c *Contexts) Names() []string { return slices.Sorted(maps.Keys(c.Contexts)) }

// Named is one of them, with paths as they are to be opened.
func (c *Contexts) Named(name string) (Context, error) {
	of, ok := c.Contexts[name]
	if !ok {
		err := fmt.Errorf("there is no context %q in %s", name, cmp.Or(c.file, "a file, which needs HOME or XDG_CONFIG_HOME"))
		return of, &Error{Code: ExitNotFound, Err: WithHint(err, "`ollystack context list` shows them, `ollystack context set %s --server URL` makes it.", name)}
	}
	of.TokenFile, of.CAFile = c.path(of.TokenFile), c.path(of.CAFile)
	return of, nil
}

func (c *Contexts) currentOrNone() (Context, error) {
	if c.Current == "" {
		return Context{}, nil
	}
	if _, ok := c.Contexts[c.Current]; !ok {
		return Context{}, &Error{Code: ExitNotFound, Err: WithHint(fmt.Errorf("there is no context %q, which %s says is the current one", c.Current, c.file),
			"`ollystack context list` shows them, `ollystack context use NAME` makes one the current one.")}
	}
	return c.Named(c.Current)
}

// path is relative to the file of contexts, or with ~/ to the home directory.
func (c *Contexts) path(p string) string {
	switch {
	case p == "" || filepath.IsAbs(p):
		return p
	case strings.HasPrefix(p, "~/"):
		return filepath.Join(c.home, p[2:])
	}
	return filepath.Join(filepath.Dir(c.file), p)
}

// Save writes the file anew, for its owner alone.
func (c *Contexts) Save() error {
	if c.file == "" {
		return errors.New("there is no place for contexts: set HOME or XDG_CONFIG_HOME")
	}
	text, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	dir := filepath.Dir(c.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	out, err := os.CreateTemp(dir, ".config-*.yaml") // mode 0600
	if err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	defer func() { _ = os.Remove(out.Name()) }() // it has another name by then, if all went well
	_, err = out.Write(text)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	return os.Rename(out.Name(), c.file)
}
