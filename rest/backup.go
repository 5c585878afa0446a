package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// Backup is a finished copy of all that is stored. Close gives up what it holds.
type Backup interface {
	io.ReadCloser
	// Size is its length in bytes.
	Size() int64
	// SHA256 is its digest.
	SHA256() [sha256.Size]byte
	// At is when it was made.
	At() time.Time
}

// backupChunk is what a client must accept within writePatience, so that one
// that does not read, or a few bytes a minute, does not keep others from theirs.
const backupChunk = 256 << 10

// sendBackup answers a copy of the store. It is made first and sent then: how
// long the client takes is nobody's concern but the next backup's.
func (a *api) sendBackup(x *exchange, r *http.Request) error {
	h := x.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead { // no copy is made to tell how long it would be
		h.Set("Content-Type", "application/octet-stream")
		x.WriteHeader(http.StatusOK)
		return nil
	}
	b, err := a.backup(r.Context())
	if err != nil {
		return err
	}
	release := sync.OnceFunc(func() { _ = b.Close() }) // who made it says what stays behind
	defer release()
	sum := b.SHA256()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(b.Size(), 10))
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "ollystack-"+b.At().UTC().Format("20060102T150405Z")+".db"))
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":") // RFC 9530
	a.copyBackup(x, r, b, release)
	return nil
}

// copyBackup sends b and releases it before the last part: who has it all can
// ask for the next one at once. Where it ends early the connection is closed,
// and the client sees that it got less than it was promised.
func (a *api) copyBackup(x *exchange, r *http.Request, b Backup, release func()) {
	rc := http.NewResponseController(x)
	buf := make([]byte, backupChunk)
	for sent := int64(0); sent < b.Size(); {
		n, err := io.ReadFull(b, buf[:min(int64(len(buf)), b.Size()-sent)])
		if err != nil {
			x.fault = fmt.Errorf("read the copy: %w", err)
			return
		}
		if sent+int64(n) == b.Size() {
			release()
		}
		if err := rc.SetWriteDeadline(time.Now().Add(writePatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return // the client is gone
		}
		if _, err := x.Write(buf[:n]); err != nil {
			why := "the client went away"
			if errors.Is(err, os.ErrDeadlineExceeded) {
				why = "the client does not read"
			}
			a.log.WarnContext(r.Context(), "a backup was not fetched to its end", "request_id", x.id, "sent", sent, "size", b.Size(), "reason", why)
			return
		}
		sent += int64(n)
	}
	if rc.Flush() != nil {
		return
	}
	_ = rc.SetWriteDeadline(time.Time{}) // as writeWhole does, and for the same reason
	if a.backedUp != nil {
		a.backedUp(b.At())
	}
}
