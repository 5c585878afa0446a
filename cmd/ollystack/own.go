package main

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

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

// installedCredentials is where the package's unit has its credentials from.
const installedCredentials = "/etc/ollystack/credentials"

// ownSettings are those of the server that runs on this machine, as a client of
// it knows them. Root, who may read the credentials of its unit, takes them into account.
func ownSettings(s surroundings, flags *pflag.FlagSet) (settings.Settings, error) {
	environ := s.Environ
	if !slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, "CREDENTIALS_DIRECTORY=") }) {
		if _, err := os.ReadDir(installedCredentials); err == nil {
			environ = append(slices.Clone(environ), "CREDENTIALS_DIRECTORY="+installedCredentials)
		}
	}
	loaded, err := settings.Load(settings.Options{Flags: flags, Environ: environ, DefaultFile: settings.DefaultFile})
	if err != nil {
		return settings.Settings{}, faults(err)
	}
	return loaded.Settings, nil
}

// ownServer is the server that runs on this machine by the settings in the file,
// the credentials and the environment. Its certificate is for the name that
// clients use, not for an address of this machine; so conf is made to take the
// one in tls.cert_file and no other, which whoever else has the port has no key for.
func ownServer(s surroundings, conf *tls.Config) (*url.URL, error) {
	own, err := ownSettings(s, nil)
	if err != nil {
		return nil, err
	}
	base, err := baseURL(own)
	if err != nil {
		return nil, err
	}
	if files := own.TLS; files.Enabled() {
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
