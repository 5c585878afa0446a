package opampsrv

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// uidHeader names the agent for those on the way. Source: OpAMP, Plain HTTP Transport.
const uidHeader = "OpAMP-Instance-UID"

// servePoll answers one message over plain HTTP.
func (s *Server) servePoll(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		s.refuse(w, r, rejectedMethod, http.StatusMethodNotAllowed, "an OpAMP message is sent by POST")
		return
	}
	zipped, known := requestEncoding(r.Header.Get("Content-Encoding"))
	if !known {
		w.Header().Set("Accept-Encoding", "gzip")
		s.refuse(w, r, rejectedContentEncoding, http.StatusUnsupportedMediaType, "the only Content-Encoding taken is gzip")
		return
	}
	if r.ContentLength > s.o.MaxMessageSize {
		s.refuse(w, r, tooLarge, http.StatusRequestEntityTooLarge, errTooLarge.Error())
		return
	}
	if !s.enter(w, r) {
		return
	}
	defer s.exit()
	p := &poll{s: s, w: w, r: r, rc: http.NewResponseController(w)}
	if !s.guard(r.RemoteAddr, func() { p.serve(zipped) }) && !p.answered {
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

// enter counts a request in, or refuses it.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	stopping, full := s.stopping, s.requests >= s.o.MaxConnections
	entered := !stopping && !full
	if entered {
		s.requests++
		s.active.Add(1)
	}
	s.mu.Unlock()
	switch {
	case entered:
		s.metrics.connections[sideHTTP].Inc()
	case stopping:
		s.refuseForNow(w, r, rejectedStopping, "the server is stopping")
	default:
		s.refuseForNow(w, r, rejectedConnections, "the server has as many requests as it may")
	}
	return entered
}

func (s *Server) exit() {
	s.metrics.connections[sideHTTP].Dec()
	s.mu.Lock()
	s.requests--
	s.mu.Unlock()
	s.active.Done()
}

// requestEncoding reads a request's Content-Encoding.
func requestEncoding(header string) (zipped, known bool) {
	switch strings.ToLower(strings.TrimSpace(header)) {
	case "", "identity":
		return false, true
	case "gzip", "x-gzip":
		return true, true
	}
	return false, false
}

// poll is one request and its answer.
type poll struct {
	s        *Server
	w        http.ResponseWriter
	r        *http.Request
	rc       *http.ResponseController
	answered bool
}

func (p *poll) serve(zipped bool) {
	s := p.s
	h := hold{b: s.budget, abort: func() { _ = p.rc.SetReadDeadline(time.Unix(1, 0)) }}
	defer h.release()
	m, err := p.read(&h, zipped)
	if err != nil {
		p.refuseBody(err, h.tooSlow())
		return
	}
	s.metrics.received[sideHTTP].Add(float64(len(m.data)))
	report, kind, bad := s.decoder.decode(m.data)
	s.buffers.free(&m)
	h.release()
	if bad == nil {
		bad = p.checkHeader(report)
	}
	if bad != nil {
		s.metrics.rejected[bad.reason].Inc()
		status := http.StatusOK
		if bad.reason == badProtobuf {
			status = http.StatusBadRequest
		}
		p.answer(status, errorMessage(bad.uid, badRequest(bad.msg)))
		return
	}
	s.metrics.messages[sideHTTP][kind].Inc()
	report.RemoteAddress = p.r.RemoteAddr
	reply, err := s.fleet.Receive(p.r.Context(), s.polls, report)
	if err != nil {
		p.answerError(report, err)
		return
	}
	p.answer(http.StatusOK, encode(&reply))
}

// read reads the body, decompressed if it is zipped.
func (p *poll) read(h *hold, zipped bool) (message, error) {
	deadline := time.Now().Add(p.s.o.MessageTimeout)
	_ = p.rc.SetReadDeadline(deadline)
	var wire message
	err := p.s.slurp(&wire, http.MaxBytesReader(p.w, p.r.Body, p.s.o.MaxMessageSize), h, deadline)
	if err != nil {
		// net/http reads on for a while, so that the peer can see the answer.
		_ = p.rc.SetReadDeadline(time.Now().Add(closeGrace))
		return message{}, err
	}
	// What net/http reads from here on, to notice that the peer leaves, has no deadline.
	_ = p.rc.SetReadDeadline(time.Time{})
	if !zipped {
		return wire, nil
	}
	defer p.s.buffers.free(&wire)
	return p.s.inflate(wire.data, h, deadline)
}

var errNotGzip = errors.New("the body is not valid gzip")

