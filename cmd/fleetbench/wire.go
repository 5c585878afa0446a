package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the OpAMP messages that are written and read by hand.
// Source: OpAMP, AgentToServer, ServerToAgent and the messages in them.
const (
	fieldInstanceUID  protowire.Number = 1
	fieldSequenceNum  protowire.Number = 2 // AgentToServer
	fieldCapabilities protowire.Number = 4
	fieldEffective    protowire.Number = 6
	fieldRemoteStatus protowire.Number = 7

	fieldErrorResponse  protowire.Number = 2 // ServerToAgent
	fieldRemoteConfig   protowire.Number = 3
	fieldFlags          protowire.Number = 6
	fieldIdentification protowire.Number = 8
	fieldCommand        protowire.Number = 9

	fieldConfigHash protowire.Number = 2 // AgentRemoteConfig
	fieldNewUID     protowire.Number = 1 // AgentIdentification
	fieldErrorText  protowire.Number = 2 // ServerErrorResponse
)

// Bits of ServerToAgent.flags.
const (
	flagReportFullState  = 0x1
	flagReportComponents = 0x2
)

var errFrame = errors.New("malformed frame")

// frameHeader is the varint in front of every OpAMP message on a WebSocket; the
// specification fixes it at zero.
const frameHeader = 0

// appendHead begins a frame in b: the frame header and the three fields that
// every message has. A heartbeat is nothing more than this.
func appendHead(b []byte, uid *[16]byte, seq, capabilities uint64) []byte {
	b = append(b, frameHeader)
	b = protowire.AppendTag(b, fieldInstanceUID, protowire.BytesType)
	b = protowire.AppendBytes(b, uid[:])
	b = protowire.AppendTag(b, fieldSequenceNum, protowire.VarintType)
	b = protowire.AppendVarint(b, seq)
	b = protowire.AppendTag(b, fieldCapabilities, protowire.VarintType)
	return protowire.AppendVarint(b, capabilities)
}

// appendRemoteStatus adds a RemoteConfigStatus with a status of OpAMP's enum
// RemoteConfigStatuses.
func appendRemoteStatus(b, hash []byte, status uint64) []byte {
	size := protowire.SizeTag(1) + protowire.SizeBytes(len(hash)) + protowire.SizeTag(2) + protowire.SizeVarint(status)
	b = protowire.AppendTag(b, fieldRemoteStatus, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendBytes(b, hash)
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	return protowire.AppendVarint(b, status)
}

// appendEffective adds an EffectiveConfig with one file, named "" as the
// collector's supervisor does.
func appendEffective(b, body []byte) []byte {
	const contentType = "text/yaml"
	file := protowire.SizeTag(1) + protowire.SizeBytes(len(body)) + protowire.SizeTag(2) + protowire.SizeBytes(len(contentType))
	entry := protowire.SizeTag(1) + protowire.SizeBytes(0) + protowire.SizeTag(2) + protowire.SizeBytes(file)
	configMap := protowire.SizeTag(1) + protowire.SizeBytes(entry)

	b = protowire.AppendTag(b, fieldEffective, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(protowire.SizeTag(1)+protowire.SizeBytes(configMap)))
	b = protowire.AppendTag(b, 1, protowire.BytesType) // EffectiveConfig.config_map
	b = protowire.AppendVarint(b, uint64(configMap))
	b = protowire.AppendTag(b, 1, protowire.BytesType) // AgentConfigMap.config_map, one entry
	b = protowire.AppendVarint(b, uint64(entry))
	b = protowire.AppendTag(b, 1, protowire.BytesType) // its key
	b = protowire.AppendString(b, "")
	b = protowire.AppendTag(b, 2, protowire.BytesType) // its value, an AgentConfigFile
	b = protowire.AppendVarint(b, uint64(file))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendBytes(b, body)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	return protowire.AppendString(b, contentType)
}

// answer is what the tool looks at in a ServerToAgent. The slices point into the
// frame that was read and are good until its buffer is used again.
type answer struct {
	uid        []byte
	flags      uint64
	offered    bool // a remote_config was there
	offerHash  []byte
	newUID     []byte
	failed     bool // an error_response was there
	failedText string
	command    bool
}

// readAnswer reads one frame. Errors: errFrame, where it is not a ServerToAgent
// behind a zero header.
func readAnswer(frame []byte) (answer, error) {
	var a answer
	header, n := binary.Uvarint(frame)
	if n <= 0 || header != frameHeader {
		return a, fmt.Errorf("%w: header %d in %d bytes", errFrame, header, len(frame))
	}
	err := eachField(frame[n:], func(num protowire.Number, value []byte, varint uint64) error {
		switch num {
		case fieldInstanceUID:
			a.uid = value
		case fieldErrorResponse:
			a.failed = true
			return eachField(value, func(num protowire.Number, text []byte, _ uint64) error {
				if num == fieldErrorText {
					a.failedText = string(text)
				}
				return nil
			})
		case fieldRemoteConfig:
			a.offered = true
			return eachField(value, func(num protowire.Number, hash []byte, _ uint64) error {
				if num == fieldConfigHash {
					a.offerHash = hash
				}
				return nil
			})
		case fieldFlags:
			a.flags = varint
		case fieldIdentification:
			return eachField(value, func(num protowire.Number, uid []byte, _ uint64) error {
				if num == fieldNewUID {
					a.newUID = uid
				}
				return nil
			})
		case fieldCommand:
			a.command = true
		}
		return nil
	})
	return a, err
}

// eachField calls fn for each field of a message: with its bytes where it is
// length-delimited, with its number where it is a varint.
func eachField(b []byte, fn func(num protowire.Number, value []byte, varint uint64) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %w", errFrame, protowire.ParseError(n))
		}
		b = b[n:]
		var value []byte
		var varint uint64
		switch typ {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			varint, n = protowire.ConsumeVarint(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("%w: field %d: %w", errFrame, num, protowire.ParseError(n))
		}
		b = b[n:]
		if err := fn(num, value, varint); err != nil {
			return err
		}
	}
	return nil
}
