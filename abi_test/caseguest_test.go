package abitest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/hosttest"
	"github.com/wasql/wasql/host/wasmgen"
)

// caseGuest builds the model guest, which answers t(n, s) with (1, a) (2, NULL) (3, ccc), changed by
// directives, one a line:
//
//	header FIELD VALUE           change a field of the batch header
//	column I FIELD VALUE         change a field of column I
//	data I BUFFER OFFSET VALUE   change a u32 in a buffer of column I
//	select I VALUE               change an entry of the selection
//	encode ENCODING              send all columns constant, dictionary or view, or rows 1 and 3 selected
//	batches N                    send the batch N times; empty N sends N batches of no rows
//	repeat                       send the batch for ever
//	result EXPORT VALUE          the export gives VALUE
//	answer OP VALUE              wasql_call gives VALUE for OP, such as -15
//	hello FIELD VALUE            change minor or features of the manifest
//	do EXPORT ACTION             trap, spin, recurse or import before anything else
//	omit EXPORT                  leave an export out
//	wrong EXPORT                 give it one parameter too many
//	import MODULE NAME           import () -> i64, called by `do EXPORT import`
//	export NAME                  export one more function
//	memory MIN MAX               pages, MAX - for none
//	table MIN MAX                add a table
//	not-wasm TEXT                no module at all
//	sink                         take writes, which are answered by nothing
//	written ORDINAL OUTCOME N S  a row of the answer to a write
//	announce TYPE...             the columns of that answer, when they are not uint32 uint8 int64 utf8
//	flushed ROW MESSAGE          an error of a row in the answer to FLUSH_SINK
//	found POSITION N             a row that a lookup gives; the first makes it answer lookups
//	one-call                     the feature of that name
//	space PTR BYTES              the request space that CONFIGURE answers with
//	rooms N                      wasql_alloc has room N times
//	first [finished] [closed] [at ADDRESS]   OPEN_SCAN and RESCAN answer with the first batch
//	asked FIELD                  what follows is the answer to PLAN requests with aggregation, having, join, order or limit; to all until then
//	claim PART...                it takes these parts
//	estimate NAME VALUE          one of rows, cost, startup_cost, row_bytes, in it
//	argument N                   it wants the value of the next condition at that position
//	alternative, inner           what follows is an alternative of it, or one of that
//	groups KEY:COUNT...          the rows of a scan opened with what was answered so; a COUNT may be missing
//	trusted                      an engine believes the connector
//	taken [flushed] [gone] [at ADDRESS]      OPEN_SINK has written its batch; untaken: it answers it all the same
func caseGuest(text string) ([]byte, error) {
	g := &caseBuilder{Guest: hosttest.Good()}
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := g.directive(words[0], words[1:]); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	if g.instead != nil {
		return g.instead, nil
	}
	g.changes()
	g.offers.finish(g)
	if g.once.first || g.once.taken {
		g.Place = g.place
	}
	g.Patch = func(image *hosttest.Image) error {
		for _, patch := range g.patches {
			if err := patch(image); err != nil {
				return err
			}
		}
		return nil
	}
	return g.Build()
}

type caseBuilder struct {
	*hosttest.Guest
	patches []func(*hosttest.Image) error
	instead []byte
	written []string
	found   []string
	once    once
	offers  offers
}

func (g *caseBuilder) directive(verb string, args []string) error {
	switch verb {
	case "header":
		return g.header(args[0], args[1])
	case "column":
		return g.column(args[0], args[1], args[2])
	case "data":
		return g.data(args[0], args[1], args[2], args[3])
	case "select":
		return g.selected(args[0], args[1])
	case "encode":
		return g.encode(args[0])
	case "batches", "empty":
		n, err := strconv.Atoi(args[0])
		first := g.Batches[0]
		if verb == "empty" {
			first = emptyBatch(first)
		}
		g.Batches = nil
		for range n {
			g.Batches = append(g.Batches, first)
		}
		return err
	case "repeat":
		g.Repeat = true
	case "result":
		value, err := number(args[1])
		g.Hooks[args[0]] = func(c *wasmgen.Code) { c.I64(value).Op(wasmgen.Return) }
		return err
	case "answer":
		value, err := number(args[1])
		g.Failures[pb.Op(pb.Op_value["OP_"+args[0]])] = value
		return err
	case "hello":
		return g.hello(args[0], args[1])
	case "do":
		return g.do(args[0], args[1])
	case "omit":
		g.Omit[args[0]] = true
	case "wrong":
		g.Params[args[0]] = []byte{wasmgen.I32, wasmgen.I32, wasmgen.I32, wasmgen.I32}
	case "import":
		g.Imports = append(g.Imports, hosttest.Import{Module: args[0], Name: args[1], Results: []byte{wasmgen.I64}})
	case "function", "results":
		g.function(verb, args)
	case "space", "rooms", "one-call", "first", "taken", "untaken":
		return g.small(verb, args)
	case "asked", "claim", "estimate", "argument", "alternative", "inner", "groups", "rows", "trusted":
		return g.offer(verb, args)
	case "sink", "written", "announce", "flushed", "found":
		return g.change(verb, args)
	default:
		return g.module(verb, args)
	}
	return nil
}

