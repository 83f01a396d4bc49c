package pushdown

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	connectors "github.com/wasql/wasql/engine/function"
)

// operators has the FilterOp of each comparison, and what it is with its sides swapped.
type operator struct{ op, swapped pb.FilterOp }

func operatorOf(e sql.Expression) (operator, bool) {
	switch e.(type) {
	case *expression.Equals:
		return operator{pb.FilterOp_FILTER_OP_EQ, pb.FilterOp_FILTER_OP_EQ}, true
	case *expression.NullSafeEquals:
		return operator{pb.FilterOp_FILTER_OP_NULL_SAFE_EQ, pb.FilterOp_FILTER_OP_NULL_SAFE_EQ}, true
	case *expression.LessThan:
		return operator{pb.FilterOp_FILTER_OP_LT, pb.FilterOp_FILTER_OP_GT}, true
	case *expression.LessThanOrEqual:
		return operator{pb.FilterOp_FILTER_OP_LE, pb.FilterOp_FILTER_OP_GE}, true
	case *expression.GreaterThan:
		return operator{pb.FilterOp_FILTER_OP_GT, pb.FilterOp_FILTER_OP_LT}, true
	case *expression.GreaterThanOrEqual:
		return operator{pb.FilterOp_FILTER_OP_GE, pb.FilterOp_FILTER_OP_LE}, true
	}
	return operator{}, false
}

// refusal is a condition, or part of one, that is not sent.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// errNever is the translation of a condition that is true for no row.
const errNever = refusal("never true")

// translator turns the conditions on one table into filters.
type translator struct {
	ctx   *sql.Context
	scope *tableScope
	// params collects the operands known only when the scan starts; outer allows them.
	params []exec.Param
	outer  bool
}

// translate makes a conjunct of one condition. outer allows operands from the outer row.
func (s *tableScope) translate(ctx *sql.Context, e sql.Expression, outer bool) *conjunct {
	out := &conjunct{expr: e, text: e.String(), sole: matched(ctx, e) != nil}
	t := &translator{ctx: ctx, scope: s, outer: outer}
	filter, err := t.condition(e, true)
	switch {
	case err == errNever:
		out.never = true
	case err != nil:
		out.reason = err.Error()
	default:
		filter.Text = out.text
		out.filter, out.params = filter, t.params
	}
	return out
}

// condition translates e. top tells that only rows where e is true matter, so that NULL and false
// may be taken for each other; below OR and NOT they may not.
func (t *translator) condition(e sql.Expression, top bool) (*pb.Filter, error) {
	if op, ok := operatorOf(e); ok {
		comparer := e.(expression.Comparer)
		return t.comparison(op, comparer.Left(), comparer.Right(), top)
	}
	if left, list, ok := tupleList(e); ok {
		return t.tuples(left, list)
	}
	if call, ok := connectors.CallOf(e); ok {
		return t.call(call, top)
	}
	switch e := e.(type) {
	case *expression.And:
		return t.tree(pb.FilterOp_FILTER_OP_AND, e.LeftChild, e.RightChild, false)
	case *expression.Or:
		return t.tree(pb.FilterOp_FILTER_OP_OR, e.LeftChild, e.RightChild, false)
	case *expression.Not:
		return t.negation(e.Child, top)
	case *expression.Between:
		return t.between(e)
	case *expression.InTuple:
		return t.in(e, pb.FilterOp_FILTER_OP_IN, top)
	case *expression.HashInTuple:
		return t.in(e, pb.FilterOp_FILTER_OP_IN, top)
	case *expression.Like:
		return t.like(e, pb.FilterOp_FILTER_OP_LIKE, top)
	case *function.RegexpLike:
		return t.regexp(e, pb.FilterOp_FILTER_OP_REGEXP)
	case *expression.MatchAgainst:
		return t.match(e, top)
	case *expression.IsNull:
		return t.isNull(e.Child, pb.FilterOp_FILTER_OP_IS_NULL)
	case *expression.IsTrue:
		return t.isTrue(e, top)
	case *expression.GetField:
		return t.truth(e, pb.FilterOp_FILTER_OP_NE)
	case sql.FunctionExpression:
		return nil, refuse("function %s is evaluated by the engine", e.FunctionName())
	}
	return nil, refuse("this expression is evaluated by the engine")
}

