// Package images builds what stands in for the stack's images in tests: no registry
// of images is asked. Redis and Prometheus are Debian's packages; the object storage is
// versitygw, built here; ClickHouse is its own engine behind an HTTP interface (the
// folder clickhouse); the Go image holds this machine's Go and the modules that this
// checkout needs, so that `build:` in the compose file works without a network.
//
// Each image becomes a file that `docker load` reads, made without a Docker Engine and
// kept under the user's cache folder until something that it is made of changes.
package images
