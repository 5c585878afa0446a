package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/settings"
	"github.com/ollystack/control-plane/storage/bolt"
)

// TestBackup: who may have a copy, behind a cache too, and that it is one.
func TestBackup(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.Auth.Mode = settings.AuthToken
	s.Redis.URL = "redis://127.0.0.1:1" // nobody there, which changes nothing
	srv := start(t, s)
	bearer := func(token string) map[string]string { return map[string]string{"Authorization": "Bearer " + token} }
	admin := bearer(srv.token(t, AdminTokenFile))
	status, made := srv.do(t, http.DefaultClient, "http", request{
		method: http.MethodPost, path: "/api/v1/tokens", body: `{"name":"grafana","role":"read"}`,
		header: map[string]string{"Authorization": admin["Authorization"], "Content-Type": "application/json"},
	})
	if status != http.StatusCreated {
		t.Fatalf("POST /tokens = %d %s, want 201", status, made)
	}
	for name, c := range map[string]struct {
		header map[string]string
		want   int
	}{
		"nobody":   {nil, http.StatusUnauthorized},
		"read":     {bearer(textOf(t, made)), http.StatusForbidden},
		"an agent": {bearer(srv.token(t, EnrolmentTokenFile)), http.StatusForbidden},
		"admin":    {admin, http.StatusOK},
	} {
		if status, body := srv.do(t, http.DefaultClient, "http", request{path: "/api/v1/backup", header: c.header}); status != c.want {
			t.Errorf("GET /api/v1/backup by %s = %d %.200q, want %d", name, status, body, c.want)
		}
	}
	copied := fetchBackup(t, srv, admin)
	file := filepath.Join(t.TempDir(), "fleet.db")
	writeFile(t, file, string(copied))
	store, err := bolt.Open(bolt.Options{Path: file})
	if err != nil {
		t.Fatalf("Open(the copy) = %v, want nil", err)
	}
	defer store.Close()
	names := map[string]bool{}
	err = store.View(t.Context(), func(tx fleet.Tx) error {
		for token, err := range tx.Tokens() {
			if err != nil {
				return err
			}
			names[token.Name] = true
		}
		return nil
	})
	if err != nil || len(names) != 3 || !names["grafana"] {
		t.Errorf("the copy holds the tokens %v, %v; want the three", names, err)
	}
	if entries, err := os.ReadDir(s.DataDir); err != nil || len(entries) != 3 {
		t.Errorf("the data directory holds %v, %v; want the store and two tokens", entries, err)
	}
}

// fetchBackup gets a copy and checks its digest.
func fetchBackup(t *testing.T, srv *server, header map[string]string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.url("/api/v1/backup"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET /api/v1/backup = %d, %v, want 200", res.StatusCode, err)
	}
	sum := sha256.Sum256(body.Bytes())
	if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"; res.Header.Get("Repr-Digest") != want {
		t.Errorf("Repr-Digest = %q, want %q", res.Header.Get("Repr-Digest"), want)
	}
	return body.Bytes()
}

// textOf returns the text of a token that was made.
func textOf(t *testing.T, made string) string {
	t.Helper()
	var view struct {
		Text string `json:"token"`
	}
	if err := json.Unmarshal([]byte(made), &view); err != nil || view.Text == "" {
		t.Fatalf("POST /tokens answers %s: %v, want a token", made, err)
	}
	return view.Text
}
