package rest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/ollystack/control-plane/fleet"
)

// The types of bodies.
var (
	jsonTypes  = []string{"application/json"}
	patchTypes = []string{"application/merge-patch+json", "application/json"}
	yamlTypes  = []string{"application/yaml", "application/x-yaml", "text/yaml"}
)

// body reads the request's body, which must be of one of the types, and says of which.
func (a *api) body(r *http.Request, types ...string) ([]byte, string, error) {
	mediaType, err := mediaTypeOf(r, types)
	if err != nil {
		return nil, "", err
	}
	raw, err := a.readAll(r)
	return raw, mediaType, err
}

// jsonBody reads a body that is a JSON object.
func (a *api) jsonBody(r *http.Request, types ...string) (*object, error) {
	raw, _, err := a.body(r, types...)
	if err != nil {
		return nil, err
	}
	return parseObject(raw)
}

// noBody lets pass what has no body, or an empty JSON object for clients that must send something.
func (a *api) noBody(r *http.Request) error {
	raw, err := a.readAll(r)
	if err != nil || len(raw) == 0 {
		return err
	}
	if _, err := mediaTypeOf(r, jsonTypes); err != nil {
		return err
	}
	o, err := parseObject(raw)
	if err != nil {
		return err
	}
	return o.done()
}

func mediaTypeOf(r *http.Request, types []string) (string, error) {
	given := r.Header.Get("Content-Type")
	mediaType, params, err := mime.ParseMediaType(given)
	if err != nil || !slices.Contains(types, mediaType) {
		return "", unsupported("the content type must be %s, not %q", strings.Join(types, " or "), given)
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return "", unsupported("the charset must be UTF-8, not %q", charset)
	}
	return mediaType, nil
}

func unsupported(format string, args ...any) error {
	return &statusError{status: http.StatusUnsupportedMediaType, detail: fmt.Sprintf(format, args...)}
}

// readAll reads the body up to the limit, which holds before and after decompression.
func (a *api) readAll(r *http.Request) ([]byte, error) {
	limit := a.bodyLimit(r)
	var in io.Reader = r.Body
	switch coding := strings.ToLower(r.Header.Get("Content-Encoding")); coding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, a.bodyError(err, limit)
		}
		in = z
	default:
		return nil, unsupported("the content encoding must be gzip or none, not %q", coding)
	}
	raw, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, a.bodyError(err, limit)
	}
	if int64(len(raw)) > limit {
		return nil, tooLarge(limit)
	}
	return raw, nil
}

// strangersBody is the largest body of a caller who is not known: enough for a token.
const strangersBody = 16 << 10

// bodyLimit is how many bytes of a body are taken, before and after decompression.
func (a *api) bodyLimit(r *http.Request) int64 {
	if !known(r) {
		return min(a.maxBody, strangersBody)
	}
	return a.maxBody
}

func tooLarge(limit int64) error {
	return &statusError{
		status: http.StatusRequestEntityTooLarge,
		detail: fmt.Sprintf("the body is larger than %d bytes", limit),
	}
}

func (a *api) bodyError(err error, limit int64) error {
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &statusError{status: http.StatusRequestTimeout, detail: fmt.Sprintf("the body did not arrive within %s", a.readTimeout)}
	}
	return fleet.Errorf(fleet.Invalid, "the body could not be read: %v", err)
}
