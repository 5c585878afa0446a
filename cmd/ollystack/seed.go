package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/internal/declared"
)

// seedList is the file of a seed's folder that lists its configurations.
const seedList = "configs.json"

// seedConfig is one configuration of a seed, as POST /api/v1/configs takes it.
type seedConfig struct {
	client.ConfigSpec

	File string `json:"file,omitempty"` // in the same folder; read into Config
}

func newSeed(s surroundings) *cobra.Command {
	var remote cli.Connection
	var defaults []string
	cmd := &cobra.Command{
		Use:   "seed DIR",
		Short: "Give a running server its first configurations, once",
		Long: `Give a running server the configurations that DIR/` + seedList + ` lists, or else those
that the files in DIR declare as for apply, each of them once.

A name that was seeded before, or that a configuration has already, is left
alone: what an operator has changed stays, what one has deleted stays away. So it
may be run as often as one likes; docs/stack.md shows the list.`,
		Example: `  ollystack seed /usr/share/ollystack/stack/collector/seed --token-file admin.token`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(errors.New("say which folder: ollystack seed DIR"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := warnOfDefaults(s, defaults); err != nil {
				return err
			}
			configs, err := readSeed(args[0])
			if err != nil {
				return err
			}
			server, err := remote.Open(s.World)
			if err != nil {
				return err
			}
			for _, c := range configs {
				created, err := server.SeedConfig(cmd.Context(), c)
				if err != nil {
					return fmt.Errorf("seed the configuration %q: %w", c.Name, err)
				}
				outcome := "was there before, and is left as it is"
				if created {
					outcome = "created"
				}
				fmt.Fprintf(s.Stdout, "%s: %s\n", c.Name, outcome)
			}
			return nil
		},
	}
	remote.Register(cmd.Flags())
	cmd.Flags().StringArrayVar(&defaults, "warn-if", nil,
		"`NAME=VALUE`: warn where the environment variable has this value, such as the password that an example comes with")
	return cmd
}

// warnOfDefaults says which variables still have the value that everybody knows. The
// values are not repeated.
func warnOfDefaults(s surroundings, defaults []string) error {
	for _, d := range defaults {
		name, value, ok := strings.Cut(d, "=")
		if !ok || name == "" {
			return cli.UsageError(errors.New("--warn-if wants NAME=VALUE"))
		}
		if s.Env(name) == value {
			fmt.Fprintf(s.Stderr, "WARNING: %s is the one that everybody knows. Change it.\n", name)
		}
	}
	return nil
}

// readSeed reads the list of a folder and the files that it names; without a list, what the folder declares.
func readSeed(dir string) ([]client.ConfigSpec, error) {
	list := filepath.Join(dir, seedList)
	text, err := os.ReadFile(list)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return readDeclaredSeed(dir)
	case err != nil:
		return nil, err
	}
	var configs []seedConfig
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&configs); err != nil {
		return nil, fmt.Errorf("%s is not a list of configurations: %w", list, err)
	}
	specs := make([]client.ConfigSpec, len(configs))
	for i, c := range configs {
		specs[i] = c.ConfigSpec
		if c.File == "" {
			continue
		}
		if filepath.Base(c.File) != c.File {
			return nil, fmt.Errorf("%s: the file %q is not one of the same folder", list, c.File)
		}
		body, err := os.ReadFile(filepath.Join(dir, c.File))
		if err != nil {
			return nil, err
		}
		if line, err := declared.NotUTF8(body); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", filepath.Join(dir, c.File), line, err)
		}
		specs[i].Config = string(body)
	}
	return specs, nil
}

func readDeclaredSeed(dir string) ([]client.ConfigSpec, error) {
	configs, err := declared.Read(dir)
	if err == nil && len(configs) == 0 {
		err = fmt.Errorf("%s has neither a list %s nor a configuration NAME.yaml", dir, seedList)
	}
	specs := make([]client.ConfigSpec, len(configs))
	for i, c := range configs {
		specs[i] = client.ConfigSpec{Name: c.Name, Description: c.Description, Config: c.Body, Labels: c.Labels, Selector: c.Selector, Priority: c.Priority}
	}
	return specs, err
}
