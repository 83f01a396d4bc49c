package loader

// cost estimates what compiling the function at hand takes, in units of about
// one instruction. Plain instructions cost the same each; what makes compilers
// slow is state carried along many edges: locals assigned inside nested loops
// (every loop head merges every one of them), long branch tables, and calls in
// a module of many globals (each call reloads them all).
func (d *body) cost() uint64 {
	size := uint64(len(d.b) - d.codeStart)
	return size + uint64(d.locals) + d.phis*4 + d.targets*4 + d.calls*uint64(d.info.Globals)/4
}

// frameUnits estimates the stack that one live frame may take, in slots of 8
// bytes: what the runtime keeps for the call, all locals and results, and some
// share of the intermediate values, whose number code length bounds.
func (d *body) frameUnits() uint32 {
	const call, most = 8, 1 << 26
	return uint32(min(call+d.slots+d.instrs/4, most))
}
