package main

import "github.com/tidwall/btree"

// changes are entries that are in no run yet, by their bytes.
type changes = btree.Map[string, change]

// change is what an entry of the changes has besides its bytes.
type change struct {
	keyLen  int
	removed bool
}

func newChanges() *changes { return btree.NewMap[string, change](32) }

// cursor reads sorted entries.
type cursor interface {
	seek(low string) error
	peek() (*entry, error)
	step()
}

// changesCursor reads a copy of the changes.
type changesCursor struct {
	it      btree.MapIter[string, change]
	current entry
	more    bool
}

func (c *changesCursor) seek(low string) error {
	c.more = c.it.Seek(low)
	return nil
}

func (c *changesCursor) peek() (*entry, error) {
	if !c.more {
		return nil, nil
	}
	v := c.it.Value()
	c.current = entry{bytes: c.it.Key(), keyLen: v.keyLen, removed: v.removed}
	return &c.current, nil
}

func (c *changesCursor) step() { c.more = c.it.Next() }

// merged reads several cursors as one: of equal entries that of the last cursor counts.
type merged struct{ parts []cursor }

func (m *merged) seek(low string) error {
	for _, p := range m.parts {
		if err := p.seek(low); err != nil {
			return err
		}
	}
	return nil
}

// next gives the next entry, removed ones too, or nil at the end. It is valid until the call after.
func (m *merged) next() (*entry, error) {
	var best *entry
	for _, p := range m.parts {
		e, err := p.peek()
		if err != nil {
			return nil, err
		}
		if e != nil && (best == nil || e.bytes <= best.bytes) {
			best = e
		}
	}
	if best == nil {
		return nil, nil
	}
	out := *best
	for _, p := range m.parts {
		if e, _ := p.peek(); e != nil && e.bytes == out.bytes { // it was read above
			p.step()
		}
	}
	return &out, nil
}
