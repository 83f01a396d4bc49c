package exec

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

// insertBatches moves the batches of a scan to a table, column by column: no value becomes one of
// Go's. It is for an INSERT ... SELECT of columns as they are, and of constants. A batch with
// anything in it that a column does not take as it is, is inserted row by row, which knows the error.
type insertBatches struct {
	owner  *bulkInsert
	scan   *Scan
	fields []insertField
	cursor *hostCursor
	// places has the position in a batch of each column that the scan gives.
	places []int
}

// insertField is where a column gets its values.
type insertField struct {
	// from is the position in the scan's rows, or notSet for a constant.
	from     int
	constant any
	fill     *col.Batch
	same     bool
	// computed makes the values, of expression; nil: they are there.
	computed   *computed
	expression sql.Expression
}

// openInsertBatches gives nil when the rows must be made.
func openInsertBatches(_ *sql.Context, i *bulkInsert) (*insertBatches, error) {
	project, ok := i.insert.Source.(*plan.Project)
	if !ok || i.insert.FirstGeneratedAutoIncRowIdx >= 0 || len(i.insert.Checks()) > 0 || len(project.Projections) != len(i.columns) {
		return nil, nil
	}
	scan, expressions := scanBelow(project.Child, project.Projections)
	if scan == nil {
		return nil, nil
	}
	p := scan.Plan
	source, ok := p.Source.(hostSource)
	if !ok || !source.table.TrustPushdown() || p.Empty || len(p.Params) > 0 || len(p.Watch) > 0 {
		return nil, nil
	}
	b := &insertBatches{owner: i, scan: scan}
	for position, e := range expressions {
		f, ok := b.field(&i.columns[position], e)
		if !ok {
			return nil, nil
		}
		b.fields = append(b.fields, f)
	}
	return b, nil
}

// scanBelow looks through projections and names for a scan, and gives the expressions over its rows.
func scanBelow(n sql.Node, expressions []sql.Expression) (*Scan, []sql.Expression) {
	for {
		switch x := n.(type) {
		case *Scan:
			return x, expressions
		case *plan.TableAlias:
			n = x.Child
		case *plan.SubqueryAlias:
			if x.IsLateral || !x.Correlated.Empty() {
				return nil, nil
			}
			n = x.Child
		case *plan.Project:
			inner := make([]sql.Expression, len(expressions))
			for i, e := range expressions {
				inner[i] = e
				if readsFields(e) {
					return nil, nil // of rows that this projection makes
				}
				if get, ok := e.(*expression.GetField); ok {
					if get.Index() >= len(x.Projections) {
						return nil, nil
					}
					inner[i] = x.Projections[get.Index()]
				}
				if alias, ok := inner[i].(*expression.Alias); ok {
					inner[i] = alias.Child
				}
			}
			n, expressions = x.Child, inner
		default:
			return nil, nil
		}
	}
}

// readsFields tells whether e is computed from columns.
func readsFields(e sql.Expression) bool {
	if _, ownDefault := e.(*sql.ColumnDefaultValue); ownDefault || e == nil {
		return false
	}
	for _, child := range e.Children() {
		if _, field := child.(*expression.GetField); field || child != nil && readsFields(child) {
			return true
		}
	}
	return false
}

// field finds out how a column is filled; false: not without making rows.
func (b *insertBatches) field(c *insertColumn, e sql.Expression) (insertField, bool) {
	switch x := e.(type) {
	case *expression.GetField:
		row := b.scan.Plan.Row
		if x.Index() >= len(row) || row[x.Index()].Column < 0 {
			return insertField{}, false
		}
		from := row[x.Index()]
		f := insertField{from: x.Index(), same: from.Type.Equals(c.Type)}
		theirs := newInsertColumn(&sql.Column{Type: from.Type})
		return f, f.same || c.most > 0 && theirs.most > 0 || c.text && theirs.text
	case *expression.Literal:
		return b.constant(c, x.Value())
	case *sql.ColumnDefaultValue:
		if x == nil {
			return b.constant(c, nil)
		}
		if !x.IsLiteral() {
			return insertField{}, false
		}
		value, err := x.Eval(b.scan.Plan.ctx, nil)
		if err != nil {
			return insertField{}, false
		}
		return b.constant(c, value)
	case nil:
		return b.constant(c, nil)
	}
	if computed := b.compute(c, e); computed != nil {
		return insertField{from: notSet, computed: computed, expression: e}, true
	}
	return insertField{}, false
}

