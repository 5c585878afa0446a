package main

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestUsageOfThisProcess(t *testing.T) {
	before, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatalf("readUsage(self) = %v, want no error", err)
	}
	// A busy machine may leave this process next to none of a time on the clock, so it goes by another count of its CPU time.
	const work = 30 * time.Millisecond
	for began, end := spent(t), time.Now().Add(time.Minute); spent(t) < began+work; {
		if time.Now().After(end) {
			t.Fatalf("the machine has no %v for this test in a minute", work)
		}
	}
	after, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatalf("readUsage(self) = %v, want no error", err)
	}
	if before.rss <= 0 || before.rssAnon <= 0 || before.peak < before.rss || before.threads < 1 {
		t.Errorf("readUsage(self) = %+v, want memory and threads", before)
	}
	if got := after.cpu - before.cpu; got < work-time.Millisecond || got > time.Minute {
		t.Errorf("CPU time of %v of work = %v, want it seen", work, got)
	}
}

// spent is the CPU time of this process, as getrusage tells it.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestDialFromAnotherLoopbackAddress(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := dialFrom(net.IPv4(127, 0, 0, 3))(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatalf("dialFrom(127.0.0.3) = %v, want no error", err)
	}
	defer conn.Close()
	if host, _, err := net.SplitHostPort(conn.LocalAddr().String()); host != "127.0.0.3" {
		t.Errorf("LocalAddr() = %s, %v, want 127.0.0.3", conn.LocalAddr(), err)
	}
}

func TestFileLimitTooLow(t *testing.T) {
	if _, err := raiseFileLimit(1 << 40); err == nil || !strings.Contains(err.Error(), "open files") {
		t.Errorf("raiseFileLimit(2^40) = %v, want an error that tells of open files", err)
	}
	if got, err := raiseFileLimit(10); err != nil || got < 10+spareFiles {
		t.Errorf("raiseFileLimit(10) = %d, %v, want room for them", got, err)
	}
}

func TestMachineBusyCoversThisProcess(t *testing.T) {
	machine, err := machineBusy()
	if err != nil {
		t.Fatalf("machineBusy() = %v, want no error", err)
	}
	own, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if machine < own.cpu {
		t.Errorf("machineBusy() = %v, want at least this process's %v", machine, own.cpu)
	}
}
