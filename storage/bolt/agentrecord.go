package bolt

import (
	"github.com/ollystack/control-plane/fleet"
)

// putAgent appends a's record, all but the UID, which is the key.
func putAgent(b []byte, a *fleet.Agent) []byte {
	b = putText(b, 1, a.EffectiveConfig)
	b = putText(b, 2, a.Components)
	b = putMap(b, 3, a.Labels, putString)
	b = putText(b, 4, a.Assignment.ConfigID)
	b = putInt(b, 5, a.Assignment.Version)
	b = putUint(b, 6, a.Revision)
	b = putAttributes(b, 7, a.Description.Identifying)
	b = putAttributes(b, 8, a.Description.NonIdentifying)
	b = putUint(b, 9, a.Capabilities)
	if a.Health != nil {
		b = putGroup(b, 10, func(b []byte) []byte { return putHealth(b, *a.Health) })
	}
	b = putText(b, 11, a.RemoteConfigStatus.LastHash)
	b = putUint(b, 12, a.RemoteConfigStatus.State)
	b = putText(b, 13, a.RemoteConfigStatus.Error)
	b = putText(b, 14, a.ComponentsReported)
	b = putUint(b, 15, a.SequenceNum)
	for _, o := range a.Outcomes {
		b = putGroup(b, 16, func(b []byte) []byte { return putOutcome(b, o) })
	}
	b = putText(b, 17, a.Transport)
	b = putText(b, 18, a.RemoteAddress)
	b = putTime(b, 19, a.FirstSeenAt)
	b = putTime(b, 20, a.ConnectedAt)
	b = putTime(b, 21, a.LastSeenAt)
	b = putTime(b, 22, a.ConfigChangedAt)
	return putBool(b, 23, a.EffectiveConfigRedacted)
}

func getAgent(record string, a *fleet.Agent) error {
	return decode(record, func(f *fields) {
		switch f.field {
		case 1:
			a.EffectiveConfig = fleet.ConfigHash(f.text)
		case 2:
			a.Components = fleet.ConfigHash(f.text)
		case 3:
			getEntry(f, &a.Labels, getString)
		case 4:
			a.Assignment.ConfigID = fleet.ConfigID(f.text)
		case 5:
			a.Assignment.Version = int(f.int())
		case 6:
			a.Revision = f.num
		case 7:
			getAttribute(f, &a.Description.Identifying)
		case 8:
			getAttribute(f, &a.Description.NonIdentifying)
		case 9:
			a.Capabilities = fleet.Capabilities(f.num)
		case 10:
			a.Health = new(fleet.Health)
			f.group(func(f *fields) { getHealth(f, a.Health) })
		case 11:
			a.RemoteConfigStatus.LastHash = fleet.ConfigHash(f.text)
		case 12:
			a.RemoteConfigStatus.State = fleet.RemoteConfigState(f.num)
		case 13:
			a.RemoteConfigStatus.Error = f.text
		case 14:
			a.ComponentsReported = fleet.ConfigHash(f.text)
		case 15:
			a.SequenceNum = f.num
		case 16:
			a.Outcomes = append(a.Outcomes, fleet.Outcome{})
			f.group(func(f *fields) { getOutcome(f, &a.Outcomes[len(a.Outcomes)-1]) })
		case 17:
			a.Transport = fleet.Transport(f.text)
		case 18:
			a.RemoteAddress = f.text
		case 19:
			a.FirstSeenAt = f.time()
		case 20:
			a.ConnectedAt = f.time()
		case 21:
			a.LastSeenAt = f.time()
		case 22:
			a.ConfigChangedAt = f.time()
		case 23:
			a.EffectiveConfigRedacted = f.bool()
		}
	})
}

// getAgentBodies reads only which bodies an agent's record names.
func getAgentBodies(record string) (named [2]bodyKey, err error) {
	err = decode(record, func(f *fields) {
		switch f.field {
		case 1:
			named[0] = bodyKey{effectiveConfigBody, fleet.ConfigHash(f.text)}
		case 2:
			named[1] = bodyKey{componentsBody, fleet.ConfigHash(f.text)}
		}
	})
	return named, err
}

func putAttributes(b []byte, field uint64, list fleet.Attributes) []byte {
	for _, kv := range list {
		b = putGroup(b, field, func(b []byte) []byte { return putText(putText(b, 1, kv.Key), 2, kv.Value) })
	}
	return b
}

func getAttribute(f *fields, list *fleet.Attributes) {
	var kv fleet.Attribute
	f.group(func(f *fields) {
		switch f.field {
		case 1:
			kv.Key = f.text
		case 2:
			kv.Value = f.text
		}
	})
	*list = append(*list, kv)
}

// putHealth uses the numbers from 2: 1 is the name in the map above.
func putHealth(b []byte, h fleet.Health) []byte {
	b = putBool(b, 2, h.Healthy)
	b = putText(b, 3, h.Status)
	b = putText(b, 4, h.LastError)
	b = putTime(b, 5, h.StartedAt)
	b = putTime(b, 6, h.StatusAt)
	return putMap(b, 7, h.Components, putHealth)
}

func getHealth(f *fields, h *fleet.Health) {
	switch f.field {
	case 2:
		h.Healthy = f.bool()
	case 3:
		h.Status = f.text
	case 4:
		h.LastError = f.text
	case 5:
		h.StartedAt = f.time()
	case 6:
		h.StatusAt = f.time()
	case 7:
		getEntry(f, &h.Components, getHealth)
	}
}

func putOutcome(b []byte, o fleet.Outcome) []byte {
	b = putText(b, 1, o.Hash)
	b = putUint(b, 2, o.State)
	b = putText(b, 3, o.Error)
	b = putInt(b, 4, o.Offers)
	b = putBool(b, 5, o.Mentioned)
	b = putBool(b, 6, o.Received)
	return putTime(b, 7, o.At)
}

func getOutcome(f *fields, o *fleet.Outcome) {
	switch f.field {
	case 1:
		o.Hash = fleet.ConfigHash(f.text)
	case 2:
		o.State = fleet.OutcomeState(f.num)
	case 3:
		o.Error = f.text
	case 4:
		o.Offers = int(f.int())
	case 5:
		o.Mentioned = f.bool()
	case 6:
		o.Received = f.bool()
	case 7:
		o.At = f.time()
	}
}

func putString(b []byte, s string) []byte { return putText(b, 2, s) }

func getString(f *fields, s *string) {
	if f.field == 2 {
		*s = f.text
	}
}
