package main

import (
	"math"
	"strconv"

	wasql "github.com/wasql/wasql/sdk/go"
)

// Index numbers say what a plan uses, for EXPLAIN.
const (
	lower      = 8
	upper      = 16
	equal      = 32
	listed     = 64
	ascending  = 128
	descending = 256
	limited    = 512
)

const takes = "series takes =, <, <=, >, >= and IN on value"

// Plan claims what a sequence can do by arithmetic.
func (s series) Plan(plan *wasql.Plan) error {
	for _, c := range plan.Conjuncts() {
		if !c.Usable {
			continue
		}
		if err := claim(plan, c); err != nil {
			return err
		}
	}
	claimParts(plan)
	return s.estimate(plan)
}

// claim answers one conjunct: exact, or not at all.
func claim(plan *wasql.Plan, c *wasql.Conjunct) error {
	switch {
	case c.Column < 0 || c.Column > step:
		c.Refuse(takes)
	case c.Column == value:
		claimValue(plan, c)
	default:
		return claimArgument(plan, c)
	}
	return nil
}

func claimArgument(plan *wasql.Plan, c *wasql.Conjunct) error {
	name := columnNames[c.Column]
	if c.Op != wasql.EQ {
		c.Refuse(name + " takes = only")
		return nil
	}
	if compared(c) {
		c.Refuse("compared with another column")
		return nil
	}
	if given(plan, c.Column) {
		c.Refuse(name + " is given already")
		return nil
	}
	operand := c.Operands[0]
	if v, known := operand.Value(); known && !v.IsNull() {
		if _, err := wholeArgument(c.Column, v); err != nil {
			return err
		}
	} else if !operand.Whole() {
		return wasql.Errorf(wasql.InvalidArgument, "%s must be a whole number", name).In(name, operand.String())
	}
	c.Claim(wasql.Exact)
	return nil
}

func claimValue(plan *wasql.Plan, c *wasql.Conjunct) {
	switch c.Op {
	case wasql.EQ, wasql.LT, wasql.LE, wasql.GT, wasql.GE, wasql.IN:
	default:
		c.Refuse(takes)
		return
	}
	if compared(c) {
		c.Refuse("compared with another column")
		return
	}
	for _, operand := range c.Operands {
		if !operand.Whole() {
			c.Refuse("only whole numbers are compared here")
			return
		}
	}
	if c.Op == wasql.IN && uses(plan)&listed != 0 {
		c.Refuse("value has a list already")
		return
	}
	c.Claim(wasql.Exact)
}

// compared tells whether an operand is another column.
func compared(c *wasql.Conjunct) bool {
	for _, operand := range c.Operands {
		if _, is := operand.Column(); is {
			return true
		}
	}
	return false
}

func given(plan *wasql.Plan, column int) bool {
	for _, c := range plan.Conjuncts() {
		if c.Column == column && c.Use() == wasql.Exact {
			return true
		}
	}
	return false
}

// claimParts takes order, distinct and limit, and refuses the rest.
func claimParts(plan *wasql.Plan) {
	plan.Take(wasql.Order)
	for _, key := range plan.Order {
		if key.Column > step {
			plan.Refuse(wasql.Order, "unknown column")
		}
	}
	plan.Take(wasql.Distinct)
	if !plan.Needs(value) {
		plan.Refuse(wasql.Distinct, "value is not among the columns")
	}
	plan.Refuse(wasql.Aggregates, "series does not aggregate")
	plan.Refuse(wasql.Sampling, "series does not sample")
	plan.Refuse(wasql.Joining, "series does not join")
	plan.Take(wasql.Limit)
}

// direction of the rows: 0 from start to stop, else ascending or descending. The arguments are
// constant, and keys behind value cannot matter, because value is unique.
func direction(plan *wasql.Plan) int {
	if !plan.Taken(wasql.Order) {
		return 0
	}
	for _, key := range plan.Order {
		if key.Column == value {
			if key.Descending {
				return descending
			}
			return ascending
		}
	}
	return 0
}

