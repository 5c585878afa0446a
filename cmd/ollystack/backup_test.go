//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// theSchema is how the file says that its schema is 2: the key and its value.
var theSchema = append([]byte("schema"), 0, 0, 0, 0, 0, 0, 0, 2)

// makeNewer makes the store of a stopped server one of the next version.
func makeNewer(t *testing.T, store string) {
	t.Helper()
	file, err := os.ReadFile(store)
	if err != nil {
		t.Fatal(err)
	}
	next := bytes.Clone(theSchema)
	next[len(next)-1]++
	if !bytes.Contains(file, theSchema) {
		t.Fatalf("%s does not say which schema it has", store)
	}
	if err := os.WriteFile(store, bytes.ReplaceAll(file, theSchema, next), 0o600); err != nil {
		t.Fatal(err)
	}
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestBackupAndRestore: a copy of a running server, a downgrade that is refused
// until the copy is restored, and the care of the store in between.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--auth-mode", "token")
	as := world{environ: []string{"OLLYSTACK_SERVER=" + p.url, "OLLYSTACK_TOKEN_FILE=" + filepath.Join(p.dir, "admin.token")}}
	dir := t.TempDir()
	file, store := filepath.Join(dir, "before.db"), filepath.Join(p.dir, "fleet.db")

	want := func(w world, code int, stdout, stderr string, args ...string) outcome {
		t.Helper()
		got := call(t, w, args...)
		if got.code != code || !strings.Contains(got.stdout, stdout) || !strings.Contains(got.stderr, stderr) {
			t.Errorf("ollystack %v = %+v, want code %d, %q on stdout and %q on stderr", args, got, code, stdout, stderr)
		}
		return got
	}
	want(as, 0, " KiB, 0 agents, 0 configurations, 2 tokens; checked", "", "backup", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("Stat(backup) = %v, %v, want mode 0600", info.Mode(), err)
	}
	want(as, 1, "", "exists already", "backup", file)
	want(as, 0, "checked", "", "backup", "--force", file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := call(t, as, "backup", "-"); got.code != 0 || len(got.stdout) != len(whole) {
		t.Errorf("ollystack backup - = code %d and %d bytes, want 0 and the %d of the other one", got.code, len(got.stdout), len(whole))
	}
	if names := namesIn(t, dir); !slices.Equal(names, []string{"before.db"}) {
		t.Errorf("beside the backup there is %v", names)
	}
	reader := world{environ: []string{"OLLYSTACK_SERVER=" + p.url, "OLLYSTACK_TOKEN=" + strings.TrimSpace(call(t, as, "token", "create", "r", "--role", "read").stdout)}}
	want(reader, 6, "", "403", "backup", filepath.Join(dir, "refused.db"))

	// All of these need the server stopped.
	for _, args := range [][]string{{"restore", file}, {"store", "check"}, {"store", "compact"}, {"store", "stats"}} {
		want(world{}, 1, "", "stop the server first", append(args, "--data-dir", p.dir)...)
	}
	p.signal(t, syscall.SIGTERM)
	p.wait(t)

	// The data directory comes from the settings, too.
	settings := filepath.Join(dir, "ollystack.yaml")
	writeFile(t, settings, "data_dir: "+p.dir+"\n")
	want(world{}, 0, "3 tokens; checked", "", "store", "check", "--config", settings)
	want(world{}, 0, " instead of ", "", "store", "compact", "--config", settings)
	want(world{}, 0, "tokens         3\n", "", "store", "stats", "--config", settings)
	var stats struct {
		File      string
		Schema    int
		Size      int64      `json:"size_bytes"`
		StoppedAt *time.Time `json:"stopped_at"`
		Records   map[string]int
	}
	if got := want(world{}, 0, "", "", "store", "stats", "-o", "json", "--config", settings); json.Unmarshal([]byte(got.stdout), &stats) != nil ||
		stats.File != store || stats.Schema != 2 || stats.Size == 0 || stats.StoppedAt == nil || stats.Records["tokens"] != 3 {
		t.Errorf("store stats -o json = %s, want what it is", got.stdout)
	}

	// A newer version has had the store; this one refuses it, until it gets its backup back.
	makeNewer(t, store)
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"store", "check"}, {"store", "compact"}, {"store", "stats"}} {
		want(world{}, 1, "", "was written by a newer version of ollystack (its schema is 3, this version knows up to 2)", append(args, "--data-dir", p.dir)...)
	}
	newer := filepath.Join(dir, "newer.db")
	if err := os.Link(store, newer); err != nil {
		t.Fatal(err)
	}
	want(world{}, 1, "", "was written by a newer version", "restore", newer, "--data-dir", p.dir)
	restored := want(world{}, 0, "2 tokens; checked", "", "restore", file, "--data-dir", p.dir)
	if !strings.Contains(restored.stdout, store+".before-restore-2") {
		t.Errorf("restore says %q, want where the old store is", restored.stdout)
	}
	again := startProcess(t, "--auth-mode", "token", "--data-dir", p.dir)
	if got := getStatus(t, again.url+"/api/v1/agents", tokenIn(t, filepath.Join(p.dir, "admin.token"))); got != http.StatusOK {
		t.Errorf("GET /api/v1/agents of the restored server with its first token = %d, want 200", got)
	}
}

