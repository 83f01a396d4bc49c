// Package wire reads and writes the messages of package pb in the Protocol Buffers format, from the
// field tags of their structs. The generated methods of pb do the same and are several times faster, but a
// guest that links them for all messages weighs 2.5 MB more: here the code is the same for every
// message. Control messages are few and small; rows do not travel in them.
//
// Unknown fields are skipped. The package knows what pb uses: scalars, strings, bytes, messages, repeated
// fields (packed numbers), maps of strings, optional fields, and the two oneofs.
package wire

import (
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/pb"
)

// ErrMalformed is the error for bytes that are no message.
var ErrMalformed = errors.New("malformed message")

// depthMax is how deep messages may nest; filters are trees.
const depthMax = 200

// Wire types of the format.
const (
	varintWire = 0
	fixed64    = 1
	bytesWire  = 2
	fixed32    = 5
)

// coding says how the value of a field is written.
type coding uint8

const (
	varint coding = iota
	zigzag
	double
	text
	bytesCoding
	message
	mapping
)

// field is one field of a message.
type field struct {
	number int
	// index of the struct field.
	index    int
	coding   coding
	repeated bool
	// optional fields are pointers: present also when zero.
	optional bool
	// wrapper is the type that holds the field of a oneof; nil outside of one.
	wrapper reflect.Type
	// inner is the struct of a message field.
	inner reflect.Type
}

// layout is the fields of a message, in the order of their numbers.
type layout struct {
	fields []field
}

// layouts holds what was read off tags so far. A guest has one thread; natively see lock.
var layouts = map[reflect.Type]*layout{}

// wrappers lists the types that hold the fields of the oneofs.
var wrappers = map[string][]any{
	"Value": {pb.Value_Null{}, pb.Value_Bool{}, pb.Value_Int64{}, pb.Value_Uint64{}, pb.Value_Float64{}, pb.Value_Decimal{},
		pb.Value_Utf8{}, pb.Value_Binary{}, pb.Value_Date{}, pb.Value_Time{}, pb.Value_Datetime{}, pb.Value_Json{}},
	"Operand": {pb.Operand_Value{}, pb.Operand_Param{}, pb.Operand_Column{}},
}

func layoutOf(t reflect.Type) *layout {
	if l := layouts[t]; l != nil {
		return l
	}
	l := &layout{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("protobuf_oneof") != "" {
			for _, w := range wrappers[t.Name()] {
				wt := reflect.TypeOf(w)
				inner := readTag(wt.Field(0))
				inner.index, inner.wrapper = i, wt
				l.fields = append(l.fields, inner)
			}
		} else if f.Tag.Get("protobuf") != "" {
			read := readTag(f)
			read.index = i
			l.fields = append(l.fields, read)
		}
	}
	// The generator keeps the order of the .proto file, which is that of the numbers, oneofs included.
	layouts[t] = l
	return l
}

func (l *layout) find(number int) *field {
	for i := range l.fields {
		if l.fields[i].number == number {
			return &l.fields[i]
		}
	}
	return nil
}

func readTag(f reflect.StructField) field {
	tag := strings.SplitN(f.Tag.Get("protobuf"), ",", 3)
	number, err := strconv.Atoi(tag[1])
	if err != nil {
		panic("wire: field " + f.Name + " has no number")
	}
	t := f.Type
	read := field{number: number}
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		read.repeated, t = true, t.Elem()
	case t.Kind() == reflect.Pointer && t.Elem().Kind() != reflect.Struct:
		read.optional, t = true, t.Elem()
	}
	switch tag[0] {
	case "zigzag32", "zigzag64":
		read.coding = zigzag
	case "fixed64":
		read.coding = double
	case "bytes":
		read.coding, read.inner = lengthCoding(t)
	}
	return read
}

func lengthCoding(t reflect.Type) (coding, reflect.Type) {
	switch t.Kind() {
	case reflect.String:
		return text, nil
	case reflect.Slice:
		return bytesCoding, nil
	case reflect.Map:
		return mapping, nil
	}
	return message, t.Elem()
}
