package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// rangeOps has the operator of each condition that has a value.
var rangeOps = map[gms.RangeOp]pb.FilterOp{
	gms.RangeEqual: pb.FilterOp_FILTER_OP_EQ, gms.RangeLess: pb.FilterOp_FILTER_OP_LT, gms.RangeLessEqual: pb.FilterOp_FILTER_OP_LE,
	gms.RangeGreater: pb.FilterOp_FILTER_OP_GT, gms.RangeGreaterEqual: pb.FilterOp_FILTER_OP_GE,
}

// param makes a conjunct of a condition, with its value to come.
func (r *rangeReader) param(c *gms.RangeCondition) *conjunct {
	column := &r.scope.columns[c.Column]
	out := &conjunct{text: column.name}
	if !r.switches.filters {
		out.reason = "wasql_pushdown_filters is 0"
		return out
	}
	op, valued := rangeOps[c.Op]
	switch {
	case !valued:
		out.filter = column.isNull(c.Op == gms.RangeNull)
	case column.class == classOther || column.class == classYear:
		out.reason = beyondClass
	default:
		operand := &pb.Operand{Kind: &pb.Operand_Param{}, Type: paramTypes[column.class]}
		out.filter = column.orNull(c.OrNull, column.comparison(op, operand))
		out.params = []exec.Param{{Bind: func(_ *sql.Context, value any) (*pb.Value, exec.Bound) { return column.bind(op, value, column.typ) }}}
	}
	if out.filter != nil {
		out.filter.Text = out.text
	}
	return out
}

// comparison is `column op operand`, under the column's own collation.
func (c *column) comparison(op pb.FilterOp, operand *pb.Operand) *pb.Filter {
	f := &pb.Filter{Op: op, Column: &c.position, Operands: []*pb.Operand{operand}}
	switch c.class {
	case classText:
		if text, ok := c.typ.(sql.StringType); ok {
			f.Collation = text.Collation().Name()
		}
	case classBytes:
		f.Collation = sql.Collation_binary.Name()
	}
	return f
}

func (c *column) isNull(yes bool) *pb.Filter {
	if yes {
		return &pb.Filter{Op: pb.FilterOp_FILTER_OP_IS_NULL, Column: &c.position}
	}
	return &pb.Filter{Op: pb.FilterOp_FILTER_OP_IS_NOT_NULL, Column: &c.position}
}

func (c *column) orNull(yes bool, f *pb.Filter) *pb.Filter {
	if !yes {
		return f
	}
	return &pb.Filter{Op: pb.FilterOp_FILTER_OP_OR, Children: []*pb.Filter{c.isNull(true), f}}
}

// union says all ranges in one filter. A condition that has no form is left out, which lets more rows
// through; when nothing is left of a range there is no filter.
func (r *rangeReader) union(ranges [][]gms.RangeCondition) *conjunct {
	out := &conjunct{text: "the ranges of index " + r.table.Index().ID()}
	if !r.switches.filters {
		out.reason = "wasql_pushdown_filters is 0"
		return out
	}
	out.filter, out.weak = r.disjunction(ranges)
	if out.filter == nil {
		out.reason = beyondClass
		return out
	}
	out.filter.Text = out.text
	return out
}

func (r *rangeReader) disjunction(ranges [][]gms.RangeCondition) (_ *pb.Filter, weak bool) {
	if in := r.list(ranges); in != nil {
		return in, false
	}
	or := &pb.Filter{Op: pb.FilterOp_FILTER_OP_OR}
	for _, conditions := range ranges {
		and := &pb.Filter{Op: pb.FilterOp_FILTER_OP_AND}
		for i := range conditions {
			if f := r.constant(&conditions[i]); f != nil {
				and.Children = append(and.Children, f)
			} else {
				weak = true
			}
		}
		switch len(and.Children) {
		case 0:
			return nil, true
		case 1:
			or.Children = append(or.Children, and.Children[0])
		default:
			or.Children = append(or.Children, and)
		}
	}
	if len(or.Children) == 1 {
		return or.Children[0], weak
	}
	return or, weak
}

// list says ranges that are single values of one column as IN; nil for others.
func (r *rangeReader) list(ranges [][]gms.RangeCondition) *pb.Filter {
	if len(ranges) < 2 {
		return nil
	}
	var in *pb.Filter
	for _, conditions := range ranges {
		if len(conditions) != 1 || conditions[0].Op != gms.RangeEqual {
			return nil
		}
		f := r.constant(&conditions[0])
		switch {
		case f == nil || f.Op != pb.FilterOp_FILTER_OP_EQ || in != nil && *in.Column != *f.Column:
			return nil
		case in == nil:
			in = f
			in.Op = pb.FilterOp_FILTER_OP_IN
		default:
			in.Operands = append(in.Operands, f.Operands...)
		}
	}
	return in
}

// constant says a condition with its value; nil when it has no form.
func (r *rangeReader) constant(c *gms.RangeCondition) *pb.Filter {
	column := &r.scope.columns[c.Column]
	op, valued := rangeOps[c.Op]
	switch {
	case !valued:
		return column.isNull(c.Op == gms.RangeNull)
	case column.class == classOther:
		return nil
	}
	result, reason := column.compare(op, c.Value, column.typ)
	if reason != "" {
		return nil
	}
	return column.orNull(c.OrNull, column.comparison(result.op, constant(result.value)))
}
