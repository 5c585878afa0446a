package storagetest

import (
	"reflect"
	"slices"

	"github.com/ollystack/control-plane/fleet"
)

func config(id, name string) fleet.Config {
	return fleet.Config{ID: fleet.ConfigID(id), Name: name, CreatedAt: moment, UpdatedAt: moment}
}

func version(id string, number int) fleet.Version {
	return fleet.Version{ConfigID: fleet.ConfigID(id), Number: number, Body: []byte("body of " + id), CreatedAt: moment}
}

var configs = []contract{
	{"Configs are in ascending order of id", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			return firstError(tx.PutConfig(config("b", "1")), tx.PutConfig(config("ab", "2")), tx.PutConfig(config("a", "3")))
		})
		f.view(s, func(tx fleet.Tx) error {
			all, err := collect(tx.Configs())
			var got []fleet.ConfigID
			for _, c := range all {
				got = append(got, c.ID)
			}
			if want := []fleet.ConfigID{"a", "ab", "b"}; err != nil || !slices.Equal(got, want) {
				f.Errorf("Configs() = %v, %v, want %v", got, err, want)
			}
			return nil
		})
	}},
	{"PutConfig creates or replaces, and versions stay", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			return firstError(tx.PutConfig(config("a", "old")), tx.PutVersion(version("a", 1)))
		})
		want := config("a", "old")
		want.Description = "new"
		f.update(s, func(tx fleet.Tx) error { return tx.PutConfig(want) })
		if got, err := s.Config(f.Context(), "a"); err != nil || !reflect.DeepEqual(got, want) {
			f.Errorf("Config(a) = %+v, %v, want %+v", got, err, want)
		}
		if _, err := s.Version(f.Context(), "a", 1); err != nil {
			f.Errorf("Version(a, 1) = %v, want nil", err)
		}
	}},
	{"a name that another config has is Conflict", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			if err := firstError(tx.PutConfig(config("a", "one")), tx.PutConfig(config("b", "two"))); err != nil {
				return err
			}
			f.wantKind("PutConfig(new, taken name)", tx.PutConfig(config("c", "one")), fleet.Conflict)
			f.wantKind("PutConfig(renamed to a taken name)", tx.PutConfig(config("b", "one")), fleet.Conflict)
			return nil
		})
		s = f.reopened(s)
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("PutConfig(taken name) after a restart", tx.PutConfig(config("c", "one")), fleet.Conflict)
			return firstError(
				tx.PutConfig(config("a", "three")), // gives its name free
				tx.PutConfig(config("c", "one")),
				tx.DeleteConfig("b"), // so does this
				tx.PutConfig(config("d", "two")),
				tx.PutConfig(config("d", "two")))
		})
	}},
	{"DeleteConfig removes the config and all its versions", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			return firstError(tx.PutConfig(config("a", "a")), tx.PutConfig(config("ab", "ab")),
				tx.PutVersion(version("a", 1)), tx.PutVersion(version("a", 2)), tx.PutVersion(version("ab", 1)))
		})
		f.update(s, func(tx fleet.Tx) error { return tx.DeleteConfig("a") })
		f.update(s, func(tx fleet.Tx) error {
			_, err := tx.Config("a")
			f.wantKind("Config(deleted)", err, fleet.NotFound)
			_, err = tx.Version("a", 1)
			f.wantKind("Version(of a deleted config)", err, fleet.NotFound)
			f.wantKind("DeleteConfig(deleted)", tx.DeleteConfig("a"), fleet.NotFound)
			if _, err := tx.Version("ab", 1); err != nil {
				f.Errorf("Version(ab, 1), another config's = %v, want nil", err)
			}
			if err := tx.PutConfig(config("a", "a")); err != nil {
				return err
			}
			if all, err := collect(tx.Versions("a")); len(all) != 0 || err != nil {
				f.Errorf("Versions(a), made anew = %v, %v, want none", all, err)
			}
			return nil
		})
	}},
	{"Versions are in ascending order, bodies included", func(f *fixture) {
		s := f.store()
		numbers := []int{300, 2, 10, 1, 65536, 256, 255}
		f.update(s, func(tx fleet.Tx) error {
			if err := firstError(tx.PutConfig(config("a", "a")), tx.PutConfig(config("a0", "a0")), tx.PutVersion(version("a0", 3))); err != nil {
				return err
			}
			for _, n := range numbers {
				if err := tx.PutVersion(version("a", n)); err != nil {
					return err
				}
			}
			return nil
		})
		slices.Sort(numbers)
		f.view(s, func(tx fleet.Tx) error {
			all, err := collect(tx.Versions("a"))
			var got []int
			for _, v := range all {
				got = append(got, v.Number)
				if want := version("a", v.Number); !reflect.DeepEqual(v, want) {
					f.Errorf("Versions(a) yields %+v, want %+v", v, want)
				}
			}
			if err != nil || !slices.Equal(got, numbers) {
				f.Errorf("Versions(a) = %v, %v, want %v", got, err, numbers)
			}
			if all, err := collect(tx.Versions("none")); len(all) != 0 || err != nil {
				f.Errorf("Versions(none) = %v, %v, want none", all, err)
			}
			return nil
		})
	}},
	{"PutVersion adds and never replaces", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("PutVersion(no such config)", tx.PutVersion(version("a", 1)), fleet.NotFound)
			if err := firstError(tx.PutConfig(config("a", "a")), tx.PutVersion(version("a", 1))); err != nil {
				return err
			}
			other := version("a", 1)
			other.Body = []byte("other")
			f.wantKind("PutVersion(taken number)", tx.PutVersion(other), fleet.Conflict)
			f.wantKind("PutVersion(number 0)", tx.PutVersion(version("a", 0)), fleet.Invalid)
			f.wantKind("PutVersion(number -1)", tx.PutVersion(version("a", -1)), fleet.Invalid)
			_, err := tx.Version("a", 2)
			f.wantKind("Version(a, 2)", err, fleet.NotFound)
			_, err = tx.Version("a", -1)
			f.wantKind("Version(a, -1)", err, fleet.NotFound)
			return nil
		})
		if v, err := s.Version(f.Context(), "a", 1); err != nil || string(v.Body) != "body of a" {
			f.Errorf("Version(a, 1) = %q, %v, want the first body", v.Body, err)
		}
	}},
	{"a config without id or name is Invalid", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("PutConfig(no id)", tx.PutConfig(config("", "a")), fleet.Invalid)
			f.wantKind("PutConfig(no name)", tx.PutConfig(config("a", "")), fleet.Invalid)
			_, err := tx.Config("")
			f.wantKind("Config(no id)", err, fleet.NotFound)
			return nil
		})
	}},
	{"what a caller passed in it may change", func(f *fixture) {
		s := f.store()
		c, v := config("a", "a"), version("a", 1)
		c.Labels = map[string]string{"k": "v"}
		e := fleet.EffectiveConfig{Hash: "e", Files: fleet.ConfigMap{"": {Body: []byte("body")}}}
		list := fleet.Components{"receivers": {"otlp"}}
		f.update(s, func(tx fleet.Tx) error {
			return firstError(tx.PutConfig(c), tx.PutVersion(v), tx.PutEffectiveConfig(e), tx.PutComponents("l", list),
				tx.PutAgent(naming(1, "e", "l")))
		})
		want := dump(f, s)
		clear(c.Labels)
		clear(v.Body)
		clear(e.Files[""].Body)
		clear(e.Files)
		clear(list["receivers"])
		clear(list)
		if got := dump(f, s); !reflect.DeepEqual(got, want) {
			f.Errorf("the store holds\n%+v\nwant\n%+v", got, want)
		}
	}},
}

