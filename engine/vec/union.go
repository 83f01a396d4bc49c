package vec

import (
	"context"
	"errors"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Member is one of several sources whose rows are of one kind.
type Member struct {
	Source Source
	// Columns are what is given of its rows.
	Columns []Expr
}

// Union gives the rows of one branch after the other, their columns being of the fields' types. The values must fit these.
func Union(fields []col.Field, members ...Member) Source {
	u := &union{}
	for _, b := range members {
		u.members = append(u.members, b.fitting(fields))
	}
	return u
}

type union struct {
	members []Source
	next    int
}

// Next implements Source.
func (u *union) Next(ctx context.Context) (*col.Batch, error) {
	for u.next < len(u.members) {
		b, err := u.members[u.next].Next(ctx)
		if !errors.Is(err, io.EOF) {
			return b, err
		}
		u.next++
	}
	return nil, io.EOF
}

// Close implements Source.
func (u *union) Close() error {
	var all error
	for _, b := range u.members {
		all = errors.Join(all, b.Close())
	}
	u.next = len(u.members)
	return all
}

// fitting is the branch with columns of exactly the fields' types: connectors may send narrower ones.
func (b Member) fitting(fields []col.Field) Source {
	columns := make([]Expr, len(fields))
	for i := range fields {
		columns[i] = Fit(b.Columns[i], fields[i])
	}
	return Project(b.Source, columns...)
}

// Fit makes a column of exactly a field's type of one of the same kind of values: whole numbers of any width, decimals of whole numbers
// and of decimals with no more digits behind the point. The values must fit.
func Fit(e Expr, field col.Field) Expr { return &fitted{Expr: e, field: field} }

// fitted is a column of exactly one type.
type fitted struct {
	Expr
	field col.Field
	kept  col.Vec
}

// Field implements Expr.
func (f *fitted) Field() col.Field { return f.field }

// Eval implements Expr.
func (f *fitted) Eval(b *col.Batch) (*col.Vec, error) {
	v, err := f.Expr.Eval(b)
	if err != nil || v.Type == col.Null {
		return v, err
	}
	decimal := f.field.Type == col.Decimal128 || f.field.Type == col.Decimal256
	if v.Type == f.field.Type && (!decimal || v.Scale == f.field.Scale) {
		return v, nil
	}
	like := col.Vec{Type: f.field.Type, Precision: f.field.Precision, Scale: f.field.Scale}
	var out store
	out.as(&like)
	class := Whole
	if decimal {
		class = Decimal
	}
	if err := out.addAs(v, class); err != nil {
		return nil, err
	}
	f.kept = out.vec()
	return &f.kept, nil
}
