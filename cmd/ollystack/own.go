package main

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/settings"
)

// baseURL is where the server with these settings answers on this machine.
func baseURL(s settings.Settings) (string, error) {
	address := app.LocalAddress(s.Listen)
	if _, port, err := net.SplitHostPort(address); err == nil && port == "0" {
		return "", errors.New("the server listens on whichever port is free")
	}
	if s.TLS.Enabled() {
		return "https://" + address, nil
	}
	return "http://" + address, nil
}

// ownServer is the server that runs on this machine by the settings in the file,
// the credentials and the environment. Its certificate is for the name that
// clients use, not for an address of this machine; so conf is made to take the
// one in tls.cert_file and no other, which whoever else has the port has no key for.
func ownServer(s surroundings, conf *tls.Config) (*url.URL, error) {
	loaded, err := settings.Load(settings.Options{Environ: s.environ, DefaultFile: settings.DefaultFile})
	if err != nil {
		return nil, faults(err)
	}
	base, err := baseURL(loaded.Settings)
	if err != nil {
		return nil, err
	}
	if files := loaded.Settings.TLS; files.Enabled() {
		conf.InsecureSkipVerify = true
		conf.VerifyConnection = func(state tls.ConnectionState) error { return isOwn(state, files) }
	}
	return url.Parse(base)
}

// isOwn compares what a server shows with what is in the file, where a new certificate may just have been laid.
func isOwn(state tls.ConnectionState, files settings.TLS) error {
	text, err := os.ReadFile(files.CertFile)
	if err != nil {
		return fmt.Errorf("read the server's own certificate: %w", err)
	}
	own, _ := pem.Decode(text)
	if own == nil || !bytes.Equal(state.PeerCertificates[0].Raw, own.Bytes) {
		return fmt.Errorf("the server on this machine does not show the first certificate in %s; where that comes from the credentials, "+
			"the server reads it at its start only: restart it", files.CertFile)
	}
	return nil
}

// proxy is none for the server on this machine.
func proxy(o remoteOptions) func(*http.Request) (*url.URL, error) {
	if o.local {
		return nil
	}
	return http.ProxyFromEnvironment
}
