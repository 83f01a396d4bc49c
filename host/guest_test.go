package host_test

import (
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/view"
	"github.com/wasql/wasql/host/wasmgen"
)

// guest describes a connector that plays back: every operation has one fixed answer, and wasql_next
// gives fixed batches. Hooks put code before an export's own.
type guest struct {
	// answers of wasql_call; an operation without one is -UNIMPLEMENTED.
	answers map[pb.Op]message
	// failures are operations that answer with a negative code.
	failures map[pb.Op]abi.Code
	batches  []*col.Batch
	// repeat plays the first batch for ever.
	repeat bool
	// hooks run before an export's own code; they may return. In wasql_call local 0 is the op.
	hooks map[string]func(*wasmgen.Code)
	// bare exports have the hook as their whole body.
	bare map[string]bool
	// imports of the module, in order; hooks call them by their position.
	imports []guestImport
	// omit leaves exports out.
	omit  map[string]bool
	start func(*wasmgen.Code)
	// pages of memory at least; maximum, NoMax unless set.
	pages    uint32
	maxPages int64
	table    bool
	raw      func(*wasmgen.Module)
}

type guestImport struct {
	module, name    string
	params, results []byte
}

type message interface{ MarshalVT() ([]byte, error) }

// Places in the memory of a guest.
const (
	dataBase = 4096
	scratch  = 1024
)

// goodGuest answers one query over table t(x bigint): 1, 2, 3.
func goodGuest() *guest {
	b := col.NewBuilder(col.Schema{{Name: "x", Type: col.Int64}}, 16, 0)
	for x := range int64(3) {
		b.Int64(0, x+1)
		b.EndRow()
	}
	return &guest{
		answers: map[pb.Op]message{
			pb.Op_OP_HELLO:      &pb.HelloResponse{Name: "good", Version: "1"},
			pb.Op_OP_CONFIGURE:  &pb.ConfigureResponse{},
			pb.Op_OP_LIST:       &pb.ListResponse{},
			pb.Op_OP_DESCRIBE:   &pb.DescribeResponse{Table: &pb.Table{Name: "t", Columns: []*pb.Column{{Name: "x", Type: pb.Type_TYPE_INT64}}}},
			pb.Op_OP_PLAN:       &pb.PlanResponse{},
			pb.Op_OP_OPEN_SCAN:  &pb.OpenScanResponse{Scan: 1, Columns: []*pb.ScanColumn{{Type: pb.Type_TYPE_INT64}}},
			pb.Op_OP_RESCAN:     &pb.RescanResponse{},
			pb.Op_OP_LAST_ERROR: &pb.LastErrorResponse{},
		},
		failures: map[pb.Op]abi.Code{},
		batches:  []*col.Batch{b.Batch()},
		hooks:    map[string]func(*wasmgen.Code){},
		bare:     map[string]bool{},
		omit:     map[string]bool{},
		maxPages: wasmgen.NoMax,
	}
}

