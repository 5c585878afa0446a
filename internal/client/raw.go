package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// Raw is a resource as the server wrote it: what this program does not know of it
// is kept, and printed.
type Raw json.RawMessage

// MarshalJSON implements json.Marshaler.
func (r Raw) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// keep reads b into into, and leaves a copy of it in raw.
func keep(b []byte, into any, raw *Raw) error {
	if err := json.Unmarshal(b, into); err != nil {
		return err
	}
	*raw = bytes.Clone(b)
	return nil
}

// show is what keep kept, or else the fields.
func show(raw Raw, fields any) ([]byte, error) {
	if raw != nil {
		return raw, nil
	}
	return json.Marshal(fields)
}

// notOurs is the error of an answer that says that all went well, and is none of the API's.
func notOurs(c *Client, err error) error {
	return &Error{
		Kind: Failed, Status: http.StatusOK, Server: c.base.Host,
		cause: fmt.Errorf("%s does not answer as a control plane does: %w", c.base.Host, err),
	}
}
