// Package bundle proves the offline bundle as its users meet it: it is made, carried to
// a booted Debian that has a Docker Engine and no way out, verified, and installed,
// the stack included; and whatever tries to leave that machine is seen.
//
// It needs root, what hack/appliance-deps installs, and dist/packages, dist/images and
// dist/stack; `make e2e-appliance` sees to all of it.
package bundle
