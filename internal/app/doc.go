// Package app wires the parts of the server together, starts them in one
// straight line and stops them in the opposite order. It holds no logic of its
// own about agents, configurations or requests: those are in fleet, opampsrv
// and rest. What it does decide is what belongs to no part: the layout of the
// data directory, the first tokens, the certificate, and what a person is told
// when the server is ready.
package app
