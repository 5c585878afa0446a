package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/internal/settings"
)

// pair makes a self-signed certificate for 127.0.0.1 and its key, in PEM.
func pair(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "control plane"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func writePair(t *testing.T, files settings.TLS, cert, key []byte) {
	t.Helper()
	writeFile(t, files.CertFile, string(cert))
	writeFile(t, files.KeyFile, string(key))
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func tlsFiles(t *testing.T) settings.TLS {
	t.Helper()
	dir := t.TempDir()
	return settings.TLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
}

// TestCertificateRenewal: what is shown while the files change, in steps as a tool may take them.
func TestCertificateRenewal(t *testing.T) {
	t.Parallel()
	files := tlsFiles(t)
	cert1, key1 := pair(t, 1)
	cert2, key2 := pair(t, 2)
	writePair(t, files, cert1, key1)
	log := &buffer{}
	c, err := loadCertificate(files, slog.New(slog.NewTextHandler(log, nil)), prometheus.NewRegistry())
	if err != nil {
		t.Fatalf("loadCertificate = %v", err)
	}
	now := time.Now()
	c.now = func() time.Time { return now }
	for _, step := range []struct {
		name     string
		change   func()
		want     int64
		warnings int // so far
	}{
		{"nothing changed", func() {}, 1, 0},
		{"the certificate is new, the key is not yet", func() { writePair(t, files, cert2, key1) }, 1, 1},
		{"still so", func() {}, 1, 1},
		{"the key is new too", func() { writePair(t, files, cert2, key2) }, 2, 1},
		{"half-written", func() { writePair(t, files, cert1[:40], key1) }, 2, 2},
		{"gone", func() { remove(t, files.CertFile) }, 2, 3},
		{"still gone", func() {}, 2, 3},
		{"the old pair is back", func() { writePair(t, files, cert1, key1) }, 1, 3},
	} {
		step.change()
		now = now.Add(certificateAge)
		if got := c.current().Leaf.SerialNumber.Int64(); got != step.want {
			t.Errorf("%s: serial = %d, want %d", step.name, got, step.want)
		}
		if got := strings.Count(log.String(), "level=WARN"); got != step.warnings {
			t.Errorf("%s: %d warnings, want %d:\n%s", step.name, got, step.warnings, log)
		}
	}
	writePair(t, files, cert2, key2)
	if got := c.current().Leaf.SerialNumber.Int64(); got != 1 {
		t.Errorf("serial right after the last look = %d, want 1: the files are not read at every handshake", got)
	}
}

func TestLoadCertificateRefuses(t *testing.T) {
	t.Parallel()
	files := tlsFiles(t)
	cert, _ := pair(t, 1)
	_, otherKey := pair(t, 2)
	writePair(t, files, cert, otherKey)
	_, err := loadCertificate(files, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), files.KeyFile) {
		t.Errorf("loadCertificate(another's key) = %v, want an error that names the files", err)
	}
}

// TestTLS: the whole port speaks TLS 1.2 at least, WebSockets included, and shows a renewed certificate.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.TLS = tlsFiles(t)
	cert, key := pair(t, 100)
	writePair(t, s.TLS, cert, key)
	srv := start(t, s)

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	conf := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true}}
	if status, _ := srv.do(t, client, "https", request{path: "/api/v1/health"}); status != http.StatusOK {
		t.Errorf("GET /api/v1/health over TLS = %d, want 200", status)
	}
	dialer := websocket.Dialer{TLSClientConfig: conf}
	ws, res, err := dialer.DialContext(t.Context(), "wss://"+srv.address+"/v1/opamp", nil)
	if err != nil {
		t.Fatalf("WebSocket over TLS: %v", err)
	}
	res.Body.Close()
	if err := ws.Close(); err != nil {
		t.Errorf("close the WebSocket: %v", err)
	}
	if _, err := tls.Dial("tcp", srv.address, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("a handshake with TLS 1.1 succeeds, want it refused")
	}

	renewed, renewedKey := pair(t, 101)
	writePair(t, s.TLS, renewed, renewedKey)
	roots.AppendCertsFromPEM(renewed)
	serial := int64(0)
	for deadline := time.Now().Add(patience); serial != 101 && time.Now().Before(deadline); {
		conn, err := tls.Dial("tcp", srv.address, conf)
		if err != nil {
			t.Fatalf("handshake: %v", err)
		}
		serial = conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
		conn.Close()
	}
	if serial != 101 {
		t.Errorf("serial %v after the renewal = %d, want 101", patience, serial)
	}
	if !strings.Contains(srv.stdout.String(), "wss://"+srv.address) {
		t.Errorf("the hints have no wss address:\n%s", srv.stdout)
	}
}
