//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// redisServer is a real Redis on a port that it keeps when it is started again.
type redisServer struct {
	process *process
	path    string
	dir     string
	address string
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not in PATH; run the end-to-end tests with: make test")
	}
	r := &redisServer{path: path, dir: t.TempDir(), address: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	r.start(t)
	return r
}

func (r *redisServer) start(t *testing.T) {
	t.Helper()
	_, port, err := net.SplitHostPort(r.address)
	if err != nil {
		t.Fatal(err)
	}
	r.process = startProcess(t, "redis-server", filepath.Join(r.dir, "redis.log"), nil,
		r.path, "--bind", "127.0.0.1", "--port", port, "--dir", r.dir, "--save", "", "--appendonly", "no")
	eventually(t, 10*time.Second, "redis-server listens", func() error {
		conn, err := net.Dial("tcp", r.address)
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// TestRedisGoneAndBack: without its Redis the control plane goes on at once, says
// so, and heals by itself.
func TestRedisGoneAndBack(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	s := startServer(t, serverOptions{
		Settings: "store: {min_free_bytes: 0}", // a full disk of this machine is not the subject
		Env:      []string{"REDIS_URL=" + redis.address},
	})
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{})
	s.joins(t, sv)
	stored := s.createConfig(t, "cached", receiving(freePort(t)), "")
	s.waitHealth(t, "ok", "ok")

	redis.process.stop(t, syscall.SIGKILL, 10*time.Second)
	s.waitHealth(t, "degraded", "degraded")

	// The first write after the loss, and those that follow, are not held up by it.
	port := freePort(t)
	begin := time.Now()
	s.must(t, http.StatusOK, http.MethodPut, "/api/v1/configs/"+stored.ID,
		map[string]any{"name": "cached", "config": receiving(port)}, nil)
	s.assign(t, "edge-1", stored.ID)
	if _, err := s.agent("edge-1"); err != nil {
		t.Errorf("GET agent without Redis: %v", err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("three requests without Redis took %v, want them as fast as ever", took)
	}
	s.applied(t, "edge-1", "cached", 2)
	receives(t, port)

	redis.start(t)
	s.waitHealth(t, "ok", "ok")
	var read config
	s.must(t, http.StatusOK, http.MethodGet, "/api/v1/configs/"+stored.ID, nil, &read)
	if read.Version != 2 || read.Body != receiving(port) {
		t.Errorf("GET config after Redis is back = version %d, want 2 and what was written meanwhile", read.Version)
	}
	if a, err := s.agent("edge-1"); err != nil || a.Config.Status != "applied" || a.Config.Version != 2 {
		t.Errorf("GET agent after Redis is back = %+v, %v; want version 2 applied", a.Config, err)
	}
}

// waitHealth waits for the server's own state and its Redis check; it answers 200
// in each of these states.
func (s *server) waitHealth(t *testing.T, status, redis string) {
	t.Helper()
	eventually(t, 30*time.Second, "health "+status+", redis "+redis, func() error {
		h, err := s.health()
		if err != nil {
			return err
		}
		if h.Status != status || h.Checks["redis"].Status != redis {
			return fmt.Errorf("health is %+v", h)
		}
		return nil
	})
}
