//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority issues certificates for 127.0.0.1 while a test runs.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	dir  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "e2e authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, cert: cert, dir: t.TempDir()}
	writePEM(t, a.file("ca.pem"), "CERTIFICATE", der)
	return a
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// issue replaces cert.pem and key.pem with a fresh pair.
func (a *authority) issue(t *testing.T, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "control plane"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.file("cert.pem"), "CERTIFICATE", der)
	writePEM(t, a.file("key.pem"), "PRIVATE KEY", keyDER)
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// client trusts the authority; every request makes a new connection.
func (a *authority) client() *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
}

// TestTLS: an agent comes in over wss with the certificate checked, and a renewed
// certificate is served without a restart and without losing the agent.
func TestTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	ca.issue(t, 100)
	s := startServer(t, serverOptions{
		Settings: fmt.Sprintf("tls: {cert_file: %s, key_file: %s}", ca.file("cert.pem"), ca.file("key.pem")),
		HTTP:     ca.client(),
	})
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{Scheme: "wss", CA: ca.file("ca.pem")})
	before := s.joins(t, sv)

	old := &tls.Config{RootCAs: s.roots(), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", s.address, old); err == nil {
		conn.Close()
		t.Error("a TLS 1.1 handshake succeeds, want it refused")
	}
	if got := s.serial(t); got != 100 {
		t.Fatalf("serial of the server's certificate = %d, want 100", got)
	}
	ca.issue(t, 101)
	eventually(t, 60*time.Second, "the renewed certificate is served", func() error {
		if got := s.serial(t); got != 101 {
			return fmt.Errorf("its serial is %d", got)
		}
		return nil
	})
	if after, err := s.agent("edge-1"); err != nil || !after.Connected || !after.ConnectedAt.Equal(before.ConnectedAt) {
		t.Errorf("agent after the renewal: connected = %v since %v, %v; want since %v", after.Connected, after.ConnectedAt, err, before.ConnectedAt)
	}
}

func (c *client) roots() *x509.CertPool {
	return c.http.Transport.(*http.Transport).TLSClientConfig.RootCAs
}

// serial is that of the certificate that the server shows now.
func (s *server) serial(t *testing.T) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", s.address, &tls.Config{RootCAs: s.roots(), MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatalf("TLS handshake: %v", err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}
