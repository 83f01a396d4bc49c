package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// comparison translates `left op right`, in whichever order the column stands.
func (t *translator) comparison(op operator, left, right sql.Expression, top bool) (*pb.Filter, error) {
	c, ok := t.scope.column(t.ctx, left)
	other, how := right, op.op
	if !ok {
		if c, ok = t.scope.column(t.ctx, right); !ok {
			return nil, t.noColumn(left)
		}
		other, how = left, op.swapped
	}
	collation, err := t.collation(c, left, right)
	if err != nil {
		return nil, err
	}
	if d, ok := t.scope.column(t.ctx, other); ok {
		return t.columns(c, how, d, collation)
	}
	literal, ok := constantOf(other)
	if how == pb.FilterOp_FILTER_OP_EQ && t.scope.argument(c.position) {
		if !ok {
			return t.argumentOf(c, other, collation, top)
		}
		return t.constantArgument(c, literal, collation, top)
	}
	if !ok {
		return t.param(c, how, other, collation, top)
	}
	return t.withConstant(c, how, literal, collation, top)
}

// withConstant compares a column with a literal.
func (t *translator) withConstant(c *column, op pb.FilterOp, literal *expression.Literal, collation string, top bool) (*pb.Filter, error) {
	value, err := sql.UnwrapAny(t.ctx, literal.Value())
	if err != nil {
		return nil, refuse("the value cannot be read: %v", err)
	}
	if value == nil {
		switch {
		case op == pb.FilterOp_FILTER_OP_NULL_SAFE_EQ:
			return &pb.Filter{Op: pb.FilterOp_FILTER_OP_IS_NULL, Column: &c.position}, nil
		case top:
			return nil, errNever
		}
		return nil, refuse("a comparison with NULL inside OR or NOT is evaluated by the engine")
	}
	result, reason := c.compare(op, value, literal.Typ)
	if reason != "" {
		return nil, refusal(reason)
	}
	if result.never && top {
		return nil, errNever
	}
	return &pb.Filter{Op: result.op, Column: &c.position, Operands: []*pb.Operand{constant(result.value)}, Collation: collation}, nil
}

// constantArgument calls a table with a literal.
func (t *translator) constantArgument(c *column, literal *expression.Literal, collation string, top bool) (*pb.Filter, error) {
	value, err := sql.UnwrapAny(t.ctx, literal.Value())
	if err != nil || value == nil {
		return t.withConstant(c, pb.FilterOp_FILTER_OP_EQ, literal, collation, top)
	}
	result, reason := c.assign(t.ctx, value, literal.Typ)
	if reason != "" {
		return nil, refuse("%v is no value of type %s", literal, c.typ)
	}
	if result.never && top {
		return nil, errNever
	}
	return &pb.Filter{Op: result.op, Column: &c.position, Operands: []*pb.Operand{constant(result.value)}, Collation: collation}, nil
}

// constantOf sees a literal through the wrappers that do not change it.
func constantOf(e sql.Expression) (*expression.Literal, bool) {
	switch e := e.(type) {
	case *expression.Literal:
		return e, true
	case exec.Placeholder:
		return e.Literal, true
	case *expression.Wrapper:
		return constantOf(e.Unwrap())
	}
	return nil, false
}

// collation is what a comparison of text must use; empty for other columns.
func (t *translator) collation(c *column, left, right sql.Expression) (string, error) {
	switch c.class {
	case classText:
		leftID, leftForce := sql.GetCoercibility(t.ctx, left)
		rightID, rightForce := sql.GetCoercibility(t.ctx, right)
		id, _ := sql.ResolveCoercibility(leftID, leftForce, rightID, rightForce)
		if id == sql.Collation_Unspecified || id.CharacterSet() != sql.CharacterSet_utf8mb4 && id != sql.Collation_binary {
			return "", refuse("the comparison uses collation %s", id.Name())
		}
		return id.Name(), nil
	case classBytes:
		return sql.Collation_binary.Name(), nil
	}
	return "", nil
}

