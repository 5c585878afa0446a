package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// The phases, in the order in which they run best: each leaves the fleet
// connected for the next.
const (
	phaseConnect   = "connect"
	phaseHeartbeat = "heartbeat"
	phasePush      = "push"
	phaseList      = "list"
	phaseIdle      = "idle"
	phaseRestart   = "restart"
	phaseWatch     = "watch" // of what looks on, and not of the server: only when it is asked for
)

func allPhases() []string {
	return []string{phaseConnect, phaseHeartbeat, phasePush, phaseList, phaseIdle, phaseRestart}
}

// options are what the command line says.
type options struct {
	phases       []string
	phaseTimeout time.Duration
	check        bool
	allowRemote  bool

	agents        int
	effectiveSize int
	sameConfig    bool
	pipelines     int

	endpoint, api        string
	insecureSkipVerify   bool
	tokenFile            string
	apiTokenFile         string
	agentToken, apiToken string // read from those files
	dialTimeout          time.Duration

	exec      string
	dataDir   string
	serverPID int

	connectRate     float64
	connectParallel int
	settle          time.Duration
	reconnectMin    time.Duration
	reconnectMax    time.Duration
	restartSignal   string
	restartWatch    time.Duration

	heartbeats    int
	heartbeatRate float64
	answerGrace   time.Duration
	pace          time.Duration
	idle          time.Duration
	listRequests  int

	watch    []string
	watchFor time.Duration
	changes  float64
}

