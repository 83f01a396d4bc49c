// Package hosttest builds connectors for tests of the host, without a toolchain: modules that
// play back fixed answers and batches, and that can be told to break any rule of the ABI.
//
// Good gives a Guest that answers one query over a table of three rows; a test changes what it
// wants to see go wrong and calls Build. The package is for tests only. A Guest is used by one
// goroutine.
package hosttest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/wasmgen"
)

// Guest describes a connector that plays back: every operation has one fixed answer, and
// wasql_next gives fixed batches. Hooks put code before an export's own.
type Guest struct {
	// Answers of wasql_call; an operation without one is -UNIMPLEMENTED.
	Answers map[pb.Op]Message
	// Failures are operations that answer with this result, such as a negative code.
	Failures map[pb.Op]int64
	Batches  []*col.Batch
	// Answered is what wasql_write gives; nil: nothing.
	Answered *col.Batch
	// Repeat plays the first batch for ever.
	Repeat bool
	// Hooks run before an export's own code; they may return. In wasql_call local 0 is the op. Behind
	// the parameters there are four i32 and two i64 locals. A hook of _initialize makes that export.
	Hooks map[string]func(*wasmgen.Code)
	// Imports of the module, in order; hooks call them by their position.
	Imports []Import
	// Bare exports have the hook as their whole body.
	Bare map[string]bool
	// Omit leaves exports out; Params gives an export other parameters.
	Omit   map[string]bool
	Params map[string][]byte
	// Start is the body of a start function.
	Start func(*wasmgen.Code)
	// Pages of memory at least, and the declared maximum, wasmgen.NoMax unless set.
	Pages    uint32
	MaxPages int64
	// Place is called when the batches lie where they will, with their addresses, to put them into Answers.
	Place func(batches []uint32, answered uint32)
	// Began is the batch that wasql_next gives first: those before came with the answer to OPEN_SCAN.
	Began int
	// Asked are answers to requests that have a field, before those of Answers.
	Asked []Asked
	// Others are batches of the scans that Asked has opened; Repeat does not count for them.
	Others []*col.Batch
	// Patch changes the data of the module once it is laid out.
	Patch func(*Image) error
	// Raw adds anything else.
	Raw func(*wasmgen.Module)
}

// Asked is an answer to the requests of an operation that have a field of that number.
type Asked struct {
	Op     pb.Op
	Field  uint32
	Answer Message
}

// Import is a function the module imports.
type Import struct {
	Module, Name    string
	Params, Results []byte
}

// Message is an answer.
type Message interface{ MarshalVT() ([]byte, error) }

// DataBase is the address where the data of a guest begins.
const DataBase = 4096

// Scratch is an address below the data that nothing else uses.
const Scratch = 1024

// Good answers one query over the table t(n BIGINT NOT NULL, s VARCHAR): (1, a), (2, NULL), (3, ccc).
func Good() *Guest {
	schema := col.Schema{{Name: "n", Type: col.Int64}, {Name: "s", Type: col.UTF8, Nullable: true}}
	b := col.NewBuilder(schema, 16, 0)
	for n, s := range []string{"a", "", "ccc"} {
		b.Int64(0, int64(n+1))
		if s != "" {
			b.String(1, s)
		}
		b.EndRow()
	}
	columns := []*pb.Column{{Name: "n", Type: pb.Type_TYPE_INT64, NotNull: true}, {Name: "s", Type: pb.Type_TYPE_UTF8}}
	sent := []*pb.ScanColumn{{Column: 0, Type: pb.Type_TYPE_INT64}, {Column: 1, Type: pb.Type_TYPE_UTF8, Nullable: true}}
	features := uint64(pb.Feature_FEATURE_CONSTANT | pb.Feature_FEATURE_DICTIONARY | pb.Feature_FEATURE_STRING_VIEW | pb.Feature_FEATURE_SELECTION)
	return &Guest{
		Answers: map[pb.Op]Message{
			pb.Op_OP_HELLO:      &pb.HelloResponse{Name: "good", Version: "1", Sdk: "hosttest", Features: features},
			pb.Op_OP_CONFIGURE:  &pb.ConfigureResponse{},
			pb.Op_OP_LIST:       &pb.ListResponse{Tables: []*pb.TableRef{{Name: "t"}}},
			pb.Op_OP_DESCRIBE:   &pb.DescribeResponse{Table: &pb.Table{Name: "t", Columns: columns}},
			pb.Op_OP_PLAN:       &pb.PlanResponse{},
			pb.Op_OP_OPEN_SCAN:  &pb.OpenScanResponse{Scan: 1, Columns: sent},
			pb.Op_OP_RESCAN:     &pb.RescanResponse{},
			pb.Op_OP_LAST_ERROR: &pb.LastErrorResponse{},
		},
		Failures: map[pb.Op]int64{},
		Batches:  []*col.Batch{b.Batch()},
		Hooks:    map[string]func(*wasmgen.Code){},
		Bare:     map[string]bool{},
		Omit:     map[string]bool{},
		Params:   map[string][]byte{},
		MaxPages: wasmgen.NoMax,
	}
}

