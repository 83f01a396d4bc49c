package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/hosttest"
	"github.com/wasql/wasql/host/wasmgen"
)

// hostile is a connector that misbehaves in a query, and what must come of it.
type hostile struct {
	name string
	make func(g *hosttest.Guest)
	// limits of the connector; CallTime is 2 s unless set.
	limits  host.Limits
	kind    host.Kind
	code    abi.Code
	clause  string
	setting string
	// text must be part of the error.
	text string
	// lives: the instance is not lost.
	lives bool
}

func onOp(op pb.Op, do func(*wasmgen.Code)) func(*wasmgen.Code) {
	return func(c *wasmgen.Code) {
		c.Get(0).I32(int64(op)).Op(wasmgen.I32Eq).If(wasmgen.Void)
		do(c)
		c.Close()
	}
}

func give(value int64) func(*wasmgen.Code) {
	return func(c *wasmgen.Code) { c.I64(value).Op(wasmgen.Return) }
}

func trap(c *wasmgen.Code) { c.Op(wasmgen.Unreachable) }

func spin(c *wasmgen.Code) { c.Loop(wasmgen.Void).Br(0).Close() }

var i32x = func(n int) []byte { return []byte{wasmgen.I32, wasmgen.I32, wasmgen.I32, wasmgen.I32, wasmgen.I32}[:n] }

