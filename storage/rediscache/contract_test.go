package rediscache

import (
	"net"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
	"github.com/ollystack/control-plane/storage/storagetest"
)

// memStores opens stores in memory by directory, as the files of other stores are.
func memStores() func(dir string) *mem.Store {
	stores := map[string]*mem.Store{}
	return func(dir string) *mem.Store {
		if old, ok := stores[dir]; ok {
			stores[dir] = old.Reopen()
		} else {
			stores[dir] = mem.New()
		}
		return stores[dir]
	}
}

// A Redis that never answers takes nothing away from the store.
func TestContractWithoutRedis(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody listens there now
	stores := memStores()
	storagetest.Run(t, func(t testing.TB, dir string) fleet.Store {
		c, err := New(stores(dir), Options{URL: l.Addr().String(), Timeout: time.Second})
		if err != nil {
			t.Fatalf("New() = %v, want nil", err)
		}
		return c
	})
}