// constant is a column with one value. Values that are not the column's already, and NULL where it
// cannot be, are left to the rows.
func (b *insertBatches) constant(c *insertColumn, value any) (insertField, bool) {
	if value == nil && !c.Nullable || value != nil && !c.keeps(value) {
		return insertField{}, false
	}
	one := col.NewBuilder(col.Schema{c.field}, 1, 0)
	if value == nil {
		one.Null(0)
	} else if err := gms.Encode(b.scan.Plan.ctx, c.Column, one, 0, value); err != nil {
		return insertField{}, false
	}
	one.EndRow()
	return insertField{from: notSet, constant: value, fill: one.Batch()}, one.Err() == nil
}

// insert moves all batches.
func (b *insertBatches) insert(ctx *sql.Context) error {
	p := b.scan.Plan
	cursor, err := p.Source.Open(ctx, &pb.OpenScanRequest{Table: p.Main.Table, Plan: p.Main.Plan, Columns: p.Main.Columns,
		Arguments: p.Main.arguments(nil)}, p.Row)
	if err != nil {
		return err
	}
	p.opened(ctx, cursor)
	b.cursor = cursor.(*hostCursor)
	b.places = make([]int, len(p.Row))
	for _, read := range b.cursor.readers {
		b.places[read.target] = read.position
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := b.cursor.scan.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if out, ok := b.take(batch); ok {
			err = b.owner.bulk.Write(ctx, out)
		} else {
			err = b.rows(ctx, batch)
		}
		if err != nil {
			return err
		}
	}
}

// take makes the batch to be written; false when a column does not take all values as they are.
func (b *insertBatches) take(batch *col.Batch) (*col.Batch, bool) {
	out := &col.Batch{Cols: make([]col.Vec, len(b.fields)), Rows: batch.Rows, Sel: batch.Sel}
	for i := range b.fields {
		f, c := &b.fields[i], &b.owner.columns[i]
		if f.computed != nil {
			var ok bool
			if out.Cols[i], ok = f.computed.column(batch); !ok {
				return nil, false
			}
			continue
		}
		if f.from == notSet {
			out.Cols[i] = f.fill.Cols[0]
			out.Cols[i].Encoding, out.Cols[i].Len = col.Constant, batch.Rows
			continue
		}
		v := &batch.Cols[b.places[f.from]]
		if !c.Nullable && hasNulls(v) {
			return nil, false
		}
		var ok bool
		if out.Cols[i], ok = c.take(v, f.same); !ok {
			return nil, false
		}
	}
	return out, true
}

// hasNulls tells whether a row may be NULL.
func hasNulls(v *col.Vec) bool {
	if v.Type == col.Null || v.Dict != nil && hasNulls(v.Dict) {
		return true
	}
	if v.Encoding == col.Constant {
		return !v.Valid.Get(0)
	}
	return v.Valid != nil && v.Valid.Count(v.Len) < v.Len
}

// take gives a column's values in its own physical type; same tells that the types are the same in
// SQL too.
func (c *insertColumn) take(v *col.Vec, same bool) (col.Vec, bool) {
	fits := v.Type == c.field.Type && (!isDecimal(v.Type) || v.Scale == c.field.Scale)
	switch {
	case same && fits:
		return *v, true
	case v.Encoding != col.Plain:
		return col.Vec{}, false
	case c.most > 0 && v.Type.Integer():
		return c.takeIntegers(v)
	case c.text && v.Type == col.UTF8:
		return *v, c.fitTexts(v)
	}
	return col.Vec{}, false
}

func isDecimal(t col.Type) bool { return t == col.Decimal128 || t == col.Decimal256 }

// fitTexts tells whether all texts of a plain column are short enough.
func (c *insertColumn) fitTexts(v *col.Vec) bool {
	for i := range v.Len {
		text := v.Data[v.Offsets[i]:v.Offsets[i+1]]
		if !v.IsNull(i) && !c.fitsText(len(text), func() int { return utf8.RuneCount(text) }) {
			return false
		}
	}
	return true
}

// rows inserts a batch row by row.
func (b *insertBatches) rows(ctx *sql.Context, batch *col.Batch) error {
	source := b.cursor.Rows
	source.batch, source.next, source.values = batch, 0, nil
	defer func() { source.batch = nil }()
	for range batch.Len() {
		from, err := source.Next(ctx)
		if err != nil {
			return err
		}
		row := make(sql.Row, len(b.fields))
		for i := range b.fields {
			switch f := &b.fields[i]; {
			case f.computed != nil:
				if row[i], err = f.expression.Eval(ctx, from); err != nil {
					return b.owner.behind(ctx, sql.NewWrappedInsertError(nil, err))
				}
			case f.from == notSet:
				row[i] = f.constant
			default:
				row[i] = from[f.from]
			}
		}
		if err := b.owner.row(ctx, row); err != nil {
			return b.owner.behind(ctx, err)
		}
	}
	return nil
}

func (b *insertBatches) close() error {
	if b.cursor == nil {
		return nil
	}
	cursor := b.cursor
	b.cursor = nil
	return b.scan.Plan.close(cursor)
}
