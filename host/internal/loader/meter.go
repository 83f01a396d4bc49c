package loader

// Names of what Rewrite adds. The host gives the module one import,
// ReservedModule.YieldName of type (i64) -> (), and finds three exported
// mutable globals.
const (
	YieldName   = "yield"
	FuelSpent   = "wasql_meter_spent" // i64: fuel of all finished quanta
	FuelLeft    = "wasql_meter_left"  // i64: what is left of the quantum begun; below zero between a charge and its yield
	StackLeft   = "wasql_meter_depth" // i32: stack units left; below zero once a call found none left
	yieldHelper = "wasql_meter.pay"
)

// Quantum is the fuel between two yields when RewriteOptions names none.
const Quantum = 100_000

// Fuel returns the fuel used so far from the two globals' values and the
// quantum the module was rewritten with. It is exact whenever the module is
// not running, and inside any of its imports.
func Fuel(spent, left, quantum int64) int64 { return spent + quantum - left }

// meter writes the code that counts. Its shape is chosen for a compiler that
// lays blocks out as it meets them and gives registers to the path it meets
// first: the rare path ends in a branch back to the head of the loop it is in,
// which keeps it out of the way of the usual one (a loop of three instructions
// then runs as fast as before; with a call that joins the usual path, it takes
// half as long again). And in functions with loops the counter lives in a
// local as well, so that each turn waits for a register and not for the store
// of the turn before.
type meter struct {
	spentIndex, leftIndex, depthIndex uint32

	quantum int64
	yield   uint32 // index of the import
	helper  uint32 // index of the function that ends a quantum

	getLeft, setLeft   []byte
	getDepth, setDepth []byte
}

// noMirror stands for the local of a function that keeps the counter in the
// global alone.
const noMirror = 1<<32 - 1

func newMeter(globals, yield, helper uint32, quantum int64) *meter {
	m := &meter{
		spentIndex: globals, leftIndex: globals + 1, depthIndex: globals + 2,
		quantum: quantum, yield: yield, helper: helper,
	}
	m.getLeft = appendU32([]byte{opGlobalGet}, m.leftIndex)
	m.setLeft = appendU32([]byte{opGlobalSet}, m.leftIndex)
	m.getDepth = appendU32([]byte{opGlobalGet}, m.depthIndex)
	m.setDepth = appendU32([]byte{opGlobalSet}, m.depthIndex)
	return m
}

// get pushes the counter.
func (m *meter) get(o []byte, mirror uint32) []byte {
	if mirror == noMirror {
		return append(o, m.getLeft...)
	}
	return appendU32(append(o, opLocalGet), mirror)
}

// set pops the counter.
func (m *meter) set(o []byte, mirror uint32) []byte {
	if mirror != noMirror {
		o = appendU32(append(o, opLocalTee), mirror)
	}
	return append(o, m.setLeft...)
}

// reload brings the mirror up to date after something that may have charged.
func (m *meter) reload(o []byte, mirror uint32) []byte {
	if mirror == noMirror {
		return o
	}
	return appendU32(append(append(o, m.getLeft...), opLocalSet), mirror)
}

// charge subtracts units.
func (m *meter) charge(o []byte, units, mirror uint32) []byte {
	o = appendS64(append(m.get(o, mirror), opI64Const), int64(units))
	return m.set(append(o, opI64Sub), mirror)
}

// tick subtracts units at the head of a loop without parameters, and yields
// when that left less than nothing: it pays, takes its own charge back and goes
// to the head again, where it is charged to the new quantum. renewed are locals
// that the loop assigns: given new, equal values before the call, they are saved
// around it there and not at every assignment.
func (m *meter) tick(o []byte, units, mirror uint32, renewed []local) []byte {
	o = m.get(m.charge(o, units, mirror), mirror)
	o = append(o, opI64Const, 0, opI64GeS, opIf, blockVoid, opElse)
	for _, l := range renewed {
		o = l.renew(o)
	}
	o = appendU32(append(o, opCall), m.helper)
	o = appendS64(append(append(o, m.getLeft...), opI64Const), int64(units))
	o = m.set(append(o, opI64Add), mirror)
	return append(o, opBr, 1, opEnd)
}

// entryTick is tick where there is no loop: it brings one that runs once.
func (m *meter) entryTick(o []byte, units, mirror uint32) []byte {
	return append(m.tick(append(o, opLoop, blockVoid), units, mirror, nil), opEnd)
}

// settle yields if the counter is below zero, and goes on.
func (m *meter) settle(o []byte, mirror uint32) []byte {
	o = append(m.get(o, mirror), opI64Const, 0, opI64GeS, opIf, blockVoid, opElse)
	o = appendU32(append(o, opCall), m.helper)
	return append(m.reload(o, mirror), opEnd)
}

// bulk charges the i32 on top of the stack, shifted right, and leaves it there;
// spare is a local for it.
func (m *meter) bulk(o []byte, shift, spare, mirror uint32) []byte {
	o = m.get(appendU32(append(o, opLocalTee), spare), mirror)
	o = append(appendU32(append(o, opLocalGet), spare), opI64ExtendU32, opI64Const)
	o = append(appendS64(o, int64(shift)), opI64ShrU, opI64Sub)
	return m.settle(m.set(o, mirror), mirror)
}

// enter takes a frame's units, or traps. kept is a local for what is left after
// it: leave starts from there, so that calls in a row need not wait for each
// other's stores.
func (m *meter) enter(o []byte, units, kept uint32) []byte {
	o = appendS64(append(append(o, m.getDepth...), opI32Const), int64(units))
	o = append(appendU32(append(o, opI32Sub, opLocalTee), kept), m.setDepth...)
	o = appendU32(append(o, opLocalGet), kept)
	return append(o, opI32Const, 0, opI32GeS, opIf, blockVoid, opElse, opUnreachable, opEnd)
}

// leave gives a frame's units back.
func (m *meter) leave(o []byte, units, kept uint32) []byte {
	o = append(appendU32(append(o, opLocalGet), kept), opI32Const)
	o = append(appendS64(o, int64(units)), opI32Add)
	return append(o, m.setDepth...)
}

// helperBody is the function that ends a quantum: it adds what was used to
// spent, begins a new quantum and tells the host the sum.
func (m *meter) helperBody(o []byte) []byte {
	b := appendU32([]byte{0, opGlobalGet}, m.spentIndex)
	b = appendS64(append(b, opI64Const), m.quantum)
	b = append(append(b, m.getLeft...), opI64Sub, opI64Add)
	b = appendU32(append(b, opGlobalSet), m.spentIndex)
	b = append(appendS64(append(b, opI64Const), m.quantum), m.setLeft...)
	b = appendU32(append(b, opGlobalGet), m.spentIndex)
	b = append(appendU32(append(b, opCall), m.yield), opEnd)
	return append(appendU32(o, uint32(len(b))), b...)
}

// local is a local with its type.
type local struct {
	index uint32
	typ   ValType
}

// renew sets a local to its own value by way of an instruction that compilers
// do not see through.
func (l local) renew(o []byte) []byte {
	var same []byte
	switch l.typ {
	case I32:
		same = []byte{opI32Const, 0, opI32Add}
	case I64:
		same = []byte{opI64Const, 0, opI64Add}
	case F32:
		same = []byte{0xbc, 0xbe} // i32.reinterpret_f32, f32.reinterpret_i32
	case F64:
		same = []byte{0xbd, 0xbf} // i64.reinterpret_f64, f64.reinterpret_i64
	default:
		return o
	}
	o = append(appendU32(append(o, opLocalGet), l.index), same...)
	return appendU32(append(o, opLocalSet), l.index)
}
