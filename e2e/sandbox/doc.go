// Package sandbox runs a package's tests in namespaces of their own, with a Docker Engine
// of their own in them: localhost, ports, /var/lib/docker, /run/docker.sock and iptables
// are the tests' alone, commands work as a user types them, nothing there has a route
// anywhere, and all of it is gone when the tests end, however they end.
//
// It needs root, Linux, and Debian's docker.io and docker-compose.
package sandbox
