package pb_test

import (
	"reflect"
	"testing"
)

// FuzzMessages gives hostile bytes to every message: none panics, and what is read can be written and read again.
func FuzzMessages(f *testing.F) {
	number := map[string]int{}
	for i, k := range kinds {
		number[k.name] = i
	}
	for _, g := range readGoldens(f) {
		f.Add(uint8(number[g.message]), g.raw)
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		k := kinds[int(which)%len(kinds)]
		first := k.make()
		if first.UnmarshalVT(raw) != nil {
			return
		}
		written, err := first.MarshalVT()
		if err != nil {
			t.Fatalf("%s: %x is read but not written: %v", k.name, raw, err)
		}
		if first.SizeVT() != len(written) {
			t.Fatalf("%s: %x: SizeVT says %d, MarshalVT wrote %d bytes", k.name, raw, first.SizeVT(), len(written))
		}
		second := k.make()
		if err := second.UnmarshalVT(written); err != nil {
			t.Fatalf("%s: %x is written as %x, which is not read: %v", k.name, raw, written, err)
		}
		if !second.EqualMessageVT(first) && !holdsNaN(first) {
			t.Fatalf("%s: %x is written as %x, which is another message", k.name, raw, written)
		}
	})
}

// holdsNaN tells whether a message differs from its own clone, as only one with a NaN does.
func holdsNaN(m message) bool {
	clone := reflect.ValueOf(m).MethodByName("CloneVT").Call(nil)[0].Interface()
	return !m.EqualMessageVT(clone)
}
