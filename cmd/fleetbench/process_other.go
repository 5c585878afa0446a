//go:build !linux

package main

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// usage is what a process has used. It can be read on Linux only.
type usage struct {
	rss, rssAnon, rssFile, peak, written, threads int64
	cpu                                           time.Duration
}

func readUsage(int) (usage, error) {
	return usage{}, errors.New("a process's memory and CPU time can be read on Linux only")
}

func machineBusy() (time.Duration, error) { return 0, nil }

func machineFacts() (cpu string, memory int64, kernel string) { return "", 0, "" }

// raiseFileLimit leaves the limit of open files as it is.
func raiseFileLimit(int) (uint64, error) { return 0, nil }

func openTerminal() (person, side *os.File, err error) {
	return nil, nil, errors.New("a terminal is made on Linux only")
}

func withTerminal() *syscall.SysProcAttr { return nil }

func dialFrom(source net.IP) func(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{}
	if source != nil {
		d.LocalAddr = &net.TCPAddr{IP: source}
	}
	return d.DialContext
}
