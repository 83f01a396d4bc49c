package loader

func (w *rewriter) codeSection(r *reader) {
	n := w.count(r, 1)
	w.scan.init(w.Info)
	for i := range n {
		size := r.u32()
		start := r.p
		r.take(size)
		if r.err != nil {
			return
		}
		if w.err = w.scan.decode(w.wasm[:r.p], start, int(w.imports+i)); w.err != nil {
			return
		}
		w.body(&w.scan)
		if most := 2 * uint64(w.lim.ModuleBytes); uint64(len(w.out)) > most {
			r.over(CompileBudget, start, "ModuleBytes", uint64(w.lim.ModuleBytes), "metered, the module passes %d bytes", most)
			return
		}
	}
	w.out = w.meter.helperBody(w.out)
}

// body writes the function that d has just decoded. Functions that call others
// are put inside a block, so that every way out passes the code that gives
// their stack units back; a function that calls nothing adds one frame at most.
func (w *rewriter) body(d *body) {
	w.out = append(w.out, padded...)
	start := len(w.out)
	guarded := d.calls > 0
	spare, kept, mirror := w.locals(d, guarded, d.loops > 0)
	if guarded {
		w.out = w.meter.enter(w.out, d.frameUnits(), kept)
		w.out = w.blockType(append(w.out, opBlock), w.types[w.funcs[d.fn]].results)
	}
	w.out = w.meter.reload(w.out, mirror)
	w.patched(d, guarded, spare, mirror)
	if guarded {
		w.out = append(w.meter.leave(w.out, d.frameUnits(), kept), opEnd)
	}
	putPadded(w.out, start-len(padded), uint32(len(w.out)-start))
}

// locals copies the local declarations and adds those the meter needs: spare
// for lengths, kept for the stack units of a guarded function, mirror for the
// counter.
func (w *rewriter) locals(d *body, guarded, mirrored bool) (spare, kept, mirror uint32) {
	words := b2u(d.bulk) + b2u(guarded)
	w.out = appendU32(w.out, d.groups+b2u(words > 0)+b2u(mirrored))
	w.out = append(w.out, d.b[d.declStart:d.codeStart]...)
	if words > 0 {
		w.out = append(w.out, byte(words), byte(I32))
	}
	mirror = noMirror
	if mirrored {
		w.out = append(w.out, 1, byte(I64))
		mirror = d.locals + words
	}
	return d.locals, d.locals + b2u(d.bulk), mirror
}

// patched copies the instructions with their patches applied.
func (w *rewriter) patched(d *body, guarded bool, spare, mirror uint32) {
	out, last, m := w.out, uint32(d.codeStart), w.meter
	loop := 0
	for i := range d.patches {
		p := &d.patches[i]
		if p.kind == patchNone || p.kind == patchReturn && !guarded || p.kind == patchReload && mirror == noMirror {
			continue
		}
		out = append(out, d.b[last:p.pos]...)
		last = p.pos + uint32(p.skip)
		switch p.kind {
		case patchFunc:
			out = appendU32(out, p.arg)
		case patchReload:
			out = m.reload(out, mirror)
		case patchReturn:
			out = appendU32(append(out, opBr), p.arg)
		case patchCharge:
			out = m.charge(out, p.arg, mirror)
		case patchEntry:
			out = m.entryTick(out, p.arg, mirror)
		case patchLoop:
			out = m.tick(out, p.arg, mirror, w.renewed(d, loop))
			loop++
		case patchParamLoop:
			loop++
			out = m.settle(m.charge(out, p.arg, mirror), mirror)
		case patchBulk:
			out = m.bulk(out, p.arg, spare, mirror)
		}
	}
	w.out = append(out, d.b[last:]...)
}

// renewed lists the locals that the loop at hand assigns, if it calls nothing.
// A loop that calls saves them for its calls anyway.
func (w *rewriter) renewed(d *body, loop int) []local {
	w.heads = w.heads[:0]
	h := &d.load.heads[loop]
	for _, l := range h.local[:h.n] {
		if h.calls {
			break
		}
		w.heads = append(w.heads, local{l, d.localType(l)})
	}
	return w.heads
}

func (w *rewriter) blockType(o []byte, results []ValType) []byte {
	switch len(results) {
	case 0:
		return append(o, blockVoid)
	case 1:
		return append(o, byte(results[0]))
	}
	return appendS64(o, int64(w.blocks[string(valBytes(results))]))
}

func b2u(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
