// Package cli is what the commands that ask a server have in common: which server
// and as whom (flags, environment, contexts), how things are printed, what is asked
// before it is done, and which exit code an error has. The commands themselves are in
// the packages below; cmd/ollystack puts them together.
package cli
