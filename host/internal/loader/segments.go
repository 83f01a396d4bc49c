package loader

import (
	"slices"
	"strconv"
	"strings"
)

func (in *inspector) exportSection() {
	n := in.count("exports", "Exports", in.lim.Exports)
	in.exports = make(map[string]struct{}, n)
	for range n {
		at := in.p
		name := in.name(in.lim.NameBytes)
		kind := in.u8()
		index := in.u32()
		if in.err != nil {
			return
		}
		if strings.HasPrefix(name, reservedPrefix) {
			in.fail(ModuleReserved, at, "export %q: the host keeps this name for its meter", name)
			return
		}
		if _, twice := in.exports[name]; twice {
			in.fail(ModuleInvalid, at, "export %q twice", name)
			return
		}
		in.exports[name] = struct{}{}
		in.export(at, Export{Name: name, Kind: Kind(kind)}, index)
	}
	slices.Sort(in.ABI)
}

func (in *inspector) export(at int, e Export, index uint32) {
	var have int
	switch e.Kind {
	case Func:
		have = len(in.funcs)
	case TableKind:
		have = len(in.Tables)
	case MemoryKind:
		if in.Memory != nil {
			have = 1
		}
	case GlobalKind:
		have = in.Globals
	default:
		in.fail(ModuleInvalid, at, "export %q of kind %d", e.Name, uint8(e.Kind))
		return
	}
	if uint64(index) >= uint64(have) {
		in.fail(ModuleInvalid, at, "export %q of %v %d, there are %d", e.Name, e.Kind, index, have)
		return
	}
	if e.Kind == Func {
		t := in.types[in.funcs[index]]
		e.Params, e.Results = t.params, t.results
		if v, ok := abiVersion(e.Name); ok {
			in.ABI = append(in.ABI, v)
		}
	}
	in.Exports = append(in.Exports, e)
}

// abiVersion reads N of wasql_abi_vN, in its one spelling.
func abiVersion(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, abiPrefix)
	if !ok {
		return 0, false
	}
	v, err := strconv.Atoi(digits)
	return v, err == nil && v > 0 && v < 1<<16 && strconv.Itoa(v) == digits
}

func (in *inspector) startSection() {
	at := in.p
	f := in.funcIndex()
	if in.err != nil {
		return
	}
	if t := in.types[in.funcs[f]]; len(t.params)+len(t.results) != 0 {
		in.fail(ModuleInvalid, at, "start function %d takes or gives values", f)
	}
	in.HasStart = true
}

func (in *inspector) elemSection() {
	n := in.count("element segments", "ElemSegments", in.lim.ElemSegments)
	for range n {
		at := in.p
		flags := in.u32()
		if in.err == nil && flags > 7 {
			in.fail(ModuleInvalid, at, "element segment flags %d", flags)
		}
		if flags&1 == 0 { // active
			table := uint32(0)
			if flags&2 != 0 {
				table = in.u32()
			}
			if in.err == nil && uint64(table) >= uint64(len(in.Tables)) {
				in.fail(ModuleInvalid, at, "element segment for table %d of %d", table, len(in.Tables))
			}
			in.constExpr()
		}
		if flags&3 != 0 {
			in.elemKind(flags)
		}
		for range in.length("elements") {
			if in.err != nil {
				return
			}
			if flags&4 != 0 {
				in.constExpr()
			} else {
				in.funcIndex()
			}
		}
		if in.err != nil {
			return
		}
		in.ElemSegments++
	}
}

func (in *inspector) elemKind(flags uint32) {
	if flags&4 != 0 {
		in.refType()
		return
	}
	at := in.p
	if k := in.u8(); in.err == nil && k != 0 {
		in.fail(ModuleInvalid, at, "element kind %#02x", k)
	}
}

func (in *inspector) dataSection() {
	n := in.count("data segments", "DataSegments", in.lim.DataSegments)
	for range n {
		at := in.p
		flags := in.u32()
		switch {
		case in.err != nil:
			return
		case flags > 2:
			in.fail(ModuleInvalid, at, "data segment flags %d", flags)
		case flags == 2:
			if m := in.u32(); in.err == nil && m != 0 {
				in.fail(ModuleFeature, at, "data segment for memory %d", m)
			}
		}
		if flags != 1 {
			if in.err == nil && in.Memory == nil {
				in.fail(ModuleInvalid, at, "data segment without a memory")
			}
			in.constExpr()
		}
		in.take(in.u32())
		if in.err != nil {
			return
		}
		in.DataSegments++
	}
}