var hostiles = []hostile{
	{name: "trap in next", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = trap }, kind: host.KindTrap, code: abi.Aborted, clause: "4.5", text: "unreachable in wasql_next"},
	{name: "trap in open scan", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportCall] = onOp(pb.Op_OP_OPEN_SCAN, trap) }, kind: host.KindTrap, code: abi.Aborted, clause: "4.5"},
	{name: "trap in alloc", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportAlloc] = afterSetup(trap) }, kind: host.KindTrap, code: abi.Aborted},
	{name: "spin in next", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = spin }, limits: host.Limits{CallTime: 100 * time.Millisecond}, kind: host.KindLimit, code: abi.Deadline, clause: "4.5", setting: "CallTime"},
	{name: "spin with fuel", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = spin }, limits: host.Limits{Fuel: 1_000_000}, kind: host.KindLimit, code: abi.Resource, clause: "4.5", setting: "Fuel"},
	{name: "a little too much fuel", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = loops(1000) }, limits: host.Limits{Fuel: 900}, kind: host.KindLimit, code: abi.Resource, setting: "Fuel"},
	{name: "fill memory for ever", make: func(g *hosttest.Guest) {
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) {
			c.Loop(wasmgen.Void).I32(0).I32(0).I32(1<<20).Bulk(11, 0).Br(0).Close()
		}
	}, limits: host.Limits{CallTime: 100 * time.Millisecond}, kind: host.KindLimit, code: abi.Deadline, setting: "CallTime"},
	{name: "grow memory, then die", make: func(g *hosttest.Guest) {
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) {
			c.Loop(wasmgen.Void).I32(16).Op(0x40, 0).I32(-1).Op(wasmgen.I32Ne).BrIf(0).Close()
			trap(c)
		}
	}, limits: host.Limits{MemoryBytes: 8 << 20}, kind: host.KindLimit, code: abi.Resource, setting: "MemoryBytes", text: "8388608"},
	{name: "grow the table, then die", make: func(g *hosttest.Guest) {
		g.Raw = func(m *wasmgen.Module) { m.Table(wasmgen.FuncRef, 1, wasmgen.NoMax) }
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) {
			// table.grow by 2^31 must give -1.
			c.Op(0xd0, wasmgen.FuncRef).I32(-1<<31).Bulk(15, 0).I32(-1).Op(wasmgen.I32Eq).If(wasmgen.Void)
			trap(c)
			c.Close()
		}
	}, kind: host.KindTrap, code: abi.Aborted},
	{name: "recursion", make: func(g *hosttest.Guest) {
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) { c.Get(0).Get(1).Get(2).Call(uint32(len(g.Imports)) + 3).Op(wasmgen.Return) }
	}, kind: host.KindLimit, code: abi.Resource, setting: "StackUnits"},
	{name: "next gives a wild pointer", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = give(0xffff_fff8) }, kind: host.KindContract, code: abi.InvalidData, clause: "6.1"},
	{name: "next gives more than 32 bits", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = give(1 << 40) }, kind: host.KindContract, code: abi.InvalidData, clause: "6.1"},
	{name: "next gives the end of memory", make: func(g *hosttest.Guest) {
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) {
			c.Op(0x3f, 0).I32(16).Op(0x74).I32(8).Op(wasmgen.I32Sub, wasmgen.I64ExtendU, wasmgen.Return)
		}
	}, kind: host.KindContract, clause: "6.1", code: abi.InvalidData},
	{name: "next gives a crooked pointer", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = give(hosttest.DataBase + 4) }, kind: host.KindContract, clause: "6.1", code: abi.InvalidData},
	{name: "next gives no batch", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = give(hosttest.Scratch) }, kind: host.KindContract, clause: "6.1", code: abi.InvalidData},
	{name: "call gives a wild pointer", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportCall] = onOp(pb.Op_OP_OPEN_SCAN, give(0xffff_fffc)) }, kind: host.KindContract, clause: "3.2", code: abi.InvalidData},
	{name: "call gives a pair that points out", make: func(g *hosttest.Guest) {
		g.Hooks[abi.ExportCall] = onOp(pb.Op_OP_OPEN_SCAN, func(c *wasmgen.Code) {
			c.I32(hosttest.Scratch).I32(-16).Mem(wasmgen.I32Store, 2, 0).I32(hosttest.Scratch).I32(64).Mem(wasmgen.I32Store, 2, 4)
			give(hosttest.Scratch)(c)
		})
	}, kind: host.KindContract, clause: "3.2", code: abi.InvalidData},
	{name: "call gives 1 GiB", make: func(g *hosttest.Guest) {
		g.Hooks[abi.ExportCall] = onOp(pb.Op_OP_OPEN_SCAN, func(c *wasmgen.Code) {
			c.I32(hosttest.Scratch).I32(0).Mem(wasmgen.I32Store, 2, 0).I32(hosttest.Scratch).I32(1<<30).Mem(wasmgen.I32Store, 2, 4)
			give(hosttest.Scratch)(c)
		})
	}, kind: host.KindContract, clause: "1.4", code: abi.InvalidData},
	{name: "call gives no message", make: func(g *hosttest.Guest) {
		g.Hooks[abi.ExportCall] = onOp(pb.Op_OP_OPEN_SCAN, func(c *wasmgen.Code) {
			c.I32(hosttest.Scratch).I32(hosttest.Scratch+8).Mem(wasmgen.I32Store, 2, 0).I32(hosttest.Scratch).I32(4).Mem(wasmgen.I32Store, 2, 4).I32(hosttest.Scratch+8).I32(-1).Mem(wasmgen.I32Store, 2, 0)
			give(hosttest.Scratch)(c)
		})
	}, kind: host.KindContract, clause: "1.4", code: abi.InvalidData},
	{name: "alloc gives a wild pointer", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportAlloc] = afterSetup(give(0xffff_fff8)) }, kind: host.KindContract, clause: "7.1", code: abi.InvalidData},
	{name: "alloc gives a crooked pointer", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportAlloc] = afterSetup(give(hosttest.Scratch + 1)) }, kind: host.KindContract, clause: "7.1", code: abi.InvalidData},
	{name: "alloc gives more than 32 bits", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportAlloc] = afterSetup(give(1 << 33)) }, kind: host.KindContract, clause: "7.1", code: abi.InvalidData},
	{name: "alloc has no room", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportAlloc] = afterSetup(give(0)) }, kind: host.KindLimit, clause: "7.1", code: abi.Resource, lives: true},
	{name: "an unknown code", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = give(-4000) }, kind: host.KindContract, clause: "9.1", code: abi.Internal},
	{name: "a code of a later minor", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = give(-99) }, kind: host.KindConnector, code: 99, lives: true},
	{name: "pending without the feature", make: func(g *hosttest.Guest) { g.Hooks[abi.ExportNext] = give(-int64(abi.Pending)) }, kind: host.KindContract, clause: "8.14", code: abi.InvalidData},
	{name: "scan handle 0", make: func(g *hosttest.Guest) { g.Answers[pb.Op_OP_OPEN_SCAN] = &pb.OpenScanResponse{} }, kind: host.KindContract, clause: "7.4", code: abi.InvalidData},
	{name: "unknown type", make: func(g *hosttest.Guest) {
		g.Answers[pb.Op_OP_OPEN_SCAN] = &pb.OpenScanResponse{Scan: 1, Columns: []*pb.ScanColumn{{Type: 99}}}
	}, kind: host.KindContract, clause: "5.1", code: abi.InvalidData},
	{name: "a type that overflows", make: func(g *hosttest.Guest) {
		g.Answers[pb.Op_OP_OPEN_SCAN] = &pb.OpenScanResponse{Scan: 1, Columns: []*pb.ScanColumn{{Type: 65536 + 6}}}
	}, kind: host.KindContract, clause: "5.1", code: abi.InvalidData},
	{name: "another type than promised", make: func(g *hosttest.Guest) {
		g.Answers[pb.Op_OP_OPEN_SCAN] = &pb.OpenScanResponse{Scan: 1, Columns: []*pb.ScanColumn{{Type: pb.Type_TYPE_UTF8}}}
	}, kind: host.KindContract, clause: "6.2", code: abi.InvalidData},
	{name: "65,536 columns", make: func(g *hosttest.Guest) {
		r := &pb.OpenScanResponse{Scan: 1}
		for range 65_536 {
			r.Columns = append(r.Columns, &pb.ScanColumn{Type: pb.Type_TYPE_INT64})
		}
		g.Answers[pb.Op_OP_OPEN_SCAN] = r
	}, kind: host.KindContract, clause: "6.2", code: abi.InvalidData},
	{name: "empty batches for ever", make: func(g *hosttest.Guest) {
		g.Batches[0].Rows, g.Batches[0].Cols[0].Len, g.Batches[0].Cols[0].Fixed = 0, 0, nil
		g.Repeat = true
	}, kind: host.KindContract, clause: "6.3", code: abi.InvalidData},
	{name: "more rows than asked for", make: func(g *hosttest.Guest) {}, limits: host.Limits{BatchRows: 2}, kind: host.KindContract, clause: "6.3", code: abi.InvalidData},
	{name: "proc_exit", make: func(g *hosttest.Guest) {
		g.Imports = []hosttest.Import{{Module: "wasi_snapshot_preview1", Name: "proc_exit", Params: i32x(1), Results: nil}}
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) { c.I32(3).Call(0) }
	}, kind: host.KindTrap, code: abi.Aborted, clause: "4.5", text: "proc_exit(3)"},
	{name: "host calls for ever", make: func(g *hosttest.Guest) {
		g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "stream_close", Params: i32x(1), Results: []byte{wasmgen.I64}}}
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) { c.Loop(wasmgen.Void).I32(1).Call(0).Op(wasmgen.Drop).Br(0).Close() }
	}, limits: host.Limits{HostCalls: 10_000}, kind: host.KindLimit, code: abi.Resource, setting: "HostCalls"},
	{name: "log flood", make: func(g *hosttest.Guest) {
		g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "log", Params: i32x(3), Results: []byte{wasmgen.I64}}}
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) {
			c.Loop(wasmgen.Void).I32(2).I32(hosttest.DataBase).I32(4096).Call(0).Op(wasmgen.Drop).Br(0).Close()
		}
	}, limits: host.Limits{HostCalls: 10_000}, kind: host.KindLimit, code: abi.Resource, setting: "HostCalls"},
	{name: "a log of level ERROR", make: func(g *hosttest.Guest) { logAt(g, 4) }, kind: host.KindConnector, code: abi.Internal, clause: "9.4", lives: true},
	{name: "a log of level CRITICAL", make: func(g *hosttest.Guest) { logAt(g, 5) }, kind: host.KindConnector, code: abi.Internal, clause: "9.4"},
	{name: "sleep for ever without a clock", make: func(g *hosttest.Guest) {
		g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "poll", Params: i32x(3), Results: []byte{wasmgen.I64}}}
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) {
			c.Loop(wasmgen.Void).I32(0).I32(0).I32(-1).Call(0).Op(wasmgen.Drop).Br(0).Close()
		}
	}, limits: host.Limits{CallTime: 100 * time.Millisecond}, kind: host.KindLimit, code: abi.Deadline, setting: "CallTime"},
	{name: "bad stream handle is the guest's error", make: func(g *hosttest.Guest) {
		g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "stream_read", Params: i32x(3), Results: []byte{wasmgen.I64}}}
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) { c.I32(77).I32(0).I32(10).Call(0).Op(wasmgen.Return) }
	}, kind: host.KindConnector, code: abi.BadHandle, lives: true},
	{name: "unknown import is unimplemented", make: func(g *hosttest.Guest) {
		g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "from_the_future", Params: []byte{wasmgen.F64}, Results: []byte{wasmgen.I64}}}
		g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) { c.F64(1).Call(0).Op(wasmgen.Return) }
	}, kind: host.KindConnector, code: abi.Unimplemented, lives: true},
}