// parseOptions reads the command line and the token files. Errors: pflag.ErrHelp
// and whatever is wrong with a flag.
func parseOptions(args []string) (options, error) {
	var o options
	f := pflag.NewFlagSet("fleetbench", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringSliceVar(&o.phases, "phases", allPhases(), "phases to run, in this order; the connect phase always comes first; \"watch\" is another one, for --watch")
	f.DurationVar(&o.phaseTimeout, "phase-timeout", 2*time.Minute, "deadline for each phase")
	f.BoolVar(&o.check, "check", false, "compare with the limits, and exit 1 if one is missed")
	f.IntVar(&o.agents, "agents", 10000, "number of simulated agents")
	f.IntVar(&o.effectiveSize, "effective-config-size", 4096, "bytes of each agent's effective configuration")
	f.BoolVar(&o.sameConfig, "same-config", false, "give all agents the same effective configuration")
	f.IntVar(&o.pipelines, "pipelines", 1, "pipelines in each agent's health")

	f.StringVar(&o.endpoint, "endpoint", "", "OpAMP endpoint (default ws://127.0.0.1:4320/v1/opamp; with --exec, a free port)")
	f.StringVar(&o.api, "api", "", "HTTP API (default the endpoint's host and port)")
	f.BoolVar(&o.insecureSkipVerify, "insecure-skip-verify", false, "accept any certificate of a wss:// server")
	f.StringVar(&o.tokenFile, "token-file", "", "file with the bearer token that agents present")
	f.StringVar(&o.apiTokenFile, "api-token-file", "", "file with the bearer token for the HTTP API (default --token-file)")
	f.DurationVar(&o.dialTimeout, "dial-timeout", 10*time.Second, "deadline for connecting and upgrading")
	f.BoolVar(&o.allowRemote, "allow-remote", false, "allow a target that is not on this machine: only one that you may load")

	f.StringVar(&o.exec, "exec", "", "command that starts the server, with {addr} and {dir} for its listener and its data directory")
	f.StringVar(&o.dataDir, "data-dir", "", "data directory for --exec, kept afterwards (default a temporary one)")
	f.IntVar(&o.serverPID, "server-pid", 0, "process of a server that runs already, to read its memory, CPU and disk writes")

	f.Float64Var(&o.connectRate, "connect-rate", 0, "connects started each second (0: as fast as it goes)")
	f.IntVar(&o.connectParallel, "connect-parallel", 128, "connects in the making at once")
	f.DurationVar(&o.settle, "settle", 3*time.Second, "wait after the last connect before memory is read, and before the list and idle phases")
	f.DurationVar(&o.reconnectMin, "reconnect-min", 500*time.Millisecond, "first wait of an agent that cannot reconnect")
	f.DurationVar(&o.reconnectMax, "reconnect-max", 3*time.Second, "longest such wait")
	f.StringVar(&o.restartSignal, "restart-signal", "term", "how the restart phase stops the server: term or kill")
	f.DurationVar(&o.restartWatch, "restart-watch", 5*time.Second, "how long to watch what is asked for and offered after a restart")

	f.IntVar(&o.heartbeats, "heartbeats", 3, "heartbeats that each agent sends in the heartbeat phase")
	f.Float64Var(&o.heartbeatRate, "heartbeat-rate", 10000, "heartbeats each second, over all agents; a lower rate costs more CPU for each, since nothing is shared between them")
	f.DurationVar(&o.answerGrace, "answer-grace", 10*time.Second, "how long after the last heartbeat an answer may come before it counts as missing")
	f.DurationVar(&o.pace, "pace", 30*time.Second, "each agent's heartbeat interval outside the heartbeat phase (0: none)")
	f.DurationVar(&o.idle, "idle", time.Minute, "length of the idle phase")
	f.IntVar(&o.listRequests, "list-requests", 1000, "requests of the list phase")
	f.StringArrayVar(&o.watch, "watch", nil, "command for the watch phase that shows agents as they change, with {api} for the server's URL; any number of them")
	f.DurationVar(&o.watchFor, "watch-for", 30*time.Second, "how long each is measured, on a terminal and again into a pipe")
	f.Float64Var(&o.changes, "changes", 200, "agents that change their health each second in the watch phase")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	if f.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o, o.complete()
}

// complete fills what follows from other flags, and refuses what cannot be.
func (o *options) complete() error {
	for _, p := range o.phases {
		if known := append(allPhases(), phaseWatch); !slices.Contains(known, p) {
			return fmt.Errorf("--phases: no phase %q; there are %s", p, strings.Join(known, ", "))
		}
	}
	if slices.Contains(o.phases, phaseRestart) && o.exec == "" {
		return errors.New("the restart phase needs --exec: only a server that this tool started can it restart")
	}
	if slices.Contains(o.phases, phaseWatch) && len(o.watch) == 0 {
		return errors.New("the watch phase needs --watch: what is to be measured")
	}
	if o.restartSignal != "term" && o.restartSignal != "kill" {
		return fmt.Errorf("--restart-signal: %q is neither term nor kill", o.restartSignal)
	}
	for name, bad := range map[string]bool{
		"agents": o.agents < 1, "connect-parallel": o.connectParallel < 1, "heartbeat-rate": o.heartbeatRate <= 0,
		"heartbeats": o.heartbeats < 1, "list-requests": o.listRequests < 1, "effective-config-size": o.effectiveSize < 0,
		"pipelines": o.pipelines < 0, "reconnect-min": o.reconnectMin <= 0, "reconnect-max": o.reconnectMax < o.reconnectMin, "changes": o.changes <= 0,
	} {
		if bad {
			return fmt.Errorf("--%s: value out of range", name)
		}
	}
	if err := o.completeTargets(); err != nil {
		return err
	}
	var err error
	if o.agentToken, err = readToken(o.tokenFile); err != nil {
		return err
	}
	if o.apiTokenFile == "" {
		o.apiTokenFile = o.tokenFile
	}
	o.apiToken, err = readToken(o.apiTokenFile)
	return err
}

func (o *options) completeTargets() error {
	if o.endpoint == "" {
		addr := "127.0.0.1:4320"
		if o.exec != "" {
			var err error
			if addr, err = freeAddress(); err != nil {
				return err
			}
		}
		o.endpoint = "ws://" + addr + "/v1/opamp"
	}
	at, err := url.Parse(o.endpoint)
	if err != nil || at.Host == "" || at.Scheme != "ws" && at.Scheme != "wss" {
		return fmt.Errorf("--endpoint: %q is no ws:// or wss:// URL", o.endpoint)
	}
	if o.api == "" {
		o.api = map[string]string{"ws": "http://", "wss": "https://"}[at.Scheme] + at.Host
	}
	api, err := url.Parse(o.api)
	if err != nil || api.Host == "" || api.Scheme != "http" && api.Scheme != "https" {
		return fmt.Errorf("--api: %q is no http:// or https:// URL", o.api)
	}
	o.api = strings.TrimSuffix(o.api, "/")
	for _, u := range []*url.URL{at, api} {
		if !o.allowRemote && !isLoopback(u.Hostname()) {
			return fmt.Errorf("%s is not a loopback address; --allow-remote if you may load that machine", u.Hostname())
		}
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// freeAddress finds a loopback port that nobody listens on now.
func freeAddress() (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

func (o *options) tlsConfig() *tls.Config {
	return &tls.Config{InsecureSkipVerify: o.insecureSkipVerify, MinVersion: tls.VersionTLS12} //nolint:gosec // asked for by a flag
}

func (o *options) backoff() backoff { return backoff{wait: o.reconnectMin, most: o.reconnectMax} }

// address is the endpoint's host and port.
func (o *options) address() string {
	at, err := url.Parse(o.endpoint)
	if err != nil {
		return ""
	}
	return at.Host
}
