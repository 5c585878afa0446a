//go:build e2e

package rediscache

import (
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
	"github.com/ollystack/control-plane/storage/storagetest"
)

func TestContractWithRedis(t *testing.T) {
	server := startRedis(t)
	stores := memStores()
	storagetest.Run(t, func(t testing.TB, dir string) fleet.Store {
		c := openCache(t, stores(dir), Options{URL: server.addr})
		waitStatus(t, c, fleet.CheckOK)
		return c
	})
}

func TestContractOverBolt(t *testing.T) {
	server := startRedis(t)
	storagetest.Run(t, func(t testing.TB, dir string) fleet.Store {
		c := openCache(t, openBolt(t, dir), Options{URL: server.addr})
		waitStatus(t, c, fleet.CheckOK)
		return c
	})
}

func openBolt(t testing.TB, dir string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Options{Path: filepath.Join(dir, "fleet.db")})
	if err != nil {
		t.Fatalf("Open() = %v, want nil", err)
	}
	return s
}

// Every point read that the contract makes goes through Redis, where the value
// it finds has been published before it looks.
func TestContractReadingFromRedis(t *testing.T) {
	server := startRedis(t)
	stores := memStores()
	var hits float64
	storagetest.Run(t, func(t testing.TB, dir string) fleet.Store {
		r := prometheus.NewRegistry()
		c := openCache(t, stores(dir), Options{URL: server.addr, Registerer: r})
		waitStatus(t, c, fleet.CheckOK)
		return published{c, func() {
			if !c.closed.Load() { // a closed Cache has taken its metrics back
				hits += metric(t, r, "hits_total")
			}
		}}
	})
	if hits == 0 {
		t.Error("no read of the contract was answered from Redis, want some")
	}
}
