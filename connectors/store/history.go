package main

import (
	"sort"
	"time"
)

// history has the states that were committed lately, the oldest first and the present one last, for AS OF a time. A state
// that is in it costs what nothing else refers to any more, so it is bounded three ways: by age, by number, by size.
type history struct {
	// span is how long a state is kept behind the next one; 0: not at all.
	span time.Duration
	// versions and bytes are the most that are kept besides the present one.
	versions int
	bytes    int64
	// timed: there is a clock.
	timed bool

	all []past
	// held is about how many bytes the older ones hold.
	held int64
	// serial numbers the states.
	serial uint64
	// pins are the states that somebody asked for, by number.
	pins map[uint64]*pin
}

// past is a state, valid from a time on.
type past struct {
	serial uint64
	at     time.Time
	state  *state
	// cost is about how many bytes the state before holds, since this one took its place.
	cost int64
}

type pin struct {
	state *state
	users int
}

// A state without clock begins at 1970.
var noClock = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// add notes the present state, which took the place of one that holds cost bytes.
func (h *history) add(s *state, now func() time.Time, cost int64) {
	h.serial++
	next := past{serial: h.serial, state: s, cost: cost}
	if h.span > 0 {
		next.at = now()
		h.timed = next.at.After(noClock)
	}
	if !h.timed {
		h.all = append(h.all[:0], next)
		return
	}
	if n := len(h.all); n > 0 && next.at.Before(h.all[n-1].at) {
		next.at = h.all[n-1].at // a clock that was put back
	}
	if len(h.all) > 0 {
		h.held += cost
	}
	h.all = append(h.all, next)
	h.trim(next.at)
}

// trim lets the oldest go, as far as the bounds want it.
func (h *history) trim(now time.Time) {
	gone := 0
	for len(h.all)-gone > 1 {
		next := &h.all[gone+1]
		if len(h.all)-gone-1 <= h.versions && h.held <= h.bytes && now.Sub(next.at) <= h.span {
			break
		}
		h.held -= next.cost
		gone++
	}
	if gone == 0 {
		return
	}
	kept := copy(h.all, h.all[gone:])
	clear(h.all[kept:])
	h.all = h.all[:kept]
}

// at finds the newest state that is not younger than t; nil: none that old is kept.
func (h *history) at(t time.Time) *past {
	i := sort.Search(len(h.all), func(i int) bool { return h.all[i].at.After(t) })
	if i == 0 {
		return nil
	}
	return &h.all[i-1]
}

// present is the state that is there now.
func (h *history) present() *past { return &h.all[len(h.all)-1] }

// pin holds a state until it is released as often as it was pinned.
func (h *history) pin(p *past) {
	if h.pins == nil {
		h.pins = map[uint64]*pin{}
	}
	held := h.pins[p.serial]
	if held == nil {
		held = &pin{state: p.state}
		h.pins[p.serial] = held
	}
	held.users++
}

func (h *history) unpin(serial uint64) {
	if held := h.pins[serial]; held != nil {
		if held.users--; held.users == 0 {
			delete(h.pins, serial)
		}
	}
}

const (
	// branch is about how many bytes are copied above a block that changes.
	branch = 2 << 10
	// entryBytes is about the size of an entry of an index.
	entryBytes = 40
)

// costOf is about how many bytes the older state of these tables holds: the rows that are no part of the newer one, and the
// blocks that they, or their entries in indexes, were in.
func costOf(old *root, changed []*version) int64 {
	cost, perBlock := int64(0), int64(blockRows)
	for _, v := range changed {
		was, _ := old.tables.Get(v.id)
		if was == nil {
			continue
		}
		bytes := int64(0)
		for c := v.changes; c != nil; c = c.before {
			bytes += int64(len(c.bytes))
		}
		rows := int64(max(was.rows.Len(), 1))
		average := was.bytes()/rows + 1
		blocks := min(bytes/average, rows/perBlock) + 1
		copied := bytes + blocks*(branch+min(perBlock*average, int64(blockBytes))) + blocks*int64(len(v.indexes))*(branch+perBlock*entryBytes)
		cost += min(copied, 2*was.bytes()+branch) + max(was.bytes()-v.bytes(), 0)
	}
	return cost
}

// lost is about how many bytes a state holds that a definition made another one of.
func (s *state) lost(next *state) int64 {
	cost := int64(0)
	s.root.tables.Scan(func(id uint64, was *version) bool {
		if now, _ := next.root.tables.Get(id); now == nil || now != was && now.rows != was.rows {
			cost += was.rows.bytes
		}
		return true
	})
	return cost
}
