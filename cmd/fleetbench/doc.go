// Command fleetbench is the load tool: it plays many OpAMP agents in one
// process against a running server, over real WebSocket connections on
// loopback, and prints what it measured as one JSON object.
//
// It speaks to the server only from outside, over OpAMP and the HTTP API, and
// shares no code with it, so that the same run can be made against any OpAMP
// server: the connect and heartbeat phases need nothing but an endpoint.
//
// The tool shares the machine with what it measures. It therefore keeps one
// goroutine for each agent, takes write buffers from a pool, reads the few
// fields of an answer that matter without building objects, and reports its own
// CPU time beside the server's.
package main
