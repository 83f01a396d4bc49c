package loader

import "crypto/sha256"

// RewriteVersion changes whenever Rewrite gives other bytes for the same input,
// so that caches of compiled code can be keyed by it.
const RewriteVersion = 2

// RewriteOptions are the choices of one rewriting; zero fields mean defaults.
type RewriteOptions struct {
	Quantum    int64  // fuel between two yields; default Quantum
	StackUnits uint32 // see Limits.StackUnits; default: that of the Limits given to Inspect
}

type rewriter struct {
	*Info
	wasm    []byte
	out     []byte
	meter   *meter
	scan    body
	opt     RewriteOptions
	imports uint32            // functions imported by the original
	blocks  map[string]uint32 // result lists that need a block type, to its index
	added   []funcType
	heads   []local // scratch for renewed
	err     *Error
}

// Rewrite returns a module that behaves as wasm does, with these differences:
// its memory and tables cannot outgrow their caps, it counts fuel and yields to
// the host, its recursion ends in a trap with StackLeft below zero, and custom
// sections are gone but for wasql.* and the names of functions. wasm must be
// the bytes that Inspect saw; they are not changed and not kept. The error is
// an *Error. Equal inputs give equal bytes.
func Rewrite(wasm []byte, info *Info, opt RewriteOptions) ([]byte, error) {
	if len(wasm) != info.Size || sha256.Sum256(wasm) != info.Digest {
		return nil, &Error{Code: RewriteMismatch, What: "the module is not the one that was inspected"}
	}
	if opt.Quantum <= 0 {
		opt.Quantum = Quantum
	}
	opt.StackUnits = min(or(opt.StackUnits, info.lim.StackUnits), 1<<30)
	w := &rewriter{Info: info, wasm: wasm, opt: opt, imports: uint32(info.importedFuncs())}
	w.out = make([]byte, 0, len(wasm)+len(wasm)/3+64*info.Functions+1024)
	w.meter = newMeter(uint32(info.Globals), w.imports, uint32(len(info.funcs))+1, opt.Quantum)
	w.blockTypes()
	w.out = append(w.out, wasm[:8]...)
	for _, id := range sectionOrder {
		w.section(id)
	}
	if w.err != nil {
		return nil, w.err
	}
	for _, s := range info.keep {
		w.out = append(w.out, wasm[s.start:s.end]...)
	}
	w.nameSection()
	return w.out, nil
}

// shift gives a function's index after the import that Rewrite adds.
func (w *rewriter) shift(f uint32) uint32 {
	if f >= w.imports {
		return f + 1
	}
	return f
}

// blockTypes finds the result lists that a block around a body needs a type
// for: those of two and more values, of functions that take parameters.
func (w *rewriter) blockTypes() {
	w.blocks = make(map[string]uint32)
	for _, t := range w.funcs[w.imports:] {
		ft := w.types[t]
		if len(ft.results) < 2 {
			continue
		}
		key := string(valBytes(ft.results))
		if _, ok := w.blocks[key]; ok {
			continue
		}
		if len(ft.params) == 0 {
			w.blocks[key] = t
			continue
		}
		w.blocks[key] = uint32(len(w.types) + len(w.added))
		w.added = append(w.added, funcType{nil, ft.results})
	}
}

func valBytes(t []ValType) []byte {
	b := make([]byte, len(t))
	for i, v := range t {
		b[i] = byte(v)
	}
	return b
}

// section writes one section: the original's, changed, with what the meter adds.
func (w *rewriter) section(id byte) {
	s := w.sections[id]
	if s.end == 0 && (id == secTable || id == secMemory || id == secStart || id == secElem || id == secDataCount || id == secData) {
		return
	}
	w.out = append(append(w.out, id), padded...)
	start := len(w.out)
	r := reader{b: w.wasm[:s.end], p: s.start}
	switch id {
	case secType:
		w.typeSection(&r)
	case secImport:
		w.count(&r, 1)
		w.rest(&r)
		w.out = append(appendName(appendName(w.out, ReservedModule), YieldName), 0)
		w.out = appendU32(w.out, w.yieldType())
	case secFunction:
		w.count(&r, 1)
		w.rest(&r)
		w.out = appendU32(w.out, w.yieldType()+1)
	case secTable:
		w.out = appendU32(w.out, uint32(len(w.Tables)))
		for _, t := range w.Tables {
			w.out = appendU32(appendU32(append(w.out, byte(t.Type), 1), t.Min), t.Cap)
		}
	case secMemory:
		w.memorySection()
	case secGlobal:
		w.globalSection(&r)
	case secExport:
		w.exportSection(&r)
	case secStart:
		w.out = appendU32(w.out, w.shift(r.u32()))
	case secElem:
		w.elemSection(&r)
	case secCode:
		w.codeSection(&r)
	case secData, secDataCount:
		w.rest(&r)
	}
	if w.err == nil && r.err != nil {
		w.err = r.err
	}
	putPadded(w.out, start-len(padded), uint32(len(w.out)-start))
}

