package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is the process under test where this tool has started it.
type server struct {
	command []string
	addr    string
	dir     string // its data directory
	log     *slog.Logger
	output  tail

	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd has ended
}

// newServer prepares a server from --exec. cleanup removes what was made for it.
func newServer(o *options, log *slog.Logger) (s *server, cleanup func(), err error) {
	cleanup = func() {}
	dir := o.dataDir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "fleetbench-"); err != nil {
			return nil, nil, fmt.Errorf("make a data directory: %w", err)
		}
		cleanup = func() {
			if err := os.RemoveAll(dir); err != nil {
				log.Warn("cannot remove the data directory", "err", err)
			}
		}
	}
	s = &server{addr: o.address(), dir: dir, log: log}
	for word := range strings.FieldsSeq(o.exec) {
		s.command = append(s.command, strings.NewReplacer("{addr}", s.addr, "{dir}", dir).Replace(word))
	}
	if len(s.command) == 0 {
		return nil, nil, errors.New("--exec: no command")
	}
	return s, cleanup, nil
}

// start starts the process and waits until its listener accepts. It returns how
// long that took.
func (s *server) start(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	// It outlives ctx: stop ends it, and lets it end in order.
	s.cmd = exec.CommandContext(context.WithoutCancel(ctx), s.command[0], s.command[1:]...)
	// Output goes through a pipe, not to a file: a file would count as bytes that
	// the server writes to disk.
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the server: %w", err)
	}
	ended, cmd := make(chan struct{}), s.cmd
	s.ended = ended
	go func() {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(ended)
	}()
	dialer := net.Dialer{Timeout: time.Second}
	for {
		conn, err := dialer.DialContext(ctx, "tcp", s.addr)
		if err == nil {
			conn.Close()
			return time.Since(began), nil
		}
		select {
		case <-ended:
			return 0, s.death()
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for the server to listen on %s: %w", s.addr, context.Cause(ctx))
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// death says how the process ended, with its last words.
func (s *server) death() error {
	return fmt.Errorf("the server ended (%s); it said last:\n%s", s.cmd.ProcessState, s.output.String())
}

// stop signals the process and waits for its end, killing it when ctx ends. It
// returns how long the end took. Errors: an exit status that is not 0 after SIGTERM.
func (s *server) stop(ctx context.Context, sig syscall.Signal) (time.Duration, error) {
	select {
	case <-s.ended:
		return 0, s.death()
	default:
	}
	began := time.Now()
	if err := s.cmd.Process.Signal(sig); err != nil {
		return 0, fmt.Errorf("signal the server: %w", err)
	}
	select {
	case <-s.ended:
	case <-ctx.Done():
		_ = s.cmd.Process.Kill() // fails only if it has just ended
		<-s.ended
		return 0, fmt.Errorf("the server did not end by itself and was killed: %w", context.Cause(ctx))
	}
	took := time.Since(began)
	if sig == syscall.SIGTERM && !s.cmd.ProcessState.Success() {
		return took, s.death()
	}
	return took, nil
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// diskBytes adds up the files under the data directory.
func (s *server) diskBytes() (int64, error) {
	var sum int64
	err := filepath.WalkDir(s.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("size the data directory: %w", err)
	}
	return sum, nil
}

// tail keeps the last few lines' worth of what is written to it.
type tail struct {
	mu    sync.Mutex
	kept  []byte
	total int64
}

const tailBytes = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total += int64(len(b))
	t.kept = append(t.kept, b...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(b), nil
}

// String returns what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

// bytes tells how much was written in all.
func (t *tail) bytes() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}
