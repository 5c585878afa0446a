// Package shells types into real shells. Its tests start a server with simulated agents, and bash, zsh and fish on a
// terminal that tmux emulates; they press the keys of a person, and read the screen. They are built with the tag e2e, and need
// the programs that hack/test-deps installs and bin/ollystack.
package shells