// count copies the length of a section's vector, more added to it; an absent
// section had none.
func (w *rewriter) count(r *reader, more uint32) uint32 {
	n := uint32(0)
	if len(r.b) > 0 {
		n = r.u32()
	}
	w.out = appendU32(w.out, n+more)
	return n
}

func (w *rewriter) rest(r *reader) {
	w.out = append(w.out, r.b[r.p:]...)
	r.p = len(r.b)
}

// yieldType is the index of the type (i64) -> (); () -> () follows it.
func (w *rewriter) yieldType() uint32 { return uint32(len(w.types) + len(w.added)) }

func (w *rewriter) typeSection(r *reader) {
	w.count(r, uint32(len(w.added))+2)
	w.rest(r)
	for _, t := range w.added {
		w.out = appendU32(append(w.out, 0x60, 0), uint32(len(t.results)))
		w.out = append(w.out, valBytes(t.results)...)
	}
	w.out = append(w.out, 0x60, 1, byte(I64), 0, 0x60, 0, 0)
}

func (w *rewriter) memorySection() {
	if w.Memory == nil {
		w.out = append(w.out, 0)
		return
	}
	w.out = appendU32(appendU32(append(w.out, 1, 1), w.Memory.Min), w.Memory.Cap)
}

func (w *rewriter) globalSection(r *reader) {
	n := w.count(r, 3)
	for range n {
		w.out = append(w.out, r.take(2)...)
		w.constExpr(r)
	}
	w.out = append(w.out, byte(I64), 1, opI64Const, 0, opEnd)
	w.out = appendS64(append(w.out, byte(I64), 1, opI64Const), w.opt.Quantum)
	w.out = appendS64(append(w.out, opEnd, byte(I32), 1, opI32Const), int64(w.opt.StackUnits))
	w.out = append(w.out, opEnd)
}

// constExpr copies a constant expression, shifting functions it names.
func (w *rewriter) constExpr(r *reader) {
	for r.err == nil {
		at := r.p
		switch r.u8() {
		case opEnd:
			w.out = append(w.out, opEnd)
			return
		case opI32Const:
			r.skipS32()
		case opI64Const:
			r.skipS64()
		case opF32Const:
			r.take(4)
		case opF64Const:
			r.take(8)
		case opGlobalGet:
			r.u32()
		case opRefNull:
			r.u8()
		case opRefFunc:
			w.out = appendU32(append(w.out, opRefFunc), w.shift(r.u32()))
			continue
		case opPrefixFD:
			r.u32()
			r.take(16)
		}
		w.out = append(w.out, r.b[at:r.p]...)
	}
}

func (w *rewriter) exportSection(r *reader) {
	n := w.count(r, 3)
	for range n {
		at := r.p
		r.take(r.u32())
		kind := r.u8()
		w.out = append(w.out, r.b[at:r.p]...)
		i := r.u32()
		if Kind(kind) == Func {
			i = w.shift(i)
		}
		w.out = appendU32(w.out, i)
	}
	for i, name := range [...]string{FuelSpent, FuelLeft, StackLeft} {
		w.out = append(appendName(w.out, name), byte(GlobalKind))
		w.out = appendU32(w.out, w.meter.spentIndex+uint32(i))
	}
}

func (w *rewriter) elemSection(r *reader) {
	n := w.count(r, 0)
	for ; n > 0 && r.err == nil; n-- {
		flags := r.u32()
		w.out = appendU32(w.out, flags)
		if flags&1 == 0 {
			if flags&2 != 0 {
				w.out = appendU32(w.out, r.u32())
			}
			w.constExpr(r)
		}
		if flags&3 != 0 {
			w.out = append(w.out, r.u8())
		}
		k := r.u32()
		w.out = appendU32(w.out, k)
		for ; k > 0 && r.err == nil; k-- {
			if flags&4 != 0 {
				w.constExpr(r)
			} else {
				w.out = appendU32(w.out, w.shift(r.u32()))
			}
		}
	}
}
