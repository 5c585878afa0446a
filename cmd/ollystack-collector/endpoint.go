package main

import (
	"net"
	"net/url"
	"strings"
)

// The control plane's port and path, unless its operator has changed them.
const (
	defaultPort = "4320"
	defaultPath = "/v1/opamp"
)

// parseEndpoint reads where the control plane listens. It demands the whole
// endpoint and, where only a part was given, says what the whole one probably is:
// a guess that is written down silently fails later, on a node nobody looks at.
func parseEndpoint(text string) (*url.URL, error) {
	if text == "" {
		return nil, usagef("which control plane? Give its endpoint, such as wss://HOST:%s%s", defaultPort, defaultPath)
	}
	scheme, _, hasScheme := strings.Cut(text, "://")
	if !hasScheme {
		return nil, usagef("the endpoint %q has no scheme; did you mean %s?", text, complete("wss", text))
	}
	switch scheme {
	case "ws", "wss", "http", "https":
	default:
		return nil, usagef("the endpoint %q begins with none of wss, ws, https and http; did you mean %s?",
			text, complete("wss", strings.TrimPrefix(text, scheme+"://")))
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, usagef("the endpoint is no URL: %w", withoutURL(err))
	}
	switch {
	case u.User != nil:
		return nil, usagef("the endpoint holds a user or password; the token goes into --token-file")
	case u.Hostname() == "":
		return nil, usagef("the endpoint %q names no host: wss://HOST:%s%s", text, defaultPort, defaultPath)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, usagef("the endpoint %q has more than scheme, host, port and path", text)
	case strings.ContainsAny(text, "\"\\$` \t"):
		return nil, usagef("the endpoint %q holds characters that no endpoint needs", text)
	case u.Path == "" || u.Path == "/":
		return nil, usagef("the endpoint %q has no path; did you mean %s?", text, complete(asWebSocket(scheme), u.Host))
	}
	return u, nil
}

// complete makes an endpoint of a host, with or without a port and a path.
func complete(scheme, rest string) string {
	host, path, _ := strings.Cut(rest, "/")
	if path = "/" + path; path == "/" {
		path = defaultPath
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		if strings.Count(host, ":") > 1 && !strings.HasPrefix(host, "[") {
			host = "[" + host + "]"
		}
		host += ":" + defaultPort
	}
	return scheme + "://" + host + path
}

// asWebSocket is the scheme that keeps one connection open and is as safe.
func asWebSocket(scheme string) string {
	if scheme == "https" || scheme == "wss" {
		return "wss"
	}
	return "ws"
}

// encrypted tells whether the endpoint is reached by TLS.
func encrypted(u *url.URL) bool { return u.Scheme == "wss" || u.Scheme == "https" }

// withoutURL drops the URL from an error of net/url or net/http, where it stands twice.
func withoutURL(err error) error {
	if e, ok := err.(*url.Error); ok { //nolint:errorlint // only the outermost one is meant
		return e.Err
	}
	return err
}
