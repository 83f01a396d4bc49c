package main

import (
	"io"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

// pieces is the table behind split(text) and, with a separator, split(text, separator).
type pieces struct{ by bool }

func (p *pieces) Name() string {
	if p.by {
		return "pieces_by"
	}
	return "pieces"
}

func (p *pieces) Columns() []wasql.Column {
	columns := []wasql.Column{
		{Name: "place", Type: wasql.Int64},
		{Name: "piece", Type: wasql.UTF8, SQLType: "varchar(200)"},
		{Name: "text", Type: wasql.UTF8, SQLType: "varchar(200)", Hidden: true, Argument: 1, Required: true},
	}
	if p.by {
		columns = append(columns, wasql.Column{Name: "separator", Type: wasql.UTF8, SQLType: "varchar(20)", Hidden: true, Argument: 2, Required: true})
	}
	return columns
}

// Plan takes its arguments.
func (p *pieces) Plan(plan *wasql.Plan) error {
	for _, c := range plan.Conjuncts() {
		if c.Column >= 2 && c.Op == wasql.EQ && c.Usable {
			c.Claim(wasql.Exact)
		}
	}
	return nil
}

func (p *pieces) Scan(plan *wasql.Plan) (wasql.Cursor, error) {
	return &pieceCursor{plan: plan, by: p.by}, nil
}

type pieceCursor struct {
	plan *wasql.Plan
	by   bool
}

// Rescan starts again for another text.
func (c *pieceCursor) Rescan(plan *wasql.Plan) error {
	c.plan = plan
	return nil
}

func (c *pieceCursor) Next(out *wasql.Rows) error {
	text, separator := c.argument(2), ","
	if c.by {
		separator = c.argument(3)
	}
	for i, piece := range strings.Split(text, separator) {
		values := []any{int64(i + 1), piece, text}
		if c.by {
			values = append(values, separator)
		}
		if err := out.Add(values...); err != nil {
			return err
		}
	}
	return io.EOF
}

func (c *pieceCursor) argument(column int) string {
	for _, f := range c.plan.Conjuncts() {
		if f.Column == column && f.Use() == wasql.Exact {
			v, _ := f.Operands[0].Value()
			s, _ := v.Text()
			return s
		}
	}
	return ""
}
