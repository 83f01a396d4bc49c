package loader

import "slices"

func (in *inspector) typeSection() {
	n := in.count("types", "Types", in.lim.Types)
	in.types = make([]funcType, 0, n)
	for range n {
		at := in.p
		form := in.u8()
		if in.err == nil && form != 0x60 {
			if form == 0x4d || form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f {
				in.fail(ModuleFeature, at, "garbage collection: type form %#02x", form)
			} else {
				in.fail(ModuleInvalid, at, "type form %#02x", form)
			}
		}
		in.types = append(in.types, funcType{in.valTypes("parameters"), in.valTypes("results")})
		if in.err != nil {
			return
		}
	}
}

func (in *inspector) valTypes(what string) []ValType {
	n := in.count(what, "Params", in.lim.Params)
	if n == 0 || in.err != nil {
		return nil
	}
	t := make([]ValType, 0, n)
	for range n {
		t = append(t, in.valType())
	}
	return t
}

func (in *inspector) valType() ValType {
	at := in.p
	t := in.u8()
	if in.err == nil && !isValType(t) {
		in.badType(at, t)
	}
	return ValType(t)
}

func (r *reader) badType(at int, t byte) {
	if t >= 0x63 && t <= 0x74 {
		r.fail(ModuleFeature, at, "garbage collection or typed references: value type %#02x", t)
		return
	}
	r.fail(ModuleInvalid, at, "value type %#02x", t)
}

func isValType(t byte) bool { return t >= 0x7b && t <= 0x7f || t == 0x70 || t == 0x6f }

// typeIndex reads an index into the types and checks it.
func (in *inspector) typeIndex() uint32 {
	at := in.p
	t := in.u32()
	if in.err == nil && uint64(t) >= uint64(len(in.types)) {
		in.fail(ModuleInvalid, at, "type %d of %d", t, len(in.types))
		return 0
	}
	return t
}

func (in *inspector) importSection() {
	n := in.count("imports", "Imports", in.lim.Imports)
	for range n {
		at := in.p
		module, name := in.name(in.lim.NameBytes), in.name(in.lim.NameBytes)
		kind := in.u8()
		if in.err != nil {
			return
		}
		if module == ReservedModule {
			in.fail(ModuleReserved, at, "import %q.%q: the host keeps this module for its meter", module, name)
			return
		}
		switch kind {
		case 0:
		case 1, 2, 3, 4:
			in.fail(ModuleFeature, at, "import %q.%q is a %s; only functions can be imported", module, name,
				[...]string{"", "table", "memory", "global", "tag"}[kind])
			return
		default:
			in.fail(ModuleInvalid, at, "import %q.%q of kind %d", module, name, kind)
			return
		}
		t := in.typeIndex()
		if in.err != nil {
			return
		}
		in.funcs = append(in.funcs, t)
		in.Imports = append(in.Imports, Import{module, name, Func, in.types[t].params, in.types[t].results})
	}
}

func (in *inspector) functionSection() {
	n := in.count("functions", "Functions", in.lim.Functions)
	in.funcs = slices.Grow(in.funcs, int(n))
	for range n {
		in.funcs = append(in.funcs, in.typeIndex())
		if in.err != nil {
			return
		}
	}
	in.Functions = int(n)
}

// bounds reads the limits of a memory or table; most is the largest legal value.
func (in *inspector) bounds(what string, most uint64) (b Bounds) {
	at := in.p
	flags := in.u8()
	if in.err != nil {
		return
	}
	switch {
	case flags > 7:
		in.fail(ModuleInvalid, at, "%s with limit flags %#02x", what, flags)
	case flags&4 != 0:
		in.fail(ModuleFeature, at, "64-bit %s", what)
	case flags&2 != 0:
		in.fail(ModuleFeature, at, "shared %s", what)
	}
	b.Min = in.u32()
	if b.HasMax = flags&1 != 0; b.HasMax {
		b.Max = in.u32()
	}
	switch {
	case in.err != nil:
	case uint64(b.Min) > most || uint64(b.Max) > most:
		in.fail(ModuleInvalid, at, "%s of %d to %d", what, b.Min, b.Max)
	case b.HasMax && b.Max < b.Min:
		in.fail(ModuleInvalid, at, "%s maximum %d below minimum %d", what, b.Max, b.Min)
	}
	return
}

