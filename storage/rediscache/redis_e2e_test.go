//go:build e2e

package rediscache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ollystack/control-plane/fleet"
)

// redisServer is a real redis-server of the test's own, on a loopback port and a unix socket.
type redisServer struct {
	t      testing.TB
	dir    string
	addr   string // host:port
	socket string
	args   []string
	cmd    *exec.Cmd
	output bytes.Buffer
}

// startRedis starts a redis-server that ends with the test; args are its settings, as on its command line.
func startRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatalf("these tests need redis-server in PATH (apt-get install redis-server, dnf install redis, brew install redis): %v", err)
	}
	// A unix socket's path is short: not below t.TempDir.
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, dir: dir, addr: freeAddress(t), socket: filepath.Join(dir, "s"), args: args}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("redis-server said:\n%s", s.output.String())
		}
		_ = os.RemoveAll(dir)
	})
	s.start()
	return s
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *redisServer) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	args := append([]string{
		"--bind", "127.0.0.1", "--port", port, "--unixsocket", s.socket, "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--enable-debug-command", "yes",
	}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v", err)
	}
	eventually(s.t, "redis-server listens", func() error {
		conn, err := net.Dial("unix", s.socket)
		if err == nil {
			_ = conn.Close()
		}
		return err
	})
}

// kill ends the server as a crash does.
func (s *redisServer) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
	_ = os.Remove(s.socket)
}

func (s *redisServer) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("signal redis-server: %v", err)
	}
}

// admin returns a client of the test's own, around every proxy.
func (s *redisServer) admin(options ...func(*redis.Options)) *redis.Client {
	o := &redis.Options{Network: "unix", Addr: s.socket, ReadTimeout: 30 * time.Second, Protocol: 2, DisableIdentity: true}
	for _, set := range options {
		set(o)
	}
	c := redis.NewClient(o)
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (s *redisServer) do(args ...any) any {
	s.t.Helper()
	v, err := s.admin().Do(context.Background(), args...).Result()
	if err != nil && !isNil(err) {
		s.t.Fatalf("redis %v: %v", args, err)
	}
	return v
}

// doAs is do with a password.
func (s *redisServer) doAs(password string, args ...any) {
	s.t.Helper()
	admin := s.admin(func(o *redis.Options) { o.Password = password })
	if err := admin.Do(context.Background(), args...).Err(); err != nil {
		s.t.Fatalf("redis %v: %v", args, err)
	}
}

// saveInBackground makes a snapshot and waits for it to end in the given status: ok or err.
func (s *redisServer) saveInBackground(want string) {
	s.t.Helper()
	s.do("BGSAVE")
	eventually(s.t, "a snapshot ends in "+want, func() error {
		info, _ := s.do("INFO", "persistence").(string)
		if !strings.Contains(info, "rdb_last_bgsave_status:"+want) {
			return errors.New("it has not")
		}
		return nil
	})
}

// snapshot and restore are what an operator does with dump.rdb.
func (s *redisServer) snapshot() []byte {
	s.t.Helper()
	s.do("SAVE")
	b, err := os.ReadFile(filepath.Join(s.dir, "dump.rdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *redisServer) restore(snapshot []byte) {
	s.t.Helper()
	s.kill()
	if err := os.WriteFile(filepath.Join(s.dir, "dump.rdb"), snapshot, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.start()
}

// eventually polls until check returns nil, and fails after a generous while.
func eventually(t testing.TB, what string, check func() error) {
	t.Helper()
	deadline, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline.Done():
			t.Fatalf("%s: not within a minute: %v", what, err)
		case <-tick.C:
		}
	}
}

// testPace is quick enough for tests to wait for.
func testPace() pace {
	return pace{
		probe: 50 * time.Millisecond, audit: time.Hour, settle: 500 * time.Millisecond,
		minBackoff: 20 * time.Millisecond, maxBackoff: 200 * time.Millisecond, inFlux: 2 * time.Millisecond, farewell: time.Second,
	}
}

// openCache opens a Cache over store with testPace; it closes with the test.
func openCache(t testing.TB, store fleet.Store, o Options, change ...func(*pace)) *Cache {
	t.Helper()
	p := testPace()
	for _, f := range change {
		f(&p)
	}
	if o.Timeout == 0 {
		o.Timeout = 250 * time.Millisecond // the machine may be busy with other tests
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	}
	c, err := open(store, o, p)
	if err != nil {
		t.Fatalf("New() = %v, want nil", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	return c
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

func waitStatus(t testing.TB, c *Cache, want fleet.CheckStatus) {
	t.Helper()
	eventually(t, "Check is "+string(want), func() error {
		if got := c.Check(t.Context()); got.Status != want {
			return fmt.Errorf("Check() = %+v", got)
		}
		return nil
	})
}
