package main

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

// backup fetches a copy of the store and checks its digest. It returns its length.
func (r *remote) backup(ctx context.Context, w io.Writer) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(makingPatience, func() { cancel(errStalled) })
	defer watch.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base.JoinPath("api/v1/backup").String(), nil)
	if err != nil {
		return 0, err
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	client := *r.client
	client.Timeout = 0 // a large copy takes its time; what counts is that it moves on
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask the server: %w", stalled(ctx, err))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		if err != nil {
			return 0, fmt.Errorf("read the answer of %s: %w", r.base.Host, err)
		}
		return 0, r.refusal(res, answer)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), &moving{in: res.Body, watch: watch})
	if err != nil {
		return n, fmt.Errorf("fetch the backup: %w", stalled(ctx, err))
	}
	want := res.Header.Get("Repr-Digest")
	if got := "sha-256=:" + base64.StdEncoding.EncodeToString(sum.Sum(nil)) + ":"; got != want {
		return n, fmt.Errorf("the backup did not arrive as %s sent it: its digest is %s and should be %s", r.base.Host, got, want)
	}
	return n, nil
}

// stalled says so, instead of that the context was cancelled.
func stalled(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
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
