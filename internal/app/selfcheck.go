package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/ollystack/control-plane/fleet"
)

// selfCheck finds out whether the server does its work, as a client would: over
// a new connection to its own port, TLS included. It is what stands between a
// server that hangs and its being killed, so it fails only where a restart may
// help. A store that cannot write because the disk is full is an answer, and no
// failure. Nor is the fleet's lock for writing asked for: it is held over writes
// to the disk, and a disk that hangs is not cured by a restart.
type selfCheck struct {
	url    string
	where  string // for people
	client *http.Client
	// count asks the fleet, which takes its lock.
	count func() fleet.FleetStatus
	// asked is where the answer of the fleet arrives; a question that is not answered is not asked again.
	asked chan fleet.FleetStatus
}

func newSelfCheck(bound net.Addr, useTLS bool, count func() fleet.FleetStatus) *selfCheck {
	c := &selfCheck{
		url: "http://" + LocalAddress(bound.String()) + "/api/v1/health", where: bound.String(), count: count,
		client: &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, // the listener is under test too
			// Our own certificate is not for our address; no secret is sent.
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true},
		}},
	}
	if useTLS {
		c.url, c.where = "https"+c.url[len("http"):], c.where+" (TLS)"
	}
	return c
}

// run returns what to tell an operator of a server that works, and otherwise why it does not.
func (c *selfCheck) run(ctx context.Context) (string, error) {
	health, err := c.health(ctx)
	if err != nil {
		return "", err
	}
	status, err := c.fleet(ctx)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("Serving on %s; %d of %d agents connected", c.where, status.Connected, status.Total)
	if n := status.ByStatus[fleet.StatusUnhealthy]; n > 0 {
		text += fmt.Sprintf(", %d unhealthy", n)
	}
	if health != fleet.CheckOK {
		text += fmt.Sprintf("; health: %s, see /api/v1/health", health)
	}
	return text, nil
}

// health asks over the port. Any answer that is a control plane's will do.
func (c *selfCheck) health(ctx context.Context) (fleet.CheckStatus, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return "", err
	}
	res, err := c.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask the own port: %w", err)
	}
	defer res.Body.Close()
	var answer struct {
		Status fleet.CheckStatus `json:"status"`
	}
	err = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer)
	switch answer.Status {
	case fleet.CheckOK, fleet.CheckDegraded, fleet.CheckFailed:
		return answer.Status, nil
	}
	return "", errors.Join(fmt.Errorf("the own port answers %s, and not as a control plane does", res.Status), err)
}

// fleet asks the fleet, and gives up on a lock that is not let go.
func (c *selfCheck) fleet(ctx context.Context) (fleet.FleetStatus, error) {
	if c.asked == nil {
		asked := make(chan fleet.FleetStatus, 1)
		go func() { asked <- c.count() }()
		c.asked = asked
	}
	select {
	case status := <-c.asked:
		c.asked = nil
		return status, nil
	case <-ctx.Done():
		return fleet.FleetStatus{}, errors.New("the fleet does not answer: its lock is not let go")
	}
}
