package pushdown

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// errOneByOne: the keys of a join cannot be sent together.
var errOneByOne = fmt.Errorf("keys of a join in one call: %w", errors.ErrUnsupported)

// finds tells whether a table takes many keys in one call.
func (s *tableScope) finds() (exec.Finder, bool) {
	finder, ok := s.source.(exec.Finder)
	return finder, ok && s.table.Declared().GetFeatures()&uint64(pb.TableFeature_TABLE_FEATURE_LOOKUP) != 0
}

// claims tells whether the connector follows a condition, at least inexactly.
func (o *offer) claims(i int) bool { return o.uses[i].use != pb.Use_USE_IGNORED }

// keysOf makes the keys of a lookup for the rows of a join: nil when a part of the key is not the
// connector's to compare.
func (r *rangeReader) keysOf(few bool) *exec.Keys {
	if r.path != nil {
		return r.keysThrough(few)
	}
	finder, ok := r.scope.finds()
	if !ok || len(r.ranges) != 1 || len(r.conjuncts) == 0 {
		return nil
	}
	var columns []uint32
	var parts []exec.KeyColumn
	for i, c := range r.conjuncts {
		if r.ranges[0][i].Op != gms.RangeEqual || !c.sendable() || len(c.params) != 1 || !r.access.offer.claims(i) {
			return nil
		}
		at := r.ranges[0][i].Column
		columns = append(columns, uint32(at))
		parts = append(parts, exec.KeyColumn{Type: r.scope.columns[at].typ, Place: r.position(at)})
	}
	return &exec.Keys{Width: r.width, Few: few, Columns: parts, Verify: !r.table.TrustPushdown(), Open: func(ctx *sql.Context) (exec.KeyCursor, error) {
		o, err := r.withoutKey(ctx)
		if err != nil {
			return nil, err
		}
		return finder.OpenLookup(ctx, &pb.OpenLookupRequest{Table: r.table.Ref(), Plan: o.plan, KeyColumns: columns, Columns: o.columns}, r.access.row)
	}}
}

// keyShape is the question about the rows of keys that are told later.
type keyShape struct{ columns string }

// withoutKey negotiates the plan of a lookup: what is asked of the rows besides their key.
func (r *rangeReader) withoutKey(ctx *sql.Context) (*offer, error) {
	q := r.ask()
	q.conjuncts, q.order = r.more, nil
	store, remembers := r.table.(negotiations)
	remembers = remembers && len(r.more) == 0
	shape := keyShape{fmt.Sprint(q.columns)}
	if remembers {
		if o, ok := store.Negotiated().Load(shape); ok {
			return o.(*offer), nil
		}
	}
	o, err := q.negotiate(ctx)
	switch {
	case err != nil:
		return nil, err
	case o.refused != nil:
		return nil, errOneByOne
	case remembers:
		store.Negotiated().Store(shape, o)
	}
	return o, nil
}

// key is what a lookup of the shape that was negotiated asks for; others are read by themselves.
func (r *rangeReader) key(ctx *sql.Context, l sql.IndexLookup) (exec.Key, error) {
	ranges, ok := l.Ranges.(sql.MySQLRangeCollection)
	if !ok {
		return exec.Key{Bound: exec.Inexpressible}, nil
	}
	all, err := conditionsOf(ctx, r.table.Index(), ranges)
	switch {
	case err != nil:
		return exec.Key{}, err
	case len(all) == 0:
		return exec.Key{Bound: exec.Never}, nil
	case !r.serves(all, l.IsReverse):
		return exec.Key{Bound: exec.Inexpressible}, nil
	}
	key := exec.Key{Values: make([]*pb.Value, len(r.conjuncts))}
	for i, c := range r.conjuncts {
		var bound exec.Bound
		if key.Values[i], bound = c.params[0].Bind(ctx, all[0][i].Value); bound != exec.Fits {
			return exec.Key{Bound: bound}, nil
		}
	}
	if !r.table.TrustPushdown() || r.path != nil {
		check := &rangeCheck{reader: r}
		key.Check = func(ctx *sql.Context, row sql.Row) (bool, error) { return check.holds(ctx, all[0], row) }
	}
	return key, nil
}

