package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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
	if err := srv.stop(); err != nil { // it notes a backup after the client has all of it
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(s.DataDir); err != nil || len(entries) != 4 {
		t.Errorf("the data directory holds %v, %v; want the store, two tokens and when the last backup was made", entries, err)
	}
}

// TestLastBackup: the metric is 0 until somebody has fetched a backup, then says when that one was
// made, and goes on saying so after a restart.
func TestLastBackup(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	srv := start(t, s)
	if got := srv.lastBackup(t); got != 0 {
		t.Errorf("before the first backup it was made at %v, want 0", got)
	}
	status, _ := srv.do(t, http.DefaultClient, "http", request{method: http.MethodHead, path: "/api/v1/backup"})
	if got := srv.lastBackup(t); status != http.StatusOK || got != 0 {
		t.Errorf("after a HEAD (%d), which fetches nothing, it was made at %v, want 0", status, got)
	}
	before := time.Now().Add(-time.Second)
	fetchBackup(t, srv, nil)
	var made float64
	for deadline := time.Now().Add(patience); made == 0 && time.Now().Before(deadline); {
		made = srv.lastBackup(t) // the server hears of its success after the client does
	}
	if at := time.Unix(int64(made), 0); at.Before(before) || at.After(time.Now()) {
		t.Errorf("the backup was made at %v, want now", at)
	}
	if err := srv.stop(); err != nil {
		t.Fatal(err)
	}
	srv = start(t, s)
	if got := srv.lastBackup(t); got != made {
		t.Errorf("after a restart the backup was made at %v, want %v", got, made)
	}
}

// TestLastBackupUnreadable: a damaged note is told of, is no reason not to start, and is replaced; an
// older backup that was fetched late does not replace a newer one.
func TestLastBackupUnreadable(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), &buffer{}
	writeFile(t, filepath.Join(dir, lastBackupFile), "yesterday")
	logger := slog.New(slog.NewTextHandler(log, nil))
	l, err := newLastBackup(dir, logger, prometheus.NewRegistry())
	if err != nil || l.seconds() != 0 || !strings.Contains(log.String(), "counts as never") {
		t.Fatalf("newLastBackup = %v, %v, and the log says %q", l.seconds(), err, log)
	}
	l.fetched(time.Unix(2_000, 0))
	l.fetched(time.Unix(1_000, 0))
	if again, err := newLastBackup(dir, logger, prometheus.NewRegistry()); err != nil || again.seconds() != 2_000 {
		t.Errorf("after a restart it is %v, %v, want 2000", again.seconds(), err)
	}
	l.dir = filepath.Join(dir, "gone")
	l.fetched(time.Unix(3_000, 0))
	if l.seconds() != 3_000 || !strings.Contains(log.String(), "not on disk") {
		t.Errorf("where it cannot be written it is %v, and the log says %q; want 3000 and a warning", l.seconds(), log)
	}
}

// lastBackup reads the metric.
func (s *server) lastBackup(t *testing.T) float64 {
	t.Helper()
	_, body := s.do(t, http.DefaultClient, "http", request{path: "/metrics"})
	m := regexp.MustCompile(`(?m)^ollystack_backup_last_success_timestamp_seconds (\S+)$`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no ollystack_backup_last_success_timestamp_seconds in\n%s", body)
	}
	value, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
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
