// Package rediscache decorates a fleet.Store with a Redis: what commits is
// published there, so that other tools can read the fleet, and point reads
// (fleet.Reader) are answered from there where that is provably what the store
// holds. Transactions never touch Redis.
//
// Two promises, whatever happens to the Redis, argued in DESIGN.md:
//
//   - A read never returns something older than the decorated store held when
//     the read began.
//   - No caller waits for a Redis that is slow, full, gone or lying: after a few
//     milliseconds the decorated store answers.
//
// All writes to the decorated store must go through the Cache, for as long as
// it is open; it keeps in memory what has changed since.
//
// Keys and values are described in docs/redis.md. Which URL to use is for the
// caller to know; redaction is done by the manager before it stores.
package rediscache
