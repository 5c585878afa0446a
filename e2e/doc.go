// Package e2e tests the product as its users meet it: the built server, real
// OpenTelemetry Collectors under their real supervisor, a real Redis, and
// nothing but HTTP to look inside.
//
// The tests carry the build tag e2e, because they need more than Go: bin/ollystack
// and bin/ollystack-race (make build), bin/opampsupervisor and
// bin/otelcol-ollystack (make collector) and a redis-server in PATH
// (make test-deps). `make test` sees to all of it; without them the tests fail
// and say so. They run on Linux, use the loopback interface alone and need no
// root.
package e2e