// module changes what lies around the functions.
func (g *caseBuilder) module(verb string, args []string) error {
	switch verb {
	case "export":
		g.Raw = func(m *wasmgen.Module) {
			m.ExportFunc(args[0], nil, []byte{wasmgen.I64}, nil, new(wasmgen.Code).I64(0).End())
		}
	case "memory", "table":
		least, err := strconv.ParseUint(args[0], 10, 32)
		if err != nil {
			return err
		}
		most := int64(wasmgen.NoMax)
		if args[1] != "-" {
			if most, err = strconv.ParseInt(args[1], 10, 64); err != nil {
				return err
			}
		}
		if verb == "memory" {
			g.Pages, g.MaxPages = uint32(least), most
			return nil
		}
		g.Raw = func(m *wasmgen.Module) { m.Table(wasmgen.FuncRef, uint32(least), most) }
	case "not-wasm":
		g.instead = []byte(strings.Join(args, " "))
	default:
		return fmt.Errorf("no directive is called %s", verb)
	}
	return nil
}

func number(s string) (int64, error) {
	if u, err := strconv.ParseUint(s, 0, 64); err == nil {
		return int64(u), nil
	}
	return strconv.ParseInt(s, 0, 64)
}

type field struct{ offset, width int }

var headerFields = map[string]field{
	"size": {abi.HeaderSize, 4}, "columns": {abi.HeaderColumns, 4}, "rows": {abi.HeaderRows, 8}, "lease": {abi.HeaderLease, 8},
	"columns.ptr": {abi.HeaderColumnsPtr, 4}, "stride": {abi.HeaderStride, 4}, "selection.ptr": {abi.HeaderSelPtr, 4},
	"selection.length": {abi.HeaderSelLen, 4}, "flags": {abi.HeaderFlags, 4}, "reserved": {abi.HeaderReserved, 8},
}

var columnFields = map[string]field{
	"type": {abi.ColumnType, 2}, "encoding": {abi.ColumnEncoding, 2}, "flags": {abi.ColumnFlags, 4}, "nulls": {abi.ColumnNullCount, 8},
	"validity.ptr": {abi.ColumnValidity, 4}, "validity.bytes": {abi.ColumnValidity + 4, 4},
	"buffer1.ptr": {abi.ColumnBuffer1, 4}, "buffer1.bytes": {abi.ColumnBuffer1 + 4, 4},
	"buffer2.ptr": {abi.ColumnBuffer2, 4}, "buffer2.bytes": {abi.ColumnBuffer2 + 4, 4},
	"children.ptr": {abi.ColumnChildren, 4}, "children.count": {abi.ColumnChildren + 4, 4},
	"dictionary.ptr": {abi.ColumnDict, 4}, "dictionary.rows": {abi.ColumnDictRows, 4},
}

func (g *caseBuilder) header(name, text string) error {
	f, ok := headerFields[name]
	value, err := number(text)
	if !ok || err != nil {
		return fmt.Errorf("header has no field %s, or %q is no number", name, text)
	}
	g.patches = append(g.patches, func(image *hosttest.Image) error {
		return put(image, image.Batches[0]+uint32(f.offset), f.width, value)
	})
	return nil
}

func (g *caseBuilder) column(position, name, text string) error {
	f, ok := columnFields[name]
	value, err := number(text)
	i, err2 := strconv.Atoi(position)
	if !ok || err != nil || err2 != nil {
		return fmt.Errorf("a column has no field %s, or %q is no number", name, text)
	}
	g.patches = append(g.patches, func(image *hosttest.Image) error {
		at, err := columnAt(image, i)
		if err != nil {
			return err
		}
		return put(image, at+uint32(f.offset), f.width, value)
	})
	return nil
}

