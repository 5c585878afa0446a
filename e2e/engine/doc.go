// Package engine tests the stack, docker-compose.yml as it is, on a real Docker Engine.
//
// The tests carry the build tag appliance and need root (package sandbox says why), the
// Debian packages of hack/appliance-deps, and the collector's image, which `make images`
// leaves in dist/images. `make e2e-appliance` sees to all of it. What stands in for the
// images of others, and what is real in them, is in e2e/README.md.
package engine
