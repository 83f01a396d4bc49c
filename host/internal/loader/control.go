package loader

// control decodes what opens, closes or leaves a region of code.
func (d *body) control(k imm, op byte) {
	at := d.p - 1
	switch k {
	case immFree:
	case immUnknown:
		d.fail(ModuleFeature, at, "%s in function %d", opName(op), d.fn)
	case immBlock, immLoop, immIf:
		d.openBlock(k)
	case immElse:
		f := &d.frames[len(d.frames)-1]
		if f.kind != immIf {
			d.fail(ModuleInvalid, at, "else without if in function %d", d.fn)
			return
		}
		f.kind = immElse
		d.begin(patchCharge, f.open)
	case immEnd:
		d.closeBlock()
	case immBr, immBrIf:
		d.own++
		d.load.edges++
		d.leave(d.label())
		d.begin(patchCharge, d.cur)
	case immBrTable:
		d.own++
		n := d.length("branch targets")
		for i := uint32(0); i <= n && d.err == nil; i++ {
			d.leave(d.label())
		}
		d.load.targets += uint64(n)
		d.begin(patchCharge, d.cur)
	case immReturn:
		d.own++
		d.patches = append(d.patches, patch{uint32(at), uint32(len(d.frames) - 1), patchReturn, 1})
		d.leave(int32(0))
		d.begin(patchCharge, d.cur)
	case immUnreachable:
		d.own++
		d.begin(patchCharge, d.cur)
	case immCall:
		d.own++
		d.calls++
		if f := d.funcIndex(); d.err == nil {
			d.carry(d.info.funcs[f])
		}
		d.reload()
	case immCallIndirect:
		d.own++
		d.calls++
		t := d.u32()
		d.checkIndex("type", t, len(d.info.types))
		d.checkIndex("table", d.u32(), len(d.info.Tables))
		if d.err == nil {
			d.carry(t)
		}
		d.reload()
	}
}

// carry counts the values that a call or block of type t takes and gives.
func (d *body) carry(t uint32) {
	ft := &d.info.types[t]
	d.load.values += uint64(len(ft.params) + len(ft.results))
}

// blockType reads a block's type and returns how many values it takes and gives.
func (d *body) blockType() (params, results uint32) {
	at := d.p
	c := d.u8()
	if c == blockVoid {
		return 0, 0
	}
	if isValType(c) {
		return 0, 1
	}
	if d.err == nil {
		d.p = at
	}
	t := d.signed(33)
	if d.err == nil && (t < 0 || t >= int64(len(d.info.types))) {
		d.fail(ModuleInvalid, at, "block type %d of %d", t, len(d.info.types))
	}
	if d.err != nil {
		return 0, 0
	}
	ft := &d.info.types[t]
	return uint32(len(ft.params)), uint32(len(ft.results))
}

func (d *body) openBlock(k imm) {
	at := d.p
	params, results := d.blockType()
	if len(d.frames) > d.info.lim.FunctionNesting {
		d.over(CompileBudget, at, "FunctionNesting", uint64(d.info.lim.FunctionNesting), "function %d nests blocks deeper", d.fn)
	}
	open := d.cur
	d.curUsed = true
	f := frame{kind: k, open: open, exit: 1 << 30, arity: results}
	d.load.values += uint64(params + results)
	d.load.open(k, len(d.frames))
	switch k {
	case immBlock:
		d.frames = append(d.frames, f)
	case immLoop:
		d.loops++
		f.arity = params
		d.frames = append(d.frames, f)
		if params > 0 {
			d.begin(patchParamLoop, open)
		} else {
			d.begin(patchLoop, open)
		}
	case immIf:
		d.own++
		d.frames = append(d.frames, f)
		d.begin(patchCharge, open)
	}
}

func (d *body) closeBlock() {
	last := len(d.frames) - 1
	f := d.frames[last]
	d.frames = d.frames[:last]
	if last == 0 {
		return
	}
	d.load.close()
	up := &d.frames[last-1]
	up.exit = min(up.exit, f.exit)
	switch inside := f.exit >= int32(last); {
	case inside && f.open == d.cur:
	case inside && d.regions[f.open].into == f.open:
		d.resume(f.open)
	default:
		d.begin(patchCharge, f.open)
	}
}

