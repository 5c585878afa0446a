package bolt

import (
	"encoding/binary"
	"iter"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

func (t *tx) Samples() iter.Seq2[fleet.Sample, error] {
	return scan(t, bucketHistory, nil, all, sampleOf)
}

func (t *tx) PutSample(s fleet.Sample) error {
	return t.guard(true, func() error {
		if !s.At.After(time.Time{}) {
			return fleet.Errorf(fleet.Invalid, "a sample must have a time")
		}
		return t.put(t.bucket(bucketHistory), sampleKey(s.At), func(b []byte) []byte { return putSample(b, s) })
	})
}

func (t *tx) DeleteSample(at time.Time) error {
	return t.guard(true, func() error {
		key := sampleKey(at)
		if t.bucket(bucketHistory).Get(key) == nil {
			return fleet.Errorf(fleet.NotFound, "there is no sample of %v", at)
		}
		return t.delete(bucketHistory, key)
	})
}

// lowest makes numbers that may be below zero ascend as unsigned ones.
const lowest = 1 << 63

// sampleKey is the seconds since 1970, 8 bytes, and the nanoseconds, 4 bytes, big endian.
func sampleKey(at time.Time) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(at.Unix())^lowest)
	return binary.BigEndian.AppendUint32(key, uint32(at.Nanosecond()))
}

func sampleOf(key []byte, record string) (s fleet.Sample, err error) {
	if len(key) != 8+4 {
		return s, errRecord
	}
	s.At = time.Unix(int64(binary.BigEndian.Uint64(key)^lowest), int64(binary.BigEndian.Uint32(key[8:]))).UTC()
	return s, getSample(record, &s)
}
