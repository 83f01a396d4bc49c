package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
)

// residual prepares a condition that the engine checks above the scan. go-mysql-server compares
// values of different types by converting both for every row, some of them wrongly: a BIGINT with
// a number beyond it as doubles, a huge double with a decimal as 0, text IN a list and <=> without
// the collation. Where the constant has an exact form in the column's type, comparing there is
// right, and cheaper.
func (s *tableScope) residual(ctx *sql.Context, e sql.Expression) (sql.Expression, error) {
	out, _, err := transform.Expr(ctx, e, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		better, err := s.better(ctx, e)
		if better == nil || err != nil {
			return e, transform.SameTree, err
		}
		return better, transform.NewTree, nil
	})
	return out, err
}

// better gives an expression of the same value in SQL, or nil.
func (s *tableScope) better(ctx *sql.Context, e sql.Expression) (sql.Expression, error) {
	if op, ok := operatorOf(e); ok {
		comparer := e.(expression.Comparer)
		return s.betterComparison(ctx, op, comparer.Left(), comparer.Right())
	}
	switch e := e.(type) {
	case *expression.InTuple:
		return s.betterIn(ctx, e)
	case *expression.HashInTuple:
		return s.betterIn(ctx, e)
	}
	return nil, nil
}

func (s *tableScope) betterComparison(ctx *sql.Context, op operator, left, right sql.Expression) (sql.Expression, error) {
	c, ok := s.column(ctx, left)
	field, other, how := left, right, op.op
	if !ok {
		if c, ok = s.column(ctx, right); !ok {
			return nil, nil
		}
		field, other, how = right, left, op.swapped
	}
	if how == pb.FilterOp_FILTER_OP_NULL_SAFE_EQ {
		if c.class != classText || !types.IsText(other.Type(ctx)) {
			return nil, nil
		}
		both := expression.NewAnd(expression.NewIsNull(field), expression.NewIsNull(other))
		return expression.NewOr(both, expression.NewIsTrue(expression.NewEquals(field, other))), nil
	}
	literal, ok := constantOf(other)
	if !ok || literal.Value() == nil || !c.class.number() || c.class == classFloat32 || types.TypesEqual(literal.Typ, c.typ) {
		return nil, nil
	}
	value, err := sql.UnwrapAny(ctx, literal.Value())
	if err != nil {
		return nil, err
	}
	result, reason := c.compare(how, value, literal.Typ)
	if reason != "" {
		return nil, nil
	}
	constant, inRange, err := c.typ.Convert(ctx, goNumber(result.value))
	if err != nil || inRange != sql.InRange {
		return nil, nil
	}
	return comparison(result.op, field, expression.NewLiteral(constant, c.typ)), nil
}

// goNumber is a numeric value of the ABI as go-mysql-server's types convert it.
func goNumber(v *pb.Value) any {
	switch k := v.Kind.(type) {
	case *pb.Value_Bool:
		if k.Bool {
			return int8(1)
		}
		return int8(0)
	case *pb.Value_Int64:
		return k.Int64
	case *pb.Value_Uint64:
		return k.Uint64
	case *pb.Value_Float64:
		return k.Float64
	case *pb.Value_Decimal:
		return k.Decimal
	}
	return nil
}

// comparison builds the SQL of an operator.
func comparison(op pb.FilterOp, left, right sql.Expression) sql.Expression {
	switch op {
	case pb.FilterOp_FILTER_OP_EQ:
		return expression.NewEquals(left, right)
	case pb.FilterOp_FILTER_OP_NE:
		return expression.NewNot(expression.NewEquals(left, right))
	case pb.FilterOp_FILTER_OP_LT:
		return expression.NewLessThan(left, right)
	case pb.FilterOp_FILTER_OP_LE:
		return expression.NewLessThanOrEqual(left, right)
	case pb.FilterOp_FILTER_OP_GT:
		return expression.NewGreaterThan(left, right)
	case pb.FilterOp_FILTER_OP_GE:
		return expression.NewGreaterThanOrEqual(left, right)
	}
	return nil
}

// betterIn gives text a list that follows its collation, numbers one of the column's type, and
// times one that is compared as times.
func (s *tableScope) betterIn(ctx *sql.Context, e expression.Comparer) (sql.Expression, error) {
	c, ok := s.column(ctx, e.Left())
	list, isList := e.Right().(expression.Tuple)
	if !ok || !isList {
		return nil, nil
	}
	switch c.class {
	case classText:
		return s.textIn(ctx, c, e, list)
	case classInt, classUint, classBool, classFloat64, classTime:
		return c.listOf(ctx, e.Left(), list)
	}
	return nil, nil
}

