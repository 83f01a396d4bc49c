package wasql

import (
	"io"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// FunctionKeeper is a source that adds SQL functions.
type FunctionKeeper interface {
	Functions() []Function
}

// OverloadKeeper chooses a function itself, by the types of its arguments or by the table it stands over. Without
// it the one of Functions is found that has the name, takes so many arguments, and whose types are closest.
type OverloadKeeper interface {
	// FindFunction gives nil when there is none.
	FindFunction(name string, arguments []Column, table *TableRef) *Function
}

// Function is a SQL function. Call makes it a scalar function, Aggregate an aggregate, Table a table function.
type Function struct {
	Name, Description string
	// Arguments declare the types; the last one repeats when Variadic. ArgumentsMin is how many must be given; 0: all.
	Arguments    []Column
	Variadic     bool
	ArgumentsMin int
	Result       Column
	// Deterministic: same arguments, same result. NullPropagates: NULL in, NULL out without a call.
	Deterministic, NullPropagates bool
	// Constraint: Plan may claim conjuncts of this function (operator FunctionOp).
	Constraint bool
	// Call computes one result.
	Call func(arguments []Value) (Value, error)
	// Aggregate starts a group.
	Aggregate func() Accumulator
	// Table names the table that is read, whose argument columns get the arguments. There is no Result. Several
	// table functions of a name are told apart by how many arguments they take.
	Table string
}

// Accumulator is one group of an aggregate.
type Accumulator interface {
	Add(arguments []Value) error
	Result() (Value, error)
}

func (f *Function) message() *pb.Function {
	m := &pb.Function{
		Name: f.Name, Kind: pb.FunctionKind_FUNCTION_KIND_SCALAR, Variadic: f.Variadic, ArgumentsMin: uint32(f.ArgumentsMin),
		Result: f.Result.message(), Deterministic: f.Deterministic, NullPropagates: f.NullPropagates, Constraint: f.Constraint,
		Description: f.Description,
	}
	switch {
	case f.Aggregate != nil:
		m.Kind = pb.FunctionKind_FUNCTION_KIND_AGGREGATE
	case f.Table != "":
		m.Kind, m.Result = pb.FunctionKind_FUNCTION_KIND_TABLE, nil
	}
	for i := range f.Arguments {
		m.Arguments = append(m.Arguments, f.Arguments[i].message())
	}
	return m
}

func (in *instance) functionKeeper() (FunctionKeeper, error) {
	return power[FunctionKeeper](in.source, "add functions")
}

func (in *instance) functions(*pb.FunctionsRequest) (message, error) {
	k, err := in.functionKeeper()
	if err != nil {
		return nil, err
	}
	response := &pb.FunctionsResponse{}
	for _, f := range k.Functions() {
		response.Functions = append(response.Functions, f.message())
	}
	return response, nil
}

// takes tells whether the function can be called with so many arguments.
func (f *Function) takes(n int) bool {
	least := f.ArgumentsMin
	if least == 0 {
		least = len(f.Arguments)
	}
	return n >= least && (f.Variadic && len(f.Arguments) > 0 || n <= len(f.Arguments))
}

// closeness tells how well arguments suit the function: 2 for each of the declared type, 1 for each of its class.
func (f *Function) closeness(arguments []Column) int {
	points := 0
	for i := range arguments {
		given, declared := arguments[i].Type, f.Arguments[min(i, len(f.Arguments)-1)].Type
		switch {
		case given == declared:
			points += 2
		case class(given) == class(declared):
			points++
		}
	}
	return points
}

// class groups the types that are easily taken for each other.
func class(t Type) int {
	switch {
	case t == Bool, t.Signed(), t.Unsigned(), t == Bit, t == Year:
		return 1
	case t == Float32, t == Float64, t == Decimal128, t == Decimal256:
		return 2
	case t == Date, t == Time, t == Datetime:
		return 3
	case t == UTF8, t == JSON, t == Enum, t == Set:
		return 4
	}
	return 5
}

// findFunction chooses among the functions of a name the one that takes so many arguments and whose
// types are closest; the first of several. nil: there is none.
func findFunction(k FunctionKeeper, name string, arguments []Column) *Function {
	all := k.Functions()
	var best *Function
	points := -1
	for i := range all {
		f := &all[i]
		if !strings.EqualFold(f.Name, name) || !f.takes(len(arguments)) {
			continue
		}
		if n := f.closeness(arguments); n > points {
			best, points = f, n
		}
	}
	return best
}

// chooseFunction asks an OverloadKeeper first.
func (in *instance) chooseFunction(k FunctionKeeper, name string, arguments []Column, table *pb.TableRef) (*Function, error) {
	o, ok := in.source.(OverloadKeeper)
	if !ok {
		return findFunction(k, name, arguments), nil
	}
	var ref *TableRef
	if table != nil {
		var err error
		if ref, err = in.ref(table); err != nil {
			return nil, err
		}
	}
	return o.FindFunction(name, arguments, ref), nil
}

func (in *instance) findFunction(r *pb.FindFunctionRequest) (message, error) {
	k, err := in.functionKeeper()
	if err != nil {
		return nil, err
	}
	f, err := in.chooseFunction(k, r.GetName(), columnsFrom(r.GetArguments()), r.GetTable())
	if err != nil {
		return nil, err
	}
	if f == nil {
		return &pb.FindFunctionResponse{}, nil
	}
	found := f.message()
	if f.Table != "" {
		found.Name = f.Table
	}
	return &pb.FindFunctionResponse{Function: found}, nil
}

// call is an open function.
type call struct {
	function  *Function
	aggregate bool
	scales    []uint32
	arguments []Value
	groups    map[uint32]Accumulator
	stream    *stream
	rows      uint64
}

func (in *instance) openFunction(r *pb.OpenFunctionRequest) (message, error) {
	k, err := in.functionKeeper()
	if err != nil {
		return nil, err
	}
	var arguments []Column
	for _, a := range r.GetArguments() {
		arguments = append(arguments, Column{Type: Type(a.GetType()), Precision: int(a.GetPrecision()), Scale: int(a.GetScale())})
	}
	f, err := in.chooseFunction(k, r.GetName(), arguments, nil)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, Errorf(NotFound, "function %q does not exist, or not with %d arguments", r.GetName(), len(arguments))
	}
	if r.GetAggregate() && f.Aggregate == nil || !r.GetAggregate() && f.Call == nil {
		return nil, Errorf(InvalidArgument, "function %q cannot be called this way", f.Name)
	}
	c := &call{function: f, aggregate: r.GetAggregate(), groups: map[uint32]Accumulator{}}
	for _, a := range r.GetArguments() {
		c.scales = append(c.scales, a.GetScale())
	}
	c.arguments = make([]Value, len(c.scales))
	return &pb.OpenFunctionResponse{Handle: in.open(c), Result: f.Result.scanColumn(0)}, nil
}

