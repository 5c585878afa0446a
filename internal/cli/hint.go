package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
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
		return unreachableHint(e)
	case e.Detail == "" && e.Proxy != "":
		return proxyHint(e)
	case e.Status == http.StatusUnauthorized && e.NoToken:
		return "Give a token with --token-file or OLLYSTACK_TOKEN_FILE: the first start leaves one in admin.token in the data directory."
	case e.Status == http.StatusUnauthorized:
		return "The token is none of this server's, or was revoked. `ollystack token create NAME --role ROLE` makes another."
	case e.Status == http.StatusForbidden:
		return "The token's role does not allow this: an admin token does."
	case e.Status == http.StatusPreconditionFailed:
		return "Somebody else changed it in the meantime: look at it again, and try again."
	case e.NoRoute:
		return "The server is of another version than this command (`ollystack status` and `ollystack version` say which), or the URL has a path too many, or is that of another program."
	case e.Detail == "" && e.Status != 0:
		return "This is not how a control plane answers: a proxy, or another program, is at this address. Is it right? Say which with --server, OLLYSTACK_SERVER or a context."
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

func unreachableHint(e *client.Error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](e); ok {
		return "If this is your own authority, name its certificate with --ca-file."
	}
	var slow interface{ Timeout() bool }
	switch text := e.Error(); {
	case e.Status == http.StatusBadRequest: // of a server that was asked without TLS
		return "Write https:// in --server, OLLYSTACK_SERVER or the context."
	case strings.Contains(text, "HTTP response to HTTPS client"):
		return "The server speaks no TLS: write http:// in --server, OLLYSTACK_SERVER or the context."
	case strings.Contains(text, "certificate"):
		return "The server's certificate does not fit the address in --server, or is not valid now."
	case e.Proxy != "":
		return proxyHint(e)
	case errors.As(e, &slow) && slow.Timeout():
		return "It did not answer in time. Is the server well, and is this its address? --request-timeout gives it longer."
	}
	return "Is the server running, and is this its address? Say which with --server, OLLYSTACK_SERVER or a context."
}

func proxyHint(e *client.Error) string {
	host, _, _ := strings.Cut(e.Server, ":")
	return fmt.Sprintf("HTTP_PROXY or HTTPS_PROXY in the environment sends this to the proxy %s. To ask the server itself: NO_PROXY=%s", e.Proxy, host)
}