// listOf is an IN whose members are in the column's type; nil when one has no exact form there.
func (c *column) listOf(ctx *sql.Context, field sql.Expression, list expression.Tuple) (sql.Expression, error) {
	var members expression.Tuple
	var equals []sql.Expression
	var never *compared
	for _, member := range list {
		literal, ok := constantOf(member)
		if !ok {
			return nil, nil
		}
		if literal.Value() == nil {
			members = append(members, expression.NewLiteral(nil, types.Null))
			equals = append(equals, expression.NewEquals(field, literal))
			continue
		}
		result, reason := c.compare(pb.FilterOp_FILTER_OP_EQ, literal.Value(), literal.Typ)
		if reason != "" {
			return nil, nil
		}
		equals = append(equals, expression.NewEquals(field, literal))
		if result.never {
			never = &result
		}
		if result.never || c.class == classTime {
			continue
		}
		constant, inRange, err := c.typ.Convert(ctx, goNumber(result.value))
		if err != nil || inRange != sql.InRange {
			return nil, nil
		}
		members = append(members, expression.NewLiteral(constant, c.typ))
	}
	switch {
	case c.class == classTime && len(equals) <= 100:
		return expression.JoinOr(equals...), nil
	case len(members) == 0 && never != nil:
		constant, _, err := c.typ.Convert(ctx, goNumber(never.value))
		if err != nil {
			return nil, err
		}
		return comparison(never.op, field, expression.NewLiteral(constant, c.typ)), nil
	case len(members) == 0:
		return nil, nil
	}
	return expression.NewHashInTuple(ctx, field, members)
}

// textIn is an IN of text; nil when a member is no text, or the collations differ.
func (s *tableScope) textIn(ctx *sql.Context, c *column, e expression.Comparer, list expression.Tuple) (sql.Expression, error) {
	t := &translator{ctx: ctx, scope: s}
	in := &textIn{Comparer: e, set: map[uint64][]string{}}
	for _, member := range list {
		literal, ok := constantOf(member)
		if !ok {
			return nil, nil
		}
		if literal.Value() == nil {
			in.null = true
			continue
		}
		text, ok := literal.Value().(string)
		if !ok || !types.IsTextOnly(literal.Typ) {
			return nil, nil
		}
		name, err := t.collation(c, e.Left(), literal)
		if err != nil {
			return nil, nil
		}
		id, err := sql.ParseCollation("", name, false)
		if err != nil || in.collation != 0 && in.collation != id {
			return nil, nil
		}
		in.collation = id
		key, err := id.HashToUint(text)
		if err != nil {
			return nil, err
		}
		in.set[key] = append(in.set[key], text)
	}
	if in.collation == 0 {
		return nil, nil
	}
	typ, ok := c.typ.(sql.TypeWithCollation)
	if !ok {
		return nil, nil
	}
	var err error
	in.typ, err = typ.WithNewCollation(in.collation)
	return in, err
}

// textIn is a text IN constants, compared by a collation.
type textIn struct {
	expression.Comparer
	collation sql.CollationID
	typ       sql.Type
	// set has the members by the hash of their weights; those of one hash are compared.
	set  map[uint64][]string
	null bool
}

// Eval implements sql.Expression.
func (in *textIn) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	value, err := in.Left().Eval(ctx, row)
	if err != nil || value == nil {
		return nil, err
	}
	if value, err = sql.UnwrapAny(ctx, value); err != nil {
		return nil, err
	}
	text, ok := value.(string)
	if !ok {
		return in.Comparer.Eval(ctx, row)
	}
	key, err := in.collation.HashToUint(text)
	if err != nil {
		return nil, err
	}
	for _, member := range in.set[key] {
		order, err := in.typ.Compare(ctx, text, member)
		if err != nil {
			return nil, err
		}
		if order == 0 {
			return true, nil
		}
	}
	if in.null {
		return nil, nil
	}
	return false, nil
}

// WithChildren implements sql.Expression; the list is constant, so the set stays.
func (in *textIn) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	comparer, err := in.Comparer.WithChildren(ctx, children...)
	if err != nil {
		return nil, err
	}
	out := *in
	out.Comparer = comparer.(expression.Comparer)
	return &out, nil
}

// List implements exec.TextList.
func (in *textIn) List() (text sql.Expression, collation sql.CollationID, constants []string, null bool) {
	for _, members := range in.set {
		constants = append(constants, members...)
	}
	return in.Left(), in.collation, constants, in.null
}
