package opampsrv

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
)

// side indexes what is counted for each transport.
type side uint8

const (
	sideWebSocket side = iota
	sideHTTP
	sideCount
)

var sideNames = [sideCount]string{string(fleet.WebSocket), string(fleet.HTTP)}

// metrics are the server's, each label's values looked up once.
type metrics struct {
	connections [sideCount]prometheus.Gauge
	messages    [sideCount][kindCount]prometheus.Counter
	rejected    [reasonCount]prometheus.Counter
	received    [sideCount]prometheus.Counter
	sent        [sideCount]prometheus.Counter
	oversize    [sideCount]prometheus.Counter
	send        prometheus.Histogram
	panics      prometheus.Counter
	pings       prometheus.Counter
}

// newMetrics registers on r, if it is not nil. inflight tells the bytes in
// flight. Errors: a name is taken.
func newMetrics(r prometheus.Registerer, inflight func() int64) (*metrics, error) {
	m := &metrics{}
	connections := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "opamp_connections", Help: "Open WebSockets, and plain HTTP requests being answered.",
	}, []string{"transport"})
	messages := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "opamp_messages_total", Help: "Messages from agents, by what is most telling in them.",
	}, []string{"transport", "kind"})
	rejected := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "opamp_rejected_total", Help: "Requests, messages and connections that were not taken or were ended, by reason.",
	}, []string{"reason"})
	received := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "opamp_received_bytes_total", Help: "Bytes of messages from agents, after decompression.",
	}, []string{"transport"})
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "opamp_sent_bytes_total", Help: "Bytes of messages to agents, before compression.",
	}, []string{"transport"})
	oversize := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "opamp_oversize_discarded_total", Help: "Messages to agents that were over the size limit and therefore not sent.",
	}, []string{"transport"})
	m.send = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "opamp_send_seconds", Help: "Time that a WebSocket took to accept one message.",
		Buckets: prometheus.ExponentialBuckets(0.0001, 10, 6),
	})
	m.panics = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "opamp_panics_total", Help: "Panics that ended one connection or request.",
	})
	m.pings = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "opamp_pings_total", Help: "Pings sent.",
	})
	bytes := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "opamp_inflight_bytes", Help: "Memory held by messages that are arriving or being handled.",
	}, func() float64 { return float64(inflight()) })

	for t, name := range sideNames {
		m.connections[t] = connections.WithLabelValues(name)
		m.received[t] = received.WithLabelValues(name)
		m.sent[t] = sent.WithLabelValues(name)
		m.oversize[t] = oversize.WithLabelValues(name)
		for k, kind := range kindNames {
			m.messages[t][k] = messages.WithLabelValues(name, kind)
		}
	}
	for i := notRejected + 1; i < reasonCount; i++ {
		m.rejected[i] = rejected.WithLabelValues(i.String())
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		connections, messages, rejected, received, sent, oversize, m.send, m.panics, m.pings, bytes,
	} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