// uses sums up the index number.
func uses(plan *wasql.Plan) int {
	number := direction(plan)
	if plan.Taken(wasql.Limit) {
		number |= limited
	}
	for _, c := range plan.Conjuncts() {
		if c.Use() != wasql.Exact {
			continue
		}
		switch {
		case c.Column != value:
			number |= 1 << (c.Column - start)
		case c.Op == wasql.EQ:
			number |= equal
		case c.Op == wasql.IN:
			number |= listed
		case c.Op == wasql.GT || c.Op == wasql.GE:
			number |= lower
		default:
			number |= upper
		}
	}
	return number
}

// estimate states rows, cost and the text for EXPLAIN.
func (series) estimate(plan *wasql.Plan) error {
	b, err := argumentsOf(plan)
	if err != nil {
		return err
	}
	rows := estimateRows(plan, &b)
	if plan.Taken(wasql.Limit) {
		rows = min(max(rows-float64(plan.Offset), 0), float64(plan.Limit))
	}
	plan.Rows, plan.Cost, plan.StartupCost, plan.RowBytes = rows, rows, 0, float64(8*len(plan.Columns))
	plan.IndexNumber = uses(plan)
	plan.Unique = plan.IndexNumber&equal != 0
	switch {
	case plan.IndexNumber&equal != 0:
		plan.IndexName = "lookup"
	case plan.IndexNumber&listed != 0:
		plan.IndexName = "list"
	case plan.IndexNumber&(lower|upper) != 0:
		plan.IndexName = "range"
	default:
		plan.IndexName = "full"
	}
	explain(plan, &b)
	return nil
}

// lateRows stands for a series whose arguments are not known yet.
const lateRows = 1000

func estimateRows(plan *wasql.Plan, b *bounds) float64 {
	rows := float64(lateRows)
	if b.null || nullBound(plan) {
		return 0
	}
	if !b.late {
		s := narrowed(plan, b)
		rows = s.rows()
	}
	for _, c := range plan.Conjuncts() {
		if c.Column != value || c.Use() != wasql.Exact || !b.late && known(c) {
			continue
		}
		switch c.Op {
		case wasql.EQ:
			rows = min(rows, 1)
		case wasql.IN:
			rows = min(rows, float64(len(c.Operands)))
		default:
			if rows > 0 {
				rows = max(1, math.Floor(rows/4))
			}
		}
	}
	return rows
}

func known(c *wasql.Conjunct) bool {
	for _, operand := range c.Operands {
		if _, ok := operand.Value(); !ok {
			return false
		}
	}
	return true
}

func nullBound(plan *wasql.Plan) bool {
	for _, c := range plan.Conjuncts() {
		if c.Column == value && c.Use() == wasql.Exact && c.Op != wasql.IN {
			if v, ok := c.Operands[0].Value(); ok && v.IsNull() {
				return true
			}
		}
	}
	return false
}

func explain(plan *wasql.Plan, b *bounds) {
	plan.Explain("series", show(plan, start, b.start)+" to "+show(plan, stop, b.stop)+" step "+show(plan, step, b.step))
	text := ""
	for _, c := range plan.Conjuncts() {
		if c.Column == value && c.Use() == wasql.Exact {
			if text != "" {
				text += " and "
			}
			text += c.String()
		}
	}
	if text != "" {
		plan.Explain("value", text)
	}
	switch direction(plan) {
	case ascending:
		plan.Explain("order", "value asc")
	case descending:
		plan.Explain("order", "value desc")
	}
	if plan.Taken(wasql.Limit) {
		plan.Explain("limit", limitText(plan))
	}
}

func limitText(plan *wasql.Plan) string {
	text := ""
	if plan.Limit != wasql.NoLimit {
		text = strconv.FormatUint(plan.Limit, 10)
	}
	if plan.Offset > 0 {
		if text != "" {
			text += " "
		}
		text += "offset " + strconv.FormatUint(plan.Offset, 10)
	}
	return text
}
