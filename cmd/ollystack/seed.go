package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// seedList is the file of a seed's folder that lists its configurations.
const seedList = "configs.json"

// seedConfig is one configuration of a seed, as POST /api/v1/configs takes it.
type seedConfig struct {
	Name        string            `json:"name"`
	File        string            `json:"file,omitempty"` // in the same folder; read into Body
	Description string            `json:"description,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Selector    string            `json:"selector,omitempty"`
	Priority    int               `json:"priority,omitempty"`
	Body        string            `json:"config"`
}

func newSeed(s surroundings) *cobra.Command {
	var remote remoteOptions
	var defaults []string
	cmd := &cobra.Command{
		Use:   "seed DIR",
		Short: "Give a running server its first configurations, once",
		Long: `Give a running server the configurations that DIR/` + seedList + ` lists, each of them once.

A name that was seeded before, or that a configuration has already, is left
alone: what an operator has changed stays, what one has deleted stays away. So it
may be run as often as one likes; docs/stack.md shows the list.`,
		Example: `  ollystack seed /usr/share/ollystack/stack/collector/seed --token-file admin.token`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(errors.New("say which folder: ollystack seed DIR"))
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
			server, err := openRemote(s, remote)
			if err != nil {
				return err
			}
			for _, c := range configs {
				created, err := server.seed(cmd.Context(), c)
				if err != nil {
					return fmt.Errorf("seed the configuration %q: %w", c.Name, err)
				}
				outcome := "was there before, and is left as it is"
				if created {
					outcome = "created"
				}
				fmt.Fprintf(s.stdout, "%s: %s\n", c.Name, outcome)
			}
			return nil
		},
	}
	remote.register(cmd.Flags())
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
			return usageError(errors.New("--warn-if wants NAME=VALUE"))
		}
		if s.env(name) == value {
			fmt.Fprintf(s.stderr, "WARNING: %s is the one that everybody knows. Change it.\n", name)
		}
	}
	return nil
}

// readSeed reads the list of a folder, and the files that it names.
func readSeed(dir string) ([]seedConfig, error) {
	list := filepath.Join(dir, seedList)
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	var configs []seedConfig
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&configs); err != nil {
		return nil, fmt.Errorf("%s is not a list of configurations: %w", list, err)
	}
	for i := range configs {
		c := &configs[i]
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
		c.Body, c.File = string(body), ""
	}
	return configs, nil
}

// seed creates a configuration that was never seeded, and reports whether it did.
func (r *remote) seed(ctx context.Context, c seedConfig) (created bool, err error) {
	u := r.base.JoinPath("api/v1/configs")
	u.RawQuery = url.Values{"once": {"true"}}.Encode()
	var answer struct {
		ID string `json:"id"`
	}
	err = r.do(ctx, http.MethodPost, u, c, &answer)
	return answer.ID != "", err
}