// afterSetup runs do in wasql_alloc from the second call on: HELLO gets its space, CONFIGURE is empty.
func afterSetup(do func(*wasmgen.Code)) func(*wasmgen.Code) {
	return func(c *wasmgen.Code) {
		c.I32(hosttest.Scratch).I32(hosttest.Scratch).Mem(wasmgen.I32Load, 2, 64).I32(1).Op(wasmgen.I32Add).Mem(wasmgen.I32Store, 2, 64)
		c.I32(1).I32(hosttest.Scratch).Mem(wasmgen.I32Load, 2, 64).Op(wasmgen.I32LtS).If(wasmgen.Void)
		do(c)
		c.Close()
	}
}

func loops(n int64) func(*wasmgen.Code) {
	return func(c *wasmgen.Code) {
		c.I32(n).Set(3).Loop(wasmgen.Void).Get(3).I32(1).Op(wasmgen.I32Sub).Tee(3).BrIf(0).Close()
	}
}

func logAt(g *hosttest.Guest, level int64) {
	g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "log", Params: i32x(3), Results: []byte{wasmgen.I64}}}
	g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) { c.I32(level).I32(hosttest.DataBase).I32(4).Call(0).Op(wasmgen.Drop) }
}

func TestHostileGuestIsContained(t *testing.T) {
	r := newRuntime(t, host.Config{})
	good := open(t, compile(t, r, "good", build(t, goodGuest())), host.Options{})
	for _, h := range hostiles {
		t.Run(h.name, func(t *testing.T) {
			g := goodGuest()
			h.make(g)
			limits := h.limits
			if limits.CallTime == 0 {
				limits.CallTime = 2 * time.Second
			}
			c := open(t, compile(t, r, "bad", build(t, g)), host.Options{Limits: limits})
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			_, err := query(ctx, c)
			if err == nil {
				t.Fatal("no error")
			}
			h.check(t, asError(t, err))
			if n := c.Counters(); (n.Poisoned == 0) != h.lives || !h.lives && n.Live != 0 {
				t.Errorf("lives %v, but counters are %+v", h.lives, n)
			}
			checkGood(t, good)
		})
	}
}

