package main

import (
	"encoding/binary"
	"slices"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// point finds one row after another by the primary key: the most usual statement of all, for which the kit asks it without opening
// a scan.
type point struct {
	store      *store
	database   string
	name       string
	definition *definition
	// now is the table as it is in state, what is committed; nil: it is to be found again.
	state *state
	now   *version
	parts []pointPart
	key   []byte
	room  [32]byte
	row   pointRow
}

// pointPart is a part of the key: the column equals a param.
type pointPart struct {
	keyPart
	param int
}

// Repeat implements wasql.Repeater for lookups by the primary key.
func (t *table) Repeat(p *wasql.Plan) wasql.Repeated {
	of, conjuncts := t.primary.parts, p.Conjuncts()
	if t.frozen || t.reader != nil || p.Sample != nil || p.AsOf != nil || p.Offset > 0 || p.Limit == 0 || len(of) == 0 || len(conjuncts) != len(of) || !t.byPrimary(p.State) {
		return nil
	}
	x := &point{store: t.store, database: t.database, name: t.Name(), definition: t.definition, parts: make([]pointPart, len(of))}
	for i := range of {
		x.parts[i] = pointPart{of[i], -1}
		for _, f := range conjuncts {
			if f.Op == wasql.EQ && f.Column == of[i].column && f.Side == 0 && len(f.Operands) == 1 {
				if n, ok := f.Operands[0].Param(); ok {
					x.parts[i].param = n
				}
			}
		}
		if x.parts[i].param < 0 || of[i].prefix > 0 {
			return nil
		}
	}
	x.row = newPointRow(t.definition, p.Columns)
	return x
}

// Rows implements wasql.Repeated.
func (x *point) Rows(transaction, statement uint64, params []wasql.Value) (*col.Batch, bool) {
	if !x.makeKey(params) {
		return nil, false
	}
	v := x.now
	switch {
	case transaction != 0 || statement != 0:
		if v = x.within(transaction, statement); v == nil {
			return nil, false
		}
	case x.state != x.store.committed:
		if !x.find() {
			return nil, false
		}
		v = x.now
	}
	at, there := v.rows.find(textOf(x.key))
	if !there {
		return nil, true
	}
	return x.row.of(at), true
}

// within is the table as a transaction sees it, which notes what is read; nil: it is another one.
func (x *point) within(transaction, statement uint64) *version {
	v, err := x.store.see(x.database, x.name, transaction, statement)
	if err != nil || v == nil || v.definition != x.definition {
		return nil
	}
	if reader := x.store.transactions.get(transaction); reader != nil && reader.tracks() {
		reader.note(v.id, -1, pointAt(slices.Clone(x.key)))
	}
	return v
}

// find looks for the table in what is committed; false: it is another one.
func (x *point) find() bool {
	now, err := x.store.see(x.database, x.name, 0, 0)
	if err != nil || now == nil || now.definition != x.definition {
		return false
	}
	if x.now == nil {
		x.store.points = append(x.store.points, x)
	}
	x.state, x.now = x.store.committed, now
	return true
}

// forgetPoints has all look for their tables again, so that they hold nothing of an older state.
func (s *store) forgetPoints() {
	for i, x := range s.points {
		x.state, x.now, s.points[i] = nil, nil, nil
	}
	s.points = s.points[:0]
}

// makeKey makes the key of the row; false: with these values it is none.
func (x *point) makeKey(params []wasql.Value) bool {
	x.key = x.key[:0]
	for i := range x.parts {
		part := &x.parts[i]
		if part.param >= len(params) {
			return false
		}
		value := &params[part.param]
		if part.typ == col.Int64 && !part.desc {
			if n, ok := value.Int64(); ok && !value.IsNull() {
				x.key = binary.BigEndian.AppendUint64(x.key, uint64(n)^1<<63)
				continue
			}
		}
		if value.IsNull() {
			return false
		}
		c, at, ok := locate(&x.definition.columns[part.column], *value, &x.room)
		if !ok || at != equal {
			return false
		}
		x.key = part.append(x.key, c)
	}
	return true
}

// pointRow is a batch of one row.
type pointRow struct {
	columns []pointColumn
	out     col.Batch
}

type pointColumn struct {
	at, width int
	// number: it is the row number, which is the key. bits: a bool, which has a bit in a batch.
	number, bits bool
	offsets      [2]int32
}

// noValue is the validity of a NULL.
var noValue = col.Bitmap{0}

func newPointRow(d *definition, wanted []int) pointRow {
	r := pointRow{columns: make([]pointColumn, len(wanted)), out: col.Batch{Rows: 1, Last: true, Cols: make([]col.Vec, len(wanted))}}
	for i, at := range wanted {
		c, v, declared := &r.columns[i], &r.out.Cols[i], &d.columns[at]
		*c = pointColumn{at: at, width: d.layout.widths[at], number: at == d.layout.hidden, bits: declared.Type == col.Bool}
		*v = col.Vec{Type: declared.Type, Len: 1, Scale: uint32(declared.Scale)}
		switch {
		case c.number:
			v.Fixed = make([]byte, 8)
		case c.width == 0:
			v.Offsets = c.offsets[:]
		default:
			v.Fixed = make([]byte, max(c.width, 8))[:c.width]
		}
	}
	return r
}

// of copies a row, but for texts, which do not change before the host has read them.
func (r *pointRow) of(at spot) *col.Batch {
	for i := range r.columns {
		c, v := &r.columns[i], &r.out.Cols[i]
		if c.number {
			binary.LittleEndian.PutUint64(v.Fixed, binary.BigEndian.Uint64(at.b.keys.fixed[8*at.i:]))
			continue
		}
		from := &at.b.columns[c.at]
		if v.Valid = nil; from.valid != nil && from.valid[at.i>>3]&(1<<(at.i&7)) == 0 {
			v.Valid = noValue
		}
		switch c.width {
		case 0:
			v.Data = from.data[from.offsets[at.i]:from.offsets[at.i+1]]
			c.offsets[1] = int32(len(v.Data))
		case 8:
			copy8(v.Fixed, from.fixed[8*at.i:])
		default:
			copy(v.Fixed, from.fixed[c.width*at.i:][:c.width])
			if c.bits {
				v.Fixed[0] &= 1
			}
		}
	}
	return &r.out
}

func copy8(to, from []byte) { binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from)) }

// byPrimary tells whether the state of a plan says that the table as it is declared now is read by the primary key, or by row number.
func (d *definition) byPrimary(state []byte) bool {
	if len(state) < 2 || state[1] != 0 {
		return false
	}
	version, n := binary.Uvarint(state[2:])
	return n > 0 && version == d.version
}