func tokenIn(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// TestBackupThatDoesNotArrive leaves no file, and what was there before.
func TestBackupThatDoesNotArrive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   int
		want   string
	}{
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("part of it"))
		}, 1, "unexpected EOF"},
		"another digest": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Repr-Digest", "sha-256=:AAAA:")
			_, _ = w.Write([]byte("all of it"))
		}, 1, "its digest is sha-256=:"},
		"not a store": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Repr-Digest", "sha-256=:B2MHd2RrmtCtWUDCD3cD5bpDHZDcjxka9pFr/8o+hZw=:")
			_, _ = w.Write([]byte("all of it"))
		}, 1, "is not a sound backup"},
		"busy": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"detail": "another backup is being made or fetched"}`))
		}, 5, "another backup is being made or fetched"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			defer server.Close()
			dir := t.TempDir()
			old := filepath.Join(dir, "old.db")
			writeFile(t, old, "old")
			got := call(t, world{}, "backup", "--force", old, "--server", server.URL)
			if got.code != c.code || !strings.Contains(got.stderr, c.want) {
				t.Errorf("backup = %+v, want code %d and %q", got, c.code, c.want)
			}
			if names := namesIn(t, dir); !slices.Equal(names, []string{"old.db"}) || tokenIn(t, old) != "old" {
				t.Errorf("after a backup that failed there is %v", names)
			}
			call(t, world{}, "backup", "--dir", dir, "--keep", "1", "--server", server.URL)
			if names := namesIn(t, dir); !slices.Equal(names, []string{"old.db"}) {
				t.Errorf("after a backup that failed there is %v", names)
			}
		})
	}
}

// TestBackupOfEveryNight: the newest ones are kept, and nobody else's files are touched.
func TestBackupOfEveryNight(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	dir := filepath.Join(t.TempDir(), "backups")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	others := []string{"ollystack-20200101T000000Z.db.gz", "ollystack-2020.db", "my-ollystack-20200101T000000Z.db", "fleet.db"}
	nights := []string{"ollystack-20260101T021500Z.db", "ollystack-20260102T021500Z.db", "ollystack-20260103T021500Z.db"}
	left, fresh := "ollystack-20260101T000000Z.db.partial", "ollystack-20260104T000000Z.db.partial"
	for _, name := range append(append(others, nights...), left, fresh) {
		writeFile(t, filepath.Join(dir, name), "x")
	}
	longAgo := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, left), longAgo, longAgo); err != nil {
		t.Fatal(err)
	}
	got := call(t, world{}, "backup", "--dir", dir, "--keep", "2", "--server", p.url)
	if got.code != 0 || !strings.Contains(got.stdout, nights[0]+": deleted") || !strings.Contains(got.stdout, nights[1]+": deleted") {
		t.Fatalf("backup --dir --keep 2 = %+v, want code 0 and the two oldest deleted", got)
	}
	var made []string
	for _, name := range namesIn(t, dir) {
		if !slices.Contains(append(others, nights[2], fresh), name) {
			made = append(made, name)
		}
	}
	if len(made) != 1 || !ownName.MatchString(made[0]) || len(namesIn(t, dir)) != len(others)+3 {
		t.Errorf("there is %v, want the new one, the newest of before, one that is being written and %v", namesIn(t, dir), others)
	}
}

func TestPruneKeepsTheNewOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := "ollystack-20200101T000000Z.db" // by a clock that is wrong
	for _, name := range []string{made, "ollystack-20260101T021500Z.db", "ollystack-20260102T021500Z.db"} {
		writeFile(t, filepath.Join(dir, name), "x")
	}
	if err := prune(&bytes.Buffer{}, dir, made, 1, time.Now()); err != nil {
		t.Fatal(err)
	}
	if names := namesIn(t, dir); !slices.Equal(names, []string{made}) {
		t.Errorf("prune(keep 1) leaves %v, want what was just made", names)
	}
}
