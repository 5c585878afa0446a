package cli

import (
	"crypto/tls"
	"io"
	"net/url"
	"strings"
	"time"
)

// World is what a run of the program sees of the world.
type World struct {
	Environ []string // as os.Environ returns it
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Screen  Screen
	Version string           // of the program
	Now     func() time.Time // nil is time.Now
	// OwnServer finds the server that runs on this machine by its settings, and makes the
	// configuration take its certificate. nil: there is no --local.
	OwnServer func(*tls.Config) (*url.URL, error)
}

// Screen says which of the streams are a terminal.
type Screen struct {
	Width  int  // of the terminal that stdout is, in columns; 0 where it is none
	Height int  // of the same, in rows; 0 where it does not say
	Moves  bool // stdout is a terminal on which one can write over what is there
	Colour bool // stdout is a terminal that wants colours
	Stdin  bool
	Stderr bool
}

// Env returns the value of an environment variable, empty where it is not set.
func (w World) Env(name string) string {
	value := ""
	for _, kv := range w.Environ {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			value = v
		}
	}
	return value
}

// Present is the time.
func (w World) Present() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}
