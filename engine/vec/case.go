package vec

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// Branch is a value that counts where a condition is true.
type Branch struct {
	When Condition
	Then Expr
}

// Case is the value of the first branch whose condition is true, or otherwise; NULL when that is nil. Conditions and values are computed
// for the rows only that come to them. The values are of the field's type, or narrower: whole numbers become floats and decimals too.
func Case(field col.Field, branches []Branch, otherwise Expr) Expr {
	field.Nullable = true
	return &choice{out: output{field: field}, branches: branches, otherwise: otherwise}
}

type choice struct {
	out       output
	branches  []Branch
	otherwise Expr
	scope     scope
	taken     []uint32
	rest      [2][]uint32
}

// Field implements Expr.
func (c *choice) Field() col.Field { return c.out.field }

// Eval implements Expr.
func (c *choice) Eval(b *col.Batch) (*col.Vec, error) {
	c.out.reset(b.Rows)
	rest := b.Sel
	for i := range c.branches {
		taken, err := c.branches[i].When.Select(b, true, rest, c.taken[:0])
		c.taken = taken
		if err != nil {
			return nil, err
		}
		if len(taken) == 0 {
			continue
		}
		if err := c.take(b, c.branches[i].Then, taken); err != nil {
			return nil, err
		}
		rest = kernel.Without(b.Rows, rest, taken, c.rest[i&1][:0])
		if c.rest[i&1] = rest; rest == nil {
			rest = []uint32{}
		}
		if len(rest) == 0 {
			return c.out.vec()
		}
	}
	if c.otherwise != nil && (rest == nil || len(rest) > 0) {
		if err := c.take(b, c.otherwise, rest); err != nil {
			return nil, err
		}
	}
	return c.out.vec()
}

func (c *choice) take(b *col.Batch, e Expr, rows []uint32) error {
	v, err := e.Eval(c.scope.to(b, rows))
	if err != nil || v.Type == col.Null {
		return err
	}
	return c.out.set(v, rows, b.Rows)
}

// Coalesce is the first of the values that is not NULL. Each is computed for the rows only where those before it are NULL.
func Coalesce(field col.Field, values ...Expr) Expr {
	field.Nullable = true
	return &coalesce{out: output{field: field}, values: values}
}

type coalesce struct {
	out    output
	values []Expr
	scope  scope
	rest   [2][]uint32
}

// Field implements Expr.
func (c *coalesce) Field() col.Field { return c.out.field }

// Eval implements Expr.
func (c *coalesce) Eval(b *col.Batch) (*col.Vec, error) {
	c.out.reset(b.Rows)
	rest := b.Sel
	for i, e := range c.values {
		v, err := e.Eval(c.scope.to(b, rest))
		if err != nil {
			return nil, err
		}
		if v.Type == col.Null {
			continue
		}
		if err := c.out.set(v, rest, b.Rows); err != nil {
			return nil, err
		}
		next := pick(b.Rows, rest, c.rest[i&1][:0], v.IsNull)
		if c.rest[i&1] = next; len(next) == 0 {
			break
		}
		rest = next
	}
	return c.out.vec()
}
