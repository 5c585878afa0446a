// Package rest is the HTTP API: it turns requests into calls of fleet.Manager
// and what comes back into JSON, and decides nothing about the fleet itself.
//
// A handler takes a request and returns a reply or an error; one wrapper
// (serve.go) checks who asks, what for and with which parameters, writes the
// reply or the problem (RFC 9457), and counts the outcome by route template.
// The kind of an error becomes a status in one place, problem.go. Bodies are
// types of this package, never domain structs, so that the domain may change
// without the contract. The contract itself is openapi.yaml: the tests hold
// every route, every request and every answer against it.
//
// Access (access.go) is exported apart from the handler, because the OpAMP
// path on the same port is guarded by the same rules.
package rest