func (g *caseBuilder) data(position, buffer, offset, text string) error {
	f, ok := columnFields[buffer+".ptr"]
	value, err := number(text)
	i, err2 := strconv.Atoi(position)
	from, err3 := strconv.ParseUint(offset, 10, 32)
	if !ok || err != nil || err2 != nil || err3 != nil {
		return fmt.Errorf("no buffer %s, or a number is wrong", buffer)
	}
	g.patches = append(g.patches, func(image *hosttest.Image) error {
		at, err := columnAt(image, i)
		if err != nil {
			return err
		}
		pointer, err := image.Bytes(at+uint32(f.offset), 4)
		if err != nil {
			return err
		}
		return put(image, binary.LittleEndian.Uint32(pointer)+uint32(from), 4, value)
	})
	return nil
}

func (g *caseBuilder) selected(position, text string) error {
	i, err := strconv.ParseUint(position, 10, 16)
	value, err2 := number(text)
	g.patches = append(g.patches, func(image *hosttest.Image) error {
		pointer, err := image.Bytes(image.Batches[0]+abi.HeaderSelPtr, 4)
		if err != nil {
			return err
		}
		return put(image, binary.LittleEndian.Uint32(pointer)+4*uint32(i), 4, value)
	})
	return errors.Join(err, err2)
}

func columnAt(image *hosttest.Image, i int) (uint32, error) {
	pointer, err := image.Bytes(image.Batches[0]+abi.HeaderColumnsPtr, 4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(pointer) + uint32(i)*abi.ColumnBytes, nil
}

func put(image *hosttest.Image, at uint32, width int, value int64) error {
	b, err := image.Bytes(at, width)
	if err != nil {
		return err
	}
	for i := range b {
		b[i] = byte(value >> (8 * i))
	}
	return nil
}

func (g *caseBuilder) hello(name, text string) error {
	value, err := strconv.ParseUint(text, 0, 64)
	hello := g.Answers[pb.Op_OP_HELLO].(*pb.HelloResponse)
	switch name {
	case "minor":
		hello.Minor = uint32(value)
	case "features":
		hello.Features = value
	default:
		return fmt.Errorf("hello has no field %s here", name)
	}
	return err
}

func (g *caseBuilder) do(export, action string) error {
	actions := map[string]func(*wasmgen.Code){
		"trap":    func(c *wasmgen.Code) { c.Op(wasmgen.Unreachable) },
		"spin":    func(c *wasmgen.Code) { c.Loop(wasmgen.Void).Br(0).Close() },
		"import":  func(c *wasmgen.Code) { c.Call(0).Op(wasmgen.Return) },
		"recurse": nil,
	}
	action2, ok := actions[action]
	if !ok {
		return fmt.Errorf("no action is called %s", action)
	}
	if action == "recurse" {
		for n, f := range abi.Exports {
			if f.Name == export {
				action2 = func(c *wasmgen.Code) {
					for p := range f.Params {
						c.Get(uint32(p))
					}
					c.Call(uint32(len(g.Imports) + n)).Op(wasmgen.Return)
				}
			}
		}
	}
	g.Hooks[export] = action2
	return nil
}

func emptyBatch(b *col.Batch) *col.Batch {
	schema := col.Schema{}
	for i := range b.Cols {
		schema = append(schema, col.Field{Type: b.Cols[i].Type})
	}
	return col.NewBuilder(schema, 1, 0).Batch()
}

// encode sends the same values in another form.
func (g *caseBuilder) encode(name string) error {
	plain := g.Batches[0].Clone()
	switch name {
	case "selection":
		plain.Sel = []uint32{0, 2}
	case "constant":
		for i := range plain.Cols {
			v := &plain.Cols[i]
			v.Encoding, v.Valid = col.Constant, nil
			if v.Type.Varying() {
				v.Offsets = v.Offsets[:2]
			} else {
				v.Fixed = v.Fixed[:v.Type.Width()]
			}
		}
	case "dictionary":
		for i := range plain.Cols {
			dict := plain.Cols[i]
			plain.Cols[i] = col.Vec{Type: dict.Type, Encoding: col.Dictionary, Len: 3, Index: []uint32{2, 1, 0}, Dict: &dict}
		}
	case "view":
		long := "a text of more than twelve bytes"
		view := func(s string) (v col.StringView) { v.Length = uint32(len(s)); copy(v.Inline[:], s); return v }
		far := col.StringView{Length: uint32(len(long))}
		copy(far.Inline[:4], long)
		plain.Cols[1] = col.Vec{Type: col.UTF8, Encoding: col.View, Len: 3, Views: []col.StringView{view("short"), view(""), far}, Buffers: [][]byte{[]byte(long)}}
	default:
		return fmt.Errorf("no encoding is called %s", name)
	}
	g.Batches[0] = plain
	return nil
}
