//go:build appliance

package bundle

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

// sink is where a machine's default route leads: a cable with nobody at its other end,
// on which every packet that wanted to leave is seen, a question to a name server
// included. Without a route such attempts would only fail, unseen.
type sink struct {
	m       *machine.Machine
	capture string
	tcpdump *exec.Cmd
	ended   chan struct{}
}

// resolver is the name server that the machine is told of. Source: RFC 5737, addresses for documentation.
const resolver = "192.0.2.53"

func newSink(t *testing.T, m *machine.Machine) *sink {
	t.Helper()
	m.Run(t, `ip netns add beyond && ip link add sink0 type veth peer name sink1 netns beyond &&
		ip link set sink0 up && ip -n beyond link set sink1 up &&
		ip addr add 192.0.2.2/24 dev sink0 && ip route add default via 192.0.2.1 &&
		ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev sink0 && ip neigh add `+resolver+` lladdr 02:00:00:00:00:02 dev sink0`)
	m.Run(t, "rm -f /etc/resolv.conf && echo nameserver "+resolver+" > /etc/resolv.conf")
	s := &sink{m: m, capture: filepath.Join(t.TempDir(), "sink.pcap"), ended: make(chan struct{})}
	// Not counted: what the kernel itself says on any interface that is up (neighbours and
	// groups of IPv6; the latter come with a hop-by-hop header).
	s.tcpdump = exec.Command("nsenter", "--target", m.Leader(), "--net", "--",
		"tcpdump", "-i", "sink0", "-n", "-U", "--immediate-mode", "-Z", "root", "-w", s.capture, "not icmp6 and not ip6 proto 0")
	s.tcpdump.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.tcpdump.Start(); err != nil {
		t.Fatalf("start tcpdump: %v", err)
	}
	go func() {
		defer close(s.ended)
		_ = s.tcpdump.Wait() // ended by stop
	}()
	t.Cleanup(s.stop)
	// A watch that sees nothing proves nothing: it has to see these two. They do not wait for the
	// answer that never comes, since the watch may begin after the first of them.
	machine.Eventually(t, 20*time.Second, "the sink sees a connection and a question", func() error {
		m.Try(t, "curl -m 1 http://198.51.100.7/; timeout 2 getent hosts control.example")
		return s.saw("198.51.100.7.80", "control.example")
	})
	return s
}

func (s *sink) stop() {
	_ = s.tcpdump.Process.Signal(syscall.SIGINT) // ended already is as good
	<-s.ended
}

// packets are what was seen, a line each.
func (s *sink) packets() ([]string, error) {
	out, err := exec.Command("tcpdump", "-n", "-r", s.capture).Output()
	return strings.Split(strings.TrimSpace(string(out)), "\n"), err
}

func (s *sink) saw(all ...string) error {
	lines, _ := s.packets() // a file that is being written ends in the middle of a packet
	for _, want := range all {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			return &notSeen{want}
		}
	}
	return nil
}

type notSeen struct{ what string }

func (n *notSeen) Error() string { return "nothing was seen of " + n.what }

// empty: apart from the two of the beginning, nothing has tried to leave.
func (s *sink) empty(t *testing.T) {
	t.Helper()
	s.stop()
	lines, err := s.packets()
	if err != nil {
		t.Fatalf("read what was captured: %v", err)
	}
	for _, line := range lines {
		if line != "" && !strings.Contains(line, "198.51.100.7") && !strings.Contains(line, "control.example") {
			t.Errorf("something called out: %s", line)
		}
	}
}
