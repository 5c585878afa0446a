package opampsrv

import "github.com/ollystack/control-plane/fleet"

// uidSet is a set of instance UIDs that needs no memory beyond itself for the one
// that nearly every connection has. The zero value is empty.
type uidSet struct {
	first fleet.InstanceUID // zero: none
	more  map[fleet.InstanceUID]struct{}
}

func (s *uidSet) add(u fleet.InstanceUID) {
	switch {
	case s.first == u:
	case s.first.IsZero():
		if _, ok := s.more[u]; !ok {
			s.first = u
		}
	default:
		if s.more == nil {
			s.more = make(map[fleet.InstanceUID]struct{})
		}
		s.more[u] = struct{}{}
	}
}

func (s *uidSet) has(u fleet.InstanceUID) bool {
	if s.first == u {
		return true
	}
	_, ok := s.more[u]
	return ok
}

func (s *uidSet) remove(u fleet.InstanceUID) {
	if s.first == u {
		s.first = fleet.InstanceUID{}
	}
	delete(s.more, u)
}

// pop takes one out; false if there is none.
func (s *uidSet) pop() (fleet.InstanceUID, bool) {
	if u := s.first; !u.IsZero() {
		s.first = fleet.InstanceUID{}
		return u, true
	}
	for u := range s.more {
		delete(s.more, u)
		return u, true
	}
	s.more = nil
	return fleet.InstanceUID{}, false
}

func (s *uidSet) len() int {
	n := len(s.more)
	if !s.first.IsZero() {
		n++
	}
	return n
}

// all lists the members, in no order.
func (s *uidSet) all() []fleet.InstanceUID {
	list := make([]fleet.InstanceUID, 0, s.len())
	if !s.first.IsZero() {
		list = append(list, s.first)
	}
	for u := range s.more {
		list = append(list, u)
	}
	return list
}
