package function

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

// Caller computes a scalar function for some rows. arguments holds the values of one row after the
// other, of any type, and is changed to values of the declared types; results gets one value a row.
// An error about a row is a *RowError. It is safe for concurrent use.
type Caller func(ctx *sql.Context, f *Overload, rows int, arguments, results []any) error

// Overload is one function as its connector declares it. It is immutable.
type Overload struct {
	Keeper   *Keeper
	Declared *pb.Function
	// Arguments are those declared; the last one repeats when the function is variadic.
	Arguments []*sql.Column
	Result    *sql.Column
	least     int
}

// newOverload checks a declaration.
func newOverload(k *Keeper, declared *pb.Function) (*Overload, error) {
	o := &Overload{Keeper: k, Declared: declared, least: int(declared.ArgumentsMin)}
	for i, c := range declared.Arguments {
		column, err := columnOf(c, fmt.Sprintf("argument %d", i+1))
		if err != nil {
			return nil, err
		}
		o.Arguments = append(o.Arguments, column)
	}
	switch {
	case o.least == 0:
		o.least = len(o.Arguments)
	case o.least > len(o.Arguments):
		return nil, fmt.Errorf("%d arguments must be given, and %d are declared", o.least, len(o.Arguments))
	}
	if declared.Variadic && len(o.Arguments) == 0 {
		return nil, fmt.Errorf("it is variadic, and has no argument that could repeat")
	}
	if declared.Result == nil {
		return nil, fmt.Errorf("it has no result")
	}
	var err error
	o.Result, err = columnOf(declared.Result, "result")
	return o, err
}

func columnOf(c *pb.Column, name string) (*sql.Column, error) {
	t, err := gms.Type(c, gms.DefaultCollation)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := gms.Physical(t); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &sql.Column{Name: name, Type: t, Nullable: !c.NotNull}, nil
}

// Name is what the function is called.
func (o *Overload) Name() string { return o.Declared.Name }

// IsAggregate tells an aggregate from a scalar function.
func (o *Overload) IsAggregate() bool {
	return o.Declared.Kind == pb.FunctionKind_FUNCTION_KIND_AGGREGATE
}

// Takes tells whether the function can be called with so many arguments.
func (o *Overload) Takes(n int) bool {
	return n >= o.least && (o.Declared.Variadic || n <= len(o.Arguments))
}

// Columns are the types of so many arguments.
func (o *Overload) Columns(n int) []*sql.Column {
	columns := make([]*sql.Column, n)
	for i := range columns {
		columns[i] = o.Arguments[min(i, len(o.Arguments)-1)]
	}
	return columns
}

// Where names the function in messages.
func (o *Overload) Where() string {
	return "connector " + o.Keeper.Connector.Name() + ": function " + o.Name()
}

// nullable tells whether a call may give NULL.
func (o *Overload) nullable(ctx *sql.Context, arguments []sql.Expression) bool {
	if o.Result.Nullable {
		return true
	}
	for _, a := range arguments {
		if o.Declared.NullPropagates && a.IsNullable(ctx) {
			return true
		}
	}
	return false
}