func (in *inspector) tableSection() {
	at := in.p
	n := in.count("tables", "Tables", in.lim.Tables)
	sum := uint64(0)
	for range n {
		here := in.p
		t := in.u8()
		if in.err == nil && t != byte(FuncRef) && t != byte(ExternRef) {
			in.fail(ModuleFeature, here, "table of type %#02x", t)
		}
		b := in.bounds("table", 1<<32-1)
		if in.err != nil {
			return
		}
		in.Tables = append(in.Tables, Table{b, ValType(t)})
		sum += uint64(b.Min)
	}
	if sum > uint64(in.lim.TableEntries) {
		in.over(TableLimit, at, "TableEntries", uint64(in.lim.TableEntries), "tables begin with %d entries", sum)
		return
	}
	// What the minima leave over is given out in order: a table without a
	// maximum takes all of it.
	spare := in.lim.TableEntries - uint32(sum)
	for i := range in.Tables {
		t := &in.Tables[i]
		t.Cap = t.Min + spare
		if t.HasMax {
			t.Cap = min(t.Cap, t.Max)
		}
		spare -= t.Cap - t.Min
	}
}

func (in *inspector) memorySection() {
	at := in.p
	n := in.u32()
	if n > 1 {
		in.fail(ModuleFeature, at, "%d memories", n)
	}
	if n == 0 || in.err != nil {
		return
	}
	b := in.bounds("memory", 1<<16)
	if in.err != nil {
		return
	}
	if b.Min > in.lim.MemoryPages {
		in.over(MemoryLimit, at, "MemoryPages", uint64(in.lim.MemoryPages), "memory begins with %d pages", b.Min)
		return
	}
	b.Cap = in.lim.MemoryPages
	if b.HasMax {
		b.Cap = min(b.Cap, b.Max)
	}
	in.Memory = &b
}

func (in *inspector) globalSection() {
	n := in.count("globals", "Globals", in.lim.Globals)
	for range n {
		in.valType()
		at := in.p
		if m := in.u8(); in.err == nil && m > 1 {
			in.fail(ModuleInvalid, at, "global mutability %d", m)
		}
		in.constExpr()
		if in.err != nil {
			return
		}
		in.Globals++
	}
}

// constExpr steps over a constant expression and returns the function a lone
// ref.func names, or -1. An index of a global may only point to those before.
func (in *inspector) constExpr() {
	for in.err == nil {
		at := in.p
		switch op := in.u8(); op {
		case opEnd:
			return
		case opI32Const:
			in.skipS32()
		case opI64Const:
			in.skipS64()
		case opF32Const:
			in.take(4)
		case opF64Const:
			in.take(8)
		case opGlobalGet:
			if g := in.u32(); in.err == nil && uint64(g) >= uint64(in.Globals) {
				in.fail(ModuleInvalid, at, "global %d of %d in a constant", g, in.Globals)
			}
		case opRefNull:
			in.refType()
		case opRefFunc:
			in.funcIndex()
		case opPrefixFD:
			if sub := in.u32(); in.err == nil && sub != 12 {
				in.fail(ModuleInvalid, at, "vector opcode %#x in a constant", sub)
			}
			in.take(16)
		case opI32Add, opI32Sub, 0x6c, opI64Add, opI64Sub, 0x7e:
			in.fail(ModuleFeature, at, "extended constant expression: opcode %#02x", op)
		default:
			in.fail(ModuleInvalid, at, "opcode %#02x in a constant", op)
		}
	}
}

func (in *inspector) refType() {
	at := in.p
	if t := in.u8(); in.err == nil && t != byte(FuncRef) && t != byte(ExternRef) {
		in.fail(ModuleFeature, at, "reference type %#02x", t)
	}
}

func (in *inspector) funcIndex() uint32 {
	at := in.p
	f := in.u32()
	if in.err == nil && uint64(f) >= uint64(len(in.funcs)) {
		in.fail(ModuleInvalid, at, "function %d of %d", f, len(in.funcs))
		return 0
	}
	return f
}
