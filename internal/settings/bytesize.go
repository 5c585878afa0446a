package settings

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes, never negative when parsed.
type ByteSize int64

// The units that ByteSize prints in.
const (
	Byte ByteSize = 1
	KiB           = 1024 * Byte
	MiB           = 1024 * KiB
	GiB           = 1024 * MiB
	TiB           = 1024 * GiB
)

// ParseByteSize reads a whole number of bytes, with or without a unit: 4096,
// "4096B", "4KiB", "4 KiB" (KiB, MiB, GiB, TiB are powers of 1024; kB, MB, GB,
// TB of 1000; case does not matter). The error does not quote s.
func ParseByteSize(s string) (ByteSize, error) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	unit, ok := byteUnit(strings.TrimLeft(s[digits:], " "))
	if digits == 0 || !ok {
		return 0, errors.New("wants a size such as 64MiB")
	}
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	if err != nil || n > math.MaxInt64/int64(unit) {
		return 0, errors.New("wants a size that fits in 63 bits")
	}
	return ByteSize(n) * unit, nil
}

func byteUnit(s string) (ByteSize, bool) {
	switch strings.ToLower(s) {
	case "", "b":
		return Byte, true
	case "kib":
		return KiB, true
	case "mib":
		return MiB, true
	case "gib":
		return GiB, true
	case "tib":
		return TiB, true
	case "kb":
		return 1e3, true
	case "mb":
		return 1e6, true
	case "gb":
		return 1e9, true
	case "tb":
		return 1e12, true
	}
	return 0, false
}

// String prints b in the largest unit that divides it, such as 64MiB, or as a
// plain number. ParseByteSize reads it back.
func (b ByteSize) String() string {
	for _, unit := range []struct {
		size ByteSize
		name string
	}{{TiB, "TiB"}, {GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}} {
		if b != 0 && b%unit.size == 0 {
			return strconv.FormatInt(int64(b/unit.size), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}
