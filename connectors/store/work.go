package main

// work is a root that is being changed. Whoever reads it in between takes a frozen one, and the work goes on
// with copies.
type work struct {
	root  *root
	owner owner
	// own: root itself may be changed.
	own bool
}

func workOn(r *root) work { return work{root: r, owner: newOwner()} }

// freeze gives the root as it is now; it does not change any more.
func (w *work) freeze() *root {
	if w.own {
		w.own, w.owner = false, newOwner()
	}
	return w.root
}

// reset goes back to a frozen root.
func (w *work) reset(r *root) { w.root, w.own, w.owner = r, false, newOwner() }

// mutable gives the root for changing it.
func (w *work) mutable() *root {
	if !w.own {
		w.root, w.own = w.root.copy(), true
	}
	return w.root
}

// table gives a table for changing it; nil when it is not there.
func (w *work) table(id uint64) *version {
	v, ok := w.root.tables.Get(id)
	if !ok {
		return nil
	}
	if v.owner != w.owner {
		v = v.copy(w.owner)
		w.mutable().tables.Set(id, v)
	}
	return v
}
