// Package opampsrv is the OpAMP server: it speaks both transports, WebSocket
// and plain HTTP, and translates between the protocol's messages and package
// fleet, which decides. Decode, ask, encode.
//
// What it owes the peer it keeps itself: limits on size, depth and number,
// deadlines for every wait, pings, Close frames, an answer for each message in
// the order of the messages, and recovery from a panic in one of them. What it
// leaves to others: listening, TLS and the headers' deadline (http.Server), who
// may connect (Options.Authorize), and every decision about an agent (fleet).
//
// DESIGN.md has the path of one message and the reasons.
package opampsrv
