package bolt

import (
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	registerer prometheus.Registerer // may be nil
	seconds    prometheus.Histogram
	bytes      prometheus.Counter
	failures   prometheus.Counter
	size       prometheus.GaugeFunc
}

func newMetrics(r prometheus.Registerer, path string) (*metrics, error) {
	m := &metrics{
		registerer: r,
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ollystack_store_write_seconds",
			Help:    "How long commits took that succeeded, waiting for the disk included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ollystack_store_written_bytes_total",
			Help: "Bytes of the pages that commits wrote.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ollystack_store_write_failures_total",
			Help: "Commits that failed.",
		}),
		size: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ollystack_store_size_bytes",
			Help: "Length of the store's file.",
		}, func() float64 {
			info, err := os.Stat(path)
			if err != nil {
				return 0
			}
			return float64(info.Size())
		}),
	}
	if r == nil {
		return m, nil
	}
	for i, c := range m.all() {
		if err := r.Register(c); err != nil {
			for _, done := range m.all()[:i] {
				r.Unregister(done)
			}
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.seconds, m.bytes, m.failures, m.size}
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all() {
		m.registerer.Unregister(c)
	}
}

func (m *metrics) wrote(took time.Duration, bytes int64) {
	m.seconds.Observe(took.Seconds())
	m.bytes.Add(float64(bytes))
}

func (m *metrics) failed() { m.failures.Inc() }
