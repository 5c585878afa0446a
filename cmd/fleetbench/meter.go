package main

import (
	"os"
	"time"
)

// cpuTimes are CPU times since the starts of the server, the tool and the machine.
// A process that is not known has spent none.
type cpuTimes struct{ server, tool, machine time.Duration }

func (b *bench) cpuTimes() (cpuTimes, error) {
	var t cpuTimes
	server, err := b.usage()
	if err != nil || server == nil {
		return t, err
	}
	own, err := readUsage(os.Getpid())
	if err != nil {
		return t, err
	}
	busy, err := machineBusy()
	return cpuTimes{server: server.cpu, tool: own.cpu, machine: busy}, err
}

// meter reads the clocks; the returned function tells what was spent since.
func (b *bench) meter() (func() (cost, error), error) {
	before, err := b.cpuTimes()
	if err != nil {
		return nil, err
	}
	return func() (cost, error) {
		now, err := b.cpuTimes()
		server, tool := now.server-before.server, now.tool-before.tool
		return cost{
			ServerCPUSeconds: inSeconds(server),
			ToolCPUSeconds:   inSeconds(tool),
			OtherCPUSeconds:  inSeconds(max(now.machine-before.machine-server-tool, 0)),
		}, err
	}, nil
}
