package pb_test

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// schema compiles the .proto files and gives their messages by name.
var schema = sync.OnceValues(func() (map[string]protoreflect.MessageDescriptor, error) {
	const root = "../proto"
	paths, err := filepath.Glob(root + "/wasql/v1/*.proto")
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		if paths[i], err = filepath.Rel(root, path); err != nil {
			return nil, err
		}
		paths[i] = filepath.ToSlash(paths[i])
	}
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{ImportPaths: []string{root}}}
	files, err := compiler.Compile(context.Background(), paths...)
	if err != nil {
		return nil, err
	}
	messages := map[string]protoreflect.MessageDescriptor{}
	for _, file := range files {
		for i := range file.Messages().Len() {
			d := file.Messages().Get(i)
			messages[string(d.Name())] = d
		}
	}
	return messages, nil
})

func descriptor(t testing.TB, name string) protoreflect.MessageDescriptor {
	t.Helper()
	messages, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	d, ok := messages[name]
	if !ok {
		t.Fatalf("the schema has no message %s", name)
	}
	return d
}

// sample is one message made for the goldens.
type sample struct {
	name    string
	message *dynamicpb.Message
}

// samples makes the same messages every time: without a field, with all fields, with the smallest and
// largest values, with fields that are present and zero, each variant of a oneof, and some by chance.
func samples(d protoreflect.MessageDescriptor) []sample {
	all := []sample{{"empty", dynamicpb.NewMessage(d)}}
	if d.Fields().Len() == 0 {
		return all
	}
	for _, style := range []string{"full", "min", "max", "zero"} {
		m := dynamicpb.NewMessage(d)
		(&filler{style: style}).fill(m, 0)
		all = append(all, sample{style, m})
	}
	for i := range d.Oneofs().Len() {
		one := d.Oneofs().Get(i)
		for j := 0; j < one.Fields().Len() && !one.IsSynthetic(); j++ {
			for _, style := range []string{"min", "max", "zero"} {
				m, f := dynamicpb.NewMessage(d), one.Fields().Get(j)
				m.Set(f, (&filler{style: style}).one(m, f, 0))
				all = append(all, sample{string(f.Name()) + "." + style, m})
			}
		}
	}
	for i := range 2 {
		hash := fnv.New64a()
		hash.Write([]byte(d.Name()))
		m := dynamicpb.NewMessage(d)
		(&filler{style: "random", random: rand.New(rand.NewPCG(hash.Sum64(), uint64(i)))}).fill(m, 0)
		all = append(all, sample{"random." + strconv.Itoa(i), m})
	}
	return all
}

// filler sets the fields of a message in one style. Only "full" and "random" go deep.
type filler struct {
	style  string
	random *rand.Rand
	count  int // of the values given, so that no two of "full" are the same
}

func (f *filler) fill(m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		if one := fd.ContainingOneof(); one != nil && !one.IsSynthetic() && m.WhichOneof(one) != nil {
			continue
		}
		if f.random != nil && f.random.IntN(2) == 0 {
			continue
		}
		f.set(m, fd, depth)
	}
}

func (f *filler) set(m protoreflect.Message, fd protoreflect.FieldDescriptor, depth int) {
	nested := fd.Message() != nil && !fd.IsMap()
	switch {
	case nested && depth >= 2, f.style == "zero" && !fd.HasPresence():
	case fd.IsMap():
		entries := m.Mutable(fd).Map()
		for range f.elements(depth) {
			key := f.one(m, fd.MapKey(), depth).String()
			entries.Set(protoreflect.ValueOfString("k"+key).MapKey(), f.one(m, fd.MapValue(), depth))
		}
	case fd.IsList():
		list := m.Mutable(fd).List()
		for range f.elements(depth) {
			if nested {
				f.fill(list.AppendMutable().Message(), depth+1)
				continue
			}
			list.Append(f.one(m, fd, depth))
		}
	default:
		m.Set(fd, f.one(m, fd, depth))
	}
}

func (f *filler) elements(depth int) int {
	switch {
	case f.style == "full" && depth == 0:
		return 2
	case f.random != nil:
		return f.random.IntN(3)
	}
	return 1
}

// one makes a value of a field, or an element of it.
func (f *filler) one(m protoreflect.Message, fd protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	f.count++
	switch fd.Kind() {
	case protoreflect.MessageKind:
		v := m.NewField(fd)
		if f.style == "full" || f.random != nil {
			f.fill(v.Message(), depth+1)
		}
		return v
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(pick(f, "", "", "π\x00\U0001F600", "s"+strconv.Itoa(f.count)))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(pick(f, "", "\x00", "\xff\x80\x00", "b"+strconv.Itoa(f.count))))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(pick(f, false, false, true, true))
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		last := values.Get(values.Len() - 1).Number()
		return protoreflect.ValueOfEnum(pick(f, 0, math.MinInt32, math.MaxInt32, last))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(pick(f, 0, 1, math.MaxUint32, uint32(f.count)))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(pick(f, 0, 1, math.MaxUint64, uint64(f.count)<<20))
	case protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(pick(f, 0, math.MinInt32, math.MaxInt32, int32(-f.count)))
	case protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(pick(f, 0, math.MinInt64, math.MaxInt64, int64(-f.count)<<33))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(pick(f, 0, math.Inf(-1), math.MaxFloat64, float64(f.count)+0.5))
	}
	panic("no sample for " + fd.Kind().String()) // a new kind of field in the schema
}

// pick chooses the value of the style.
func pick[T any](f *filler, zero, least, most, usual T) T {
	switch f.style {
	case "zero":
		return zero
	case "min":
		return least
	case "max":
		return most
	case "random":
		return []T{zero, least, most, usual}[f.random.IntN(4)]
	}
	return usual
}
