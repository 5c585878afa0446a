//go:build appliance

package machine

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// HTTP is a client whose connections start on the machine: 127.0.0.1 is the machine's
// own. Addresses must be numbers; names are not resolved there.
func (m *Machine) HTTP() *http.Client {
	return &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{DialContext: m.dial, DisableKeepAlives: true},
	}
}

// dial makes a connection in the machine's network. A socket belongs to the namespace
// that its thread was in, so the thread goes there and back.
func (m *Machine) dial(ctx context.Context, network, address string) (net.Conn, error) {
	here, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer here.Close()
	there, err := os.Open("/proc/" + strconv.Itoa(m.leader) + "/ns/net")
	if err != nil {
		return nil, fmt.Errorf("network of %s: %w", m.Name, err)
	}
	defer there.Close()

	runtime.LockOSThread()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("network of %s: %w", m.Name, err)
	}
	var dialer net.Dialer
	conn, dialErr := dialer.DialContext(ctx, network, address)
	if err := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); err != nil {
		// Left locked: the thread ends with its goroutine and takes nobody astray.
		return nil, fmt.Errorf("back from the network of %s: %w", m.Name, err)
	}
	runtime.UnlockOSThread()
	return conn, dialErr
}

// Connect joins two machines by a cable: a has 10.20.0.1, b has 10.20.0.2, and neither
// has a route to anywhere else.
func Connect(t *testing.T, a, b *Machine) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", "link", "add", "cable0", "netns", strconv.Itoa(a.leader),
		"type", "veth", "peer", "name", "cable0", "netns", strconv.Itoa(b.leader)).CombinedOutput()
	if err != nil {
		t.Fatalf("join %s and %s: %v\n%s", a.Name, b.Name, err, out)
	}
	a.Run(t, "ip address add 10.20.0.1/24 dev cable0 && ip link set cable0 up")
	b.Run(t, "ip address add 10.20.0.2/24 dev cable0 && ip link set cable0 up")
}
