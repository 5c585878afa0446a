package app

import (
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestRedactFiles(t *testing.T) {
	t.Parallel()
	plain := fleet.ConfigMap{"a": {Body: []byte("endpoint: localhost\n"), ContentType: "text/yaml"}}
	if got, changed := redactFiles(plain); changed || got.Hash() != plain.Hash() {
		t.Errorf("redactFiles(no credentials) = %v, %v; want it as it is", got, changed)
	}
	secret := fleet.ConfigMap{"a": plain["a"], "b": {Body: []byte("password: hunter2\n"), ContentType: "text/yaml"}}
	before := secret.Hash()
	got, changed := redactFiles(secret)
	if !changed || strings.Contains(string(got["b"].Body), "hunter2") || string(got["a"].Body) != string(plain["a"].Body) || got["b"].ContentType != "text/yaml" {
		t.Errorf("redactFiles(a password) = %v, %v; want it hidden and nothing else changed", got, changed)
	}
	if secret.Hash() != before {
		t.Error("redactFiles changed what it was given")
	}
	once := fleet.EffectiveConfig{Files: got, Hash: got.Hash(), Redacted: true}
	if twice := redactStored(once); twice.Files.Hash() != once.Hash || !twice.Redacted {
		t.Errorf("redactStored(redacted) = %v, want it as it is", twice)
	}
}
