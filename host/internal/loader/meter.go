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

// meter holds the byte sequences that the rewritten bodies share.
type meter struct {
	charge []byte // global.get left; i64.const
	paid   []byte // i64.sub; global.set left
	check  []byte // paid; global.get left; i64.const 0; i64.lt_s; if; call helper; end
	bulk   []byte // i64.extend_i32_u; i64.const
	shift  []byte // i64.shr_u
	left   []byte // global.get left

	enter   []byte // global.get depth; i32.const
	entered []byte // i32.sub; global.set depth; trap when below zero
	leave   []byte // global.get depth; i32.const
	left2   []byte // i32.add; global.set depth; end

	spentIndex, leftIndex, depthIndex uint32
	quantum                           int64
	yield                             uint32 // index of the import
}

func newMeter(globals, yield, helper uint32, quantum int64) *meter {
	m := &meter{spentIndex: globals, leftIndex: globals + 1, depthIndex: globals + 2, quantum: quantum, yield: yield}
	m.left = appendU32([]byte{opGlobalGet}, m.leftIndex)
	m.charge = append(clip(m.left), opI64Const)
	m.paid = appendU32([]byte{opI64Sub, opGlobalSet}, m.leftIndex)
	m.check = append(append(clip(m.paid), m.left...), opI64Const, 0, opI64LtS, opIf, blockVoid, opCall)
	m.check = append(appendU32(m.check, helper), opEnd)
	m.bulk = []byte{opI64ExtendU32, opI64Const}
	m.shift = []byte{opI64ShrU}

	depth := appendU32([]byte{opGlobalGet}, m.depthIndex)
	setDepth := appendU32([]byte{opGlobalSet}, m.depthIndex)
	m.enter = append(clip(depth), opI32Const)
	m.leave = m.enter
	m.entered = append(append([]byte{opI32Sub}, setDepth...), depth...)
	m.entered = append(m.entered, opI32Const, 0, opI32LtS, opIf, blockVoid, opUnreachable, opEnd)
	m.left2 = append(append([]byte{opI32Add}, setDepth...), opEnd)
	return m
}

func clip(b []byte) []byte { return b[:len(b):len(b)] }

func (m *meter) appendCharge(o []byte, units uint32) []byte {
	o = appendS64(append(o, m.charge...), int64(units))
	return append(o, m.paid...)
}

func (m *meter) appendTick(o []byte, units uint32) []byte {
	o = appendS64(append(o, m.charge...), int64(units))
	return append(o, m.check...)
}

// appendBulk charges the i32 on top of the stack, shifted right, and leaves it
// there; spare is a local for it.
func (m *meter) appendBulk(o []byte, shift, spare uint32) []byte {
	o = appendU32(append(o, opLocalTee), spare)
	o = append(o, m.left...)
	o = appendU32(append(o, opLocalGet), spare)
	o = appendS64(append(o, m.bulk...), int64(shift))
	o = append(o, m.shift...)
	return append(o, m.check...)
}

func (m *meter) appendEnter(o []byte, units uint32) []byte {
	o = appendS64(append(o, m.enter...), int64(units))
	return append(o, m.entered...)
}

func (m *meter) appendLeave(o []byte, units uint32) []byte {
	o = appendS64(append(o, m.leave...), int64(units))
	return append(o, m.left2...)
}

// appendHelper writes the body of the function that ends a quantum: it adds
// what was used to spent, begins a new quantum and tells the host the sum.
func (m *meter) appendHelper(o []byte) []byte {
	b := appendU32([]byte{0, opGlobalGet}, m.spentIndex)
	b = appendS64(append(b, opI64Const), m.quantum)
	b = append(append(b, m.left...), opI64Sub, opI64Add)
	b = appendU32(append(b, opGlobalSet), m.spentIndex)
	b = appendS64(append(b, opI64Const), m.quantum)
	b = appendU32(append(b, opGlobalSet), m.leftIndex)
	b = appendU32(append(b, opGlobalGet), m.spentIndex)
	b = append(appendU32(append(b, opCall), m.yield), opEnd)
	return append(appendU32(o, uint32(len(b))), b...)
}
