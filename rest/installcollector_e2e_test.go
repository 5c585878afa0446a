//go:build e2e

package rest_test

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

// node is a machine as install-collector.sh sees it: the real tools, but what
// would change this machine is written down instead.
type node struct{ bin, done string }

// newNode makes one with the named package manager and downloader.
func newNode(t *testing.T, manager, downloader string) *node {
	t.Helper()
	n := &node{bin: t.TempDir()}
	n.done = filepath.Join(n.bin, "done")
	for _, tool := range []string{"sh", "sed", "sort", "tail", "tr", "mktemp", "chmod", "cat", "rm", "sha256sum", "basename", "base64", "gpgv"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(n.bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	real, err := exec.LookPath(downloader)
	if err != nil {
		t.Fatalf("this test needs %s (hack/test-deps installs it): %v", downloader, err)
	}
	n.stub(t, downloader, `echo "$0 $*" >>`+n.done+`; exec `+real+` "$@"`)
	n.stub(t, "id", "echo 0")
	n.stub(t, "uname", "echo x86_64")
	n.stub(t, "ollystack-collector", `echo "ollystack-collector $*" >>`+n.done)
	if manager == "dpkg" {
		n.stub(t, "dpkg", `case $1 in --print-architecture) echo amd64 ;; -i) echo "dpkg -i $(basename "$2") $(cat "$2")" >>`+n.done+` ;; esac`)
	} else {
		n.stub(t, "dpkg", "exit 1") // a tool, on a machine that is not Debian
		n.stub(t, "rpm", `shift $(($# - 1)); echo "rpm -U $(basename "$1") $(cat "$1")" >>`+n.done)
	}
	return n
}

func (n *node) stub(t *testing.T, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(n.bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// run runs the script and returns what was done and what it said.
func (n *node) run(t *testing.T, args ...string) (done, said string, err error) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"install-collector.sh"}, args...)...)
	cmd.Env = []string{"PATH=" + n.bin, "TMPDIR=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	text, readErr := os.ReadFile(n.done)
	if readErr != nil && !os.IsNotExist(readErr) {
		t.Fatal(readErr)
	}
	if left, globErr := filepath.Glob(strings.TrimPrefix(cmd.Env[1], "TMPDIR=") + "/*"); globErr != nil || len(left) > 0 {
		t.Errorf("the script leaves %v behind, %v", left, globErr)
	}
	return string(text), string(out), err
}

// TestInstallCollector: the newest package of the node's kind, checked, installed, enrolled, and the token in no command line.
func TestInstallCollector(t *testing.T) {
	w, dir := packagesWorld(t, withTokens, func(s *setup) { s.tls = true })
	sums := ""
	for _, name := range []string{
		"ollystack-collector_0.9.0_amd64.deb", "ollystack-collector_0.10.0~git20261126T010800.69cc567_amd64.deb", "ollystack-collector_0.10.0_amd64.deb",
		"ollystack-collector_0.11.0_arm64.deb", "ollystack-control-plane_9.0.0_amd64.deb",
		"ollystack-collector-0.10.0-1.x86_64.rpm", "ollystack-collector-0.10.0~rc1-1.x86_64.rpm", "ollystack-collector-0.11.0-1.aarch64.rpm",
	} {
		writeFile(t, filepath.Join(dir, name), "content of "+name)
		sums += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte("content of "+name)), name)
	}
	writeFile(t, filepath.Join(dir, "SHA256SUMS"), sums)
	token := w.newToken(fleet.RoleAgent)
	files := t.TempDir()
	tokenFile, caFile := filepath.Join(files, "enrolment.token"), filepath.Join(files, "ca.pem")
	writeFile(t, tokenFile, token+"\n")
	writeFile(t, caFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw})))

	for _, c := range []struct{ manager, downloader, installs string }{
		{"dpkg", "curl", "dpkg -i ollystack-collector_0.10.0_amd64.deb content of ollystack-collector_0.10.0_amd64.deb\n"},
		{"dpkg", "wget", "dpkg -i ollystack-collector_0.10.0_amd64.deb content of "},
		{"rpm", "curl", "rpm -U ollystack-collector-0.10.0-1.x86_64.rpm content of "},
	} {
		done, said, err := newNode(t, c.manager, c.downloader).run(t,
			"--server", w.server.URL+"/", "--token-file", tokenFile, "--ca-file", caFile, "--", "--instance-id", "edge-1")
		enrols := fmt.Sprintf("ollystack-collector enrol --ca-file %s --token-file %s --endpoint wss%s/v1/opamp --instance-id edge-1\n",
			caFile, tokenFile, strings.TrimPrefix(w.server.URL, "https"))
		if err != nil || !strings.Contains(done, c.installs) || !strings.HasSuffix(done, enrols) {
			t.Errorf("with %s and %s: %v\n%s\ndid\n%s\nwant %s and %s", c.manager, c.downloader, err, said, done, c.installs, enrols)
		}
		if strings.Contains(done+said, token) {
			t.Errorf("with %s and %s the token is in a command line or told:\n%s%s", c.manager, c.downloader, done, said)
		}
	}

	// Nothing is installed of what is not what the sums say, or where something is missing.
	refused := func(what, want string, args ...string) {
		t.Helper()
		done, said, err := newNode(t, "dpkg", "curl").run(t, args...)
		if err == nil || strings.Contains(done, "dpkg -i") || strings.Contains(done, "enrol") || !strings.Contains(said, want) {
			t.Errorf("%s: %v\n%s\ndid\n%s\nwant nothing installed and %q", what, err, said, done, want)
		}
	}
	all := []string{"--server", w.server.URL, "--token-file", tokenFile, "--ca-file", caFile}
	writeFile(t, filepath.Join(dir, "ollystack-collector_0.10.0_amd64.deb"), "something else")
	refused("another content", "is not what SHA256SUMS says", all...)
	writeFile(t, filepath.Join(dir, "SHA256SUMS"), "")
	refused("no package", "no ollystack-collector package for amd64", all...)
	refused("an unknown authority", "cannot get", all[:4]...)
	refused("no token", "is the token right", append(all[:2:2], all[4:]...)...)
	writeFile(t, tokenFile, "two words\"\nheader = x")
	refused("what is no token", "does not hold a token", all...)
	refused("no server", "Give --server", all[2:]...)
	refused("a typing mistake", "unknown option: --tokenfile", "--tokenfile", tokenFile)
	if got := w.do("GET", "/packages/SHA256SUMS", nil); got.status != http.StatusUnauthorized {
		t.Errorf("GET /packages/SHA256SUMS without a token = %d, want 401", got.status)
	}
}

