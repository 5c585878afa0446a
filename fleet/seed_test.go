package fleet_test

import (
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

// seed seeds a configuration and reports whether it was created.
func (w *world) seed(name, body string) bool {
	w.t.Helper()
	_, created, err := w.SeedConfig(w.t.Context(), fleet.ConfigSpec{Name: name, Body: []byte(body)}, fleet.WriteOptions{})
	if err != nil {
		w.t.Fatalf("SeedConfig(%s) = %v, want nil", name, err)
	}
	return created
}

func TestSeedIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	if !w.seed("gateway", "first") {
		t.Error("SeedConfig() in an empty fleet created nothing")
	}
	if w.seed("gateway", "second") {
		t.Error("SeedConfig() created a configuration twice")
	}
	w = w.restart()
	if w.seed("gateway", "third") {
		t.Error("SeedConfig() after a restart created it again")
	}
	v, err := w.Config(t.Context(), "gateway")
	if err != nil || string(v.Body) != "first" || v.Config.Version != 1 {
		t.Errorf("Config() = version %d %q, %v, want version 1 with what was seeded first", v.Config.Version, v.Body, err)
	}
}

func TestSeedDoesNotBringBackWhatWasDeletedOrRenamed(t *testing.T) {
	w := newWorld(t)
	w.seed("deleted", "a")
	w.seed("renamed", "b")
	if err := w.DeleteConfig(t.Context(), "deleted", fleet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.ReplaceConfig(t.Context(), "renamed", fleet.ConfigSpec{Name: "other", Body: []byte("b")}, fleet.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w = w.restart()
	for _, name := range []string{"deleted", "renamed"} {
		if w.seed(name, "again") {
			t.Errorf("SeedConfig(%s) created it again", name)
		}
		if _, err := w.Config(t.Context(), name); fleet.KindOf(err) != fleet.NotFound {
			t.Errorf("Config(%s) = %v, want NotFound", name, err)
		}
	}
}

func TestSeedLeavesAnOperatorsOwn(t *testing.T) {
	w := newWorld(t)
	w.config("gateway", "mine")
	if w.seed("gateway", "seed") {
		t.Error("SeedConfig() created a configuration whose name was taken")
	}
	if v, err := w.Config(t.Context(), "gateway"); err != nil || string(v.Body) != "mine" {
		t.Errorf("Config() = %q, %v, want the operator's own", v.Body, err)
	}
	// Deleting it is the operator's last word as well.
	if err := w.DeleteConfig(t.Context(), "gateway", fleet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if w.seed("gateway", "seed") {
		t.Error("SeedConfig() created a configuration that an operator had deleted")
	}
}

func TestRefusedSeedIsNotRemembered(t *testing.T) {
	w := newWorld(t)
	_, created, err := w.SeedConfig(t.Context(), fleet.ConfigSpec{Name: "not a name", Body: []byte("a")}, fleet.WriteOptions{})
	if created || fleet.KindOf(err) != fleet.Unprocessable {
		t.Errorf("SeedConfig() with a bad name = %v, %v, want Unprocessable", created, err)
	}
	w = newWorld(t, func(o *fleet.Options) { o.MaxAgents = -1 })
	w.agent(1, websocket()).start()
	spec := fleet.ConfigSpec{Name: "gateway", Body: []byte("a"), Selector: "!nothing"}
	if _, _, err := w.SeedConfig(t.Context(), spec, fleet.WriteOptions{}); fleet.KindOf(err) != fleet.Conflict {
		t.Fatalf("SeedConfig() beyond the guard = %v, want Conflict", err)
	}
	if _, created, err := w.SeedConfig(t.Context(), spec, fleet.WriteOptions{Confirm: 1}); !created || err != nil {
		t.Errorf("SeedConfig() with the number confirmed = %v, %v, want true", created, err)
	}
}
