//go:build unix

package main

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSupervisor: a process that is told of a socket and a watchdog tells that it is ready, alive and stopping.
func TestSupervisor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	// await reads messages until one holds the text.
	await := func(text string) {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64<<10)
		for seen := []string{}; ; {
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("no message with %q but %q: %v", text, seen, err)
			}
			if seen = append(seen, string(buf[:n])); strings.Contains(seen[len(seen)-1], text) {
				return
			}
		}
	}
	p := startProcessIn(t, []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=600000"})
	await("READY=1\n")
	await("WATCHDOG=1") // after the one with READY
	p.signal(t, syscall.SIGTERM)
	await("STOPPING=1\n")
	if status := p.wait(t); status.ExitStatus() != 0 {
		t.Errorf("exit code after SIGTERM = %d, want 0", status.ExitStatus())
	}
}
