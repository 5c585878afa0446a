package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/settings"
)

const healthPath = "/api/v1/health"

func newHealthcheck(s surroundings) *cobra.Command {
	var base string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the server on this machine whether it is well, for containers",
		Long: `Ask the server on this machine whether it is well. Where it listens is read
from the same settings as the server's; --url asks another one.

Exit code 0: it is ok or degraded. 1: it failed, or did not answer.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ours := base == ""
			if ours {
				var err error
				if base, err = ownURL(cmd, s); err != nil {
					return err
				}
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return checkHealth(ctx, base, ours, s.Stdout)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&base, "url", "", "`URL` of the server, such as https://fleet.example:4320, instead of the settings' own")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "how long the answer may take")
	registerHidden(cmd, "config", "listen")
	return cmd
}

// registerHidden adds the flags of the settings to cmd and shows only the named ones in its help.
func registerHidden(cmd *cobra.Command, shown ...string) {
	own := cmd.Flags()
	registered := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	settings.RegisterFlags(registered)
	registered.VisitAll(func(f *pflag.Flag) {
		f.Hidden = !slices.Contains(shown, f.Name)
		own.AddFlag(f)
	})
}

// ownURL is where the server with these settings answers on this machine.
func ownURL(cmd *cobra.Command, s surroundings) (string, error) {
	own, err := ownSettings(s, cmd.Flags())
	if err != nil {
		return "", err
	}
	base, err := baseURL(own)
	if err != nil {
		return "", fmt.Errorf("%w: say which with --url", err)
	}
	return base, nil
}

// checkHealth asks the server at base, which is ours where the settings say so,
// and prints its answer. Errors: it did not answer 200.
func checkHealth(ctx context.Context, base string, ours bool, w io.Writer) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return cli.UsageError(fmt.Errorf("%q is not the URL of a server: http://HOST:PORT or https://HOST:PORT", base))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath(healthPath).String(), nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		// A certificate is for the name that clients use, which an address of this
		// machine is not; and there nobody is in between. No secret is sent.
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: ours || isLoopback(u.Hostname())},
	}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", base, err)
	}
	var answer struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Status == "" {
		return fmt.Errorf("%s answered %s, and not as a control plane does", base, res.Status)
	}
	fmt.Fprintln(w, answer.Status)
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s says that it %s (%s)", base, answer.Status, res.Status)
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