func (*call) name() string { return "" }
func (*call) close() error { return nil }

func (c *call) write(_ *instance, batch *col.Batch) (*col.Batch, error) {
	first := 0
	if c.aggregate {
		first = 1
	}
	if len(batch.Cols) != len(c.arguments)+first {
		return nil, Errorf(InvalidArgument, "function %q takes %d columns, %d came", c.function.Name, len(c.arguments)+first, len(batch.Cols))
	}
	var out *Rows
	if !c.aggregate {
		out = newRows([]Column{c.function.Result}, []int{0}, max(batch.Len(), 1), 0)
	}
	for i := range batch.Len() {
		row := batch.Row(i)
		for a := range c.arguments {
			v := &batch.Cols[first+a]
			v.Scale = c.scales[a]
			c.arguments[a] = valueAt(v, row)
		}
		if err := c.apply(batch, row, out); err != nil {
			return nil, toError(err).onRow(c.rows + uint64(i) + 1)
		}
	}
	c.rows += uint64(batch.Len())
	if out == nil {
		return nil, nil
	}
	if err := out.builder.Err(); err != nil {
		return nil, Errorf(InvalidData, "function %q: %w", c.function.Name, err)
	}
	return out.builder.Batch(), nil
}

// onRow names the row in a copy, unless the error names one.
func (e *Error) onRow(row uint64) *Error {
	if e.Row != 0 {
		return e
	}
	c := *e
	c.Row = row
	return &c
}

func (c *call) apply(batch *col.Batch, row int, out *Rows) error {
	if c.aggregate {
		group := uint32(batch.Cols[0].Uint64(row))
		if c.groups[group] == nil {
			c.groups[group] = c.function.Aggregate()
		}
		return c.groups[group].Add(c.arguments)
	}
	v, err := c.function.Call(c.arguments)
	if err != nil {
		return err
	}
	out.value(0, v)
	out.EndRow()
	return nil
}

func (in *instance) finishFunction(r *pb.FinishFunctionRequest) (message, error) {
	c, err := handleOf[*call](in, r.GetHandle(), "function")
	if err != nil {
		return nil, err
	}
	if !c.aggregate {
		return nil, Errorf(InvalidArgument, "function %q is no aggregate", c.function.Name)
	}
	groups := uint32(r.GetGroups())
	group := uint32(0)
	results := cursorFunc(func(out *Rows) error {
		for ; out.Room() && group < groups; group++ {
			g := c.groups[group]
			if g == nil {
				g = c.function.Aggregate()
			}
			v, err := g.Result()
			if err != nil {
				return err
			}
			out.value(0, v)
			out.EndRow()
		}
		if group == groups {
			return io.EOF
		}
		return nil
	})
	c.stream = &stream{columns: []Column{c.function.Result}, sent: []int{0}, cursor: results}
	return &pb.FinishFunctionResponse{}, nil
}

type cursorFunc func(out *Rows) error

// Next calls f.
func (f cursorFunc) Next(out *Rows) error { return f(out) }

func (c *call) next(in *instance, rowsMax, bytesMax int) (*col.Batch, error) {
	if c.stream == nil {
		return nil, Errorf(InvalidArgument, "function %q is not finished", c.function.Name)
	}
	return c.stream.next(in, rowsMax, bytesMax)
}

func (c *call) release(lease int64) {
	if c.stream != nil {
		c.stream.release(lease)
	}
}
