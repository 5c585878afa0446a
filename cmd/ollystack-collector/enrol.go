package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// What enrolling writes, and where the agent keeps its state.
const (
	configDir     = "/etc/ollystack-collector"
	fileSettings  = configDir + "/supervisor.yaml"
	fileToken     = configDir + "/agent.token"
	fileAuthority = configDir + "/ca.pem"
	fileInstance  = configDir + "/instance-id"
	fileLocal     = configDir + "/local.yaml"
	stateDir      = "/var/lib/ollystack-collector"
	// credentialToken is where systemd puts the token for the unit's user:
	// LoadCredential=agent.token:/etc/ollystack-collector/agent.token.
	credentialToken = "${env:CREDENTIALS_DIRECTORY}/agent.token"
)

const localSample = `# Settings of this node's collector, merged over what the control plane sends: they
# win, and nothing that is sent takes them away. For example:
#
# extensions:
#   health_check:
#     endpoint: 127.0.0.1:13133
# service:
#   extensions: [health_check]
`

// enrolment is what is asked for on the command line.
type enrolment struct {
	endpoint   string
	tokenFile  string
	caFile     string
	attributes []string
	instanceID string
	ownMetrics bool
	noCheck    bool
	noStart    bool
	root       string
}

func newEnrol(w world) *cobra.Command {
	var e enrolment
	cmd := &cobra.Command{
		Use:   "enrol --endpoint wss://HOST:4320/v1/opamp --token-file FILE",
		Short: "Make this node's collector an agent of a control plane, and start it",
		Long: `Make this node's collector an agent of a control plane, and start it.

Everything is checked before anything is written: the endpoint is asked whether it
is one and takes the token. Enrolling again, with the same control plane or another,
replaces what was written and keeps who the agent is.

  ` + fileSettings + `  how the supervisor reaches the control plane
  ` + fileToken + `      the token, readable by root alone
  ` + fileAuthority + `           the authority of --ca-file
  ` + fileLocal + `       yours: merged over what the control plane sends`,
		Example: `  ollystack-collector enrol --endpoint wss://fleet.example:4320/v1/opamp --token-file enrolment.token
  ollystack-collector enrol --endpoint wss://10.0.0.5:4320/v1/opamp --token-file enrolment.token --ca-file ca.pem --attribute env=production`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return enrol(cmd.Context(), w, e) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&e.endpoint, "endpoint", "", "where the control plane listens: `URL` such as wss://HOST:4320/v1/opamp")
	f.StringVar(&e.tokenFile, "token-file", "", "`FILE` with the enrolment token; none where the control plane wants none")
	f.StringVar(&e.caFile, "ca-file", "", "`FILE` with the certificate of the authority to trust, in PEM form; else the system's")
	f.StringArrayVar(&e.attributes, "attribute", nil, "`KEY=VALUE` that selectors may ask for; several times for several")
	f.StringArrayVar(&e.attributes, "label", nil, "the same as --attribute")
	f.StringVar(&e.instanceID, "instance-id", "", "`NAME` that becomes service.instance.id and gives the instance UID, or auto; else what it was before")
	f.BoolVar(&e.ownMetrics, "own-metrics", false, "let the collector serve its own metrics, on port 8888 unless it is configured otherwise")
	f.BoolVar(&e.noCheck, "no-check", false, "do not ask the endpoint, to prepare a node that cannot reach it yet")
	f.BoolVar(&e.noStart, "no-start", false, "do not enable and start the service")
	f.StringVar(&e.root, "root", "/", "write below `DIR` instead, to prepare an image; nothing is started then")
	return cmd
}

// prepared is an enrolment that has been read and found good.
type prepared struct {
	endpoint  *url.URL
	token     string
	authority []byte
	trusted   *x509.CertPool
	settings  []byte
	identity  identity
}

func enrol(ctx context.Context, w world, e enrolment) error {
	p, err := e.prepare()
	if err != nil {
		return err
	}
	if err := writable(below(e.root, configDir)); err != nil {
		return err
	}
	if p.token != "" && !encrypted(p.endpoint) && !onThisMachine(p.endpoint) {
		fmt.Fprintf(w.stderr, "Warning: %s is not encrypted; whoever listens on the way can read the token.\n", p.endpoint)
	}
	if !e.noCheck {
		if err := probe(ctx, p.endpoint, p.token, p.trusted); err != nil {
			return fmt.Errorf("%w\nNothing was changed. --no-check enrols without asking", err)
		}
	}
	if err := e.write(w, p); err != nil {
		return err
	}
	return e.finish(ctx, w, p)
}

