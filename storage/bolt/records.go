package bolt

import (
	"github.com/ollystack/control-plane/fleet"
)

// putEffectiveConfig appends c's record, all but the hash, which is the key.
func putEffectiveConfig(b []byte, c fleet.EffectiveConfig) []byte {
	b = putMap(b, 1, c.Files, func(b []byte, file fleet.ConfigFile) []byte {
		return putText(putText(b, 2, file.ContentType), 3, file.Body)
	})
	return putBool(b, 2, c.Redacted)
}

func getEffectiveConfig(record string, c *fleet.EffectiveConfig) error {
	return decode(record, func(f *fields) {
		switch f.field {
		case 1:
			getEntry(f, &c.Files, func(f *fields, file *fleet.ConfigFile) {
				switch f.field {
				case 2:
					file.ContentType = f.text
				case 3:
					file.Body = []byte(f.text)
				}
			})
		case 2:
			c.Redacted = f.bool()
		}
	})
}

func putComponents(b []byte, c fleet.Components) []byte {
	return putMap(b, 1, c, func(b []byte, ids []string) []byte {
		for _, id := range ids {
			b = putGroup(b, 2, func(b []byte) []byte { return append(b, id...) })
		}
		return b
	})
}

func getComponents(record string) (c fleet.Components, err error) {
	err = decode(record, func(f *fields) {
		if f.field == 1 {
			getEntry(f, &c, func(f *fields, ids *[]string) {
				if f.field == 2 {
					*ids = append(*ids, f.text)
				}
			})
		}
	})
	return c, err
}

// putConfig appends c's record, all but the id, which is the key.
func putConfig(b []byte, c fleet.Config) []byte {
	b = putText(b, 1, c.Name)
	b = putText(b, 2, c.Description)
	b = putMap(b, 3, c.Labels, putString)
	b = putText(b, 4, c.Selector)
	b = putInt(b, 5, c.Priority)
	b = putInt(b, 6, c.Version)
	b = putText(b, 7, c.Hash)
	b = putUint(b, 8, c.Revision)
	b = putTime(b, 9, c.CreatedAt)
	return putTime(b, 10, c.UpdatedAt)
}

func getConfig(record string, c *fleet.Config) error {
	return decode(record, func(f *fields) {
		switch f.field {
		case 1:
			c.Name = f.text
		case 2:
			c.Description = f.text
		case 3:
			getEntry(f, &c.Labels, getString)
		case 4:
			c.Selector = f.text
		case 5:
			c.Priority = int(f.int())
		case 6:
			c.Version = int(f.int())
		case 7:
			c.Hash = fleet.ConfigHash(f.text)
		case 8:
			c.Revision = f.num
		case 9:
			c.CreatedAt = f.time()
		case 10:
			c.UpdatedAt = f.time()
		}
	})
}

// putVersion appends v's record, all but the config's id and the number, which are the key.
func putVersion(b []byte, v fleet.Version) []byte {
	b = putText(b, 1, v.Body)
	b = putText(b, 2, v.Hash)
	return putTime(b, 3, v.CreatedAt)
}

func getVersion(record string, v *fleet.Version) error {
	return decode(record, func(f *fields) {
		switch f.field {
		case 1:
			v.Body = []byte(f.text)
		case 2:
			v.Hash = fleet.ConfigHash(f.text)
		case 3:
			v.CreatedAt = f.time()
		}
	})
}

// putToken appends t's record, all but the id, which is the key.
func putToken(b []byte, t fleet.Token) []byte {
	b = putText(b, 1, t.Name)
	b = putText(b, 2, t.Role)
	b = putText(b, 3, t.Hash)
	return putTime(b, 4, t.CreatedAt)
}

func getToken(record string, t *fleet.Token) error {
	return decode(record, func(f *fields) {
		switch f.field {
		case 1:
			t.Name = f.text
		case 2:
			t.Role = fleet.Role(f.text)
		case 3:
			t.Hash = f.text
		case 4:
			t.CreatedAt = f.time()
		}
	})
}

// sampleCounts are a sample's numbers in the order of their fields, which count from 1.
func sampleCounts(s *fleet.Sample) [10]*int {
	return [...]*int{
		&s.Healthy, &s.Unhealthy, &s.Disconnected, &s.Unknown,
		&s.Unassigned, &s.Unsupported, &s.Pending, &s.Applying, &s.Applied, &s.Failed,
	}
}

// putSample appends s's record, all but the time, which is the key.
func putSample(b []byte, s fleet.Sample) []byte {
	for i, n := range sampleCounts(&s) {
		b = putUint(b, uint64(i+1), *n)
	}
	return b
}

func getSample(record string, s *fleet.Sample) error {
	counts := sampleCounts(s)
	return decode(record, func(f *fields) {
		if n := f.field - 1; n < uint64(len(counts)) {
			*counts[n] = int(f.num)
		}
	})
}
