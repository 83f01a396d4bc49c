package loader

// A region is a run of instructions that is charged at its first one. Regions
// begin at the function's entry, at loop heads, and wherever code starts that
// may be skipped although what stands before it ran: arms of an if, code after
// a branch, code after a block that something inside may leave for farther out.
//
// Entry and loop heads are always charged. Any other region is charged by
// itself only if it is long; a short one is added to the charge of the region
// that dominates it, as long as what that one takes on in this way stays near
// its own length. So fuel is never below the instructions executed, stays
// within a small factor of them, and short loops are charged once a turn.
type region struct {
	patch int32 // its place in patches
	into  int32 // region that carries its charge: itself or a dominating one; -1 until decided
	own   uint32
	taken uint32 // charges taken over from others
}

// takeMore is how far beyond its own length a region may carry others.
const takeMore = 32

// begin ends the current region and starts one at the reader's position, which
// dominator is known to dominate (-1: none, this is the entry).
func (d *body) begin(kind patchKind, dominator int32) {
	if len(d.regions) > 0 {
		if kind == patchCharge && d.own == 0 && !d.curUsed && d.dropEmpty(&dominator) {
			// the new region takes the empty one's place
		} else {
			d.finish()
		}
	}
	d.patches = append(d.patches, patch{uint32(d.p), 0, kind, 0})
	r := region{patch: int32(len(d.patches) - 1), into: -1}
	d.cur, d.own, d.curUsed = int32(len(d.regions)), 0, false
	if kind != patchCharge {
		r.into = d.cur
	} else {
		r.own = uint32(dominator) // parked here until finish
	}
	d.regions = append(d.regions, r)
}

// dropEmpty takes back the current region if it is the newest patch and holds
// no instruction, and points the caller's dominator at that region's own if it
// was the region itself.
func (d *body) dropEmpty(dominator *int32) bool {
	last := len(d.regions) - 1
	r := d.regions[last]
	if int(d.cur) != last || r.into >= 0 || int(r.patch) != len(d.patches)-1 {
		return false
	}
	if *dominator == d.cur {
		*dominator = int32(r.own)
	}
	d.regions, d.patches = d.regions[:last], d.patches[:r.patch]
	return true
}

// finish closes the current region and decides who carries its charge.
func (d *body) finish() {
	r := &d.regions[d.cur]
	if r.into >= 0 { // forced, or resumed
		r.own = d.own
		return
	}
	carrier := d.regions[r.own].into
	r.own = d.own
	c := &d.regions[carrier]
	if uint64(c.taken)+uint64(r.own) <= uint64(c.own)+takeMore {
		c.taken += r.own
		r.into = carrier
		return
	}
	r.into = d.cur
}

// resume counts what follows in region i again: it runs exactly when i ran.
func (d *body) resume(i int32) {
	d.finish()
	d.cur, d.own, d.curUsed = i, d.regions[i].own, true
}

// settle writes the final charges into the patches. The check at the entry is
// left out where nothing can go on for long: short functions that call nothing.
func (d *body) settle() {
	d.finish()
	for i := range d.regions {
		r := &d.regions[i]
		d.instrs += uint64(r.own)
		p := &d.patches[r.patch]
		if p.arg = r.own + r.taken; int(r.into) != i || p.kind == patchCharge && p.arg == 0 {
			p.kind = patchNone
		}
	}
	const short = 256
	if entry := &d.patches[d.regions[0].patch]; d.calls == 0 && d.instrs <= short {
		entry.kind = patchCharge
	}
}