// columns compares two columns of the same row.
func (t *translator) columns(c *column, op pb.FilterOp, d *column, collation string) (*pb.Filter, error) {
	same := c.class == d.class && c.class != classOther
	if c.class == classDecimal || c.class == classText {
		same = same && c.typ.Equals(d.typ)
	}
	if !same {
		return nil, refusal(beyondKind)
	}
	return &pb.Filter{Op: op, Column: &c.position, Operands: []*pb.Operand{{Kind: &pb.Operand_Column{Column: d.position}}}, Collation: collation}, nil
}

// param compares a column with a value of the outer row.
func (t *translator) param(c *column, op pb.FilterOp, e sql.Expression, collation string, top bool) (*pb.Filter, error) {
	if reason := t.scope.notParam(t.ctx, e); reason != "" {
		return nil, refusal(reason)
	}
	if !t.outer || !top {
		return nil, refuse("its value comes from another table, inside OR or NOT or where it is not known in time")
	}
	if c.class == classOther || c.class == classYear {
		return nil, refusal(beyondClass)
	}
	typ := e.Type(t.ctx)
	if !c.takes(typ) {
		return nil, refusal(beyondKind)
	}
	column := *c
	t.params = append(t.params, t.scope.param(t.ctx, e, func(ctx *sql.Context, value any) (*pb.Value, exec.Bound) {
		return column.bind(op, value, typ)
	}))
	operand := &pb.Operand{Kind: &pb.Operand_Param{Param: uint32(len(t.params) - 1)}, Type: paramTypes[c.class]}
	return &pb.Filter{Op: op, Column: &column.position, Operands: []*pb.Operand{operand}, Collation: collation}, nil
}

// takes tells whether values of a type mostly have a form in the column's, so that a param is
// worth the trouble.
func (c *column) takes(t sql.Type) bool {
	other := classOf(t)
	switch c.class {
	case classInt, classUint, classBool:
		return other == classInt || other == classUint
	case classFloat64, classFloat32:
		return other.number()
	case classDecimal:
		return other == classInt || other == classUint || other == classDecimal
	case classDate, classDatetime:
		return other == classDate || other == classDatetime
	case classText:
		return other == classText
	}
	return c.class == other
}

// bind puts the value of a param in the column's form. An operator that would have to change with
// the value makes it inexpressible, as the operator was negotiated.
func (c *column) bind(op pb.FilterOp, value any, t sql.Type) (*pb.Value, exec.Bound) {
	if value == nil {
		if op == pb.FilterOp_FILTER_OP_NULL_SAFE_EQ {
			return &pb.Value{Kind: &pb.Value_Null{Null: true}}, exec.Fits
		}
		return nil, exec.Never
	}
	result, reason := c.compare(op, value, t)
	switch {
	case reason != "":
		return nil, exec.Inexpressible
	case result.never:
		return nil, exec.Never
	case result.op != op:
		return nil, exec.Inexpressible
	}
	return result.value, exec.Fits
}

