//go:build e2e

package rediscache

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

const secret = "pa:ss@w/rd#1"

func TestConnects(t *testing.T) {
	plain := startRedis(t)
	locked := startRedis(t, "--requirepass", secret)
	locked.doAs(secret, "ACL", "SETUSER", "ollystack", "on", ">"+secret, "~ollystack:*",
		"-@all", "+get", "+getrange", "+set", "+del", "+scan", "+select")
	const escaped = "pa%3Ass%40w%2Frd%231"
	cases := map[string]struct {
		server *redisServer
		url    string
	}{
		"host:port":                        {plain, plain.addr},
		"a blank around it":                {plain, " " + plain.addr + "\n"},
		"redis://":                         {plain, "redis://" + plain.addr},
		"a database":                       {plain, "redis://" + plain.addr + "/3"},
		"unix://":                          {plain, "unix://" + plain.socket},
		"a password":                       {locked, "redis://:" + escaped + "@" + locked.addr},
		"a password over unix://":          {locked, "unix://:" + escaped + "@" + locked.socket},
		"a user with the fewest commands":  {locked, "redis://ollystack:" + escaped + "@" + locked.addr},
		"the same in database 0, said so":  {locked, "redis://ollystack:" + escaped + "@" + locked.addr + "/0"},
		"the oldest protocol, no HELLO":    {startRedis(t, "--rename-command", "HELLO", ""), ""},
		"no INFO":                          {startRedis(t, "--rename-command", "INFO", ""), ""},
		"neither CLIENT nor COMMAND":       {startRedis(t, "--rename-command", "CLIENT", "", "--rename-command", "COMMAND", ""), ""},
		"a client that is thrown out soon": {startRedis(t, "--timeout", "1"), ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			url := tc.url
			if url == "" {
				url = tc.server.addr
			}
			c := openCache(t, mem.New(), Options{URL: url})
			putAgents(t, c, 1, 3, 1)
			waitStatus(t, c, fleet.CheckOK)
			eventually(t, "the agent is published", func() error {
				return c.client.Get(t.Context(), agentKey(testUID(1)).named(defaultPrefix)).Err()
			})
		})
	}
}

// TLS is checked against the system's certificates; SSL_CERT_FILE adds a private one.
func TestConnectsWithTLS(t *testing.T) {
	dir := t.TempDir()
	ca, cert, key := makeCertificates(t, dir)
	t.Setenv("SSL_CERT_FILE", ca)
	server := startRedis(t)
	server.kill()
	tlsAddr := freeAddress(t)
	_, tlsPort, _ := net.SplitHostPort(tlsAddr)
	server.args = []string{
		"--tls-port", tlsPort, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca, "--tls-auth-clients", "no",
	}
	server.start()

	r := newRig(t, server, Options{URL: "rediss://" + tlsAddr})
	r.wantHit(1, 1)

	other, otherCert, otherKey := makeCertificates(t, t.TempDir())
	server.kill()
	for i, arg := range server.args {
		server.args[i] = map[string]string{ca: other, cert: otherCert, key: otherKey}[arg]
		if server.args[i] == "" {
			server.args[i] = arg
		}
	}
	server.start()
	waitStatus(t, r.cache, fleet.CheckDegraded)
	r.wantFullSpeed(1)
	if got := r.cache.Check(t.Context()); got.Status != fleet.CheckDegraded {
		t.Errorf("Check() with a certificate of another authority = %+v, want degraded", got)
	}
}

// makeCertificates returns files of an authority and of a server's certificate and key for 127.0.0.1.
func makeCertificates(t *testing.T, dir string) (ca, cert, key string) {
	t.Helper()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, authority, authority, &caKey.PublicKey, caKey)
	must(err)
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "redis"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, &serverKey.PublicKey, caKey)
	must(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(serverKey)
	must(err)
	return write("ca.pem", "CERTIFICATE", caDER), write("cert.pem", "CERTIFICATE", leafDER), write("key.pem", "PRIVATE KEY", keyDER)
}

// A password that the server refuses shows up nowhere.
func TestWrongPassword(t *testing.T) {
	server := startRedis(t, "--requirepass", "another")
	var log bytes.Buffer
	c := openCache(t, mem.New(), Options{
		URL:    "redis://:pa%3Ass%40w%2Frd%231@" + server.addr,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	putAgents(t, c, 1, 3, 1)
	eventually(t, "the health check says what is wrong", func() error {
		if got := c.Check(t.Context()); !strings.Contains(got.Detail, "password") {
			return errors.New(got.Detail)
		}
		return nil
	})
	detail := c.Check(t.Context()).Detail
	server.doAs("another", "CONFIG", "SET", "requirepass", secret)
	waitStatus(t, c, fleet.CheckOK)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"log": log.String(), "Check": detail} {
		if strings.Contains(text, secret) || strings.Contains(text, "pa%3A") {
			t.Errorf("the %s holds the password: %s", what, text)
		}
	}
	if !strings.Contains(log.String(), "kind=auth") {
		t.Errorf("log = %q, want a line with kind=auth", log.String())
	}
}
