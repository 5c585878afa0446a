package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ollystack/control-plane/internal/client"
)

// Waits between attempts to have a stream again.
const (
	firstWait   = time.Second
	longestWait = 30 * time.Second
)

// ErrEnough ends Follow without an error.
var ErrEnough = errors.New("enough")

// Follow calls each with the events after the one named last, or from now on. A stream that breaks is
// taken up again where it broke, for as long as the server is away; opened is called each time. It
// ends when the context does, which is no error, when each returns one, or where the server refuses.
func Follow(ctx context.Context, w World, server *client.Client, last string, opened func(), each func(client.Event) error) error {
	reached, wait := false, firstWait
	for {
		err := server.Follow(ctx, &last, func() {
			reached, wait = true, firstWait
			if opened != nil {
				opened()
			}
		}, each)
		switch {
		case errors.Is(err, ErrEnough):
			return nil
		case over(ctx): // an interruption is the orderly end
			w.goOn()
			return nil
		case client.KindOf(err) != client.Unreachable && !busy(err), !reached:
			return err
		}
		fmt.Fprintf(w.Stderr, "%s; trying again in %v\n", Plain(err.Error()), wait)
		select {
		case <-ctx.Done():
			w.goOn()
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, longestWait)
	}
}

// goOn leaves a terminal's cursor where a shell's prompt begins a line: behind Ctrl-C the terminal has written ^C.
func (w World) goOn() {
	if w.Screen.Width > 0 && w.Screen.Stdin {
		fmt.Fprintln(w.Stdout)
	}
}

func over(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// busy is a server that starts or stops, or a proxy in front of one.
func busy(err error) bool {
	e, ok := errors.AsType[*client.Error](err)
	return ok && e.Status >= 500
}

// Passing reports whether an error may pass by itself: of a server that is away, or busy.
func Passing(err error) bool { return client.KindOf(err) == client.Unreachable || busy(err) }
