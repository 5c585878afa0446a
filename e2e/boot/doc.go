// Package boot proves the appliance on a booted Debian 12: its packages as apt
// installs them, its units as systemd runs them, on a machine without a network.
//
// The tests carry the build tag appliance: they need root and what hack/appliance-deps
// installs. `make e2e-appliance` builds what they install and runs them.
package boot
