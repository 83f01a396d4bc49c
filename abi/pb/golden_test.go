package pb_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	goldenPath     = "../testdata/golden.txt"
	goldenBytesMax = 100 << 10
)

var update = flag.Bool("update", false, "write "+goldenPath)

// golden is one line of the file: a message as google's runtime writes it.
type golden struct {
	message, name string
	raw           []byte
}

func (g golden) String() string { return g.message + "/" + g.name }

func readGoldens(t testing.TB) []golden {
	t.Helper()
	text, err := os.ReadFile(goldenPath)
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		if len(words) != 3 {
			t.Fatalf("%s: not message, case, hex: %q", goldenPath, line)
		}
		raw, err := hex.DecodeString(strings.TrimPrefix(words[2], "-"))
		if err != nil {
			t.Fatalf("%s: %s %s: %v", goldenPath, words[0], words[1], err)
		}
		all = append(all, golden{words[0], words[1], raw})
	}
	return all
}

// google reads bytes with google's runtime.
func google(t testing.TB, d protoreflect.MessageDescriptor, raw []byte) *dynamicpb.Message {
	t.Helper()
	m := dynamicpb.NewMessage(d)
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, m); err != nil {
		t.Fatalf("google's runtime refuses %x: %v", raw, err)
	}
	return m
}

func TestEveryMessageIsListed(t *testing.T) {
	messages, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, k := range kinds {
		if listed[k.name] {
			t.Errorf("%s is listed twice", k.name)
		}
		listed[k.name] = true
		if messages[k.name] == nil {
			t.Errorf("the schema has no message %s", k.name)
		}
	}
	for name := range messages {
		if !listed[name] {
			t.Errorf("message %s is not in kinds", name)
		}
	}
}

func TestGoldensAreUpToDate(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("# Every message as google's protobuf writes it: message, case, hex. Written by: go test ./abi/pb -update\n")
	for _, k := range kinds {
		for _, s := range samples(descriptor(t, k.name)) {
			raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(s.message)
			if err != nil {
				t.Fatalf("%s/%s: %v", k.name, s.name, err)
			}
			digits := hex.EncodeToString(raw)
			if digits == "" {
				digits = "-"
			}
			fmt.Fprintf(&text, "%s %s %s\n", k.name, s.name, digits)
		}
	}
	if text.Len() > goldenBytesMax {
		t.Fatalf("the goldens have %d bytes, more than %d", text.Len(), goldenBytesMax)
	}
	if *update {
		if err := os.WriteFile(goldenPath, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(goldenPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, text.Bytes()) {
		t.Errorf("%s differs from what the schema gives; if the schema was meant to change: go test ./abi/pb -update", goldenPath)
	}
}

// clause: 1.4
func TestGoldensAreReadAndWrittenAsByGoogle(t *testing.T) {
	makers := map[string]func() message{}
	for _, k := range kinds {
		makers[k.name] = k.make
	}
	for _, g := range readGoldens(t) {
		t.Run(g.String(), func(t *testing.T) {
			d := descriptor(t, g.message)
			ours := decode(t, makers[g.message], g.raw)
			want := google(t, d, g.raw)
			sameFields(t, want, reflect.ValueOf(ours))

			written, err := ours.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			if ours.SizeVT() != len(written) {
				t.Errorf("SizeVT says %d, MarshalVT wrote %d bytes", ours.SizeVT(), len(written))
			}
			if got := google(t, d, written); !proto.Equal(got, want) {
				t.Errorf("written again:\n got %v\nwant %v", got, want)
			}
			if !decode(t, makers[g.message], written).EqualMessageVT(ours) {
				t.Error("read again, the message is another")
			}
			sameFields(t, want, reflect.ValueOf(decode(t, makers[g.message], append(g.raw, unknownFields()...))))
		})
	}
}

func decode(t *testing.T, maker func() message, raw []byte) message {
	t.Helper()
	m := maker()
	if err := m.UnmarshalVT(raw); err != nil {
		t.Fatalf("%x: %v", raw, err)
	}
	return m
}

// unknownFields are fields of a later minor, one of every wire type.
func unknownFields() []byte {
	const number = protowire.MaxValidNumber
	b := protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), 1<<63)
	b = protowire.AppendFixed64(protowire.AppendTag(b, number, protowire.Fixed64Type), 7)
	b = protowire.AppendFixed32(protowire.AppendTag(b, number, protowire.Fixed32Type), 7)
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), "later")
}

// sameFields compares what the getters give, so that a number read as another kind of number is noticed
// although it would be written as the same bytes.
func sameFields(t *testing.T, want protoreflect.Message, ours reflect.Value) {
	t.Helper()
	for i := range want.Descriptor().Fields().Len() {
		fd := want.Descriptor().Fields().Get(i)
		getter := ours.MethodByName("Get" + camel(string(fd.Name())))
		if !getter.IsValid() {
			t.Errorf("%s has no getter", fd.FullName())
			continue
		}
		got, value := getter.Call(nil)[0], want.Get(fd)
		switch {
		case fd.IsMap():
			same(t, fd, got.Len(), value.Map().Len())
			value.Map().Range(func(key protoreflect.MapKey, element protoreflect.Value) bool {
				if got := got.MapIndex(reflect.ValueOf(key.Interface())); !got.IsValid() {
					t.Errorf("%s has no entry %v", fd.FullName(), key)
				} else {
					same(t, fd, got.Interface(), element.Interface())
				}
				return true
			})
		case fd.IsList():
			same(t, fd, got.Len(), value.List().Len())
			for i := range min(got.Len(), value.List().Len()) {
				sameValue(t, fd, got.Index(i), value.List().Get(i))
			}
		case fd.Message() != nil:
			same(t, fd, !got.IsNil(), want.Has(fd))
			if want.Has(fd) && !got.IsNil() {
				sameFields(t, value.Message(), got)
			}
		default:
			sameValue(t, fd, got, value)
		}
	}
}

func sameValue(t *testing.T, fd protoreflect.FieldDescriptor, got reflect.Value, want protoreflect.Value) {
	t.Helper()
	switch fd.Kind() {
	case protoreflect.MessageKind:
		sameFields(t, want.Message(), got)
	case protoreflect.EnumKind:
		same(t, fd, got.Int(), int64(want.Enum()))
	case protoreflect.BytesKind:
		same(t, fd, string(got.Bytes()), string(want.Bytes()))
	default:
		same(t, fd, got.Interface(), want.Interface())
	}
}

func same(t *testing.T, fd protoreflect.FieldDescriptor, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", fd.FullName(), got, want)
	}
}

// camel gives the Go name of a field.
func camel(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
