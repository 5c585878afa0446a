package cli

import (
	"crypto/x509"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/ollystack/control-plane/internal/client"
)

// Hint says what to try about an error, empty where nothing comes to mind.
func Hint(err error) string {
	if h, ok := errors.AsType[hinted](err); ok {
		return h.hint
	}
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return ""
	}
	switch {
	case e.Kind == client.Unreachable:
		return unreachableHint(err)
	case e.Status == http.StatusUnauthorized && e.NoToken:
		return "Give a token with --token-file or OLLYSTACK_TOKEN_FILE: the first start leaves one in admin.token in the data directory."
	case e.Status == http.StatusUnauthorized:
		return "The token is none of this server's, or was revoked. `ollystack token create NAME --role ROLE` makes another."
	case e.Status == http.StatusForbidden:
		return "The token's role does not allow this: an admin token does."
	case e.Status == http.StatusPreconditionFailed:
		return "Somebody else changed it in the meantime: look at it again, and try again."
	case e.Status == http.StatusBadRequest && strings.Contains(e.Detail, "HTTPS"):
		return "The server speaks TLS: write https:// in --server."
	case e.Status == http.StatusServiceUnavailable:
		return "The server cannot do this now: `ollystack status` says why. Try again later."
	case e.Kind == client.Conflict:
		return guardHint(e.Detail)
	}
	return ""
}

// guardConfirmation is how the server says what would confirm a write that reaches many.
var guardConfirmation = regexp.MustCompile(`confirm_agents=([0-9]+)`)

// guardHint translates what is said to programs.
func guardHint(detail string) string {
	if found := guardConfirmation.FindStringSubmatch(detail); found != nil {
		return "If that is meant: --confirm-agents " + found[1]
	}
	if strings.Contains(detail, "detach=true") {
		return "To let them go first, so that they keep running what they have: --detach"
	}
	return ""
}

func unreachableHint(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "If this is your own authority, name its certificate with --ca-file."
	}
	switch text := err.Error(); {
	case strings.Contains(text, "HTTP response to HTTPS client"):
		return "The server speaks no TLS: write http:// in --server."
	case strings.Contains(text, "certificate"):
		return "The server's certificate does not fit the address in --server, or is not valid now."
	}
	return "Is the server running, and is this its address? Say which with --server, OLLYSTACK_SERVER or a context."
}
