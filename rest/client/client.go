// Package client calls the HTTP API: the command line is a client like any
// other. It knows the API's manners (tokens, problems), and leaves its
// documents to the caller.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds what is read of one answer.
const maxAnswer = 64 << 20

// Options are what New needs.
type Options struct {
	// Server is the control plane's address: a URL, or host:port for plain HTTP.
	Server string
	// Token is sent as the Bearer; empty sends none.
	Token string
	// HTTP is the client to use, for its TLS settings; nil is one with a timeout of 30 seconds.
	HTTP *http.Client
}

// Client calls one server. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New makes a Client. Errors: Server is not an address.
func New(o Options) (*Client, error) {
	server := o.Server
	if !strings.Contains(server, "://") {
		server = "http://" + server
	}
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the address of a server: want host:port or http(s)://host:port", o.Server)
	}
	c := &Client{base: strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), token: o.Token, http: o.HTTP}
	if c.http == nil {
		c.http = &http.Client{Timeout: 30 * time.Second}
	}
	return c, nil
}

// Error is what the server answered in place of what was asked for.
type Error struct {
	Status   int       `json:"status"`
	Title    string    `json:"title"`
	Detail   string    `json:"detail"`
	Instance string    `json:"instance"` // the request's id, to be found in the server's log
	Errors   []Finding `json:"errors"`   // where Status is 422
}

// Finding is one thing that the server has to say about a configuration.
type Finding struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Path     string `json:"path"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Message  string `json:"message"`
}

// Error tells the problem in one line, or a line for each finding more.
func (e *Error) Error() string {
	text := e.Detail
	if text == "" {
		text = e.Title
	}
	if text == "" {
		text = http.StatusText(e.Status)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d)", text, e.Status)
	for _, f := range e.Errors {
		fmt.Fprintf(&b, "\n%d:%d: %s: %s (%s)", f.Line, f.Column, f.Severity, f.Message, f.Code)
	}
	return b.String()
}

// StatusOf returns the status that the server answered; 0 where err is none of the server's.
func StatusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// Do calls method on a path such as "/api/v1/agents?q=edge". in is sent as JSON,
// if it is not nil; the answer's JSON is decoded into out, if that is not nil.
// An answer other than 2xx is an *Error; where its body is the document that was
// asked for all the same, as health's is, out is set too.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Accept", "application/json, application/problem+json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("call the server: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // none is one that fits nothing
	if out != nil && mediaType == "application/json" {
		if err := json.Unmarshal(raw, out); err != nil {
			return fmt.Errorf("decode the answer to %s %s: %w", method, path, err)
		}
	}
	if resp.StatusCode/100 == 2 {
		if out != nil && mediaType != "application/json" {
			return fmt.Errorf("the answer to %s %s is of type %q, not JSON: is this the control plane?", method, path, mediaType)
		}
		return nil
	}
	problem := &Error{}
	if mediaType == "application/problem+json" {
		if err := json.Unmarshal(raw, problem); err != nil {
			problem = &Error{} // a proxy's, perhaps; the status says enough
		}
	}
	problem.Status = resp.StatusCode
	return problem
}
