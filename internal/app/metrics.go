package app

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// newRegistry makes the registry of everything that the server measures, with
// what the Go runtime, the process and the build say of themselves in it.
func newRegistry(b Build) (*prometheus.Registry, error) {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "ollystack_build_info", Help: "Which build runs; always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go_version": runtime.Version()},
	})
	info.Set(1)
	r := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info,
	} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// newAppliedSeconds makes the histogram of how long agents take to apply what
// they are offered. A real supervisor watches the collector for some seconds
// before it says so, a fleet on plain HTTP asks every half minute.
func newAppliedSeconds(r prometheus.Registerer) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "opamp_offer_to_applied_seconds",
		Help:    "Time from the offer of a configuration to the agent's word that it is applied.",
		Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 7.5, 10, 20, 30, 60, 120, 300},
	})
	r.MustRegister(h)
	return h
}
