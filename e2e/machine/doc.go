// Package machine gives tests a Debian machine of their own: a root file system made
// once by debootstrap, a copy of it for each test, booted by systemd-nspawn with a
// network that nobody else is on, or entered without booting it (a chroot).
//
// It needs root on Linux and what hack/appliance-deps installs; the build tag
// appliance says so. Nothing of a machine outlives its test: its processes are in a
// PID namespace that ends with the test's own process, and its mounts in a mount
// namespace that ends with them. The root that is kept lies under
// ${XDG_CACHE_HOME:-$HOME/.cache}/ollystack-e2e.
package machine
