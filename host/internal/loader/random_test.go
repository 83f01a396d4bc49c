package loader

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wasql/wasql/host/wasmgen"
)

// program writes random well-typed functions that end. Every function takes an
// i32 and gives one; local 0 is its argument, 1 to 4 are scratch, the rest
// count the loops down. Global 0 sums the instructions that ran, as told by the
// code itself, block and loop and end not counted.
type program struct {
	*rand.Rand
	c      *code
	fn     int // calls go to functions after this one
	fns    int
	labels []int // open blocks; 1 for loops, which are not branched to
	loops  int
	size   int
}

const (
	scratch   = 4
	loopDepth = 3
)

// count adds the instructions of the statement at hand and its own four.
func (p *program) count(n int64) { p.c.GetGlobal(0).I64(n + 4).Op(wasmgen.I64Add).SetGlobal(0) }

func (p *program) local() uint32 { return uint32(p.IntN(1 + scratch)) }

// cond pushes a condition: three instructions.
func (p *program) cond() { p.c.Get(p.local()).I32(int64(p.IntN(4))).Op(wasmgen.I32And) }

func (p *program) statements() {
	for range 1 + p.IntN(4) {
		if p.size--; p.size < 0 {
			break
		}
		p.statement()
	}
}

func (p *program) statement() {
	switch p.IntN(12) {
	case 0, 1, 2:
		p.count(4)
		p.c.Get(p.local()).Get(p.local()).Op([]byte{wasmgen.I32Add, wasmgen.I32Sub, wasmgen.I32Mul, wasmgen.I32LtS}[p.IntN(4)]).Set(p.local())
	case 3:
		p.count(4)
		p.cond()
		p.c.If(wasmgen.Void)
		p.block(0)
	case 4:
		p.count(4)
		p.cond()
		p.c.If(wasmgen.Void)
		p.labels = append(p.labels, 0)
		p.statements()
		p.c.Else()
		p.statements()
		p.labels = p.labels[:len(p.labels)-1]
		p.c.Close()
	case 5, 6:
		p.c.Block(wasmgen.Void)
		p.block(0)
	case 7:
		p.loop()
	case 8:
		if p.fn+1 < p.fns && p.loops <= 1 {
			p.count(3)
			p.c.Get(p.local()).Call(uint32(p.fn + 1 + p.IntN(p.fns-p.fn-1))).Set(p.local())
		}
	case 9, 10:
		p.branch()
	case 11:
		p.count(4)
		p.c.I32(0).I32(int64(p.IntN(5))).I32(int64(p.IntN(200))).Bulk(11, 0)
	}
}

// block fills and closes what was opened.
func (p *program) block(kind int) {
	p.labels = append(p.labels, kind)
	p.statements()
	p.labels = p.labels[:len(p.labels)-1]
	p.c.Close()
}

// loop runs its body a few times; the last act of a turn is to go on.
func (p *program) loop() {
	if p.loops == loopDepth {
		return
	}
	counter := uint32(1 + scratch + p.loops)
	p.loops++
	p.count(2)
	p.c.I32(int64(1 + p.IntN(6))).Set(counter)
	p.c.Block(wasmgen.Void).Loop(wasmgen.Void)
	p.labels = append(p.labels, 0, 1)
	p.count(5)
	p.c.Get(counter).I32(1).Op(wasmgen.I32Sub).Tee(counter).Op(wasmgen.I32Eqz).BrIf(1)
	p.statements()
	p.count(1)
	p.c.Br(0).Close().Close()
	p.labels = p.labels[:len(p.labels)-2]
	p.loops--
}

// branch leaves a block, the function, or one of several blocks.
func (p *program) branch() {
	var to []uint32
	for i, kind := range p.labels {
		if kind == 0 {
			to = append(to, uint32(len(p.labels)-1-i))
		}
	}
	switch {
	case p.IntN(8) == 0:
		p.count(2)
		p.c.Get(p.local()).Op(wasmgen.Return)
	case p.IntN(6) == 0:
		p.count(5)
		p.c.Get(p.local())
		p.cond()
		p.c.BrIf(uint32(len(p.labels))).Op(wasmgen.Drop)
	case len(to) == 0:
	case p.IntN(3) == 0:
		p.count(4)
		p.cond()
		p.c.BrTable(to...)
	case p.IntN(3) == 0:
		p.count(1)
		p.c.Br(to[p.IntN(len(to))])
	default:
		p.count(4)
		p.cond()
		p.c.BrIf(to[p.IntN(len(to))])
	}
}

func randomModule(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	m := wasmgen.New()
	m.Memory(1, 1)
	m.Global(wasmgen.I64, true, new(code).I64(0).End())
	typ := m.Type(i32, i32)
	fns := 1 + r.IntN(5)
	for fn := range fns {
		p := &program{Rand: r, c: new(code), fn: fn, fns: fns, size: 5 + r.IntN(40)}
		p.statements()
		for p.size > 0 && p.IntN(5) > 0 {
			p.statements()
		}
		p.count(1)
		f := m.Func(typ, []wasmgen.Locals{{N: scratch + loopDepth, Type: wasmgen.I32}}, p.c.Get(p.local()).End())
		if fn == 0 {
			m.Export("f", wasmgen.Func, f)
		}
	}
	m.Export("count", wasmgen.Global, 0)
	return m.Bytes()
}

// TestRandomProgramsRunTheSameAndPay compares random programs as they are and
// metered, and holds their fuel against the instructions they say they ran.
func TestRandomProgramsRunTheSameAndPay(t *testing.T) {
	programs := uint64(400)
	if testing.Short() {
		programs = 50
	}
	var ran, paid int64
	for seed := range programs {
		r, p := runProgram(t, seed)
		ran, paid = ran+r, paid+p
	}
	t.Logf("%d instructions, %d units", ran, paid)
	if paid > 2*ran {
		t.Errorf("%d units for %d instructions", paid, ran)
	}
}

// runProgram returns the instructions that a program says it ran at least, and
// the fuel they cost.
func runProgram(t *testing.T, seed uint64) (ran, paid int64) {
	wasm := randomModule(seed)
	plain, g := open(t, wasm, guestOptions{plain: true}), open(t, wasm, guestOptions{})
	full := g.stackLeft()
	for _, arg := range []uint64{0, 1, 2, 3, 7} {
		before, counted := g.fuel(), int64(g.mod.ExportedGlobal("count").Get())
		want, err := plain.call("f", arg)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got, err := g.call("f", arg)
		if err != nil || !slices.Equal(got, want) || g.stackLeft() != full {
			t.Fatalf("seed %d: f(%d) = %v, %v, want %v; %d of %d stack units", seed, arg, got, err, want, g.stackLeft(), full)
		}
		fuel, count := g.fuel()-before, int64(g.mod.ExportedGlobal("count").Get())-counted
		if fuel < count {
			t.Fatalf("seed %d: f(%d) paid %d for at least %d instructions", seed, arg, fuel, count)
		}
		ran, paid = ran+count, paid+fuel
	}
	return ran, paid
}
