package app

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/internal/settings"
)

// certificateAge is how long a certificate is shown before its files are read again.
const certificateAge = 2 * time.Second

// certificate is the server's, read again when its files change. A pair that
// cannot be used, half-written for example, leaves the one before it in place.
type certificate struct {
	files settings.TLS
	log   *slog.Logger
	now   func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	content pemPair // what pair was made of
	refused pemPair // the last content that could not be used
	unread  bool    // the files could not be read the last time
	checked time.Time
}

// pemPair is the content of the two files.
type pemPair struct{ cert, key []byte }

func (p pemPair) equal(q pemPair) bool {
	return bytes.Equal(p.cert, q.cert) && bytes.Equal(p.key, q.key)
}

// loadCertificate reads the files for the first time; nil where TLS is off.
func loadCertificate(files settings.TLS, log *slog.Logger, registry prometheus.Registerer) (*certificate, error) {
	if !files.Enabled() {
		return nil, nil
	}
	c := &certificate{files: files, log: log, now: time.Now}
	content, err := c.read()
	if err != nil {
		return nil, err
	}
	pair, err := content.parse()
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", files.CertFile, files.KeyFile, err)
	}
	c.pair, c.content, c.checked = pair, content, c.now()
	c.warnOfTime(pair)
	return c, registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ollystack_tls_certificate_not_after_seconds",
		Help: "When the server's certificate expires, in seconds since 1970.",
	}, func() float64 { return float64(c.current().Leaf.NotAfter.Unix()) }))
}

// config is the server's side of TLS.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

// current returns the newest pair that could be used. The files themselves are
// compared, not their times: a time can stay the same, and a symbolic link can change.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.checked) < certificateAge {
		return c.pair
	}
	c.checked = now
	content, err := c.read()
	if err != nil {
		if !c.unread {
			c.log.Warn("the certificate cannot be read again; the one before stays", "err", err)
		}
		c.unread = true
		return c.pair
	}
	c.unread = false
	if content.equal(c.content) || content.equal(c.refused) {
		return c.pair
	}
	pair, err := content.parse()
	if err != nil {
		c.refused = content
		c.log.Warn("the new certificate cannot be used; the one before stays",
			"cert_file", c.files.CertFile, "key_file", c.files.KeyFile, "err", err)
		return c.pair
	}
	c.pair, c.content, c.refused = pair, content, pemPair{}
	c.log.Info("the certificate was renewed", "cert_file", c.files.CertFile, "not_after", pair.Leaf.NotAfter)
	c.warnOfTime(pair)
	return pair
}

func (c *certificate) read() (pemPair, error) {
	cert, certErr := os.ReadFile(c.files.CertFile)
	key, keyErr := os.ReadFile(c.files.KeyFile)
	return pemPair{cert, key}, errors.Join(certErr, keyErr)
}

// parse makes a certificate of the content, and checks that the key is its own.
func (p pemPair) parse() (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(p.cert, p.key)
	if err != nil {
		return nil, err
	}
	return &pair, nil
}

// warnOfTime says so where the certificate is of no use at this time of day.
func (c *certificate) warnOfTime(pair *tls.Certificate) {
	now := c.now()
	if now.Before(pair.Leaf.NotBefore) || now.After(pair.Leaf.NotAfter) {
		c.log.Warn("the certificate is not valid now; clients will refuse it", "cert_file", c.files.CertFile,
			"not_before", pair.Leaf.NotBefore, "not_after", pair.Leaf.NotAfter)
	}
}
