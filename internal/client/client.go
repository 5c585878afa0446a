package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// DefaultTimeout bounds one request and its answer.
	DefaultTimeout = 30 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 20
)

// Options are what a client is made with. Only Server is needed.
type Options struct {
	Server    *url.URL
	Token     string        // sent as bearer token where it is not empty
	TLS       *tls.Config   // nil: the system's authorities
	Timeout   time.Duration // of one request; DefaultTimeout where it is 0
	UserAgent string
	Proxy     func(*http.Request) (*url.URL, error) // nil: none
}

// Client is the API of one server. It may be used by several goroutines.
type Client struct {
	base      *url.URL
	token     string
	userAgent string
	proxy     func(*http.Request) (*url.URL, error)
	http      *http.Client
}

// New makes a client. It asks nothing yet.
func New(o Options) *Client {
	return &Client{
		base: o.Server, token: o.Token, userAgent: o.UserAgent, proxy: o.Proxy,
		http: &http.Client{
			Timeout: cmp.Or(o.Timeout, DefaultTimeout),
			Transport: &http.Transport{
				Proxy: o.Proxy, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true,
				MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
			},
			// A token goes to the server that was named and to no other.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Server is the address that the client asks.
func (c *Client) Server() *url.URL { return c.base }

// call is one request.
type call struct {
	method      string
	path        []string // below api/v1; each part is escaped
	query       url.Values
	in          any    // sent as JSON, unless it is nil
	contentType string // of in, where it is not application/json
	ifMatch     string
	accept      string
	lastEvent   string // after which a stream of events begins
}

// do sends a request and reads its answer into out, unless that is nil. It returns the answer's header.
func (c *Client) do(ctx context.Context, r call, out any) (http.Header, error) {
	answer, header, err := c.text(ctx, r)
	if err != nil || out == nil || len(answer) == 0 {
		return header, err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return nil, notOurs(c, err)
	}
	return header, nil
}

// text is do for an answer that is not JSON.
func (c *Client) text(ctx context.Context, r call) ([]byte, http.Header, error) {
	res, err := c.send(ctx, c.http, r)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, nil, c.unreachable(ctx, res.Request, fmt.Errorf("read the answer of %s: %w", c.base.Host, err))
	case len(answer) > maxAnswer:
		return nil, nil, fmt.Errorf("the answer of %s is longer than %d bytes", c.base.Host, maxAnswer)
	}
	return answer, res.Header, nil
}

// send returns the answer if it is a success, and else the error that it tells of.
func (c *Client) send(ctx context.Context, with *http.Client, r call) (*http.Response, error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	res, err := with.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, req, err)
	}
	if res.StatusCode/100 == 2 {
		return res, nil
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	if err != nil {
		return nil, c.unreachable(ctx, req, fmt.Errorf("read the answer of %s: %w", c.base.Host, err))
	}
	return nil, c.problem(res, answer)
}

func (c *Client) request(ctx context.Context, r call) (*http.Request, error) {
	var body io.Reader
	if r.in != nil {
		text, err := json.Marshal(r.in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	u := c.base.JoinPath("api/v1")
	for _, part := range r.path {
		if part == "" || part == "." || part == ".." { // these are no names, and in a URL they lead elsewhere
			return nil, &Error{Kind: NotFound, Server: c.base.Host, cause: fmt.Errorf("nothing is called %q", part)}
		}
		u = u.JoinPath(url.PathEscape(part))
	}
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, err
	}
	header := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if r.in != nil {
		header("Content-Type", cmp.Or(r.contentType, "application/json"))
	}
	if c.token != "" {
		header("Authorization", "Bearer "+c.token)
	}
	header("User-Agent", c.userAgent)
	header("If-Match", r.ifMatch)
	header("Accept", r.accept)
	header("Last-Event-ID", r.lastEvent)
	return req, nil
}

// unreachable is the error of a request that nobody answered to its end.
func (c *Client) unreachable(ctx context.Context, req *http.Request, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // it was given up, and the server is not to blame
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the address, which is said anyway
	}
	e := &Error{Kind: Unreachable, Server: c.base.Host, Proxy: c.proxyOf(req)}
	if e.Proxy != "" {
		e.cause = fmt.Errorf("ask %s through the proxy %s: %w", c.base.Host, e.Proxy, err)
	} else {
		e.cause = fmt.Errorf("ask %s: %w", c.base.Host, err)
	}
	return e
}

// proxyOf is the proxy that a request goes to instead of its server.
func (c *Client) proxyOf(req *http.Request) string {
	if c.proxy == nil || req == nil {
		return ""
	}
	via, err := c.proxy(req)
	if err != nil || via == nil {
		return ""
	}
	return via.Host // without the password that its URL may hold
}