// prepare reads what was given and makes of it what is to be written.
func (e enrolment) prepare() (prepared, error) {
	var p prepared
	var err error
	if p.endpoint, err = parseEndpoint(e.endpoint); err != nil {
		return p, err
	}
	if e.tokenFile != "" {
		if p.token, err = readToken(e.tokenFile); err != nil {
			return p, err
		}
	}
	file := supervisorFile{
		Endpoint: p.endpoint.String(), Collector: collectorPath, OwnMetrics: e.ownMetrics,
		Attributes: map[string]string{}, LocalFiles: []string{fileLocal},
	}
	if err := addAttributes(file.Attributes, e.attributes); err != nil {
		return p, err
	}
	if p.identity, err = e.who(); err != nil {
		return p, err
	}
	file.Identity, file.Storage = p.identity, p.identity.storage(stateDir)
	if e.caFile != "" {
		if !encrypted(p.endpoint) {
			return p, usagef("--ca-file is for wss:// and https://, and %s is not encrypted", p.endpoint)
		}
		if p.authority, p.trusted, err = readAuthority(e.caFile); err != nil {
			return p, err
		}
		file.CAFile = fileAuthority
	}
	if p.token != "" {
		file.TokenFile = credentialToken
	}
	content, err := file.render()
	p.settings = seal(content)
	return p, err
}

// who is the agent's identity: as asked for, else as it was.
func (e enrolment) who() (identity, error) {
	name := e.instanceID
	if name == "" {
		old, err := os.ReadFile(below(e.root, fileInstance))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return identity{}, needsRoot(err)
		}
		name = strings.TrimSpace(string(old))
	}
	return newIdentity(name, "")
}

// write puts the files in place. The settings come last, since the service starts
// only where they are: what they refer to is there by then.
func (e enrolment) write(w world, p prepared) error {
	kept, err := keepEdited(below(e.root, fileSettings), time.Now())
	if err != nil {
		return needsRoot(err)
	}
	if kept != "" {
		fmt.Fprintf(w.stderr, "%s was not written by this program or was edited since; the old one is kept as %s.\n", below(e.root, fileSettings), kept)
	}
	if err := createFile(below(e.root, fileLocal), localSample, 0o644); err != nil {
		return err
	}
	// The unit loads the token's file in any case; without a token it is empty.
	if _, err := writeFile(below(e.root, fileToken), []byte(p.token), 0o600); err != nil {
		return err
	}
	if p.authority != nil {
		if _, err := writeFile(below(e.root, fileAuthority), p.authority, 0o644); err != nil {
			return err
		}
	}
	name := autoInstance
	if p.identity.Name != "" {
		name = p.identity.Name
	}
	if _, err := writeFile(below(e.root, fileInstance), []byte(name+"\n"), 0o644); err != nil {
		return err
	}
	_, err = writeFile(below(e.root, fileSettings), p.settings, 0o644)
	return err
}

// finish starts the service, or says how.
func (e enrolment) finish(ctx context.Context, w world, p prepared) error {
	fmt.Fprintf(w.stdout, "Enrolled with %s.\n", p.endpoint)
	switch {
	case e.root != "/":
		fmt.Fprintf(w.stdout, "To start it with the system in %s: systemctl --root=%s enable %s\n", e.root, e.root, serviceName)
		return nil
	case e.noStart || !systemdRuns():
		fmt.Fprintf(w.stdout, "It is not started. Where systemd runs: systemctl enable --now %s\n"+
			"Without systemd, as a user who may read %s:\n  CREDENTIALS_DIRECTORY=%s %s --config %s\n",
			serviceName, fileToken, configDir, supervisorPath, fileSettings)
		return nil
	}
	if err := startService(ctx, w); err != nil {
		return fmt.Errorf("enrolled, but the service does not run: %w", err)
	}
	fmt.Fprintf(w.stdout, "Started. Its log: journalctl -u ollystack-collector -f\n")
	return nil
}

func onThisMachine(u *url.URL) bool {
	host := u.Hostname()
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}
