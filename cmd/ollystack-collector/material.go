package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// maxMaterial bounds what is read from a token's or an authority's file: /dev/zero
// is a file as well.
const maxMaterial = 4 << 20

// tokenForm is what a bearer token may consist of. Source: RFC 6750, section 2.1.
// It also keeps a token from meaning something in the supervisor's file.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// readToken reads the token in a file. The error never holds what is in it.
func readToken(file string) (string, error) {
	content, err := readSmall(file)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(content))
	switch {
	case token == "":
		return "", fmt.Errorf("the token file %s is empty", file)
	case strings.HasPrefix(token, "-----BEGIN"):
		return "", fmt.Errorf("the token file %s holds a certificate or a key, and no token", file)
	case strings.ContainsAny(token, "\r\n"):
		return "", fmt.Errorf("the token file %s has several lines; a token is one", file)
	case len(token) < 16 || len(token) > 4096 || !tokenForm.MatchString(token):
		return "", fmt.Errorf("the token file %s holds something that is no token; the control plane's begin with olly_ "+
			"(`ollystack token create NAME --role agent` makes one)", file)
	}
	return token, nil
}

// readAuthority reads certificates to trust and returns them as they are written down.
func readAuthority(file string) ([]byte, *x509.CertPool, error) {
	content, err := readSmall(file)
	if err != nil {
		return nil, nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	found := 0
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch {
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil, nil, fmt.Errorf("the file %s holds a private key; only the authority's certificate belongs on a node", file)
		case block.Type != "CERTIFICATE":
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("a certificate in %s cannot be read: %w", file, err)
		}
		pool.AddCert(cert)
		found++
	}
	if found == 0 {
		return nil, nil, fmt.Errorf("the file %s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", file)
	}
	return content, pool, nil
}

func readSmall(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxMaterial+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxMaterial {
		return nil, fmt.Errorf("%s is too large", file)
	}
	return content, nil
}