// build encodes the module.
func (g *guest) build(t testing.TB) []byte {
	t.Helper()
	m := wasmgen.New()
	for _, i := range g.imports {
		m.ImportFunc(i.module, i.name, m.Type(i.params, i.results))
	}
	counter := m.Global(wasmgen.I32, true, new(wasmgen.Code).I32(0).End())
	image := newImage()
	pairs := make(map[pb.Op]uint32)
	for op, answer := range g.answers {
		b, err := answer.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		pairs[op] = image.pair(b)
	}
	var batches []uint32
	for _, b := range g.batches {
		batches = append(batches, image.batch(t, b))
	}
	m.Data(dataBase, image.bytes)
	// The host writes behind the data.
	room := (dataBase + uint32(len(image.bytes)) + 0xffff) &^ 0xffff
	m.Memory(max(room>>16+16, g.pages), g.maxPages)
	m.Export("memory", wasmgen.Memory, 0)
	if g.table {
		m.Table(wasmgen.FuncRef, 1, wasmgen.NoMax)
	}
	i32 := func(n int) []byte {
		out := make([]byte, n)
		for i := range out {
			out[i] = wasmgen.I32
		}
		return out
	}
	export := func(name string, params []byte, own func(*wasmgen.Code)) {
		if g.omit[name] {
			return
		}
		c := new(wasmgen.Code)
		if hook := g.hooks[name]; hook != nil {
			hook(c)
		}
		if !g.bare[name] {
			own(c)
		}
		m.Name(m.ExportFunc(name, params, []byte{wasmgen.I64}, []wasmgen.Locals{{N: 4, Type: wasmgen.I32}, {N: 2, Type: wasmgen.I64}}, c.End()), name)
	}
	zero := func(c *wasmgen.Code) { c.I64(0) }
	export(abi.ExportMarker, nil, zero)
	export(abi.ExportAlloc, i32(2), func(c *wasmgen.Code) { c.I64(int64(room)) })
	export(abi.ExportCall, i32(3), func(c *wasmgen.Code) {
		for op, code := range g.failures {
			c.Get(0).I32(int64(op)).Op(wasmgen.I32Eq).If(wasmgen.Void).I64(-int64(code)).Op(wasmgen.Return).Close()
		}
		for op, ptr := range pairs {
			c.Get(0).I32(int64(op)).Op(wasmgen.I32Eq).If(wasmgen.Void)
			if op == pb.Op_OP_OPEN_SCAN || op == pb.Op_OP_RESCAN {
				c.I32(0).SetGlobal(counter)
			}
			c.I64(int64(ptr)).Op(wasmgen.Return).Close()
		}
		c.I64(-int64(abi.Unimplemented))
	})
	export(abi.ExportNext, i32(3), func(c *wasmgen.Code) {
		for n, ptr := range batches {
			c.GetGlobal(counter).I32(int64(n)).Op(wasmgen.I32Eq).If(wasmgen.Void)
			if !g.repeat {
				c.I32(int64(n + 1)).SetGlobal(counter)
			}
			c.I64(int64(ptr)).Op(wasmgen.Return).Close()
		}
		c.I64(0)
	})
	export(abi.ExportRelease, []byte{wasmgen.I32, wasmgen.I64}, zero)
	export(abi.ExportWrite, i32(2), zero)
	export(abi.ExportClose, i32(1), zero)
	if hook := g.hooks[abi.ExportInitialize]; hook != nil {
		c := new(wasmgen.Code)
		hook(c)
		m.ExportFunc(abi.ExportInitialize, nil, nil, nil, c.End())
	}
	if g.start != nil {
		c := new(wasmgen.Code)
		g.start(c)
		m.Start(m.Func(m.Type(nil, nil), nil, c.End()))
	}
	if g.raw != nil {
		g.raw(m)
	}
	return m.Bytes()
}

// image is the data of a guest's memory, from dataBase on.
type image struct{ bytes []byte }

func newImage() *image { return &image{} }

func (i *image) place(b []byte) uint32 {
	for len(i.bytes)%64 != 0 {
		i.bytes = append(i.bytes, 0)
	}
	at := dataBase + uint32(len(i.bytes))
	i.bytes = append(i.bytes, b...)
	return at
}

// pair places an answer, and the {ptr, len} pair that points to it.
func (i *image) pair(b []byte) uint32 {
	at := i.place(b)
	return i.place([]byte{byte(at), byte(at >> 8), byte(at >> 16), byte(at >> 24),
		byte(len(b)), byte(len(b) >> 8), byte(len(b) >> 16), byte(len(b) >> 24)})
}

func (i *image) batch(t testing.TB, b *col.Batch) uint32 {
	layout, err := view.NewLayout(b)
	if err != nil {
		t.Fatal(err)
	}
	at := i.place(make([]byte, layout.Size()))
	memory := make([]byte, uint64(at)+uint64(layout.Size()))
	layout.Put(memory, at)
	copy(i.bytes[at-dataBase:], memory[at:])
	return at
}
