package cli

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/ollystack/control-plane/internal/client"
)

// DefaultServer is asked where nothing says which.
const DefaultServer = "http://127.0.0.1:4320"

// Connection says which server a command asks, and as whom.
type Connection struct {
	Server, TokenFile, CAFile, Context string

	Local   bool // the server on this machine, where its settings say
	Timeout time.Duration
}

// Register adds the flags.
func (c *Connection) Register(flags *pflag.FlagSet) {
	flags.StringVar(&c.Server, "server", "", "`URL` of the server; also OLLYSTACK_SERVER; by default that of the current context, or "+DefaultServer)
	flags.StringVar(&c.Context, "context", "", "ask the server of this context, by its `NAME`; also OLLYSTACK_CONTEXT")
	flags.BoolVar(&c.Local, "local", false, "ask the server that runs on this machine, where its settings say that it listens")
	flags.StringVar(&c.TokenFile, "token-file", "", "`FILE` with the token to use; also OLLYSTACK_TOKEN_FILE, or the token itself in OLLYSTACK_TOKEN")
	flags.StringVar(&c.CAFile, "ca-file", "", "PEM `FILE` with the authority of the server's certificate, where the system does not know it")
	flags.DurationVar(&c.Timeout, "request-timeout", client.DefaultTimeout, "how long the server may take for one answer")
}

// Open finds the server and the token. It asks nothing yet.
func (c *Connection) Open(w World) (*client.Client, error) {
	target, err := c.target(w)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(target.Server)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, Usagef("%q is not the URL of a server: http://HOST:PORT or https://HOST:PORT", target.Server)
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	proxy := http.ProxyFromEnvironment
	if c.Local {
		if base, err = w.OwnServer(conf); err != nil {
			return nil, err
		}
		proxy = nil
	}
	token, where := target.Token, "the token in the environment or the context"
	if target.TokenFile != "" {
		where = target.TokenFile
		if token, err = readToken(target.TokenFile); err != nil {
			return nil, err
		}
	}
	if err := checkToken(token, where); err != nil {
		return nil, err
	}
	if target.CAFile != "" {
		if conf.RootCAs, err = readAuthority(target.CAFile); err != nil {
			return nil, err
		}
	}
	if c.Timeout <= 0 {
		return nil, Usagef("--request-timeout is a time, such as 30s")
	}
	return client.New(client.Options{
		Server: base, Token: token, TLS: conf, Timeout: c.Timeout, Proxy: proxy, UserAgent: "ollystack/" + cmp.Or(w.Version, "devel"),
	}), nil
}

// target settles what wins: a flag, a context that was named, the environment, the
// current context. A token that belongs to a context goes to that context's server only.
func (c *Connection) target(w World) (Context, error) {
	named := cmp.Or(c.Context, w.Env("OLLYSTACK_CONTEXT"))
	given := Context{Server: c.Server, TokenFile: c.TokenFile, CAFile: c.CAFile}
	switch {
	case c.Local && (c.Server != "" || c.CAFile != "" || c.Context != ""):
		return given, Usagef("--local says which server it is: leave out --server, --context and --ca-file")
	case c.Local && w.OwnServer == nil:
		return given, Usagef("there is no --local here")
	case c.Server != "" && c.Context != "":
		return given, Usagef("--context says which server it is: leave out --server")
	case c.Local:
		return given.or(environment(w)).or(Context{Server: DefaultServer}), nil
	case c.Server != "":
		return given.or(environment(w)), nil
	case named == "" && w.Env("OLLYSTACK_SERVER") != "":
		return given.or(environment(w)), nil
	}
	contexts, err := LoadContexts(w)
	if err != nil {
		return given, err
	}
	if named != "" {
		of, err := contexts.Named(named)
		env := environment(w)
		env.Server = ""
		return given.or(of).or(env), err
	}
	of, err := contexts.currentOrNone()
	return given.or(environment(w)).or(of).or(Context{Server: DefaultServer}), err
}

// environment is what the environment says. An empty file there is no token: the stack's containers
// are given one where the control plane asks for none.
func environment(w World) Context {
	file := w.Env("OLLYSTACK_TOKEN_FILE")
	if text, err := os.ReadFile(file); err == nil && len(bytes.TrimSpace(text)) == 0 {
		file = ""
	}
	return Context{Server: w.Env("OLLYSTACK_SERVER"), TokenFile: file, Token: strings.TrimSpace(w.Env("OLLYSTACK_TOKEN"))}
}

// readToken reads a file with a token.
func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		err = fmt.Errorf("read the token: %w", err)
	}
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		err = &Error{Code: ExitDenied, Err: WithHint(fmt.Errorf("%s is empty, and was to hold a token", file), "%s", tokenHelp)}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", WithHint(err, "Say where it is now with --token-file or OLLYSTACK_TOKEN_FILE "+
			"(for a unit: systemctl edit UNIT, [Service], Environment=OLLYSTACK_TOKEN_FILE=FILE).")
	}
	return strings.TrimSpace(string(text)), err
}

// tokenHelp is what to do about a token that is none.
const tokenHelp = "A token is the one word that `ollystack token create NAME --role ROLE` prints; the first start of a server leaves one in admin.token in its data directory."

// checkToken refuses what cannot be sent, before it is taken for a fault of the server. It is not shown.
func checkToken(token, where string) error {
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return &Error{Code: ExitDenied, Err: WithHint(fmt.Errorf("%s is no token: there is more than one word in it", where), "%s", tokenHelp)}
		}
	}
	return nil
}

func readAuthority(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, WithHint(fmt.Errorf("%s holds no certificate in PEM", file), "What is wanted begins with -----BEGIN CERTIFICATE-----: the authority that has signed the server's certificate, or that certificate where it has signed itself.")
	}
	return pool, nil
}
