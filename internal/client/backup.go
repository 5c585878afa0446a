package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// makingPatience is how long a server may take to make the copy, before it sends any of it.
	makingPatience = 15 * time.Minute
	// stallPatience is how long nothing may arrive of it.
	stallPatience = time.Minute
)

var errStalled = errors.New("the server sends nothing any more")

// Backup fetches a copy of the store and checks its digest. It returns its length.
func (c *Client) Backup(ctx context.Context, w io.Writer) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(makingPatience, func() { cancel(errStalled) })
	defer watch.Stop()
	res, err := c.send(ctx, c.endless(), call{method: http.MethodGet, path: []string{"backup"}})
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), &moving{in: res.Body, watch: watch})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return n, fmt.Errorf("fetch the backup: %w", err)
	}
	want := res.Header.Get("Repr-Digest")
	if got := "sha-256=:" + base64.StdEncoding.EncodeToString(sum.Sum(nil)) + ":"; got != want {
		return n, fmt.Errorf("the backup did not arrive as %s sent it: its digest is %s and should be %s", c.base.Host, got, want)
	}
	return n, nil
}

// endless is for answers that take their time; what counts is that they move on.
func (c *Client) endless() *http.Client {
	with := *c.http
	with.Timeout = 0
	return &with
}

// moving is a reader that is given up when nothing comes for a while.
type moving struct {
	in    io.Reader
	watch *time.Timer
}

func (m *moving) Read(p []byte) (int, error) {
	m.watch.Reset(stallPatience)
	return m.in.Read(p)
}
