package storagetest

import (
	"reflect"
	"slices"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

func sample(at time.Time, healthy int) fleet.Sample { return fleet.Sample{At: at, Healthy: healthy} }

var samples = []contract{
	{"Samples are in ascending order of time", func(f *fixture) {
		s := f.store()
		var want []fleet.Sample
		for i, at := range []time.Time{
			time.Unix(-1e10, 5).UTC(), time.Unix(-1, 0).UTC(), time.Unix(0, 0).UTC(), time.Unix(0, 1).UTC(), time.Unix(255, 0).UTC(),
			time.Unix(256, 0).UTC(), moment, moment.Add(time.Nanosecond), moment.Add(time.Second), time.Unix(1e11, 0).UTC(),
		} {
			want = append(want, sample(at, i+1))
		}
		given := slices.Clone(want)
		slices.Reverse(given)
		f.update(s, func(tx fleet.Tx) error {
			for _, v := range given {
				v.At = v.At.In(time.FixedZone("elsewhere", 3600)) // the same moment
				if err := tx.PutSample(v); err != nil {
					return err
				}
			}
			return nil
		})
		s = f.reopened(s)
		f.view(s, func(tx fleet.Tx) error {
			if got, err := collect(tx.Samples()); err != nil || !reflect.DeepEqual(got, want) {
				f.Errorf("Samples() = %+v, %v, want %+v", got, err, want)
			}
			return nil
		})
	}},
	{"PutSample creates or replaces the one of its time", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			return firstError(tx.PutSample(sample(moment, 1)), tx.PutSample(sample(moment.Local(), 2)))
		})
		f.view(s, func(tx fleet.Tx) error {
			if got, err := collect(tx.Samples()); err != nil || !reflect.DeepEqual(got, []fleet.Sample{sample(moment, 2)}) {
				f.Errorf("Samples() = %+v, %v, want the second alone", got, err)
			}
			return nil
		})
	}},
	{"DeleteSample removes it", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("DeleteSample(unknown)", tx.DeleteSample(moment), fleet.NotFound)
			f.wantKind("DeleteSample(no time)", tx.DeleteSample(time.Time{}), fleet.NotFound)
			return firstError(tx.PutSample(sample(moment, 1)), tx.PutSample(sample(moment.Add(time.Minute), 2)),
				tx.DeleteSample(moment.In(time.FixedZone("elsewhere", -3600))))
		})
		s = f.reopened(s)
		f.view(s, func(tx fleet.Tx) error {
			if got, err := collect(tx.Samples()); err != nil || !reflect.DeepEqual(got, []fleet.Sample{sample(moment.Add(time.Minute), 2)}) {
				f.Errorf("Samples() = %+v, %v, want the second alone", got, err)
			}
			return nil
		})
	}},
	{"a sample without a time is Invalid", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("PutSample(no time)", tx.PutSample(fleet.Sample{Healthy: 1}), fleet.Invalid)
			f.wantKind("PutSample(before year 1)", tx.PutSample(sample(time.Time{}.Add(-time.Hour), 1)), fleet.Invalid)
			return nil
		})
	}},
}
