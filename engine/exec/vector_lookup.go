package exec

import (
	"context"
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// lookupKinds are the joins that ask for their right side by keys, those that go-mysql-server plans as lookups and those that it plans as
// loops over a scan with conditions on the left row.
var lookupKinds = map[plan.JoinType]vec.JoinKind{
	plan.JoinTypeLookup: vec.Inner, plan.JoinTypeLeftOuterLookup: vec.LeftOuter, plan.JoinTypeSemiLookup: vec.Semi, plan.JoinTypeAntiLookupIncludeNulls: vec.Anti,
	plan.JoinTypeInner: vec.Inner, plan.JoinTypeLeftOuter: vec.LeftOuter, plan.JoinTypeSemi: vec.Semi, plan.JoinTypeAntiIncludeNulls: vec.Anti,
}

// ColumnCursor is a KeyCursor whose keys and rows can be columns.
type ColumnCursor interface {
	KeyCursor
	// Fields say what the columns of a key must be.
	Fields() []col.Field
	// WriteColumns sends keys, as Write does.
	WriteColumns(ctx context.Context, keys *col.Batch) error
	// Found has the batches of the rows; behind the columns that were asked for is the position of the key.
	Found() *Rows
}

// lookupInputs tells whether a join asks for its right side by keys that can be sent as columns: its kind, and where the rows come from;
// 0: it does not.
func lookupInputs(ctx *sql.Context, n *plan.JoinNode) (vec.JoinKind, keyed) {
	kind := lookupKinds[n.Op]
	if kind == 0 || n.ScopeLen != 0 || len(n.UsingCols) > 0 {
		return 0, nil
	}
	leaf := keyedLeaf(n.Right())
	if leaf == nil || leaf.keyPlan().Keys.Columns == nil {
		return 0, nil
	}
	switch x := leaf.(type) {
	case *Scan:
		if knownAtStart(ctx, x.Plan.Params) || x.Plan.Empty || len(x.Plan.Watch) > 0 {
			return 0, nil // it is read as other scans are
		}
	case *Lookup:
		for _, null := range x.NullMask() {
			if null {
				return 0, nil // NULL is looked up, too
			}
		}
	}
	return kind, leaf
}

// lookup compiles a join that asks for its right side by keys.
func (v *vectorizer) lookup(n *plan.JoinNode, kind vec.JoinKind, leaf keyed) (*vectors, bool) {
	left, ok := v.node(n.Left())
	if !ok {
		return nil, false
	}
	p := leaf.keyPlan()
	columns, ok := scanned(p.Row)
	if !ok || len(n.Right().Schema(v.ctx)) != p.Keys.Width {
		return nil, false
	}
	source, ok := v.lookupSource(p)
	if !ok {
		return nil, false
	}
	keys := keyExpressions(leaf)
	l := vec.Side{Source: left.source}
	if l.Keys, ok = v.lookupKeys(left, p.Keys, keys, source.fields); !ok {
		return nil, false
	}
	v.finding, v.found = leaf, &vectors{source: source, columns: columns[:p.Keys.Width]}
	v.lateral += len(left.columns)
	right, ok := v.node(n.Right())
	v.lateral -= len(left.columns)
	if v.finding = nil; !ok {
		return nil, false
	}
	pairs := &vectors{}
	l.Columns = pairs.take(left)
	shown := len(pairs.columns)
	if kind == vec.Inner || kind == vec.LeftOuter {
		shown += p.Keys.Width
	}
	// Behind the columns that are shown are those that only the check of the key needs.
	r := vec.Found{Source: right.source, Keys: source.fields, Write: source.write,
		Position: vec.Column(len(p.Row), col.Field{Type: col.Uint32}),
		Columns:  pairs.take(&vectors{columns: append(right.columns[:p.Keys.Width:p.Keys.Width], columns[p.Keys.Width:]...)})}
	residual, ok := v.paired(pairs, n.Filter, p.Keys, keys, len(left.columns))
	if !ok {
		return nil, false
	}
	pairs.columns = pairs.columns[:shown]
	pairs.source = vec.Lookup(kind, l, r, residual, p.Keys.Few)
	v.scans = append(v.scans, p)
	return pairs, true
}

// paired compiles what must be true of a pair: the join's condition, and, unless the connector is believed, that the row has the key.
func (v *vectorizer) paired(pairs *vectors, filter sql.Expression, keys *Keys, expressions []sql.Expression, border int) (vec.Condition, bool) {
	v.offset = v.lateral
	defer func() { v.offset = 0 }()
	var parts []vec.Condition
	if keys.Verify {
		for i, e := range expressions {
			a, ok := v.value(pairs, e)
			if !ok || keys.Columns[i].Place < 0 {
				return nil, false
			}
			b := pairs.columns[border+keys.Columns[i].Place]
			class := commonClass(a, b)
			if a.class == vec.Text && b.class == vec.Text {
				class = vec.Text
			}
			if class == 0 || a.expr == nil || b.expr == nil {
				return nil, false
			}
			parts = append(parts, vec.Compare(a.expr, b.expr, orders["="], class, b.collation))
		}
	}
	if filter != nil {
		condition, ok := v.condition(pairs, filter)
		if !ok {
			return nil, false
		}
		parts = append(parts, condition)
	}
	switch len(parts) {
	case 0:
		return nil, true
	case 1:
		return parts[0], true
	}
	return vec.And(parts...), true
}

// keyExpressions are what a key is computed from; nil is a constant.
func keyExpressions(leaf keyed) []sql.Expression {
	if l, ok := leaf.(*Lookup); ok {
		return l.Expressions()
	}
	p := leaf.keyPlan()
	all := make([]sql.Expression, len(p.Keys.Operands))
	for i, operand := range p.Keys.Operands {
		if operand.Value == nil && p.Params[operand.Param].PadTo == 0 {
			all[i] = p.Params[operand.Param].Expr
		}
	}
	return all
}

// lookupKeys compiles the keys of the left rows. They must be of the kind that the columns are: what is converted first may be rounded,
// or fail.
func (v *vectorizer) lookupKeys(left *vectors, keys *Keys, expressions []sql.Expression, fields []col.Field) ([]vec.Key, bool) {
	if len(fields) != len(keys.Columns) || len(expressions) != len(fields) {
		return nil, false
	}
	v.offset = v.lateral
	defer func() { v.offset = 0 }()
	out := make([]vec.Key, len(fields))
	for i, e := range expressions {
		declared, err := gms.Physical(keys.Columns[i].Type)
		if err != nil || declared.Type != fields[i].Type || declared.Scale != fields[i].Scale && isDecimal(declared.Type) {
			return nil, false
		}
		if e == nil {
			if i >= len(keys.Operands) || keys.Operands[i].Value == nil {
				return nil, false
			}
			if out[i].Expr = constantKey(keys.Operands[i].Value, fields[i]); out[i].Expr == nil {
				return nil, false
			}
			continue
		}
		value, ok := v.value(left, e)
		if !ok || value.expr == nil || !sendable(value, typed(vec.Column(0, declared), keys.Columns[i].Type)) {
			return nil, false
		}
		out[i].Expr = value.expr
	}
	return out, true
}

// sendable tells whether values can be sent as those of a column, so that the same are equal.
func sendable(value, column vectorColumn) bool {
	if value.unit != column.unit {
		return false
	}
	switch column.class {
	case vec.Whole, vec.Unsigned:
		return value.class == column.class || value.unit == plainNumber && (value.class == vec.Whole || value.class == vec.Unsigned)
	case vec.Text:
		return value.class == vec.Text && value.expr.Field().Type == column.expr.Field().Type
	case vec.Decimal:
		return value.class == vec.Decimal && scaleOf(value) <= scaleOf(column)
	}
	return false
}

// constantKey is a value that all keys have; nil: it is none of the column.
func constantKey(value *pb.Value, field col.Field) vec.Expr {
	b := col.NewBuilder(col.Schema{field}, 1, 0)
	if !gms.PutValue(b, 0, value) || b.Err() != nil {
		return nil
	}
	b.EndRow()
	one := b.Batch().Cols[0].Clone()
	one.Encoding = col.Constant
	return vec.Constant(field, one)
}

// lookupSource gives the batches of the rows of keys, each value checked as those of a scan are.
type lookupSource struct {
	vectorSource
	fields []col.Field
	cursor ColumnCursor
	broken bool
}

// lookupSource opens the lookup: whether the connector makes one is known then only. It is left to whoever reads first, which are rows
// when the join is not computed on columns after all.
func (v *vectorizer) lookupSource(p *ScanPlan) (*lookupSource, bool) {
	cursor := p.takeKeys()
	if cursor == nil {
		var err error
		if cursor, err = p.Keys.Open(v.ctx); err != nil {
			if errors.Is(err, errors.ErrUnsupported) {
				p.keysOff.Store(true)
			}
			return nil, false // rows meet the same error, when they come to it
		}
		p.opened(v.ctx, cursor)
		p.watchKeys(v.ctx)
	}
	p.leaveKeys(cursor)
	columns, ok := cursor.(ColumnCursor)
	if !ok {
		return nil, false
	}
	s := &lookupSource{fields: columns.Fields()}
	s.ctx, s.plan, s.width = v.ctx, p, len(p.Row)+1
	return s, true
}

// write sends keys.
func (s *lookupSource) write(ctx context.Context, keys *col.Batch) error {
	err := s.start()
	if err == nil {
		err = s.cursor.WriteColumns(ctx, keys)
	}
	s.broken = s.broken || err != nil
	return err
}

func (s *lookupSource) start() error {
	if s.cursor != nil {
		return nil
	}
	cursor := s.plan.takeKeys()
	if cursor == nil {
		var err error
		if cursor, err = s.plan.Keys.Open(s.ctx); err != nil {
			return err
		}
		s.plan.opened(s.ctx, cursor)
	}
	columns, ok := cursor.(ColumnCursor)
	if !ok {
		return io.ErrUnexpectedEOF // the one before was
	}
	s.cursor, s.rows = columns, columns.Found()
	s.out.Cols = make([]col.Vec, s.width)
	return nil
}

// Next implements vec.Source.
func (s *lookupSource) Next(ctx context.Context) (*col.Batch, error) {
	if s.cursor == nil {
		return nil, io.EOF
	}
	batch, err := s.rows.batches.Next(ctx)
	if err == nil {
		err = s.take(batch)
	}
	if err != nil {
		s.broken = s.broken || !errors.Is(err, io.EOF)
		return nil, err
	}
	return &s.out, nil
}

// Close implements vec.Source.
func (s *lookupSource) Close() error {
	cursor := s.cursor
	s.cursor = nil
	if cursor == nil || !s.broken && s.plan.keepKeys(cursor) {
		return nil
	}
	return s.plan.close(cursor)
}