// keysOf makes the keys of a scan whose conditions have values from the left row of a join. Those with
// one constant value are a part of the key too. nil: the scan is started for each left row.
func (a *attempt) keysOf(q *ask, o *offer, p *exec.ScanPlan) *exec.Keys {
	finder, ok := a.scope.finds()
	if !ok || !a.planner.switches.lookups || a.plain || len(o.params) == 0 || q.sampleTaken(o) {
		return nil
	}
	var columns []uint32
	var rest []int
	keys := &exec.Keys{Width: len(p.Row), Few: a.planner.few}
	param := 0
	for i, c := range a.conjuncts {
		if !c.sendable() {
			continue
		}
		first := param
		param += len(c.params)
		if _, _, argument := a.scope.equality(a.planner.ctx, c.expr); argument {
			return nil // each row calls the table anew
		}
		if !o.claims(i) {
			continue
		}
		operand, equal := c.equalTo()
		switch {
		case equal && a.scope.ownCollation(c.filter) && !slices.Contains(columns, *c.filter.Column):
			operand.Param += first
			columns, keys.Operands = append(columns, *c.filter.Column), append(keys.Operands, operand)
			keys.Columns = append(keys.Columns, exec.KeyColumn{Type: a.scope.typeOf(*c.filter.Column), Place: -1})
		case len(c.params) > 0:
			return nil
		default:
			rest = append(rest, i)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	keys.Open = func(ctx *sql.Context) (exec.KeyCursor, error) {
		plan, err := a.withoutKey(ctx, q, o, rest)
		if err != nil {
			return nil, err
		}
		return finder.OpenLookup(ctx, &pb.OpenLookupRequest{Table: a.scope.table.Ref(), Plan: plan.plan, KeyColumns: columns, Columns: plan.columns}, p.Row)
	}
	return keys
}

// ownCollation tells whether a comparison is under the collation of its column, as keys compare.
func (s *tableScope) ownCollation(f *pb.Filter) bool {
	i := slices.IndexFunc(s.columns, func(c column) bool { return c.position == *f.Column })
	return i >= 0 && f.Collation == s.columns[i].comparison(f.Op, nil).Collation
}

// typeOf is the type of a declared column.
func (s *tableScope) typeOf(position uint32) sql.Type {
	i := slices.IndexFunc(s.columns, func(c column) bool { return c.position == position })
	return s.columns[i].typ
}

// equalTo is the value that a condition of the form column = value asks for.
func (c *conjunct) equalTo() (exec.Operand, bool) {
	if c.filter.Op != pb.FilterOp_FILTER_OP_EQ || len(c.filter.Operands) != 1 || c.fixed != nil {
		return exec.Operand{}, false
	}
	switch kind := c.filter.Operands[0].Kind.(type) {
	case *pb.Operand_Value:
		return exec.Operand{Value: kind.Value}, true
	case *pb.Operand_Param:
		return exec.Operand{Param: int(kind.Param)}, true
	}
	return exec.Operand{}, false
}

// withoutKey negotiates the plan of a lookup: the conditions that are no part of the key must be taken over as
// they were with it, since nobody checks those that were taken exactly.
func (a *attempt) withoutKey(ctx *sql.Context, q *ask, o *offer, rest []int) (*offer, error) {
	plain := &ask{scope: a.scope, columns: q.columns, loops: 1}
	for _, i := range rest {
		plain.conjuncts = append(plain.conjuncts, a.conjuncts[i])
	}
	second, err := plain.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	if second.refused != nil {
		return nil, errOneByOne
	}
	for n, i := range rest {
		if o.uses[i].use == pb.Use_USE_EXACT && second.uses[n].use != pb.Use_USE_EXACT {
			return nil, errOneByOne
		}
	}
	return second, nil
}