// inflate decompresses twice: first to learn the size, so that a body that
// would be too large costs time but no memory. Errors: errNotGzip, errTooLarge, those of h.grow.
func (s *Server) inflate(wire []byte, h *hold, deadline time.Time) (message, error) {
	var z gzip.Reader
	if err := z.Reset(bytes.NewReader(wire)); err != nil {
		return message{}, errNotGzip
	}
	size, err := io.Copy(io.Discard, io.LimitReader(&z, s.o.MaxMessageSize+1))
	switch {
	case err != nil:
		return message{}, errNotGzip
	case size > s.o.MaxMessageSize:
		return message{}, errTooLarge
	}
	if err := h.grow(size, deadline, s.stop); err != nil {
		return message{}, err
	}
	data := make([]byte, size)
	if err := z.Reset(bytes.NewReader(wire)); err != nil {
		return message{}, errNotGzip
	}
	if _, err := io.ReadFull(&z, data); err != nil {
		return message{}, errNotGzip
	}
	return message{data: data}, nil
}

// refuseBody answers a body that could not be read.
func (p *poll) refuseBody(err error, slow bool) {
	var (
		big     *http.MaxBytesError
		timeout net.Error
	)
	switch {
	case errors.Is(err, errTooLarge), errors.As(err, &big):
		p.s.refuse(p.w, p.r, tooLarge, http.StatusRequestEntityTooLarge, errTooLarge.Error())
	case errors.Is(err, errNotGzip):
		p.s.metrics.rejected[badCompression].Inc()
		p.answer(http.StatusBadRequest, errorMessage(nil, badRequest(errNotGzip.Error())))
	case slow, errors.Is(err, errTooSlow):
		p.w.Header().Set("Connection", "close")
		p.s.refuseForNow(p.w, p.r, tooSlow, errTooSlow.Error())
	case errors.Is(err, errBusy):
		p.w.Header().Set("Connection", "close")
		p.s.refuseForNow(p.w, p.r, tooBusy, errBusy.Error())
	case errors.As(err, &timeout) && timeout.Timeout():
		p.w.Header().Set("Connection", "close")
		p.s.refuse(p.w, p.r, tooLong, http.StatusRequestTimeout, "the message took too long to arrive")
	default: // the peer has left
		p.s.refuse(p.w, p.r, badFrame, http.StatusBadRequest, "the body ended early")
	}
}

// checkHeader holds the header, if there is one, against the message.
func (p *poll) checkHeader(r *fleet.Report) *badMessage {
	text := p.r.Header.Get(uidHeader)
	if text == "" {
		return nil
	}
	uid, err := fleet.ParseInstanceUID(text)
	if err == nil && uid == r.UID {
		return nil
	}
	return &badMessage{reason: badUIDHeader, msg: "the header " + uidHeader + " names another agent than instance_uid", uid: r.UID[:]}
}

// answerError answers what the fleet did not take. Where it cannot be taken now, the status says so too:
// the Go client looks at nothing else. Source: OpAMP, Throttling.
func (p *poll) answerError(r *fleet.Report, err error) {
	m := p.s.refusal(r, err)
	status := http.StatusOK
	if info := m.GetErrorResponse().GetRetryInfo(); info != nil {
		status = http.StatusServiceUnavailable
		p.w.Header().Set("Retry-After", seconds(time.Duration(info.GetRetryAfterNanoseconds())))
	}
	p.answer(status, m)
}

// answer sends m, or the bare acknowledgement if m is over the size limit.
func (p *poll) answer(status int, m *protobufs.ServerToAgent) {
	b, done, err := p.s.encoded.encode(m)
	defer done()
	if err != nil {
		p.s.log.Error("message cannot be encoded", "remote_address", p.r.RemoteAddr, "err", err)
		http.Error(p.w, "internal error", http.StatusInternalServerError)
		return
	}
	if int64(len(b)) > p.s.o.MaxMessageSize {
		p.s.discarded(sideHTTP, m, len(b))
		p.answer(status, acknowledgement(fleet.InstanceUID(m.GetInstanceUid())))
		return
	}
	header := p.w.Header()
	header.Set("Content-Type", protobufType)
	header.Add("Vary", "Accept-Encoding")
	p.s.metrics.sent[sideHTTP].Add(float64(len(b)))
	if p.s.o.Compression && acceptsGzip(p.r.Header.Values("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		b = p.s.zip(b)
	}
	header.Set("Content-Length", strconv.Itoa(len(b)))
	_ = p.rc.SetWriteDeadline(time.Now().Add(p.s.o.WriteTimeout))
	// The deadline is this answer's, not that of the connection's next request.
	defer func() { _ = p.rc.SetWriteDeadline(time.Time{}) }()
	p.answered = true
	p.w.WriteHeader(status)
	if _, err = p.w.Write(b); err == nil {
		err = p.rc.Flush()
	}
	if err != nil {
		p.s.log.Debug("answer was not sent", "remote_address", p.r.RemoteAddr, "err", err)
	}
}
