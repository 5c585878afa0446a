package opampsrv

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var (
	errWireFormat = errors.New("the message is not a valid protocol buffer")
	errTooDeep    = errors.New("the message nests too deep")
	errTooMany    = errors.New("the message has too many elements")
)

// scanner counts what a message would become before it becomes anything: an
// element of a list or map costs a hundred bytes of memory and more, and two on
// the wire. Depth is the number of elements around one: no message type of the
// protocol nests in itself but through a list or a map.
type scanner struct {
	maxDepth, maxNodes int
	nodes              int
}

// scan checks the message b of the type md, depth elements deep. Errors: errWireFormat, errTooDeep, errTooMany.
func (s *scanner) scan(md protoreflect.MessageDescriptor, b []byte, depth int) error {
	fields := md.Fields()
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWireFormat
		}
		b = b[n:]
		fd := fields.ByNumber(num)
		if typ != protowire.BytesType || fd == nil {
			if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
				return errWireFormat
			}
			b = b[n:]
			continue
		}
		v, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return errWireFormat
		}
		b = b[n:]
		below := depth
		if fd.Cardinality() == protoreflect.Repeated { // a list or a map
			s.nodes++
			below++
			if s.nodes > s.maxNodes {
				return errTooMany
			}
			if below > s.maxDepth {
				return errTooDeep
			}
		}
		if sub := fd.Message(); sub != nil {
			if err := s.scan(sub, v, below); err != nil {
				return err
			}
		}
	}
	return nil
}

// findUID returns what the message b has as its instance_uid, valid or not; nil if nothing can be found.
func findUID(b []byte) []byte {
	const instanceUID = 1
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil
		}
		b = b[n:]
		if num == instanceUID && typ == protowire.BytesType {
			v, n := protowire.ConsumeBytes(b)
			if n < 0 {
				return nil
			}
			return v
		}
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return nil
		}
		b = b[n:]
	}
	return nil
}
