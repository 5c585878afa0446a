package bolt_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// sampleUIDs are what content gives after putFleet for the first n agents.
func sampleUIDs(n int) []fleet.InstanceUID {
	uids := make([]fleet.InstanceUID, n)
	for i := range uids {
		uids[i] = sampleUID(i)
	}
	slices.SortFunc(uids, func(a, b fleet.InstanceUID) int { return bytes.Compare(a[:], b[:]) })
	return uids
}

// content reads all agents and their bodies, which must be there and have the
// contents that their hashes say.
func content(t *testing.T, s *bolt.Store) []fleet.InstanceUID {
	t.Helper()
	uids, err := tryContent(t, s)
	if err != nil {
		t.Fatalf("reading everything = %v, want nil", err)
	}
	return uids
}

func tryContent(t *testing.T, s *bolt.Store) (uids []fleet.InstanceUID, err error) {
	t.Helper()
	err = s.View(t.Context(), func(tx fleet.Tx) error {
		for a, err := range tx.Agents(fleet.InstanceUID{}) {
			if err != nil {
				return err
			}
			uids = append(uids, a.UID)
			body, err := tx.EffectiveConfig(a.EffectiveConfig)
			if err != nil {
				return err
			}
			if got := body.Files.Hash(); got != a.EffectiveConfig {
				t.Errorf("EffectiveConfig(%v) has the hash %v", a.EffectiveConfig, got)
			}
			components, err := tx.Components(a.Components)
			if err != nil {
				return err
			}
			if got := components.Hash(); got != a.Components {
				t.Errorf("Components(%v) has the hash %v", a.Components, got)
			}
		}
		return nil
	})
	return uids, err
}

// wantError checks the kind of an error and that its text has the given parts.
func wantError(t *testing.T, call string, err error, kind fleet.Kind, parts ...string) {
	t.Helper()
	if err == nil || fleet.KindOf(err) != kind {
		t.Errorf("%s = %v (%v), want an error that is %v", call, err, fleet.KindOf(err), kind)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s = %q, want %q in it", call, err, part)
		}
	}
}