var tokens = []contract{
	{"Tokens are in ascending order of id", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			for _, id := range []string{"c", "a", "b"} {
				if err := tx.PutToken(fleet.Token{ID: id, Role: fleet.RoleRead, CreatedAt: moment}); err != nil {
					return err
				}
			}
			return tx.PutToken(fleet.Token{ID: "b", Name: "replaced"})
		})
		f.view(s, func(tx fleet.Tx) error {
			got, err := collect(tx.Tokens())
			want := []fleet.Token{
				{ID: "a", Role: fleet.RoleRead, CreatedAt: moment},
				{ID: "b", Name: "replaced"},
				{ID: "c", Role: fleet.RoleRead, CreatedAt: moment},
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				f.Errorf("Tokens() = %+v, %v, want %+v", got, err, want)
			}
			return nil
		})
	}},
	{"DeleteToken removes it", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			f.wantKind("DeleteToken(unknown)", tx.DeleteToken("a"), fleet.NotFound)
			f.wantKind("DeleteToken(no id)", tx.DeleteToken(""), fleet.NotFound)
			f.wantKind("PutToken(no id)", tx.PutToken(fleet.Token{}), fleet.Invalid)
			if err := firstError(tx.PutToken(fleet.Token{ID: "a"}), tx.DeleteToken("a")); err != nil {
				return err
			}
			if got, err := collect(tx.Tokens()); len(got) != 0 || err != nil {
				f.Errorf("Tokens() = %v, %v, want none", got, err)
			}
			return nil
		})
	}},
}