func (h *hostile) check(t *testing.T, e *host.Error) {
	t.Helper()
	if e.Kind != h.kind || e.Code != h.code || h.clause != "" && e.Clause != h.clause || h.setting != "" && e.Setting != h.setting {
		t.Errorf("got kind %v, code %v, clause %q, setting %q: %v", e.Kind, e.Code, e.Clause, e.Setting, e)
	}
	if !strings.Contains(e.Error(), h.text) || !strings.HasPrefix(e.Error(), "connector bad: ") {
		t.Errorf("error text: %v", e)
	}
}

// TestHostileEveryExport makes each export trap and spin in turn.
// clause: 3.3 4.5
// clause: 3.3 4.5
func TestHostileEveryExport(t *testing.T) {
	r := newRuntime(t, host.Config{})
	good := open(t, compile(t, r, "good", build(t, goodGuest())), host.Options{})
	for _, export := range []string{abi.ExportInitialize, abi.ExportMarker, abi.ExportAlloc, abi.ExportCall, abi.ExportNext, abi.ExportClose} {
		for name, do := range map[string]func(*wasmgen.Code){"traps": trap, "spins": spin} {
			t.Run(export+" "+name, func(t *testing.T) {
				g := goodGuest()
				g.Hooks[export] = do
				limits := host.Limits{CallTime: 50 * time.Millisecond, LoadTime: 50 * time.Millisecond}
				start := time.Now()
				err := openAndQuery(r, build(t, g), limits)
				if !errors.Is(err, host.ErrTrap) && !errors.Is(err, host.ErrLimit) {
					t.Fatal(err)
				}
				if name == "spins" && time.Since(start) > 10*time.Second {
					t.Errorf("took %v", time.Since(start))
				}
				checkGood(t, good)
			})
		}
	}
	t.Run("start section", func(t *testing.T) {
		for _, do := range []func(*wasmgen.Code){trap, spin} {
			g := goodGuest()
			g.Start = do
			err := openAndQuery(r, build(t, g), host.Limits{LoadTime: 50 * time.Millisecond})
			if !errors.Is(err, host.ErrTrap) && !errors.Is(err, host.ErrLimit) {
				t.Fatal(err)
			}
			checkGood(t, good)
		}
	})
}

// openAndQuery compiles, which must work, and gives the first failure after that. The limits also
// hold for the manifest, so a runtime of its own is used.
func openAndQuery(_ *host.Runtime, wasm []byte, limits host.Limits) error {
	ctx := context.Background()
	r, err := host.New(ctx, host.Config{Limits: limits})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	limits.LoadTime = 0
	m, err := r.Compile(ctx, "bad", wasm)
	if err != nil {
		return err
	}
	c, err := m.Open(ctx, host.Options{})
	if err != nil {
		return err
	}
	_, err = query(ctx, c)
	return err
}

func TestCancellationStopsASpinningGuest(t *testing.T) {
	r := newRuntime(t, host.Config{})
	g := goodGuest()
	g.Hooks[abi.ExportNext] = spin
	c := open(t, compile(t, r, "bad", build(t, g)), host.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := query(ctx, c)
	if e := asError(t, err); e.Kind != host.KindCancelled || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if n := c.Counters(); n.Poisoned != 1 || n.Live != 0 {
		t.Errorf("%+v", n)
	}
}
