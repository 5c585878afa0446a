package opampsrv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ollystack/control-plane/fleet"
)

// badMessage is a message that is not taken.
type badMessage struct {
	reason reason
	msg    string // for the peer
	uid    []byte // as it was in the message, if it can be found; nil otherwise
}

func (b *badMessage) Error() string { return b.msg }

// maxEcho is how much of a wrong instance_uid is sent back.
const maxEcho = 64

// decoder reads messages from agents.
type decoder struct {
	maxDepth, maxNodes int
	agentToServer      protoreflect.MessageDescriptor
	seed               maphash.Seed
}

func newDecoder(o Options) *decoder {
	return &decoder{
		maxDepth:      o.MaxTreeDepth,
		maxNodes:      o.MaxTreeNodes,
		agentToServer: (*protobufs.AgentToServer)(nil).ProtoReflect().Descriptor(),
		seed:          maphash.MakeSeed(),
	}
}

// stripHeader takes the header off a WebSocket message. Source: OpAMP, WebSocket Message Format.
func stripHeader(b []byte) ([]byte, *badMessage) {
	header, n := binary.Uvarint(b)
	switch {
	case n <= 0:
		return nil, &badMessage{reason: badHeader, msg: "the message has no header: it begins with a varint, 0"}
	case header != 0:
		return nil, &badMessage{reason: badHeader, msg: fmt.Sprintf("the message's header is %d; it must be 0", header)}
	}
	return b[n:], nil
}

// decode reads b, an AgentToServer message, and what kind it is. The report shares no memory with b.
func (d *decoder) decode(b []byte) (*fleet.Report, messageKind, *badMessage) {
	s := scanner{maxDepth: d.maxDepth, maxNodes: d.maxNodes}
	if err := s.scan(d.agentToServer, b, 0); err != nil {
		return nil, 0, d.refuse(b, err)
	}
	var m protobufs.AgentToServer
	// Whatever nests, the scanner has counted; the limit here is a second fence.
	// An element is a map entry and up to two messages around the next element.
	read := proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: 3*d.maxDepth + 10}
	if err := read.Unmarshal(b, &m); err != nil {
		return nil, 0, d.refuse(b, errWireFormat)
	}
	uid, err := fleet.InstanceUIDFromBytes(m.GetInstanceUid())
	if err != nil {
		return nil, 0, d.refuse(b, err)
	}
	r := report(&m, uid)
	r.Digest = maphash.Bytes(d.seed, b)
	return r, kindOf(&m), nil
}

func (d *decoder) refuse(b []byte, err error) *badMessage {
	bad := &badMessage{reason: badUID, msg: err.Error()}
	switch {
	case errors.Is(err, errWireFormat):
		bad.reason = badProtobuf
	case errors.Is(err, errTooDeep):
		bad.reason = badTree
		bad.msg = fmt.Sprintf("%s: at most %d levels are taken", err, d.maxDepth)
	case errors.Is(err, errTooMany):
		bad.reason = badTree
		bad.msg = fmt.Sprintf("%s: at most %d are taken", err, d.maxNodes)
	}
	if uid := findUID(b); len(uid) > 0 && len(uid) <= maxEcho {
		bad.uid = append([]byte(nil), uid...)
	}
	return bad
}
