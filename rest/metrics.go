package rest

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ollystack/control-plane/fleet"
)

// metrics are what this package counts of itself.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	streams  prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer, f *fleet.Manager) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ollystack_http_requests_total", Help: "Requests to the HTTP API, by route template, method and status code.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ollystack_http_request_duration_seconds", Help: "Time to answer a request to the HTTP API, without streams and files, whose time is the client's.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ollystack_http_event_streams", Help: "Clients that follow the stream of events.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.streams, newFleetCollector(f)} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// observe counts an answer. The labels are closed sets: what matched no route, and methods that nobody knows, count as one.
func (m *metrics) observe(x *exchange, method string, took time.Duration) {
	route := x.route
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(x.status)).Inc()
	if !x.paced {
		m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
	}
}

// fleetCollector reads the fleet when it is asked, so that no gauge can drift from what it counts.
type fleetCollector struct {
	fleet                           *fleet.Manager
	agents, configs, offers, failed *prometheus.Desc
}

func newFleetCollector(f *fleet.Manager) *fleetCollector {
	return &fleetCollector{
		fleet:   f,
		agents:  prometheus.NewDesc("opamp_agents_total", "Agents that the server knows, by status.", []string{"status"}, nil),
		configs: prometheus.NewDesc("opamp_agents_config_total", "Agents that the server knows, by how far the configuration meant for them has come.", []string{"status"}, nil),
		offers:  prometheus.NewDesc("opamp_config_updates_total", "Configurations offered to agents, one for each agent and hash.", nil, nil),
		failed:  prometheus.NewDesc("opamp_config_errors_total", "Configurations that agents reported as failed.", nil, nil),
	}
}

// Describe sends the descriptions of all metrics.
func (c *fleetCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.agents, c.configs, c.offers, c.failed} {
		ch <- d
	}
}

// Collect sends the present values.
func (c *fleetCollector) Collect(ch chan<- prometheus.Metric) {
	status, stats := c.fleet.FleetStatus(), c.fleet.Stats()
	for _, s := range fleet.AgentStatuses() {
		ch <- prometheus.MustNewConstMetric(c.agents, prometheus.GaugeValue, float64(status.ByStatus[s]), string(s))
	}
	for _, s := range fleet.DeliveryStates() {
		ch <- prometheus.MustNewConstMetric(c.configs, prometheus.GaugeValue, float64(status.ByConfig[s]), string(s))
	}
	ch <- prometheus.MustNewConstMetric(c.offers, prometheus.CounterValue, float64(stats.OffersSent))
	ch <- prometheus.MustNewConstMetric(c.failed, prometheus.CounterValue, float64(stats.OffersFailed))
}

// showMetrics answers what Prometheus scrapes, in the format that it asks for.
func (a *api) showMetrics(r *http.Request) (reply, error) {
	page := &recorded{header: http.Header{}, status: http.StatusOK}
	promhttp.HandlerFor(a.gatherer, promhttp.HandlerOpts{
		DisableCompression: true, // the wrapper compresses every answer alike
		ErrorHandling:      promhttp.ContinueOnError,
	}).ServeHTTP(page, r)
	if page.status != http.StatusOK {
		return reply{}, fmt.Errorf("gather metrics: %s", bytes.TrimSpace(page.body.Bytes()))
	}
	return reply{contentType: page.header.Get("Content-Type"), raw: page.body.Bytes()}, nil
}

// recorded holds what a handler has written.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header         { return r.header }
func (r *recorded) WriteHeader(status int)      { r.status = status }
func (r *recorded) Write(b []byte) (int, error) { return r.body.Write(b) }
