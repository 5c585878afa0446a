package storagetest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// fill sets every field of *v, and whatever is below, to something that is not
// zero and differs from the others, so that a store that forgets a field is
// caught also where the field is newer than the store.
func fill[V any](v *V) *V {
	var f filler
	f.fill(reflect.ValueOf(v).Elem(), 0)
	return v
}

type filler struct{ n int }

// depth bounds types that contain themselves.
const depth = 8

func (f *filler) fill(v reflect.Value, level int) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(moment.Add(time.Duration(f.n) * time.Hour)))
		return
	case fleet.InstanceUID:
		v.Set(reflect.ValueOf(uid(byte(f.n))))
		return
	case fleet.ConfigHash:
		// Bytes that are no text, as hashes are.
		v.SetString(fmt.Sprintf("\xff\x00hash %d", f.n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d ü\n\"", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n) << 32)
	case reflect.Uint64:
		v.SetUint(uint64(f.n) << 56)
	case reflect.Uint8:
		v.SetUint(uint64(f.n%3) + 1)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), level)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), level)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 3 {
			f.fill(v.Index(i), level)
		}
	case reflect.Map:
		if level == depth {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key, level+1)
			f.fill(elem, level+1)
			v.SetMapIndex(key, elem)
		}
	default:
		panic(fmt.Sprintf("storagetest cannot fill a %v: teach it", v.Type()))
	}
}