// Build encodes the module.
func (g *Guest) Build() ([]byte, error) {
	m := wasmgen.New()
	for _, i := range g.Imports {
		m.ImportFunc(i.Module, i.Name, m.Type(i.Params, i.Results))
	}
	image := &Image{}
	pairs := map[pb.Op]uint32{}
	answered := uint32(0)
	parts := []func() error{
		func() error { return g.answers(image, pairs) },
		func() error { answered = g.batches(image); return nil },
	}
	if g.Place != nil {
		slices.Reverse(parts)
	}
	for _, part := range parts {
		if err := part(); err != nil {
			return nil, err
		}
	}
	if g.Patch != nil {
		if err := g.Patch(image); err != nil {
			return nil, err
		}
	}
	m.Data(DataBase, image.bytes)
	// The host writes behind the data.
	room := (DataBase + uint32(len(image.bytes)) + 0xffff) &^ 0xffff
	m.Memory(max(room>>16+16, g.Pages), g.MaxPages)
	if !g.Omit[abi.ExportMemory] {
		m.Export(abi.ExportMemory, wasmgen.Memory, 0)
	}
	g.exports(m, room, pairs, image, answered)
	if hook := g.Hooks[abi.ExportInitialize]; hook != nil {
		c := new(wasmgen.Code)
		hook(c)
		m.ExportFunc(abi.ExportInitialize, nil, nil, nil, c.End())
	}
	if g.Start != nil {
		c := new(wasmgen.Code)
		g.Start(c)
		m.Start(m.Func(m.Type(nil, nil), nil, c.End()))
	}
	if g.Raw != nil {
		g.Raw(m)
	}
	return m.Bytes(), nil
}

func (g *Guest) answers(image *Image, pairs map[pb.Op]uint32) error {
	for _, op := range slices.Sorted(maps.Keys(g.Answers)) {
		b, err := g.Answers[op].MarshalVT()
		if err != nil {
			return fmt.Errorf("answer of %s: %w", op, err)
		}
		pairs[op] = image.pair(b)
	}
	for i, a := range g.Asked {
		b, err := a.Answer.MarshalVT()
		if err != nil {
			return fmt.Errorf("answer %d of %s: %w", i, a.Op, err)
		}
		image.asked = append(image.asked, image.pair(b))
	}
	return nil
}

// batches places them, and gives the address of the one that answers writes.
func (g *Guest) batches(image *Image) (answered uint32) {
	for _, b := range g.Batches {
		image.batch(b)
	}
	if g.Answered != nil {
		image.batch(g.Answered)
		answered = image.Batches[len(g.Batches)]
	}
	own := len(image.Batches)
	for _, b := range g.Others {
		image.batch(b)
	}
	image.others = image.Batches[own:]
	if g.Place != nil {
		g.Place(image.Batches[:len(g.Batches)], answered)
	}
	return answered
}

