package main

import "net"

// agentsPerAddress is how many connections one source address may make to one
// listener. Linux has some 28,000 ephemeral ports by default; those of
// connections that have just been closed are taken for a while.
const agentsPerAddress = 25000

// sourceAddress spreads many agents over 127.0.0.1, 127.0.0.2 and so on. It is
// nil, leaving the choice to the system, while one address is enough and where
// the target is not on 127.0.0.0/8.
func (o *options) sourceAddress(agent int) net.IP {
	host, _, err := net.SplitHostPort(o.address())
	if target := net.ParseIP(host).To4(); err != nil || target == nil || target[0] != 127 || o.agents <= agentsPerAddress {
		return nil
	}
	return net.IPv4(127, 0, 0, byte(1+agent/agentsPerAddress))
}
