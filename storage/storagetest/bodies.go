package storagetest

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/ollystack/control-plane/fleet"
)

// naming is agent n with the two bodies that it names.
func naming(n byte, effective, components fleet.ConfigHash) fleet.Agent {
	a := agent(n)
	a.EffectiveConfig, a.Components = effective, components
	return a
}

func putBodies(tx fleet.Tx, hash fleet.ConfigHash) error {
	return firstError(
		tx.PutEffectiveConfig(fleet.EffectiveConfig{
			Hash: hash, Redacted: true,
			Files: fleet.ConfigMap{"": {Body: []byte("body of " + hash), ContentType: "text/yaml"}},
		}),
		tx.PutComponents(hash, fleet.Components{"receivers": {string(hash)}}),
	)
}

// hasBodies checks that both bodies of the given hash are there, or that neither is.
func (f *fixture) hasBodies(tx fleet.Reader, hash fleet.ConfigHash, want bool) {
	f.Helper()
	c, err := tx.EffectiveConfig(f.Context(), hash)
	if want && (err != nil || string(c.Files[""].Body) != "body of "+string(hash) || c.Hash != hash || !c.Redacted) {
		f.Errorf("EffectiveConfig(%q) = %+v, %v, want what was put", string(hash), c, err)
	}
	if !want {
		f.wantKind(fmt.Sprintf("EffectiveConfig(%q)", string(hash)), err, fleet.NotFound)
	}
	list, err := tx.Components(f.Context(), hash)
	if wanted := (fleet.Components{"receivers": {string(hash)}}); want && (err != nil || !reflect.DeepEqual(list, wanted)) {
		f.Errorf("Components(%q) = %+v, %v, want %+v", string(hash), list, err, wanted)
	}
	if !want {
		f.wantKind(fmt.Sprintf("Components(%q)", string(hash)), err, fleet.NotFound)
	}
}

var bodies = []contract{
	{"the bodies that an agent names must exist", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("PutAgent(unknown effective config)", tx.PutAgent(naming(1, "x", "")), fleet.Invalid)
			f.wantKind("PutAgent(unknown components)", tx.PutAgent(naming(1, "", "x")), fleet.Invalid)
			// The two kinds of body do not stand for each other.
			if err := tx.PutEffectiveConfig(fleet.EffectiveConfig{Hash: "e"}); err != nil {
				return err
			}
			f.wantKind("PutAgent(components named like an effective config)", tx.PutAgent(naming(1, "", "e")), fleet.Invalid)
			_, err := tx.Agent(uid(1))
			f.wantKind("Agent(refused)", err, fleet.NotFound)
			return nil
		})
	}},
	{"a body is seen in its transaction and dropped when no agent names it at the commit", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			if err := putBodies(tx, "a"); err != nil {
				return err
			}
			if _, err := tx.EffectiveConfig("a"); err != nil {
				f.Errorf("EffectiveConfig(a) in its transaction = %v, want nil", err)
			}
			if _, err := tx.Components("a"); err != nil {
				f.Errorf("Components(a) in its transaction = %v, want nil", err)
			}
			return nil
		})
		f.hasBodies(s, "a", false)
	}},
	{"a body is kept while an agent names it", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			return firstError(putBodies(tx, "a"), putBodies(tx, "b"),
				tx.PutAgent(naming(1, "a", "a")), tx.PutAgent(naming(2, "a", "a")), tx.PutAgent(naming(3, "a", "a")),
				tx.PutAgent(naming(4, "b", "b")))
		})
		step := func(what string, fn func(tx fleet.Tx) error, wantA, wantB bool) {
			f.Helper()
			f.update(s, fn)
			s = f.reopened(s)
			f.Log(what)
			f.hasBodies(s, "a", wantA)
			f.hasBodies(s, "b", wantB)
		}
		step("all there", func(fleet.Tx) error { return nil }, true, true)
		step("the same again", func(tx fleet.Tx) error { return tx.PutAgent(naming(1, "a", "a")) }, true, true)
		step("one of three gone", func(tx fleet.Tx) error { return tx.DeleteAgent(uid(1)) }, true, true)
		step("another moves", func(tx fleet.Tx) error { return tx.PutAgent(naming(2, "b", "b")) }, true, true)
		step("the last of a goes", func(tx fleet.Tx) error { return tx.DeleteAgent(uid(3)) }, false, true)
		step("b is let go", func(tx fleet.Tx) error {
			return firstError(tx.PutAgent(naming(2, "", "")), tx.DeleteAgent(uid(4)))
		}, false, false)
	}},
	{"names that come and go within a transaction", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			return firstError(putBodies(tx, "a"), putBodies(tx, "b"), putBodies(tx, "c"),
				tx.PutAgent(naming(1, "a", "a")), // leaves a
				tx.PutAgent(naming(1, "b", "b")),
				tx.PutAgent(naming(2, "c", "c")), // is gone again
				tx.DeleteAgent(uid(2)))
		})
		f.hasBodies(s, "a", false)
		f.hasBodies(s, "b", true)
		f.hasBodies(s, "c", false)
		f.update(s, func(tx fleet.Tx) error {
			return firstError(tx.DeleteAgent(uid(1)), putBodies(tx, "b"), tx.PutAgent(naming(3, "b", "b")))
		})
		f.hasBodies(s, "b", true)
	}},
	{"what exists is left as it is", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error { return firstError(putBodies(tx, "a"), tx.PutAgent(naming(1, "a", "a"))) })
		f.update(s, func(tx fleet.Tx) error {
			return firstError(tx.PutEffectiveConfig(fleet.EffectiveConfig{Hash: "a"}), tx.PutComponents("a", nil))
		})
		f.hasBodies(s, "a", true)
	}},
	{"a body without hash is Invalid", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("PutEffectiveConfig(no hash)", tx.PutEffectiveConfig(fleet.EffectiveConfig{}), fleet.Invalid)
			f.wantKind("PutComponents(no hash)", tx.PutComponents("", nil), fleet.Invalid)
			_, err := tx.EffectiveConfig("")
			f.wantKind("EffectiveConfig(no hash)", err, fleet.NotFound)
			_, err = tx.Components("")
			f.wantKind("Components(no hash)", err, fleet.NotFound)
			return nil
		})
	}},
	{"bodies of every size, their bytes as they were", func(f *fixture) {
		s := f.store()
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		sizes := []int{0, 1, 100, 4096, 70_000, 2 << 20}
		f.update(s, func(tx fleet.Tx) error {
			for i, size := range sizes {
				body := bytes.Repeat(every, size/256+1)[:size]
				c := fleet.EffectiveConfig{
					Hash:  fleet.ConfigHash([]byte{byte(i), 0, 0xff}),
					Files: fleet.ConfigMap{"a": {Body: body}, "b/ü": {Body: body, ContentType: "text/yaml"}},
				}
				if err := firstError(tx.PutEffectiveConfig(c), tx.PutAgent(naming(byte(i+1), c.Hash, ""))); err != nil {
					return err
				}
			}
			return nil
		})
		s = f.reopened(s)
		for i, size := range sizes {
			c, err := s.EffectiveConfig(f.Context(), fleet.ConfigHash([]byte{byte(i), 0, 0xff}))
			want := bytes.Repeat(every, size/256+1)[:size]
			if err != nil || len(c.Files) != 2 || !bytes.Equal(c.Files["a"].Body, want) || !bytes.Equal(c.Files["b/ü"].Body, want) {
				f.Errorf("EffectiveConfig(%d bytes) = %d files, %v, want the two that were put", size, len(c.Files), err)
			}
		}
	}},
}
