package main

import (
	"runtime"
	"time"
)

// report is what the tool prints. A phase that was not run is absent.
type report struct {
	StartedAt time.Time  `json:"started_at"`
	Machine   machine    `json:"machine"`
	Run       run        `json:"run"`
	Connect   *connected `json:"connect,omitempty"`
	Heartbeat *beaten    `json:"heartbeat,omitempty"`
	Push      *pushed    `json:"push,omitempty"`
	List      *listed    `json:"list,omitempty"`
	Idle      *idled     `json:"idle,omitempty"`
	Restart   *restarted `json:"restart,omitempty"`
	Watch     *watched   `json:"watch,omitempty"`
	Stop      *stopped   `json:"stop,omitempty"`
	Totals    totals     `json:"totals"`
	Limits    []limit    `json:"limits,omitempty"`
	Failures  []string   `json:"failures,omitempty"`
}

// machine is where it was measured. Server and tool share it.
type machine struct {
	CPU       string  `json:"cpu"`
	Cores     int     `json:"cores"`
	MemoryGiB float64 `json:"memory_gib"`
	OS        string  `json:"os"`
	Kernel    string  `json:"kernel"`
	Go        string  `json:"go"`
}

func thisMachine() machine {
	cpu, memory, kernel := machineFacts()
	return machine{
		CPU:       cpu,
		Cores:     runtime.NumCPU(),
		MemoryGiB: rounded(float64(memory) / (1 << 30)),
		OS:        runtime.GOOS + "/" + runtime.GOARCH,
		Kernel:    kernel,
		Go:        runtime.Version(),
	}
}

// run is what was asked for.
type run struct {
	Agents              int      `json:"agents"`
	EffectiveConfigSize int      `json:"effective_config_bytes"`
	FullStateBytes      int      `json:"full_state_bytes"`
	SameConfig          bool     `json:"same_config"`
	Endpoint            string   `json:"endpoint"`
	Exec                string   `json:"exec,omitempty"`
	Phases              []string `json:"phases"`
}

// cost is the CPU time that a phase took. Where others took much of it, the
// phase's figures tell more of them than of the server.
type cost struct {
	ServerCPUSeconds float64 `json:"server_cpu_seconds,omitempty"`
	ToolCPUSeconds   float64 `json:"tool_cpu_seconds,omitempty"`
	OtherCPUSeconds  float64 `json:"other_cpu_seconds,omitempty"` // everything else on the machine, its kernel included
}

// totals is over the whole run, restarts of the server included.
type totals struct {
	Sent            int64 `json:"messages_sent"`
	Received        int64 `json:"messages_received"`
	DialErrors      int64 `json:"dial_errors"`
	Drops           int64 `json:"connections_lost"`
	ErrorResponses  int64 `json:"error_responses"`
	Malformed       int64 `json:"malformed_answers"`
	WrongUID        int64 `json:"answers_for_another_uid"`
	NewUIDs         int64 `json:"new_instance_uids"`
	Commands        int64 `json:"commands"`
	FullStateAsked  int64 `json:"full_state_asked"`
	ComponentsAsked int64 `json:"components_asked"`
	Offers          int64 `json:"offers"`
	RepeatedOffers  int64 `json:"repeated_offers"`
	ServerDiskBytes int64 `json:"server_data_dir_bytes,omitempty"`
	ServerOutput    int64 `json:"server_output_bytes,omitempty"`
}

func (c *counts) totals() totals {
	return totals{
		Sent:            c.sent.Load(),
		Received:        c.received.Load(),
		DialErrors:      c.dialErrors.Load(),
		Drops:           c.drops.Load(),
		ErrorResponses:  c.errorResponses.Load(),
		Malformed:       c.malformed.Load(),
		WrongUID:        c.wrongUID.Load(),
		NewUIDs:         c.newUIDs.Load(),
		Commands:        c.commands.Load(),
		FullStateAsked:  c.fullStateAsked.Load(),
		ComponentsAsked: c.componentsAsked.Load(),
		Offers:          c.offers.Load(),
		RepeatedOffers:  c.repeatedOffers.Load(),
	}
}

func kib(bytes int64) float64 { return rounded(float64(bytes) / (1 << 10)) }
func mib(bytes int64) float64 { return rounded(float64(bytes) / (1 << 20)) }
