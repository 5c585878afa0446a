package mem_test

import (
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
	"github.com/ollystack/control-plane/storage/storagetest"
)

func TestContract(t *testing.T) {
	stores := map[string]*mem.Store{} // by directory, as the files of other stores are
	storagetest.Run(t, func(_ testing.TB, dir string) fleet.Store {
		if old, ok := stores[dir]; ok {
			stores[dir] = old.Reopen()
		} else {
			stores[dir] = mem.New()
		}
		return stores[dir]
	})
}
