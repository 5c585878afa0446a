package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what a process has used.
type usage struct {
	rss, rssAnon, rssFile int64         // bytes, now
	peak                  int64         // bytes, the most there ever was
	cpu                   time.Duration // user and system, all threads, ended ones included
	written               int64         // bytes caused to be written to storage, ever
	threads               int64
}

// readUsage reads /proc/PID and the process's CPU clock, which counts in
// nanoseconds where /proc/PID/stat counts in hundredths of a second.
func readUsage(pid int) (usage, error) {
	var u usage
	status, err := procFields(pid, "status")
	if err != nil {
		return u, err
	}
	for name, to := range map[string]*int64{
		"VmRSS": &u.rss, "RssAnon": &u.rssAnon, "RssFile": &u.rssFile, "VmHWM": &u.peak,
	} {
		kib, err := strconv.ParseInt(strings.TrimSuffix(status[name], " kB"), 10, 64)
		if err != nil {
			return u, fmt.Errorf("read %s of process %d: %w", name, pid, err)
		}
		*to = kib << 10
	}
	if u.threads, err = strconv.ParseInt(status["Threads"], 10, 64); err != nil {
		return u, fmt.Errorf("read threads of process %d: %w", pid, err)
	}
	io, err := procFields(pid, "io")
	if err != nil {
		return u, err
	}
	if u.written, err = strconv.ParseInt(io["write_bytes"], 10, 64); err != nil {
		return u, fmt.Errorf("read bytes written by process %d: %w", pid, err)
	}
	u.cpu, err = cpuTime(pid)
	return u, err
}

// cpuTime reads another process's CPU clock. Its id is made as the C library's
// clock_getcpuclockid makes it.
func cpuTime(pid int) (time.Duration, error) {
	const sched = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &ts); err != nil {
		return 0, fmt.Errorf("read CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

// procFields reads a file of "name: value" lines.
func procFields(pid int, file string) (map[string]string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return nil, fmt.Errorf("read process %d: %w", pid, err)
	}
	fields := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields, nil
}

// machineBusy is the CPU time that the whole machine has spent at work since it
// started, in steps of a hundredth of a second for each core.
func machineBusy() (time.Duration, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the machine's CPU time: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	const name, idle, ioWait, guest = 0, 4, 5, 9 // guests are counted under user as well
	var ticks int64
	for i, field := range fields {
		if i == name || i == idle || i == ioWait || i >= guest {
			continue
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the machine's CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// machineFacts reads the processor's name, the memory in bytes and the kernel's
// release; what cannot be read stays empty.
func machineFacts() (cpu string, memory int64, kernel string) {
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(data)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		memory = int64(info.Totalram) * int64(info.Unit)
	}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		kernel = string(bytes.TrimRight(uts.Release[:], "\x00"))
	}
	return cpu, memory, kernel
}

// dialFrom dials from a given address. Its port is chosen only at connect, so
// that it may serve several destinations and does not run out early.
func dialFrom(source net.IP) func(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	if source != nil {
		d.LocalAddr = &net.TCPAddr{IP: source}
		d.Control = func(_, _ string, c syscall.RawConn) error {
			var failed error
			err := c.Control(func(fd uintptr) {
				failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
			})
			if err != nil {
				return err
			}
			return failed
		}
	}
	return d.DialContext
}
