// Package client speaks the control plane's HTTP API (rest/openapi.yaml) from
// outside: it knows nothing of the server but what the API says. The command line
// is made of it. How errors are shown, and where the server's address and the
// token come from, is left to whoever uses it (internal/cli).
package client
