//go:build appliance

package beside

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
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// certified is the name in the control plane's certificate. No name server knows it.
const certified = "fleet.example"

// useTLS gives the control plane a certificate of an authority that nobody else knows, from its
// next start on, and tells the stack's settings of it.
func (m *machine) useTLS() {
	m.t.Helper()
	dir := m.t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	authority, authorityKey := certificate(m.t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	server, serverKey := certificate(m.t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "control plane"}, DNSNames: []string{certified},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority, authorityKey)
	key, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(file("ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw}))
	m.write(file("tls.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Raw}))
	m.write(file("tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))

	m.settings = append(m.settings, "OLLYSTACK_TLS_CERT_FILE="+file("tls.crt"), "OLLYSTACK_TLS_KEY_FILE="+file("tls.key"))
	env, err := os.ReadFile(m.env)
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(m.env, fmt.Appendf(env, "OPAMP_ENDPOINT=wss://%[1]s:4320/v1/opamp\nCONTROL_PLANE_NAME=%[1]s\nOPAMP_CA_FILE=%[2]s\n", certified, file("ca.pem")))

	trusted := x509.NewCertPool()
	trusted.AddCert(authority)
	m.server = "https://127.0.0.1:4320"
	m.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: certified, MinVersion: tls.VersionTLS12}}}
	m.t.Cleanup(m.client.CloseIdleConnections)
}

// certificate makes a key and a certificate for it, signed by the issuer, or by itself where there is none.
func certificate(t *testing.T, template, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (m *machine) write(path string, content []byte) {
	m.t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		m.t.Fatal(err)
	}
}
