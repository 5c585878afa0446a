package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

const (
	defaultServer = "http://127.0.0.1:4320"
	// remotePatience bounds one request of a command.
	remotePatience = 30 * time.Second
	// maxAnswer bounds what a command reads of an answer, in bytes.
	maxAnswer = 16 << 20
)

// remoteOptions say which server a command asks, and as whom.
type remoteOptions struct {
	server, tokenFile, caFile string
	local                     bool // the server on this machine, where its settings say
}

func (o *remoteOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.server, "server", "", "`URL` of the server; also OLLYSTACK_SERVER; by default "+defaultServer)
	flags.BoolVar(&o.local, "local", false, "ask the server that runs on this machine, where its settings say that it listens")
	flags.StringVar(&o.tokenFile, "token-file", "", "`FILE` with the token to use; also OLLYSTACK_TOKEN_FILE, or the token itself in OLLYSTACK_TOKEN")
	flags.StringVar(&o.caFile, "ca-file", "", "PEM `FILE` with the authority of the server's certificate, where the system does not know it")
}

// remote is the API of a running server.
type remote struct {
	base   *url.URL
	token  string // empty where none was given
	client *http.Client
}

func openRemote(s surroundings, o remoteOptions) (*remote, error) {
	server := cmp.Or(o.server, s.env("OLLYSTACK_SERVER"), defaultServer)
	base, err := url.Parse(server)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, usageError(fmt.Errorf("%q is not the URL of a server: http://HOST:PORT or https://HOST:PORT", server))
	}
	token, err := readToken(s, o.tokenFile)
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.local {
		if o.server != "" || o.caFile != "" {
			return nil, usageError(errors.New("--local says which server it is: leave out --server and --ca-file"))
		}
		if base, err = ownServer(s, conf); err != nil {
			return nil, err
		}
	}
	if o.caFile != "" {
		pem, err := os.ReadFile(o.caFile)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", o.caFile)
		}
	}
	return &remote{base: base, token: token, client: &http.Client{
		Timeout:   remotePatience,
		Transport: &http.Transport{Proxy: proxy(o), TLSClientConfig: conf},
		// A token goes to the server that was named and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// readToken finds the token to use: the flag's file, the environment's file, the
// environment's text, or none.
func readToken(s surroundings, file string) (string, error) {
	file = cmp.Or(file, s.env("OLLYSTACK_TOKEN_FILE"))
	if file == "" {
		return strings.TrimSpace(s.env("OLLYSTACK_TOKEN")), nil
	}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read the token: %w; where it is now is said with --token-file or OLLYSTACK_TOKEN_FILE "+
			"(for a unit: systemctl edit UNIT, [Service], Environment=OLLYSTACK_TOKEN_FILE=FILE)", err)
	case err != nil:
		return "", fmt.Errorf("read the token: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

func (r *remote) create(ctx context.Context, name, role string) (tokenView, error) {
	var t tokenView
	err := r.do(ctx, http.MethodPost, r.base.JoinPath("api/v1/tokens"), map[string]string{"name": name, "role": role}, &t)
	return t, err
}

func (r *remote) list(ctx context.Context) ([]tokenView, error) {
	all := []tokenView{}
	next := ""
	for {
		u := r.base.JoinPath("api/v1/tokens")
		u.RawQuery = url.Values{"page_size": {"1000"}, "page_token": {next}}.Encode()
		if next == "" {
			u.RawQuery = ""
		}
		var page struct {
			Tokens []tokenView `json:"tokens"`
			Next   string      `json:"next_page_token"`
		}
		if err := r.do(ctx, http.MethodGet, u, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Tokens...)
		if page.Next == "" {
			return all, nil
		}
		next = page.Next
	}
}

func (r *remote) revoke(ctx context.Context, id string) error {
	return r.do(ctx, http.MethodDelete, r.base.JoinPath("api/v1/tokens", url.PathEscape(id)), nil, nil)
}

func (r *remote) close() error { return nil }

// do sends a request and reads the answer into out, where there is one to read.
func (r *remote) do(ctx context.Context, method string, u *url.URL, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", r.base.Host, err)
	}
	if res.StatusCode/100 != 2 {
		return r.refusal(res, answer)
	}
	if out == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s does not answer as a control plane does: %w", r.base.Host, err)
	}
	return nil
}

// refusal makes an error of an answer that is not a success: the problem's own
// detail (RFC 9457) where there is one, and what to do about a missing token.
func (r *remote) refusal(res *http.Response, answer []byte) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(answer, &problem) // then the status alone has to do
	err := fmt.Errorf("%s answered %s", r.base.Host, res.Status)
	if problem.Detail != "" {
		err = fmt.Errorf("%w: %s", err, problem.Detail)
	}
	if res.StatusCode == http.StatusUnauthorized && r.token == "" {
		err = errors.Join(err, errors.New("give a token with --token-file: the first start leaves one in admin.token in the data directory"))
	}
	return err
}
