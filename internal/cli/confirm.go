package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
)

// Confirm asks on a terminal whether to do what question says. Where nobody can be asked it needs yes, the value of --yes.
func (w World) Confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if !w.CanAsk() {
		return &Error{Code: ExitUsage, Err: WithHint(fmt.Errorf("%s This needs a confirmation, and there is no terminal to ask on", question), "If it is meant: --yes")}
	}
	return w.ask(ctx, question)
}

// CanAsk reports whether there is somebody at a terminal. What a person has named, one by one, needs no confirmation
// elsewhere: a script says what it means.
func (w World) CanAsk() bool { return w.Screen.Stdin && w.Screen.Stderr }

func (w World) ask(ctx context.Context, question string) error {
	fmt.Fprintf(w.Stderr, "%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() { // ends with the process where nobody answers
		line, _ := bufio.NewReader(w.Stdin).ReadString('\n') // an end without an answer is a no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(w.Stderr)
		return ctx.Err()
	case a := <-answer:
		if a == "y" || a == "yes" {
			return nil
		}
	}
	return errors.New("nothing was done")
}
