// Command fleet plays the agents that the browser's tests look at: many, over
// opamp-go's real client, on loopback, with names, health and configurations as a
// production fleet has them. Unlike cmd/fleetbench, which measures a server, it
// does what it is told: one JSON object a line on standard input, answered by one
// line on standard output. It ends with its standard input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
)

// order is one line of input.
type order struct {
	// Do is "connect", "health", "churn" or "leave".
	Do string `json:"do"`
	// Count agents to connect, numbered from From, which is 0 for the first.
	Count int `json:"count"`
	From  int `json:"from"`
	// Agent is the number of the one that is meant.
	Agent int `json:"agent"`
	// Error makes the agent unhealthy; an empty one makes it healthy.
	Error string `json:"error"`
	// PerSecond is how many agents change their health each second; 0 stops them.
	PerSecond int `json:"per_second"`
}

type answer struct {
	Error string `json:"error,omitempty"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: fleet ENDPOINT [TOKEN-FILE]")
		os.Exit(2)
	}
	f := &fleet{endpoint: os.Args[1], agents: map[int]*agent{}}
	if len(os.Args) > 2 {
		token, err := os.ReadFile(os.Args[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		f.token = string(token)
	}
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var o order
		err := json.Unmarshal(lines.Bytes(), &o)
		if err == nil {
			err = f.obey(ctx, o)
		}
		var a answer
		if err != nil {
			a.Error = err.Error()
		}
		if err := out.Encode(a); err != nil {
			return
		}
	}
}