func (g *Guest) exports(m *wasmgen.Module, room uint32, pairs map[pb.Op]uint32, image *Image, answered uint32) {
	batches := image.Batches[:len(g.Batches)]
	counter := m.Global(wasmgen.I32, true, new(wasmgen.Code).I32(0).End())
	own := map[string]func(*wasmgen.Code){
		abi.ExportAlloc: func(c *wasmgen.Code) { c.I64(int64(room)) },
		abi.ExportCall: func(c *wasmgen.Code) {
			for _, op := range slices.Sorted(maps.Keys(g.Failures)) {
				c.Get(0).I32(int64(op)).Op(wasmgen.I32Eq).If(wasmgen.Void).I64(g.Failures[op]).Op(wasmgen.Return).Close()
			}
			for i, a := range g.Asked {
				c.Get(0).I32(int64(a.Op)).Op(wasmgen.I32Eq).If(wasmgen.Void)
				hasField(c, a.Field)
				c.If(wasmgen.Void)
				if a.Op == pb.Op_OP_OPEN_SCAN {
					c.I32(int64(len(batches) + 1)).SetGlobal(counter) // behind the end of the others
				}
				c.I64(int64(image.asked[i])).Op(wasmgen.Return).Close().Close()
			}
			for _, op := range slices.Sorted(maps.Keys(pairs)) {
				c.Get(0).I32(int64(op)).Op(wasmgen.I32Eq).If(wasmgen.Void)
				if op == pb.Op_OP_OPEN_SCAN || op == pb.Op_OP_RESCAN || op == pb.Op_OP_OPEN_LOOKUP {
					c.I32(int64(g.Began)).SetGlobal(counter)
				}
				c.I64(int64(pairs[op])).Op(wasmgen.Return).Close()
			}
			c.I64(-int64(abi.Unimplemented))
		},
		abi.ExportNext: func(c *wasmgen.Code) {
			for n, ptr := range batches {
				c.GetGlobal(counter).I32(int64(n)).Op(wasmgen.I32Eq).If(wasmgen.Void)
				if !g.Repeat {
					c.I32(int64(n + 1)).SetGlobal(counter)
				}
				c.I64(int64(ptr)).Op(wasmgen.Return).Close()
			}
			for n, ptr := range image.others {
				at := int64(len(batches) + 1 + n)
				c.GetGlobal(counter).I32(at).Op(wasmgen.I32Eq).If(wasmgen.Void)
				c.I32(at + 1).SetGlobal(counter).I64(int64(ptr)).Op(wasmgen.Return).Close()
			}
			c.I64(0)
		},
		abi.ExportWrite: func(c *wasmgen.Code) { c.I64(int64(answered)) },
	}
	for _, f := range abi.Exports {
		if g.Omit[f.Name] {
			continue
		}
		params := make([]byte, len(f.Params))
		for i, p := range f.Params {
			params[i] = byte(p)
		}
		if other, ok := g.Params[f.Name]; ok {
			params = other
		}
		c := new(wasmgen.Code)
		if hook := g.Hooks[f.Name]; hook != nil {
			hook(c)
		}
		if body := own[f.Name]; g.Bare[f.Name] {
			// The hook was all.
		} else if body != nil {
			body(c)
		} else {
			c.I64(0)
		}
		locals := []wasmgen.Locals{{N: 4, Type: wasmgen.I32}, {N: 2, Type: wasmgen.I64}}
		m.Name(m.ExportFunc(f.Name, params, []byte{wasmgen.I64}, locals, c.End()), f.Name)
	}
}

// Image is the data of a guest's memory.
type Image struct {
	bytes []byte
	// Batches are the addresses of the batches.
	Batches []uint32
	// others are those of Others, and asked those of the answers of Asked.
	others, asked []uint32
}

// Bytes gives the memory from an address of the image on, to read or change.
func (i *Image) Bytes(at uint32, n int) ([]byte, error) {
	if at < DataBase || uint64(at-DataBase)+uint64(n) > uint64(len(i.bytes)) {
		return nil, fmt.Errorf("address %#x is not in the image", at)
	}
	return i.bytes[at-DataBase:][:n], nil
}

func (i *Image) place(b []byte) uint32 {
	for len(i.bytes)%64 != 0 {
		i.bytes = append(i.bytes, 0)
	}
	at := DataBase + uint32(len(i.bytes))
	i.bytes = append(i.bytes, b...)
	return at
}

// pair places an answer, and the {ptr, len} pair that points to it.
func (i *Image) pair(b []byte) uint32 {
	at := i.place(b)
	return i.place(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, at), uint32(len(b))))
}
