package loader

import "unicode/utf8"

// nameFunctions is the subsection of the name section that Rewrite keeps.
const (
	nameFunctions = 1
)

// wellFormedNames reports whether the name section can be read to its end with
// functions named once each, in rising order.
func wellFormedNames(b []byte, s span) bool {
	last := int64(-1)
	rising := true
	ok := eachName(reader{b: b[:s.end], p: s.start}, func(f uint32, name []byte) {
		rising = rising && int64(f) > last && utf8.Valid(name)
		last = int64(f)
	})
	return ok && rising
}

// eachName calls f for every function's name, which aliases the module, and
// reports whether the section is well-formed and names functions at all.
func eachName(r reader, f func(index uint32, name []byte)) bool {
	found := false
	for r.more() {
		id := r.u8()
		body := r.take(r.u32())
		if r.err != nil {
			return false
		}
		if id != nameFunctions {
			continue
		}
		if found {
			return false
		}
		found = true
		q := reader{b: body}
		for n := q.u32(); n > 0 && q.err == nil; n-- {
			index := q.u32()
			if name := q.take(q.u32()); q.err == nil {
				f(index, name)
			}
		}
		if q.err != nil || q.p != len(q.b) {
			return false
		}
	}
	return found && r.err == nil
}

// nameSection writes the names of functions, shifted, with those that the meter
// adds, so that a trap's frames can be told apart.
func (w *rewriter) nameSection() {
	if !w.HasNames {
		return
	}
	w.out = append(append(w.out, secCustom), padded...)
	start := len(w.out)
	w.out = append(appendName(w.out, "name"), nameFunctions)
	w.out = append(w.out, padded...)
	sub := len(w.out)
	w.out = append(w.out, padded...)
	n, yield := uint32(0), false
	add := func(index uint32, name []byte) {
		n++
		w.out = append(appendU32(appendU32(w.out, index), uint32(len(name))), name...)
	}
	eachName(reader{b: w.wasm[:w.names.end], p: w.names.start}, func(f uint32, name []byte) {
		if int(f) >= len(w.funcs) {
			return
		}
		if f >= w.imports && !yield {
			yield = true
			add(w.imports, []byte(ReservedModule+"."+YieldName))
		}
		add(w.shift(f), name)
	})
	if !yield {
		add(w.imports, []byte(ReservedModule+"."+YieldName))
	}
	add(uint32(len(w.funcs))+1, []byte(yieldHelper))
	putPadded(w.out, sub, n)
	putPadded(w.out, sub-len(padded), uint32(len(w.out)-sub))
	putPadded(w.out, start-len(padded), uint32(len(w.out)-start))
}

// FunctionNames returns the names that the name section gives to functions, by
// their index in wasm (imported ones first); nil when it gives none.
func FunctionNames(wasm []byte, info *Info) map[uint32]string {
	if !info.HasNames || len(wasm) != info.Size {
		return nil
	}
	names := make(map[uint32]string)
	eachName(reader{b: wasm[:info.names.end], p: info.names.start}, func(f uint32, name []byte) {
		names[f] = string(name)
	})
	return names
}
