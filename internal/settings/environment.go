package settings

import (
	"net"
	"regexp"
	"slices"
	"strings"
)

// configEnv names the settings file.
const configEnv = EnvPrefix + "CONFIG"

// portEnv changes the port of the default listen address.
const portEnv = "HTTP_PORT"

// environ is the environment as a map. Variables that are set to nothing are in unset, not in
// values: as OpenTelemetry's own variables, they count as not set.
type environ struct {
	values map[string]string
	unset  []string
}

func newEnviron(list []string) environ {
	env := environ{values: map[string]string{}}
	for _, entry := range list {
		name, value, found := strings.Cut(entry, "=")
		switch {
		case !found || name == "":
		case value == "":
			env.unset = append(env.unset, name)
		default:
			env.values[name] = value
		}
	}
	return env
}

// readEnvironment reads all variables that set a key, and reports those of our prefix that set none.
func readEnvironment(env environ, keys []Key, faults *Faults) *layer {
	l := newLayer()
	known := []string{configEnv}
	also := []string{}
	for _, k := range keys {
		known = append(known, k.Env)
		if k.AlsoEnv != "" {
			also = append(also, k.AlsoEnv)
		}
		if text, ok := env.values[k.Env]; ok {
			l.set(k, envOrigin(k.Env), []string{text}, faults)
		} else if text, ok := env.values[k.AlsoEnv]; ok && k.AlsoEnv != portEnv {
			l.set(k, envOrigin(k.AlsoEnv), []string{text}, faults)
		}
	}
	names := slices.Clone(env.unset)
	for name := range env.values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !strings.HasPrefix(name, EnvPrefix) || slices.Contains(known, name) || isOthers(name, env.values[name]) {
			continue
		}
		if near := nearestVariable(name, slices.Concat(also, known)); near != "" {
			faults.add(envOrigin(name), "", "no such setting; did you mean %s?", near)
		} else {
			faults.add(envOrigin(name), "", "no such setting")
		}
	}
	return l
}

// nearestVariable is nearest, without regard to the prefix.
func nearestVariable(name string, known []string) string {
	bare := make([]string, len(known))
	for i, k := range known {
		bare[i] = strings.TrimPrefix(k, EnvPrefix)
	}
	if i := slices.Index(bare, nearest(strings.TrimPrefix(name, EnvPrefix), bare)); i >= 0 {
		return known[i]
	}
	return ""
}

// readPort reads HTTP_PORT, which moves the default listen address to another port.
func readPort(env environ, keys []Key, faults *Faults) *layer {
	l := newLayer()
	port, ok := env.values[portEnv]
	if !ok {
		return l
	}
	if !isPort(port, 0) {
		message := "wants a port from 0 to 65535"
		if quotable(port) {
			faults.add(envOrigin(portEnv), "", "%s, got %q", message, port)
		} else {
			faults.add(envOrigin(portEnv), "", "%s", message)
		}
		return l
	}
	for _, k := range keys {
		if k.AlsoEnv == portEnv {
			l.set(k, envOrigin(portEnv), []string{net.JoinHostPort(defaultHost, port)}, faults)
		}
	}
	return l
}

func envOrigin(name string) string { return "environment " + name }

// isOthers reports whether a variable with our prefix is meant for somebody
// else: for the client commands, for the agents' own files, or set by Kubernetes in every pod beside a
// Service whose name begins with ollystack.
func isOthers(name, value string) bool {
	switch strings.TrimPrefix(name, EnvPrefix) {
	case "SERVER", "TOKEN", "TOKEN_FILE", "CONTEXT", "AGENT_TOKEN":
		return true
	}
	return serviceAddress.MatchString(name) ||
		serviceLink.MatchString(name) && serviceLinkValue.MatchString(value)
}

// Source: Kubernetes, "Service" > "Discovering services" > "Environment variables".
var (
	serviceAddress   = regexp.MustCompile(`_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$`)
	serviceLink      = regexp.MustCompile(`_PORT$`)
	serviceLinkValue = regexp.MustCompile(`^(tcp|udp|sctp)://`)
)
