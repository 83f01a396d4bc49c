package wasql

import (
	"strconv"

	"github.com/wasql/wasql/abi/pb"
)

// Op is the operator of a filter.
type Op uint8

// The operators. IN and NotIN have the whole list as operands; And, Or and Not have children
// instead of a column.
const (
	EQ         = Op(pb.FilterOp_FILTER_OP_EQ)
	NE         = Op(pb.FilterOp_FILTER_OP_NE)
	LT         = Op(pb.FilterOp_FILTER_OP_LT)
	LE         = Op(pb.FilterOp_FILTER_OP_LE)
	GT         = Op(pb.FilterOp_FILTER_OP_GT)
	GE         = Op(pb.FilterOp_FILTER_OP_GE)
	NullSafeEQ = Op(pb.FilterOp_FILTER_OP_NULL_SAFE_EQ)
	Like       = Op(pb.FilterOp_FILTER_OP_LIKE)
	NotLike    = Op(pb.FilterOp_FILTER_OP_NOT_LIKE)
	Regexp     = Op(pb.FilterOp_FILTER_OP_REGEXP)
	NotRegexp  = Op(pb.FilterOp_FILTER_OP_NOT_REGEXP)
	Match      = Op(pb.FilterOp_FILTER_OP_MATCH)
	IsNull     = Op(pb.FilterOp_FILTER_OP_IS_NULL)
	IsNotNull  = Op(pb.FilterOp_FILTER_OP_IS_NOT_NULL)
	IN         = Op(pb.FilterOp_FILTER_OP_IN)
	NotIN      = Op(pb.FilterOp_FILTER_OP_NOT_IN)
	And        = Op(pb.FilterOp_FILTER_OP_AND)
	Or         = Op(pb.FilterOp_FILTER_OP_OR)
	Not        = Op(pb.FilterOp_FILTER_OP_NOT)
	FunctionOp = Op(pb.FilterOp_FILTER_OP_FUNCTION)
	IsTrue     = Op(pb.FilterOp_FILTER_OP_IS_TRUE)
	IsFalse    = Op(pb.FilterOp_FILTER_OP_IS_FALSE)
)

var opNames = [...]string{
	EQ: "=", NE: "<>", LT: "<", LE: "<=", GT: ">", GE: ">=", NullSafeEQ: "<=>", Like: "like", NotLike: "not like",
	Regexp: "regexp", NotRegexp: "not regexp", Match: "match", IsNull: "is null", IsNotNull: "is not null", IN: "in",
	NotIN: "not in", And: "and", Or: "or", Not: "not", FunctionOp: "function", IsTrue: "is true", IsFalse: "is false",
}

// String writes the operator as SQL does.
func (op Op) String() string {
	if int(op) < len(opNames) && opNames[op] != "" {
		return opNames[op]
	}
	return "op(" + strconv.Itoa(int(op)) + ")"
}

// Use says what a connector does with a conjunct.
type Use uint8

const (
	// Ignored is the zero value and always right: the engine filters.
	Ignored = Use(pb.Use_USE_IGNORED)
	// Inexact drops rows, and the engine filters what is left.
	Inexact = Use(pb.Use_USE_INEXACT)
	// Exact lets no row through that fails: the engine need not look again.
	Exact = Use(pb.Use_USE_EXACT)
)

// Operand is the right side of a filter: a value, a param whose value comes when the scan opens, or
// another column of the row.
type Operand struct {
	message *pb.Operand
	value   Value
	// known is set for values, and for params when the scan is open.
	known bool
}

// Value gives the value, and false while it is not known: in Plan for params, always for columns.
func (o Operand) Value() (Value, bool) { return o.value, o.known }

// Param gives the number of the param, and whether the operand is one.
func (o Operand) Param() (int, bool) {
	k, ok := o.message.GetKind().(*pb.Operand_Param)
	if !ok {
		return 0, false
	}
	return int(k.Param), true
}

// Column gives the position of the column, and whether the operand is one.
func (o Operand) Column() (int, bool) {
	k, ok := o.message.GetKind().(*pb.Operand_Column)
	if !ok {
		return 0, false
	}
	return int(k.Column), true
}

// Kind is the kind of the value, now or, by the type of the param, when it comes: then it may also be NULL. False for
// a column, and for a param of a type that no Value has.
func (o Operand) Kind() (Kind, bool) { return o.kind() }

