package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// probeTime is how long the control plane has to answer.
const probeTime = 10 * time.Second

// probe asks the endpoint, as the supervisor will, whether it is one and takes the
// token. It sends no message: the server says how it wants to be spoken to, after it
// has looked at the token, and no agent comes into being by that.
func probe(ctx context.Context, endpoint *url.URL, token string, trusted *x509.CertPool) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	u := *endpoint
	u.Scheme = "http"
	if encrypted(endpoint) {
		u.Scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted},
		},
		// The token is for this server alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return explain(endpoint, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return fmt.Errorf("%s breaks off in its answer: %w", endpoint.Host, err)
	}
	return judge(endpoint, token, res, strings.TrimSpace(string(body)))
}

// judge reads an answer. An OpAMP server refuses the request as it was made, for
// the reason that it is no WebSocket handshake; that is what a good answer looks like.
func judge(endpoint *url.URL, token string, res *http.Response, body string) error {
	switch res.StatusCode {
	case http.StatusUpgradeRequired, http.StatusMethodNotAllowed:
		return nil
	case http.StatusUnauthorized:
		if token == "" {
			return fmt.Errorf("%s wants a token: give the enrolment token with --token-file", endpoint.Host)
		}
		return fmt.Errorf("%s does not take the token: it must be one of this control plane, not revoked, with the role agent "+
			"(`ollystack token create NAME --role agent` there makes one)", endpoint.Host)
	case http.StatusForbidden:
		return fmt.Errorf("%s is reached and refuses: %s", endpoint.Host, orStatus(body, res))
	case http.StatusNotFound:
		return fmt.Errorf("%s is reached and has nothing at %s; the control plane's path is %s unless its setting opamp.path says otherwise",
			endpoint.Host, endpoint.Path, defaultPath)
	case http.StatusBadRequest:
		if strings.Contains(body, "HTTPS server") {
			return fmt.Errorf("%s speaks TLS: use %s", endpoint.Host, withScheme(endpoint, map[string]string{"ws": "wss", "http": "https"}))
		}
		if strings.Contains(strings.ToLower(body), "websocket") || strings.Contains(strings.ToLower(body), "upgrade") {
			return nil // other servers' way to say 426
		}
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return fmt.Errorf("%s is reached and too busy or stopping (%s); try again in a moment", endpoint.Host, res.Status)
	}
	if res.StatusCode/100 == 3 {
		return fmt.Errorf("%s sends one elsewhere (%s, to %q); give the endpoint of the control plane itself",
			endpoint.Host, res.Status, res.Header.Get("Location"))
	}
	return fmt.Errorf("%s answers %s, and not as an OpAMP server does; is something else listening there, or a proxy between?", endpoint.Host, res.Status)
}

func orStatus(body string, res *http.Response) string {
	if body == "" {
		return res.Status
	}
	return body
}

func withScheme(endpoint *url.URL, schemes map[string]string) string {
	u := *endpoint
	if s, ok := schemes[u.Scheme]; ok {
		u.Scheme = s
	}
	return u.String()
}

// explain says why there was no answer, and what to do.
func explain(endpoint *url.URL, err error) error {
	err = withoutURL(err)
	host := endpoint.Host
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("the certificate of %s comes from an authority that is not trusted here (%w); give its certificate with --ca-file", host, e)
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Errorf("the certificate of %s is for another name (%w); use a name that is in it, or have one issued for this name", host, e)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return fmt.Errorf("the certificate of %s is expired or not valid yet (%w); see to the certificate, and to the clock of this machine", host, e)
		}
		return fmt.Errorf("the certificate of %s cannot be used: %w", host, e)
	}
	if e, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fmt.Errorf("%s does not speak TLS (%w): set up TLS there, or use %s, which sends the token unencrypted", host, e,
			withScheme(endpoint, map[string]string{"wss": "ws", "https": "http"}))
	}
	if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return fmt.Errorf("%s does not speak TLS: set it up there, or use %s, which sends the token unencrypted", host,
			withScheme(endpoint, map[string]string{"wss": "ws", "https": "http"}))
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("the name of %s cannot be looked up (%w); is it spelt right, and does this machine's DNS or /etc/hosts know it?", host, e)
	}
	return fmt.Errorf("%s cannot be reached (%w); does the control plane run, is the port right, does a firewall let this machine through?", host, err)
}
