package storagetest

import (
	"reflect"
	"slices"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

var agents = []contract{
	{"every field is kept", func(f *fixture) {
		s := f.store()
		want := populate(f, s)
		if got := dump(f, s); !reflect.DeepEqual(got, want) {
			f.Errorf("the store holds\n%+v\nwant\n%+v", got, want)
		}
		if got := dump(f, f.reopened(s)); !reflect.DeepEqual(got, want) {
			f.Errorf("after a restart the store holds\n%+v\nwant\n%+v", got, want)
		}
	}},
	{"an agent that reported nothing", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error { return tx.PutAgent(fleet.Agent{UID: uid(1)}) })
		got, err := s.Agent(f.Context(), uid(1))
		if want := (fleet.Agent{UID: uid(1)}); err != nil || !reflect.DeepEqual(got, want) {
			f.Errorf("Agent(1) = %+v, %v, want %+v", got, err, want)
		}
	}},
	{"health of nothing but zeros is still reported", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			return tx.PutAgent(fleet.Agent{UID: uid(1), Health: &fleet.Health{Components: map[string]fleet.Health{"": {}}}})
		})
		got, err := s.Agent(f.Context(), uid(1))
		if err != nil || got.Health == nil || len(got.Health.Components) != 1 {
			f.Errorf("Agent(1).Health = %+v, %v, want one component", got.Health, err)
		}
	}},
	{"times come back in UTC", func(f *fixture) {
		s := f.store()
		here := time.Now().In(time.FixedZone("somewhere", 5400)) // with a monotonic reading
		f.update(s, func(tx fleet.Tx) error {
			return tx.PutAgent(fleet.Agent{UID: uid(1), FirstSeenAt: here, Outcomes: []fleet.Outcome{{At: here}}})
		})
		got, err := s.Agent(f.Context(), uid(1))
		want := here.Round(0).UTC()
		if err != nil || got.FirstSeenAt != want || len(got.Outcomes) != 1 || got.Outcomes[0].At != want {
			f.Errorf("Agent(1) = %v, %+v, %v, want %v", got.FirstSeenAt, got.Outcomes, err, want)
		}
	}},
	{"what a caller passed in it may change", func(f *fixture) {
		s := f.store()
		a := agent(1)
		a.Labels = map[string]string{"k": "v"}
		a.Health = &fleet.Health{Components: map[string]fleet.Health{"c": {Status: "s"}}}
		a.Outcomes = []fleet.Outcome{{Error: "e"}}
		a.Description.Identifying = fleet.Attributes{{Key: "k", Value: "v"}}
		f.update(s, func(tx fleet.Tx) error { return tx.PutAgent(a) })
		want := dump(f, s)
		a.Labels["k"] = "changed"
		a.Health.Components["c"] = fleet.Health{}
		a.Health.Status = "changed"
		a.Outcomes[0].Error = "changed"
		a.Description.Identifying[0].Value = "changed"
		if got := dump(f, s); !reflect.DeepEqual(got, want) {
			f.Errorf("the store holds\n%+v\nwant\n%+v", got, want)
		}
	}},
	{"what a caller got it may change", func(f *fixture) {
		s := f.store()
		want := populate(f, s)
		got := dump(f, s)
		a := got.Agents[0]
		clear(a.Labels)
		clear(a.Health.Components)
		clear(a.Outcomes)
		clear(a.Description.Identifying)
		clear(a.Description.NonIdentifying)
		a.Health.Status = "changed"
		for _, file := range got.Effective[a.EffectiveConfig].Files {
			clear(file.Body)
		}
		clear(got.Effective[a.EffectiveConfig].Files)
		for _, ids := range got.Components[a.Components] {
			clear(ids)
		}
		clear(got.Components[a.Components])
		clear(got.Configs[0].Labels)
		clear(got.Versions[0].Body)
		if got := dump(f, s); !reflect.DeepEqual(got, want) {
			f.Errorf("the store holds\n%+v\nwant\n%+v", got, want)
		}
	}},
	{"Agents are in ascending order, those after the given one", func(f *fixture) {
		s := f.store()
		numbers := []byte{200, 7, 1, 255, 128, 127, 9}
		f.update(s, func(tx fleet.Tx) error {
			for _, n := range numbers {
				if err := tx.PutAgent(agent(n)); err != nil {
					return err
				}
			}
			return nil
		})
		slices.Sort(numbers)
		for _, c := range []struct {
			after fleet.InstanceUID
			want  []byte
		}{
			{fleet.InstanceUID{}, numbers},
			{uid(1), numbers[1:]},
			{uid(2), numbers[1:]}, // no such agent
			{uid(255), nil},
			{fleet.InstanceUID{0xff}, nil},
		} {
			f.view(s, func(tx fleet.Tx) error {
				all, err := collect(tx.Agents(c.after))
				var got []byte
				for _, a := range all {
					got = append(got, a.UID[15])
				}
				if err != nil || !slices.Equal(got, c.want) {
					f.Errorf("Agents(%v) = %v, %v, want %v", c.after, got, err, c.want)
				}
				for a, err := range tx.Agents(c.after) { // one that ends early
					if err != nil || a.UID[15] != c.want[0] {
						f.Errorf("first of Agents(%v) = %v, %v, want %v", c.after, a.UID, err, c.want[0])
					}
					break
				}
				return nil
			})
		}
	}},
	{"PutAgent replaces", func(f *fixture) {
		s := f.store()
		populate(f, s)
		f.update(s, func(tx fleet.Tx) error { return tx.PutAgent(agent(1)) })
		if got, err := s.Agent(f.Context(), uid(1)); err != nil || !reflect.DeepEqual(got, agent(1)) {
			f.Errorf("Agent(1) = %+v, %v, want %+v", got, err, agent(1))
		}
	}},
	{"an agent without UID is Invalid", func(f *fixture) {
		s := f.store()
		err := s.Update(f.Context(), func(tx fleet.Tx) error { return tx.PutAgent(fleet.Agent{}) })
		f.wantKind("PutAgent(no UID)", err, fleet.Invalid)
	}},
	{"what does not exist is NotFound", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			_, err := tx.Agent(uid(1))
			f.wantKind("Agent(unknown)", err, fleet.NotFound)
			f.wantKind("DeleteAgent(unknown)", tx.DeleteAgent(uid(1)), fleet.NotFound)
			if err := tx.PutAgent(agent(1)); err != nil {
				return err
			}
			if err := tx.DeleteAgent(uid(1)); err != nil {
				return err
			}
			f.wantKind("DeleteAgent(deleted)", tx.DeleteAgent(uid(1)), fleet.NotFound)
			return nil
		})
	}},
	{"writing while a sequence is ranged over", func(f *fixture) {
		s := f.store()
		const count = 200
		f.update(s, func(tx fleet.Tx) error {
			for n := range byte(count) {
				if err := tx.PutAgent(agent(n)); err != nil {
					return err
				}
			}
			return nil
		})
		f.update(s, func(tx fleet.Tx) error {
			seen := map[fleet.InstanceUID]int{}
			for a, err := range tx.Agents(fleet.InstanceUID{}) {
				if err != nil {
					return err
				}
				seen[a.UID]++
				switch a.UID[15] % 3 {
				case 0:
					err = tx.DeleteAgent(a.UID)
				case 1: // grows it
					a.RemoteAddress = string(make([]byte, 3000))
					err = tx.PutAgent(a)
				case 2: // one that no range has come to, or that it has passed
					b := agent(a.UID[15])
					b.UID[14], b.UID[0] = 1, a.UID[15]
					err = tx.PutAgent(b)
				}
				if err != nil {
					return err
				}
			}
			for n := range byte(count) {
				if seen[uid(n)] != 1 {
					f.Errorf("agent %d was yielded %d times, want once", n, seen[uid(n)])
				}
			}
			return nil
		})
	}},
}