// label reads a branch depth and returns the frame it names.
func (d *body) label() int32 {
	at := d.p
	l := d.u32()
	if d.err == nil && uint64(l) >= uint64(len(d.frames)) {
		d.fail(ModuleInvalid, at, "branch to label %d of %d in function %d", l, len(d.frames), d.fn)
		return 0
	}
	return int32(len(d.frames)-1) - int32(l)
}

func (d *body) leave(target int32) {
	if d.err == nil {
		f := &d.frames[len(d.frames)-1]
		f.exit = min(f.exit, target)
		d.load.values += uint64(d.frames[target].arity)
	}
}

// funcIndex reads a function's index and notes that Rewrite must shift it.
func (d *body) funcIndex() uint32 {
	at := d.p
	f := d.u32()
	d.checkIndex("function", f, len(d.info.funcs))
	if d.err == nil && int(f) >= d.info.importedFuncs() {
		d.patches = append(d.patches, patch{uint32(at), f + 1, patchFunc, uint8(d.p - at)})
	}
	return f
}

func (d *body) reload() {
	d.load.call()
	d.patches = append(d.patches, patch{uint32(d.p), 0, patchReload, 0})
}

func (d *body) checkIndex(what string, i uint32, have int) {
	if d.err == nil && uint64(i) >= uint64(have) {
		d.fail(ModuleInvalid, d.p, "%s %d of %d in function %d", what, i, have, d.fn)
	}
}

// plain decodes the instructions that go on to the next one.
func (d *body) plain(k imm, op byte) {
	switch k {
	case immLocalGet, immLocalSet:
		l := d.u32()
		if l < d.locals {
			d.load.local(l, k == immLocalSet)
		}
		d.checkIndex("local", l, int(d.locals))
	case immI32:
		d.skipS32()
	case immI64:
		d.skipS64()
	case immMemarg:
		d.memarg()
	case immGlobal:
		d.checkIndex("global", d.u32(), d.info.Globals)
	case immTable:
		d.checkIndex("table", d.u32(), len(d.info.Tables))
	case immMemByte:
		d.memoryByte()
	case imm4:
		d.take(4)
	case imm8:
		d.take(8)
	case immRefFunc:
		d.funcIndex()
	case immRefNull:
		at := d.p
		if t := d.u8(); d.err == nil && t != byte(FuncRef) && t != byte(ExternRef) {
			d.fail(ModuleFeature, at, "reference type %#02x in function %d", t, d.fn)
		}
	case immSelectT:
		at := d.p
		n := d.u32()
		if t := d.u8(); d.err == nil && (n != 1 || !isValType(t)) {
			d.fail(ModuleInvalid, at, "select of %d types in function %d", n, d.fn)
		}
	case immPrefixFC:
		d.prefixFC()
	case immPrefixFD:
		d.prefixFD()
	default:
		d.fail(ModuleInvalid, d.p-1, "opcode %#02x in function %d", op, d.fn)
	}
}

func (d *body) memarg() {
	d.load.accesses++
	at := d.p
	align := d.u32()
	d.u32()
	switch {
	case d.err != nil:
	case align >= 64 && align < 128:
		d.fail(ModuleFeature, at, "memory index in a load or store: several memories")
	case align >= 32:
		d.fail(ModuleInvalid, at, "alignment 2^%d in function %d", align, d.fn)
	case d.info.Memory == nil:
		d.fail(ModuleInvalid, at, "load or store without a memory in function %d", d.fn)
	}
}

func (d *body) memoryByte() {
	at := d.p
	m := d.u8()
	switch {
	case d.err != nil:
	case m != 0:
		d.fail(ModuleFeature, at, "memory %d in function %d: several memories", m, d.fn)
	case d.info.Memory == nil:
		d.fail(ModuleInvalid, at, "memory instruction without a memory in function %d", d.fn)
	}
}