// TestInstallCollectorChecksTheSignature: given the maker's key, nothing is installed that its owner has not signed.
func TestInstallCollectorChecksTheSignature(t *testing.T) {
	w, dir := packagesWorld(t)
	const name, content = "ollystack-collector_1.0.0_amd64.deb", "the package"
	writeFile(t, filepath.Join(dir, name), content)
	sums := filepath.Join(dir, "SHA256SUMS")
	writeFile(t, sums, fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(content)), name))
	maker, other := newMaker(t), newMaker(t)
	install := func(key, want string) {
		t.Helper()
		done, said, err := newNode(t, "dpkg", "curl").run(t, "--server", w.server.URL, "--key", key)
		if want == "" && (err != nil || !strings.Contains(done, "dpkg -i "+name)) {
			t.Errorf("what its maker has signed: %v\n%s\ndid\n%s\nwant it installed", err, said, done)
		}
		if want != "" && (err == nil || strings.Contains(done, "dpkg -i") || !strings.Contains(said, want)) {
			t.Errorf("%v\n%s\ndid\n%s\nwant nothing installed and %q", err, said, done, want)
		}
	}

	install(maker.key, "the server's packages are not signed")
	maker.sign(t, sums)
	install(maker.key, "")
	install(other.key, "is not signed with the key in "+other.key)
	install(sums, "is not signed with the key") // a file that holds no key
	install(filepath.Join(dir, "nowhere"), "cannot read")
	writeFile(t, sums, fmt.Sprintf("%x  %s\n# one line more\n", sha256.Sum256([]byte(content)), name))
	install(maker.key, "is not signed with the key")
}

// maker is who signs packages: a key of its own, and the file with its public half.
type maker struct{ home, key string }

func newMaker(t *testing.T) maker {
	t.Helper()
	home, err := os.MkdirTemp("", "gpg-") // the agent's socket must have a short path
	if err != nil {
		t.Fatal(err)
	}
	m := maker{home, filepath.Join(t.TempDir(), "key.asc")}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	m.gpg(t, "--passphrase", "", "--quick-generate-key", "Maker <maker@example.org>", "ed25519", "sign", "1d")
	m.gpg(t, "--armor", "--output", m.key, "--export")
	return m
}

func (m maker) sign(t *testing.T, file string) {
	t.Helper()
	m.gpg(t, "--yes", "--armor", "--detach-sign", "--output", file+".asc", file)
}

func (m maker) gpg(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("gpg", append([]string{"--batch", "--homedir", m.home}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("gpg %v (hack/test-deps installs it): %v\n%s", args, err, out)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
