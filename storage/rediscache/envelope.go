package rediscache

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
)

// seal makes and opens the envelopes that values travel in:
//
//	{"epoch":"…","revision":7,"mac":"…","value":{…}}
//
// The epoch is random for every open of the store. The mac binds value and
// revision to their key under a secret that never leaves this process: who can
// write to the Redis can make us miss, and cannot make us serve what the store
// never held.
type seal struct {
	epoch  string
	secret [sha256.Size]byte
}

// macSize is how much of the SHA-256 is kept, in bytes.
const macSize = 16

// headSize is enough of a value to hold its epoch and revision.
const headSize = 128

func newSeal() *seal {
	s := &seal{epoch: rand.Text()}
	_, _ = rand.Read(s.secret[:]) // never fails, says crypto/rand
	return s
}

// head is what a sealed value of the given revision begins with.
func (s *seal) head(revision uint64) []byte {
	return fmt.Appendf(nil, `{"epoch":%q,"revision":%s,`, s.epoch, strconv.FormatUint(revision, 10))
}

// wrap seals value, which is JSON, for the key of the given name.
func (s *seal) wrap(name string, revision uint64, value []byte) []byte {
	out := s.preamble(name, revision, value)
	out = append(out, value...)
	return append(out, '}')
}

// contents are what unwrap found in an envelope.
type contents uint8

const (
	fresh  contents = iota // sealed by us for this key and revision
	absent                 // the same, and it says that the value is not kept in Redis
	stale                  // of another epoch or revision, or not an envelope
	forged                 // says epoch and revision right and did not come from us
)

// unwrap returns the value that wrap sealed for exactly this key and revision. It shares memory with raw.
func (s *seal) unwrap(name string, revision uint64, raw []byte) ([]byte, contents) {
	if !bytes.HasPrefix(raw, s.head(revision)) {
		return nil, stale
	}
	size := len(s.preamble(name, revision, nil))
	if len(raw) <= size || raw[len(raw)-1] != '}' {
		return nil, forged
	}
	value := raw[size : len(raw)-1]
	if !hmac.Equal(raw[:size], s.preamble(name, revision, value)) {
		return nil, forged
	}
	if string(value) == notKept {
		return nil, absent
	}
	return value, fresh
}

// preamble is all of an envelope that comes before the value; its length does not depend on the value.
func (s *seal) preamble(name string, revision uint64, value []byte) []byte {
	out := s.head(revision)
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte(name))
	mac.Write([]byte{0})
	mac.Write(out)
	mac.Write(value)
	out = append(out, `"mac":"`...)
	out = base64.RawURLEncoding.AppendEncode(out, mac.Sum(nil)[:macSize])
	return append(out, `","value":`...)
}
