package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// credentials makes a folder as systemd does, of names and contents.
func credentials(t *testing.T, files map[string]string) (dir string, environ []string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	return dir, []string{"CREDENTIALS_DIRECTORY=" + dir}
}

// TestCredentials: a credential is the value of the setting with its name, or
// the file that the setting names; it wins over the file and loses to the environment.
func TestCredentials(t *testing.T) {
	t.Parallel()
	dir, environ := credentials(t, map[string]string{
		"credentials_redis.url": "redis://u:verysecret@h:1\n", "credentials_tls.key_file": "a key", "tls.cert_file": "a certificate",
		"guard.max_agents": "7", "credentials_redis.key_prefix": "from a credential", "token": "is for client commands",
	})
	file := filepath.Join(t.TempDir(), "ollystack.yaml")
	if err := os.WriteFile(file, []byte("guard: {max_agents: 6}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(Options{Environ: append(environ, "OLLYSTACK_REDIS_KEY_PREFIX=from the environment"), DefaultFile: file})
	if err != nil {
		t.Fatalf("Load = %v, want nil", err)
	}
	s := loaded.Settings
	if s.Redis.URL.Reveal() != "redis://u:verysecret@h:1" || s.Guard.MaxAgents != 7 || s.Redis.KeyPrefix != "from the environment" {
		t.Errorf("Load = %+v, want redis.url and guard.max_agents from the credentials, redis.key_prefix from the environment", s)
	}
	want := TLS{CertFile: filepath.Join(dir, "tls.cert_file"), KeyFile: filepath.Join(dir, "credentials_tls.key_file")}
	if s.TLS != want {
		t.Errorf("tls = %+v, want the credentials' own paths %+v", s.TLS, want)
	}
	if got, want := loaded.Origin("redis.url"), "credential "+filepath.Join(dir, "credentials_redis.url"); got != want {
		t.Errorf("Origin(redis.url) = %q, want %q", got, want)
	}
	var out strings.Builder
	if err := loaded.Print(&out); err != nil || strings.Contains(out.String(), "verysecret") {
		t.Errorf("Print = %v\n%s\nwant no password", err, &out)
	}
}

// TestCredentialFaults: what is no setting, empty or of no use stops the start, with all else that is wrong, and is not quoted.
func TestCredentialFaults(t *testing.T) {
	t.Parallel()
	dir, environ := credentials(t, map[string]string{
		"credentials_redis.ulr": "verysecret", "README": "verysecret", "redis.url": "verysecret@", "credentials_listen": "\n", "tls.cert_file": "x",
	})
	if err := os.Mkdir(filepath.Join(dir, "data_dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Load(Options{Environ: environ})
	if err == nil {
		t.Fatal("Load = nil, want faults")
	}
	for _, want := range []string{
		"6 faults",
		"credentials_redis.ulr: no such setting; did you mean redis.url?",
		"README: no such setting: a credential has the name of one",
		"/redis.url: redis.url: wants host:port",
		"credentials_listen: listen: is empty; remove the file for the default",
		"/data_dir: data_dir: cannot be read: is a directory",
		"/tls.cert_file: tls.cert_file: wants tls.key_file beside it",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Load = %v\nwant %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "verysecret") {
		t.Errorf("Load = %v, which tells a secret", err)
	}
	if _, err := Load(Options{Environ: []string{"CREDENTIALS_DIRECTORY=/nosuch"}}); err == nil || !strings.Contains(err.Error(), "credential /nosuch: cannot be read: no such file") {
		t.Errorf("Load without its folder of credentials = %v, want a fault", err)
	}
}
