package rediscache

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// Whatever can no longer be read as it was is among the keys that a transaction touched.
func TestRecordingTx(t *testing.T) {
	uid := testID(1)
	body := func(h fleet.ConfigHash) fleet.EffectiveConfig { return fleet.EffectiveConfig{Hash: h} }
	before := func(tx fleet.Tx) error {
		return errors.Join(
			tx.PutEffectiveConfig(body("e1")), tx.PutComponents("k1", nil),
			tx.PutAgent(fleet.Agent{UID: uid, EffectiveConfig: "e1", Components: "k1"}),
			tx.PutConfig(fleet.Config{ID: "c", Name: "c"}),
			tx.PutVersion(fleet.Version{ConfigID: "c", Number: 1}), tx.PutVersion(fleet.Version{ConfigID: "c", Number: 5}),
		)
	}
	cases := map[string]struct {
		fn   func(fleet.Tx) error
		want []key
	}{
		"an agent changes": {
			func(tx fleet.Tx) error {
				return tx.PutAgent(fleet.Agent{UID: uid, EffectiveConfig: "e1", Components: "k1", SequenceNum: 2})
			},
			[]key{agentKey(uid)},
		},
		"an agent changes its bodies": {
			func(tx fleet.Tx) error {
				return errors.Join(tx.PutEffectiveConfig(body("e2")), tx.PutComponents("k2", nil),
					tx.PutAgent(fleet.Agent{UID: uid, EffectiveConfig: "e2", Components: "k2"}))
			},
			[]key{
				agentKey(uid), effectiveConfigKey("e1"), effectiveConfigKey("e2"), componentsKey("k1"), componentsKey("k2"),
			},
		},
		"an agent lets a body go": {
			func(tx fleet.Tx) error { return tx.PutAgent(fleet.Agent{UID: uid, Components: "k1"}) },
			[]key{agentKey(uid), effectiveConfigKey("e1")},
		},
		"there and back": {
			func(tx fleet.Tx) error {
				return errors.Join(tx.PutAgent(fleet.Agent{UID: uid}),
					tx.PutAgent(fleet.Agent{UID: uid, EffectiveConfig: "e1", Components: "k1"}))
			},
			[]key{agentKey(uid), effectiveConfigKey("e1"), componentsKey("k1")},
		},
		"a new agent": {
			func(tx fleet.Tx) error { return tx.PutAgent(fleet.Agent{UID: testID(2), EffectiveConfig: "e1"}) },
			[]key{agentKey(testID(2))},
		},
		"an agent goes": {
			func(tx fleet.Tx) error { return tx.DeleteAgent(uid) },
			[]key{agentKey(uid), effectiveConfigKey("e1"), componentsKey("k1")},
		},
		"a config changes": {
			func(tx fleet.Tx) error {
				return errors.Join(tx.PutConfig(fleet.Config{ID: "c", Name: "d"}), tx.PutVersion(fleet.Version{ConfigID: "c", Number: 6}))
			},
			[]key{configKey("c"), versionKey("c", 6)},
		},
		"a config goes": {
			func(tx fleet.Tx) error { return tx.DeleteConfig("c") },
			[]key{configKey("c"), versionKey("c", 1), versionKey("c", 5)},
		},
		"what Redis has nothing of": {
			func(tx fleet.Tx) error {
				return errors.Join(tx.PutToken(fleet.Token{ID: "t"}), tx.DeleteToken("t"), tx.SetStoppedAt(time.Now()))
			},
			nil,
		},
	}
	for what, tc := range cases {
		store := mem.New()
		touched := map[key]struct{}{}
		err := errors.Join(
			store.Update(t.Context(), before),
			store.Update(t.Context(), func(tx fleet.Tx) error { return tc.fn(&recordingTx{inner: tx, touched: touched}) }),
		)
		if err != nil {
			t.Errorf("%s: Update() = %v, want nil", what, err)
		}
		if want := set(tc.want...); !maps.Equal(touched, want) {
			t.Errorf("%s: touched %v, want %v", what, touched, want)
		}
	}
}