// in translates column IN (constants). A NULL among them never makes the condition true; it makes
// NOT IN never true.
func (t *translator) in(e expression.Comparer, op pb.FilterOp, top bool) (*pb.Filter, error) {
	c, ok := t.scope.column(t.ctx, e.Left())
	if !ok {
		return nil, t.noColumn(e.Left())
	}
	list, ok := e.Right().(expression.Tuple)
	if !ok {
		return nil, refuse("its list is evaluated by the engine")
	}
	collation := ""
	filter := &pb.Filter{Op: op, Column: &c.position}
	for _, member := range list {
		literal, ok := constantOf(member)
		if !ok {
			return nil, refuse("its list holds more than constants")
		}
		name, err := t.collation(c, e.Left(), literal)
		if err != nil {
			return nil, err
		}
		if collation != "" && name != collation {
			return nil, refuse("the members of its list have different collations")
		}
		collation = name
		value, err := sql.UnwrapAny(t.ctx, literal.Value())
		if err != nil {
			return nil, refuse("the value cannot be read: %v", err)
		}
		if value == nil {
			if !top {
				return nil, refuse("a list with NULL inside OR or NOT is evaluated by the engine")
			}
			if op == pb.FilterOp_FILTER_OP_NOT_IN {
				return nil, errNever
			}
			continue
		}
		result, reason := c.compare(pb.FilterOp_FILTER_OP_EQ, value, literal.Typ)
		if reason != "" {
			return nil, refusal(reason)
		}
		if !result.never {
			filter.Operands = append(filter.Operands, constant(result.value))
		}
	}
	return t.list(c, filter, collation, top)
}

// list finishes an IN whose members all have their form; it may have become empty.
func (t *translator) list(c *column, filter *pb.Filter, collation string, top bool) (*pb.Filter, error) {
	filter.Collation = collation
	switch {
	case len(filter.Operands) > 0:
		return filter, nil
	case filter.Op == pb.FilterOp_FILTER_OP_IN && top:
		return nil, errNever
	case filter.Op == pb.FilterOp_FILTER_OP_NOT_IN && top:
		return &pb.Filter{Op: pb.FilterOp_FILTER_OP_IS_NOT_NULL, Column: &c.position}, nil
	}
	return nil, refusal(beyondDigits)
}

// like translates a pattern match of text.
func (t *translator) like(e *expression.Like, op pb.FilterOp, top bool) (*pb.Filter, error) {
	c, ok := t.scope.column(t.ctx, e.LeftChild)
	if !ok {
		return nil, t.noColumn(e.LeftChild)
	}
	escape := ""
	if e.Escape != nil {
		literal, ok := constantOf(e.Escape)
		if !ok {
			return nil, refuse("its escape character is no constant")
		}
		if escape, ok = literal.Value().(string); !ok || len([]rune(escape)) != 1 {
			return nil, refuse("its escape is not one character")
		}
	}
	filter, err := t.pattern(c, e.LeftChild, e.RightChild, op)
	if err != nil {
		if err == errNever && !top {
			err = refuse("a comparison with NULL inside OR or NOT is evaluated by the engine")
		}
		return nil, err
	}
	filter.Escape = escape
	return filter, nil
}

// regexp translates a match of a regular expression without flags.
func (t *translator) regexp(e *function.RegexpLike, op pb.FilterOp) (*pb.Filter, error) {
	c, ok := t.scope.column(t.ctx, e.Text)
	if !ok {
		return nil, t.noColumn(e.Text)
	}
	if e.Flags != nil {
		return nil, refuse("its match flags are interpreted by the engine")
	}
	filter, err := t.pattern(c, e.Text, e.Pattern, op)
	if err == errNever {
		err = refuse("a pattern that is NULL is evaluated by the engine")
	}
	return filter, err
}

func (t *translator) pattern(c *column, text, pattern sql.Expression, op pb.FilterOp) (*pb.Filter, error) {
	if c.class != classText {
		return nil, refuse("the column is no text, which MySQL matches after a conversion")
	}
	literal, ok := constantOf(pattern)
	if !ok {
		return nil, refuse("its pattern is no constant")
	}
	if literal.Value() == nil {
		return nil, errNever
	}
	value, ok := literal.Value().(string)
	if !ok || !types.IsTextOnly(literal.Typ) {
		return nil, refusal(beyondKind)
	}
	collation, err := t.collation(c, text, pattern)
	if err != nil {
		return nil, err
	}
	return &pb.Filter{Op: op, Column: &c.position, Collation: collation,
		Operands: []*pb.Operand{constant(&pb.Value{Kind: &pb.Value_Utf8{Utf8: value}})}}, nil
}
