package rest_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
	"github.com/ollystack/control-plane/storage/mem"
	"github.com/ollystack/control-plane/validate"
)

// copied is a backup in memory.
type copied struct {
	io.Reader
	body   []byte
	closed chan struct{}
	once   sync.Once
}

func newCopied(body []byte) *copied {
	return &copied{Reader: bytes.NewReader(body), body: body, closed: make(chan struct{})}
}

func (c *copied) Close() error              { c.once.Do(func() { close(c.closed) }); return nil }
func (c *copied) Size() int64               { return int64(len(c.body)) }
func (c *copied) SHA256() [sha256.Size]byte { return sha256.Sum256(c.body) }
func (c *copied) At() time.Time             { return time.Date(2026, 11, 26, 2, 15, 0, 0, time.UTC) }

// noBackup is for worlds in which nobody needs one.
func noBackup(context.Context) (rest.Backup, error) { return newCopied([]byte("a copy")), nil }

func TestBackup(t *testing.T) {
	body := bytes.Repeat([]byte("all that is stored "), 100_000) // several chunks
	made, told := newCopied(body), make(chan time.Time, 1)
	w := newWorld(t, func(s *setup) {
		s.rest.Backup = func(context.Context) (rest.Backup, error) { return made, nil }
		s.rest.BackedUp = func(at time.Time) { told <- at }
	})
	got := w.do("GET", "/api/v1/backup", nil, header("Accept-Encoding", "gzip"))
	got.want(http.StatusOK)
	if !bytes.Equal(got.body, body) {
		t.Errorf("GET /backup = %d bytes, want the %d of the copy", len(got.body), len(body))
	}
	sum := sha256.Sum256(body)
	for name, want := range map[string]string{
		"Content-Type":        "application/octet-stream",
		"Content-Length":      fmt.Sprint(len(body)),
		"Content-Disposition": `attachment; filename="ollystack-20261126T021500Z.db"`,
		"Repr-Digest":         "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		"Content-Encoding":    "",
		"Cache-Control":       "no-store",
	} {
		if h := got.header.Get(name); h != want {
			t.Errorf("GET /backup has %s %q, want %q", name, h, want)
		}
	}
	select {
	case <-made.closed:
	default:
		t.Error("the copy is not given up when all of it has arrived")
	}
	if at := <-told; !at.Equal(made.At()) {
		t.Errorf("BackedUp is told %v, want %v", at, made.At())
	}
}

func TestBackupProblems(t *testing.T) {
	var problem error
	w := newWorld(t, func(s *setup) {
		s.rest.Backup = func(context.Context) (rest.Backup, error) { return nil, problem }
		s.rest.BackedUp = func(time.Time) { t.Error("BackedUp is told of a backup that there is not") }
	})
	problem = fleet.Errorf(fleet.Conflict, "another backup is being made")
	w.do("GET", "/api/v1/backup", nil).problem(http.StatusConflict, "another backup")
	problem = fleet.Errorf(fleet.Unavailable, "no room in /data")
	w.do("GET", "/api/v1/backup", nil).problem(http.StatusServiceUnavailable, "no room")
	w.do("HEAD", "/api/v1/backup", nil).want(http.StatusOK) // makes no copy
	w.wantErrors = true
	problem = errors.New("secret cause")
	w.do("GET", "/api/v1/backup", nil).problem(http.StatusInternalServerError)
}

// TestBackupThatEndsEarly: a client must not take a part for the whole.
func TestBackupThatEndsEarly(t *testing.T) {
	short := newCopied([]byte("all"))
	short.Reader = io.MultiReader(bytes.NewReader([]byte("al")), failing{})
	w := newWorld(t, func(s *setup) {
		s.rest.Backup = func(context.Context) (rest.Backup, error) { return short, nil }
		s.rest.BackedUp = func(time.Time) { t.Error("BackedUp is told of a backup that ended early") }
	})
	w.wantErrors = true
	resp, err := w.server.Client().Do(w.request("GET", "/api/v1/backup", nil))
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("GET /backup of a copy that cannot be read = nil error, want one")
	}
	<-short.closed
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// TestBackupOfASlowClient: one that stops reading loses its connection, and what
// was made for it is given up. Time is the bubble's own.
func TestBackupOfASlowClient(t *testing.T) {
	for name, client := range map[string]func(net.Conn) error{
		"does not read": func(net.Conn) error { return nil },
		"goes away":     net.Conn.Close,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				made := newCopied(make([]byte, 4<<20))
				listener := pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
				server := &http.Server{Handler: handlerWith(t, func(context.Context) (rest.Backup, error) { return made, nil })}
				served := make(chan error)
				go func() { served <- server.Serve(listener) }()
				conn := listener.dial()
				defer conn.Close()
				fmt.Fprint(conn, "GET /api/v1/backup HTTP/1.1\r\nHost: localhost\r\n\r\n")
				in := bufio.NewReader(conn)
				if line, err := in.ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
					t.Fatalf("GET /backup = %q, %v, want 200", line, err)
				}
				started := time.Now()
				if err := client(conn); err != nil {
					t.Fatal(err)
				}
				<-made.closed
				if took := time.Since(started); took > 31*time.Second {
					t.Errorf("the copy was given up after %v, want 30 s at most", took)
				}
				if err := server.Close(); err != nil {
					t.Error(err)
				}
				if err := <-served; !errors.Is(err, http.ErrServerClosed) {
					t.Errorf("Serve() = %v", err)
				}
			})
		})
	}
}

// pipes is a listener without a network.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// handlerWith is an API over an empty fleet.
func handlerWith(t *testing.T, backup func(context.Context) (rest.Backup, error)) http.Handler {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	manager, err := fleet.Open(t.Context(), fleet.Options{Store: mem.New(), Checker: validate.New(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = manager.Close(context.Background()) }) // there is nothing to save
	access, err := rest.NewAccess(rest.AccessOptions{Fleet: manager, Mode: rest.AuthNone})
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	h, err := rest.New(rest.Options{
		Fleet: manager, Access: access, Dashboard: http.HandlerFunc(testPage), Logger: log, Registerer: registry, Gatherer: registry, Backup: backup,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}