// tree joins the parts of AND and OR into one node with all of them as children.
func (t *translator) tree(op pb.FilterOp, left, right sql.Expression, top bool) (*pb.Filter, error) {
	tree := &pb.Filter{Op: op}
	for _, side := range []sql.Expression{left, right} {
		child, err := t.condition(side, top)
		if err != nil {
			return nil, err
		}
		if child.Op == op {
			tree.Children = append(tree.Children, child.Children...)
		} else {
			tree.Children = append(tree.Children, child)
		}
	}
	return tree, nil
}

// negation prefers the operator that is the opposite to a NOT.
func (t *translator) negation(e sql.Expression, top bool) (*pb.Filter, error) {
	switch e := e.(type) {
	case *expression.Equals:
		return t.comparison(operator{pb.FilterOp_FILTER_OP_NE, pb.FilterOp_FILTER_OP_NE}, e.Left(), e.Right(), top)
	case *expression.IsNull:
		return t.isNull(e.Child, pb.FilterOp_FILTER_OP_IS_NOT_NULL)
	case *expression.InTuple:
		return t.in(e, pb.FilterOp_FILTER_OP_NOT_IN, top)
	case *expression.HashInTuple:
		return t.in(e, pb.FilterOp_FILTER_OP_NOT_IN, top)
	case *expression.Like:
		return t.like(e, pb.FilterOp_FILTER_OP_NOT_LIKE, top)
	case *function.RegexpLike:
		return t.regexp(e, pb.FilterOp_FILTER_OP_NOT_REGEXP)
	case *expression.GetField:
		return t.truth(e, pb.FilterOp_FILTER_OP_EQ)
	}
	child, err := t.condition(e, false)
	if err != nil {
		return nil, err
	}
	return &pb.Filter{Op: pb.FilterOp_FILTER_OP_NOT, Children: []*pb.Filter{child}}, nil
}

func (t *translator) between(e *expression.Between) (*pb.Filter, error) {
	return t.tree(pb.FilterOp_FILTER_OP_AND, expression.NewGreaterThanOrEqual(e.Val, e.Lower), expression.NewLessThanOrEqual(e.Val, e.Upper), false)
}

func (t *translator) isNull(e sql.Expression, op pb.FilterOp) (*pb.Filter, error) {
	c, ok := t.scope.column(t.ctx, e)
	if !ok {
		return nil, t.noColumn(e)
	}
	return &pb.Filter{Op: op, Column: &c.position}, nil
}

// truth is a column that stands for a condition by itself: true when it is not 0.
func (t *translator) truth(e *expression.GetField, op pb.FilterOp) (*pb.Filter, error) {
	c, ok := t.scope.column(t.ctx, e)
	if !ok {
		return nil, t.noColumn(e)
	}
	if !c.class.number() {
		return nil, refusal(beyondClass)
	}
	return c.filter(op, int64(0), types.Int64, "")
}

func (t *translator) isTrue(e *expression.IsTrue, top bool) (*pb.Filter, error) {
	isFalse := e.String() == e.Child.String()+" "+expression.IsFalseStr
	c, ok := t.scope.column(t.ctx, e.Child)
	switch {
	case ok && c.class.number():
		op := pb.FilterOp_FILTER_OP_IS_TRUE
		if isFalse {
			op = pb.FilterOp_FILTER_OP_IS_FALSE
		}
		return &pb.Filter{Op: op, Column: &c.position}, nil
	case ok:
		return nil, refusal(beyondClass)
	case !top:
		return nil, refuse("IS TRUE of a condition is evaluated by the engine")
	case isFalse:
		return t.negation(e.Child, true)
	}
	return t.condition(e.Child, true)
}

func (t *translator) noColumn(e sql.Expression) error {
	if f, ok := e.(sql.FunctionExpression); ok {
		return refuse("function %s is evaluated by the engine", f.FunctionName())
	}
	if _, ok := e.(*expression.GetField); ok {
		return refuse("it is about a column of another table")
	}
	return refuse("its left side is no plain column, so the engine evaluates it")
}

// filter compares the column with a constant.
func (c *column) filter(op pb.FilterOp, v any, typ sql.Type, collation string) (*pb.Filter, error) {
	result, reason := c.compare(op, v, typ)
	if reason != "" {
		return nil, refusal(reason)
	}
	return &pb.Filter{Op: result.op, Column: &c.position, Operands: []*pb.Operand{constant(result.value)}, Collation: collation}, nil
}

func constant(v *pb.Value) *pb.Operand {
	return &pb.Operand{Kind: &pb.Operand_Value{Value: v}}
}
