package rediscache

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are ollystack_redis_*; docs/redis.md lists them.
type metrics struct {
	registerer prometheus.Registerer // may be nil
	all        []prometheus.Collector

	hits, misses, bypassed prometheus.Counter
	published, dropped     prometheus.Counter
	reconciliations        prometheus.Counter
	errors                 *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer, up, queued func() float64) *metrics {
	m := &metrics{registerer: r}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "ollystack_redis_" + name, Help: help})
		m.all = append(m.all, c)
		return c
	}
	gauge := func(name, help string, value func() float64) {
		m.all = append(m.all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ollystack_redis_" + name, Help: help}, value))
	}
	gauge("up", "1 while Redis answers and holds the fleet, 0 while it is degraded.", up)
	gauge("queue_length", "Records waiting to be published to Redis.", queued)
	m.hits = counter("hits_total", "Reads answered from Redis.")
	m.misses = counter("misses_total", "Reads that Redis had nothing current for.")
	m.bypassed = counter("bypassed_total", "Reads that did not ask Redis or did not wait for it.")
	m.published = counter("published_total", "Records set or deleted in Redis.")
	m.dropped = counter("dropped_total", "Changed records not published on their own: Redis was away or the queue full. A reconciliation follows.")
	m.reconciliations = counter("reconciliations_total", "Complete comparisons of Redis with the store.")
	m.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ollystack_redis_errors_total", Help: "Failures by kind.",
	}, []string{"kind"})
	m.all = append(m.all, m.errors)
	for _, f := range faults {
		m.errors.WithLabelValues(string(f))
	}
	return m
}

func (m *metrics) register() error {
	if m.registerer == nil {
		return nil
	}
	var errs []error
	for i, c := range m.all {
		if err := m.registerer.Register(c); err != nil {
			m.all = m.all[:i] // those that unregister must undo
			errs = append(errs, err)
			break
		}
	}
	if errs != nil {
		m.unregister()
	}
	return errors.Join(errs...)
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}

func (m *metrics) failure(f fault) { m.errors.WithLabelValues(string(f)).Inc() }
