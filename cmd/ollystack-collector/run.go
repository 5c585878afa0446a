package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

const (
	defaultContainerEndpoint = "ws://opamp-server:4320/v1/opamp"
	defaultEnvironment       = "production"
)

// programs is where the supervisor and the collector are.
type programs struct{ supervisor, collector string }

func newRun(w world) *cobra.Command {
	p := programs{}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run a collector under its supervisor in a container, set up from the environment",
		Long: `Run a collector under its supervisor in a container, set up from the environment:

  OPAMP_ENDPOINT              where the control plane listens (` + defaultContainerEndpoint + `)
  OLLYSTACK_AGENT_TOKEN_FILE  file with the token, such as a secret of compose; an absent or empty one: no token
  OPAMP_CA_FILE               file with the authority to trust, for wss://; an empty one: the system's
  COLLECTOR_INSTANCE_ID       a name, which with the role gives service.instance.id and the instance UID;
                              auto (the default): a UID is made once and kept in the storage
  COLLECTOR_ROLE              what this collector is, such as gateway or agent
  DEPLOYMENT_ENV              the attribute deployment.environment.name (` + defaultEnvironment + `)
  COLLECTOR_ATTRIBUTES        more attributes: KEY=VALUE,KEY=VALUE
  COLLECTOR_BASE_CONFIG       local configuration files, separated by commas, that win over what is sent
  COLLECTOR_OWN_METRICS       false where something else in this network has port 8888 (true)
  COLLECTOR_STORAGE           what must outlive the container (` + stateDir + `)

It becomes the supervisor: stop it with SIGINT, else the collector is not stopped in order.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runSupervisor(w, p) },
	}
	cmd.Flags().StringVar(&p.supervisor, "supervisor", supervisorPath, "the supervisor's `FILE`")
	cmd.Flags().StringVar(&p.collector, "collector", collectorPath, "the collector's `FILE`")
	return cmd
}

// runSupervisor writes the supervisor's file and becomes the supervisor, so that it
// is the one whom signals reach.
func runSupervisor(w world, p programs) error {
	file, token, err := fromEnvironment(w)
	if err != nil {
		return err
	}
	file.Collector = p.collector
	if err := os.MkdirAll(file.Storage, 0o700); err != nil {
		return storageError(err)
	}
	if err := lockStorage(file.Storage); err != nil {
		return err
	}
	if err := file.keepToken(token); err != nil {
		return storageError(err)
	}
	content, err := file.render()
	if err != nil {
		return err
	}
	settings := filepath.Join(file.Storage, "supervisor.yaml")
	if _, err := writeFile(settings, content, 0o600); err != nil {
		return storageError(err)
	}
	env := withEnv(w.environ, "DEPLOYMENT_ENV", file.Attributes[environmentAttribute])
	err = w.exec(p.supervisor, []string{p.supervisor, "--config", settings}, env)
	return fmt.Errorf("start the supervisor %s: %w", p.supervisor, err)
}

// keepToken makes a copy of the token without a line end, which belongs to the user
// that the supervisor runs as; or removes the one of an earlier start.
func (f *supervisorFile) keepToken(token string) error {
	path := filepath.Join(f.Storage, "agent.token")
	if token == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	f.TokenFile = path
	_, err := writeFile(path, []byte(token), 0o600)
	return err
}

// fromEnvironment reads what the container was given.
func fromEnvironment(w world) (supervisorFile, string, error) {
	file := supervisorFile{Attributes: map[string]string{}}
	var err error
	if file.OwnMetrics, err = strconv.ParseBool(orDefault(w.env("COLLECTOR_OWN_METRICS"), "true")); err != nil {
		return file, "", usagef("COLLECTOR_OWN_METRICS: %q is neither true nor false", w.env("COLLECTOR_OWN_METRICS"))
	}
	endpoint, err := parseEndpoint(orDefault(w.env("OPAMP_ENDPOINT"), defaultContainerEndpoint))
	if err != nil {
		return file, "", fmt.Errorf("OPAMP_ENDPOINT: %w", err)
	}
	file.Endpoint = endpoint.String()
	if file.CAFile, err = optionalAuthority(w.env("OPAMP_CA_FILE")); err != nil {
		return file, "", fmt.Errorf("OPAMP_CA_FILE: %w", err)
	}
	token, err := optionalToken(w.env("OLLYSTACK_AGENT_TOKEN_FILE"))
	if err != nil {
		return file, "", fmt.Errorf("OLLYSTACK_AGENT_TOKEN_FILE: %w", err)
	}
	if file.Identity, err = containerIdentity(w); err != nil {
		return file, "", err
	}
	if err := containerAttributes(w, file.Attributes); err != nil {
		return file, "", err
	}
	if file.LocalFiles, err = baseFiles(w.env("COLLECTOR_BASE_CONFIG")); err != nil {
		return file, "", fmt.Errorf("COLLECTOR_BASE_CONFIG: %w", err)
	}
	storage := orDefault(w.env("COLLECTOR_STORAGE"), stateDir)
	if !filepath.IsAbs(storage) {
		return file, "", usagef("COLLECTOR_STORAGE: %q is no absolute path", storage)
	}
	file.Storage = file.Identity.storage(storage)
	return file, token, nil
}

var roleForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

func containerIdentity(w world) (identity, error) {
	role := w.env("COLLECTOR_ROLE")
	if role != "" && !roleForm.MatchString(role) {
		return identity{}, usagef("COLLECTOR_ROLE: %q is not a word of small letters, such as gateway or agent", role)
	}
	id, err := newIdentity(w.env("COLLECTOR_INSTANCE_ID"), role)
	if err != nil {
		return id, fmt.Errorf("COLLECTOR_INSTANCE_ID: %w", err)
	}
	return id, nil
}

func containerAttributes(w world, attributes map[string]string) error {
	if err := addAttribute(attributes, environmentAttribute, orDefault(w.env("DEPLOYMENT_ENV"), defaultEnvironment)); err != nil {
		return fmt.Errorf("DEPLOYMENT_ENV: %w", err)
	}
	if role := w.env("COLLECTOR_ROLE"); role != "" {
		attributes["collector.role"] = role
	}
	more := strings.FieldsFunc(w.env("COLLECTOR_ATTRIBUTES"), func(r rune) bool { return r == ',' || r == '\n' })
	if err := addAttributes(attributes, more); err != nil {
		return fmt.Errorf("COLLECTOR_ATTRIBUTES: %w", err)
	}
	return nil
}

// optionalToken reads a token where there is one: a compose file that serves both
// kinds of control planes mounts an empty file where no token is wanted.
func optionalToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	content, err := readSmall(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && strings.TrimSpace(string(content)) == "" {
		return "", nil
	}
	return readToken(file)
}

// optionalAuthority is the file where it holds an authority, and nothing where it is empty:
// a compose file mounts one in any case. A file that is not there is a mistake.
func optionalAuthority(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	content, err := readSmall(file)
	if err == nil && len(bytes.TrimSpace(content)) == 0 {
		return "", nil
	}
	_, _, err = readAuthority(file)
	return file, err
}

// baseFiles lists files that must be there: the supervisor would only log that one
// is missing and start a collector without what is meant to be always in it.
func baseFiles(list string) ([]string, error) {
	var files []string
	for _, file := range strings.Split(list, ",") {
		if file = strings.TrimSpace(file); file == "" {
			continue
		}
		if !filepath.IsAbs(file) {
			return nil, usagef("%q is no absolute path", file)
		}
		if _, err := readSmall(file); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// lockStorage keeps a second agent from running with the same storage, and so the
// same UID. The lock lives as long as the supervisor that this process becomes, and
// its collector: they inherit the descriptor, which is why it is left open.
func lockStorage(dir string) error {
	fd, err := syscall.Open(filepath.Join(dir, "lock"), syscall.O_CREAT|syscall.O_RDWR, 0o600) // without O_CLOEXEC
	if err != nil {
		return storageError(err)
	}
	err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("another agent runs with the storage %s; give each a volume, a COLLECTOR_ROLE or a COLLECTOR_INSTANCE_ID of its own", dir)
	}
	if err != nil {
		return fmt.Errorf("lock the storage %s: %w", dir, err)
	}
	return nil
}

func storageError(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("the storage cannot be written to (%w); mount a volume there that belongs to the user %d", err, os.Getuid())
	}
	return fmt.Errorf("the storage: %w", err)
}

// withEnv is environ with one variable set: of two with one name, programs differ in
// which they take.
func withEnv(environ []string, name, value string) []string {
	var out []string
	for _, kv := range environ {
		if !strings.HasPrefix(kv, name+"=") {
			out = append(out, kv)
		}
	}
	return append(out, name+"="+value)
}

func orDefault(value, other string) string {
	if value == "" {
		return other
	}
	return value
}
