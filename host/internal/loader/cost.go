package loader

// load is what makes a function dear to compile. Besides code length, that is
// state carried along many edges: a compiler that builds values in single
// assignment form makes one for every local assigned in a loop at that loop's
// head, and keeps sets of live values for every block.
type load struct {
	maxDepth uint64
	blocks   uint64 // block and if
	edges    uint64 // branches
	loops    uint64
	accesses uint64 // loads and stores
	targets  uint64 // of br_table
	values   uint64 // operands carried by blocks, branches and calls
	used     uint64 // locals that are used at all
	phis     uint64 // pairs of a loop and a local assigned in it
	merges   uint64 // pairs of a block or if and a local assigned in it

	heads []loopHead // in order of the code

	clock   uint64   // goes up with every block and assignment, over all functions
	began   uint64   // clock at the start of the function
	opened  []opened // the open blocks
	touched []uint64 // by local: clock of its last use
	set     []uint64 // by local: clock of its last assignment
}

// opened is a block that is open: when it began, and its place in heads if it
// is a loop, else -1.
type opened struct {
	clock uint64
	head  int32
}

// loopHead is what the meter wants to know of a loop: whether anything in it
// calls, and the first few locals it assigns.
type loopHead struct {
	calls bool
	n     uint8
	local [headLocals]uint32
}

const headLocals = 6

func (l *load) reset(locals int) {
	clock, opened, heads, touched, set := l.clock+1, l.opened[:0], l.heads[:0], l.touched, l.set
	if len(set) < locals {
		touched, set = make([]uint64, locals), make([]uint64, locals)
	}
	*l = load{clock: clock, began: clock, opened: opened, heads: heads, touched: touched, set: set}
}

func (l *load) open(k imm, depth int) {
	l.maxDepth = max(l.maxDepth, uint64(depth))
	l.clock++
	if k != immLoop {
		l.blocks++
		l.opened = append(l.opened, opened{l.clock, -1})
		return
	}
	l.loops++
	l.phis++ // the meter's own counter
	l.opened = append(l.opened, opened{l.clock, int32(len(l.heads))})
	l.heads = append(l.heads, loopHead{})
}

func (l *load) close() { l.opened = l.opened[:len(l.opened)-1] }

// call notes that the open loops call something. Those around a loop that is
// already noted are too.
func (l *load) call() {
	for n := len(l.opened) - 1; n >= 0; n-- {
		if h := l.opened[n].head; h >= 0 {
			if l.heads[h].calls {
				return
			}
			l.heads[h].calls = true
		}
	}
}

// hopeless is a number of pairs that no budget admits; counting stops there, so
// that it takes no longer than compiling would.
const hopeless = 1 << 24

// local notes a use of a local. Blocks that began after its last assignment see
// this one as their first.
func (l *load) local(i uint32, assigned bool) {
	if l.touched[i] < l.began {
		l.used++
	}
	l.touched[i] = l.clock
	if !assigned || len(l.opened) == 0 || l.phis+l.merges > hopeless {
		return
	}
	for n := len(l.opened) - 1; n >= 0 && l.opened[n].clock > l.set[i]; n-- {
		head := l.opened[n].head
		if head < 0 {
			l.merges++
			continue
		}
		l.phis++
		if h := &l.heads[head]; h.n < headLocals {
			h.local[h.n] = i
			h.n++
		}
	}
	l.clock++
	l.set[i] = l.clock
}

// cost estimates the time that compiling the function at hand takes, in about
// microseconds of one core. The weights are measured with wazero 1.12 on
// families of functions that grow in one direction each (see TestCompileCost);
// the squares are real.
func (d *body) cost() uint64 {
	l := &d.load
	size := uint64(len(d.b) - d.codeStart)
	live := l.used + 2
	if l.phis+l.merges > hopeless {
		return 1 << 62
	}
	return size/2 + uint64(d.locals) + 4*l.accesses + 8*l.targets + l.values + d.calls*uint64(d.info.Globals)/3 +
		(l.blocks+l.edges)*live + 10*l.loops*live + 8*l.merges +
		l.phis*l.phis/300 + l.loops*l.maxDepth/2 + l.blocks*l.maxDepth/32
}

// frameUnits estimates the stack that one live frame may take, in slots of 8
// bytes: what the runtime keeps for the call, all locals and results, and some
// share of the intermediate values, whose number code length bounds.
func (d *body) frameUnits() uint32 {
	const call, most = 8, 1 << 26
	return uint32(min(call+d.slots+d.instrs/4+d.load.phis/4, most))
}
