package loader

import "slices"

// body decodes one function at a time. It checks every instruction's bounds and
// indices, splits the code into regions that are charged as one (region.go) and
// lists as patches what Rewrite has to change. Its slices are reused from
// function to function.
type body struct {
	reader
	info *Info
	fn   int // function being decoded, for messages

	frames  []frame
	patches []patch
	regions []region
	cur     int32  // region that instructions are counted in
	own     uint32 // its instructions so far
	curUsed bool   // a frame was opened in it

	groups    uint32 // local declarations
	runs      []run  // the same, decoded
	declStart int    // the first of them
	codeStart int    // the first instruction
	locals    uint32 // parameters and locals
	slots     uint64 // 8-byte slots they take
	instrs    uint64
	calls     uint64
	loops     uint64
	bulk      bool // some instruction is charged by its length operand
	load      load
}

// frame is an open block. Frame 0 is the function itself.
type frame struct {
	kind  imm
	open  int32  // region that was current where the block began
	exit  int32  // outermost frame that a branch inside leaves for
	arity uint32 // values that a branch here carries
}

// patch is one change to the bytes of a body; patches are in order of pos.
type patch struct {
	pos  uint32 // offset in the module
	arg  uint32
	kind patchKind
	skip uint8 // bytes replaced
}

type patchKind uint8

const (
	patchNone      patchKind = iota
	patchFunc                // function index arg
	patchReturn              // return, arg frames deep
	patchReload              // after a call: the counter may have changed
	patchCharge              // subtract arg
	patchEntry               // the same at a function's entry, and yield when below zero
	patchLoop                // the same at the head of a loop
	patchParamLoop           // the same in a loop that takes parameters, which cannot be branched to
	patchBulk                // subtract the operand on top of the stack shifted right by arg, and yield
)

// A unit of fuel is one instruction, or this many bytes or table entries moved.
const (
	bulkBytesShift   = 4
	bulkEntriesShift = 1
)

func (d *body) init(info *Info) { d.info = info }

// decode reads the body at start, which fills b to its end, of function fn.
func (d *body) decode(b []byte, start, fn int) *Error {
	d.reader = reader{b: b, p: start}
	d.fn = fn
	d.frames, d.patches, d.regions = d.frames[:0], d.patches[:0], d.regions[:0]
	d.instrs, d.calls, d.loops, d.bulk = 0, 0, 0, false
	d.localDecls()
	if d.err != nil {
		return d.err
	}
	d.load.reset(int(d.locals))
	d.codeStart = d.p
	d.begin(patchEntry, -1)
	results := uint32(len(d.info.types[d.info.funcs[fn]].results))
	d.frames = append(d.frames, frame{kind: immBlock, exit: 1 << 30, arity: results})
	for len(d.frames) > 0 {
		if d.p >= len(d.b) {
			d.fail(ModuleInvalid, d.p, "function %d ends inside a block", fn)
			return d.err
		}
		op := d.b[d.p]
		d.p++
		switch k := opImm[op]; {
		case k == immNone:
			d.own++
		case k < immSelectT:
			d.control(k, op)
		default:
			d.own++
			d.plain(k, op)
		}
		if d.err != nil {
			return d.err
		}
	}
	if d.p != len(d.b) {
		d.fail(ModuleInvalid, d.p, "function %d has %d bytes after its end", fn, len(d.b)-d.p)
		return d.err
	}
	d.settle()
	return d.err
}

func (d *body) localDecls() {
	t := d.info.types[d.info.funcs[d.fn]]
	d.runs = d.runs[:0]
	total := uint64(len(t.params))
	d.slots = total + uint64(len(t.results))
	for _, p := range t.params {
		if p == V128 {
			d.slots++
		}
	}
	d.groups = d.count("groups of locals", "FunctionLocals", d.info.lim.FunctionLocals)
	d.declStart = d.p
	for range d.groups {
		at := d.p
		n := d.u32()
		vt := d.u8()
		if d.err != nil {
			return
		}
		if !isValType(vt) {
			d.badType(at, vt)
			return
		}
		total += uint64(n)
		d.slots += uint64(n)
		if ValType(vt) == V128 {
			d.slots += uint64(n)
		}
		d.runs = append(d.runs, run{uint32(min(total, 1<<31)), ValType(vt)})
		if total > uint64(d.info.lim.FunctionLocals) {
			d.over(CountLimit, at, "FunctionLocals", uint64(d.info.lim.FunctionLocals), "function %d has %d locals", d.fn, total)
			return
		}
	}
	d.locals = uint32(total)
}

// run is a run of locals of one type, that ends before local end.
type run struct {
	end uint32
	typ ValType
}

func (d *body) localType(l uint32) ValType {
	if p := d.info.types[d.info.funcs[d.fn]].params; int(l) < len(p) {
		return p[l]
	}
	i, _ := slices.BinarySearchFunc(d.runs, l, func(r run, l uint32) int {
		if r.end > l {
			return 1
		}
		return -1
	})
	return d.runs[i].typ
}
