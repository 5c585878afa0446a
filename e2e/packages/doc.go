// Package packages proves what `make packages` writes, with the stock tools of Debian and
// rpm: what is in each package, what its scripts do where systemd does not run, and what
// apt and dnf make of the folder when it is signed and when somebody has changed it.
//
// The tests carry the build tag appliance: they need root and what hack/appliance-deps
// installs. `make e2e-appliance` builds what they look at and runs them.
package packages