// Whole tells whether the operand is NULL, a bool or an integer, by its value or by the type its param will have.
func (o Operand) Whole() bool {
	if o.known {
		return o.value.IsNull() || o.value.Whole()
	}
	if _, param := o.Param(); !param {
		return false
	}
	t := Type(o.message.GetType())
	return t == Bool || t.Integer()
}

// String writes the operand for EXPLAIN: a value as Value.String, a param as ?0, a column as @1.
func (o Operand) String() string {
	if n, ok := o.Param(); ok {
		return "?" + strconv.Itoa(n)
	}
	if n, ok := o.Column(); ok {
		return "@" + strconv.Itoa(n)
	}
	return o.value.String()
}

// Filter is a comparison of a column, or a tree of them.
type Filter struct {
	Op Op
	// Column is the position of the left side, or -1: AND, OR, NOT and functions of no column have none.
	Column   int
	Operands []Operand
	// Children of AND, OR (two or more) and NOT (one).
	Children []Filter
	// Name of the function, in lower case.
	Name string
	// Collation that a comparison of text must use.
	Collation string
	// Escape character of LIKE; empty: backslash.
	Escape string
	// Text is the SQL text, for messages.
	Text string
	// Side of a join: 0 the left table, 1 the right one.
	Side int
}

// Conjunct is one ANDed part of the WHERE clause, and the connector's answer to it.
type Conjunct struct {
	Filter
	// Usable is false when this join order does not have the values: the conjunct is for information.
	Usable  bool
	message *pb.Filter
	use     Use
	reason  string
}

// Claim answers the conjunct. A conjunct that is not usable stays ignored.
func (c *Conjunct) Claim(use Use) {
	if c.Usable {
		c.use = use
	}
}

// Refuse leaves the conjunct to the engine and tells EXPLAIN why.
func (c *Conjunct) Refuse(reason string) { c.use, c.reason = Ignored, reason }

// Use tells what was claimed.
func (c *Conjunct) Use() Use { return c.use }

// String writes operator and operands for EXPLAIN: ">= 1", "in (1, 2, ?0)", "is null".
func (f *Filter) String() string {
	text := f.Op.String()
	if f.Op == IN || f.Op == NotIN {
		for i, operand := range f.Operands {
			if i == 0 {
				text += " ("
			} else {
				text += ", "
			}
			text += operand.String()
		}
		return text + ")"
	}
	for _, operand := range f.Operands {
		text += " " + operand.String()
	}
	return text
}

// filterFrom reads a filter; room, when it is not nil, is for its operand if there is one.
func filterFrom(m *pb.Filter, room []Operand, params []Value, bound bool) (Filter, error) {
	f := Filter{
		Op: Op(m.GetOp()), Column: -1, Name: m.GetFunction(), Collation: m.GetCollation(), Escape: m.GetEscape(),
		Text: m.GetText(), Side: int(m.GetSide()),
	}
	if m.GetOp() < 0 || int(m.GetOp()) >= len(opNames) {
		f.Op = 0
	}
	if m != nil && m.Column != nil {
		f.Column = int(*m.Column)
	}
	if n := len(m.GetOperands()); n == 1 && room != nil {
		f.Operands = room
	} else if n > 0 {
		f.Operands = make([]Operand, 0, n)
	}
	for _, o := range m.GetOperands() {
		operand, err := operandFrom(o, params, bound)
		if err != nil {
			return f, err
		}
		f.Operands = append(f.Operands, operand)
	}
	for _, child := range m.GetChildren() {
		c, err := filterFrom(child, nil, params, bound)
		if err != nil {
			return f, err
		}
		f.Children = append(f.Children, c)
	}
	return f, nil
}

func operandFrom(m *pb.Operand, params []Value, bound bool) (Operand, error) {
	o := Operand{message: m}
	switch k := m.GetKind().(type) {
	case *pb.Operand_Value:
		o.value, o.known = ValueFrom(k.Value), true
	case *pb.Operand_Param:
		if !bound {
			break
		}
		if uint64(k.Param) >= uint64(len(params)) {
			return o, Errorf(InvalidArgument, "param %d has no value", k.Param)
		}
		o.value, o.known = params[k.Param], true
	}
	return o, nil
}
