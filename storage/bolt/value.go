package bolt

import (
	"bytes"
	"compress/flate"
	_ "embed" // for the dictionary
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
)

// A value in the file is the record in an envelope: one byte that tells the
// form, the CRC-32C of key, form and what follows (4 bytes, big endian), then
// the record, plain or compressed. bbolt's pages carry no checksum of their
// own; with this one a damaged value is an error and not a wrong answer.
const (
	formPlain = 0
	// formFlate1: the record's length (unsigned varint), then DEFLATE with dictionary1.txt as preset dictionary.
	formFlate1 = 1

	envelope = 1 + 4
)

// Compressing costs some 50 us of CPU: records shorter than this are not worth
// it (DESIGN.md has the numbers).
const compressFrom = 1024

// maxRatio is more than DEFLATE can shrink anything: a length that says otherwise is damage.
const maxRatio = 1100

// dictionary1 belongs to formFlate1 for ever: a better one gets a form of its own.
//
//go:embed dictionary1.txt
var dictionary1 string

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errChecksum = errors.New("a checksum does not match")
)

// packer makes values. It is used by one goroutine at a time.
type packer struct {
	flate  *flate.Writer // made when first needed: it holds 0.8 MiB
	record []byte        // scratch
	packed bytes.Buffer  // scratch
}

// pack calls put to make the record and returns its value, in fresh memory, as bbolt wants it.
func (p *packer) pack(key []byte, put func([]byte) []byte) ([]byte, error) {
	p.record = put(p.record[:0])
	defer p.trim()
	if len(p.record) >= compressFrom {
		packed, err := p.compress()
		if err != nil {
			return nil, err
		}
		// One eighth is what it takes to be worth inflating it at each read.
		if len(packed) < len(p.record)-len(p.record)/8 {
			return seal(key, formFlate1, packed), nil
		}
	}
	return seal(key, formPlain, p.record), nil
}

func (p *packer) compress() ([]byte, error) {
	p.packed.Reset()
	if p.flate == nil {
		w, err := flate.NewWriterDict(&p.packed, flateLevel, []byte(dictionary1))
		if err != nil {
			return nil, err
		}
		p.flate = w
	} else {
		p.flate.Reset(&p.packed)
	}
	var head [binary.MaxVarintLen64]byte
	p.packed.Write(binary.AppendUvarint(head[:0], uint64(len(p.record))))
	if _, err := p.flate.Write(p.record); err != nil {
		return nil, err
	}
	if err := p.flate.Close(); err != nil {
		return nil, err
	}
	return p.packed.Bytes(), nil
}

// trim lets go of scratch memory that one large record has left behind.
func (p *packer) trim() {
	const keep = 64 << 10
	if cap(p.record) > keep {
		p.record = nil
	}
	if p.packed.Cap() > keep {
		p.packed = bytes.Buffer{}
	}
}

const flateLevel = 5

func seal(key []byte, form byte, payload []byte) []byte {
	v := make([]byte, envelope, envelope+len(payload))
	v[0] = form
	v = append(v, payload...)
	binary.BigEndian.PutUint32(v[1:], checksum(key, form, payload))
	return v
}

func checksum(key []byte, form byte, payload []byte) uint32 {
	sum := crc32.Update(0, castagnoli, key)
	sum = crc32.Update(sum, castagnoli, []byte{form})
	return crc32.Update(sum, castagnoli, payload)
}

// unpacker reads values. It may be used concurrently.
type unpacker struct{ readers sync.Pool }

// unpack returns the record, in memory of its own.
func (u *unpacker) unpack(key, value []byte) (string, error) {
	if len(value) < envelope {
		return "", errRecord
	}
	form, payload := value[0], value[envelope:]
	if binary.BigEndian.Uint32(value[1:]) != checksum(key, form, payload) {
		return "", errChecksum
	}
	switch form {
	case formPlain:
		return string(payload), nil
	case formFlate1:
		return u.inflate(payload)
	}
	return "", fmt.Errorf("a value has the unknown form %d", form)
}

func (u *unpacker) inflate(payload []byte) (string, error) {
	size, n := binary.Uvarint(payload)
	if n <= 0 || size > maxRatio*uint64(len(payload)) {
		return "", errRecord
	}
	in := bytes.NewReader(payload[n:])
	r, _ := u.readers.Get().(io.Reader)
	if r == nil {
		r = flate.NewReaderDict(in, []byte(dictionary1))
	} else if err := r.(flate.Resetter).Reset(in, []byte(dictionary1)); err != nil {
		return "", err
	}
	defer u.readers.Put(r)
	record := make([]byte, size)
	if _, err := io.ReadFull(r, record); err != nil {
		return "", err
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return "", errRecord
	}
	return string(record), nil
}
