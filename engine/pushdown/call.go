package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// call translates a call of a function that the table's own connector may take over (FILTER_OP_FUNCTION):
// of a column of the table, with values that are known or that the outer row gives, and for an overload that the connector still
// gives when it hears which table it is about.
func (t *translator) call(c *function.Call, top bool) (*pb.Filter, error) {
	name := c.FunctionName()
	declared := c.Of.Declared
	switch {
	case !declared.Constraint || !declared.Deterministic:
		return nil, refuse("function %s is evaluated by the engine", name)
	case connectorOf(t.scope.table) != c.Of.Keeper.Connector:
		return nil, refuse("function %s is of another connector", name)
	case len(c.Arguments) == 0:
		return nil, refuse("function %s has no argument that is a column", name)
	}
	column, ok := t.scope.column(t.ctx, c.Arguments[0])
	if !ok {
		return nil, refuse("the first argument of function %s is no column of the table", name)
	}
	over, err := c.Of.Keeper.Find(t.ctx, name, c.Arguments, t.scope.table.Ref())
	if err != nil || over == nil || !over.Declared.Constraint {
		return nil, refuse("function %s is none of this table", name)
	}
	filter := &pb.Filter{Op: pb.FilterOp_FILTER_OP_FUNCTION, Column: &column.position, Function: name}
	types := over.Columns(len(c.Arguments))
	for i, argument := range c.Arguments[1:] {
		if other, ok := t.scope.column(t.ctx, argument); ok {
			filter.Operands = append(filter.Operands, &pb.Operand{Kind: &pb.Operand_Column{Column: other.position}})
			continue
		}
		literal, ok := constantOf(argument)
		if !ok {
			operand, err := t.callParam(argument, types[i+1].Type, declared.NullPropagates, top)
			if err != nil {
				return nil, refuse("argument %d of function %s: %v", i+2, name, err)
			}
			filter.Operands = append(filter.Operands, operand)
			continue
		}
		value := literal.Value()
		if value == nil && declared.NullPropagates && top {
			return nil, errNever
		}
		operand, ok := argumentValue(t.ctx, types[i+1].Type, value)
		if !ok {
			return nil, refuse("argument %d of function %s is no value of its type", i+2, name)
		}
		filter.Operands = append(filter.Operands, constant(operand))
	}
	return filter, nil
}

// callParam is an argument of a call that the outer row gives.
func (t *translator) callParam(e sql.Expression, typ sql.Type, nullPropagates, top bool) (*pb.Operand, error) {
	if reason := t.scope.notParam(t.ctx, e); reason != "" {
		return nil, refusal(reason)
	}
	if !t.outer || !top {
		return nil, refuse("its value comes from another table, inside OR or NOT or where it is not known in time")
	}
	field, err := gms.Physical(typ)
	if err != nil {
		return nil, err
	}
	t.params = append(t.params, t.scope.param(t.ctx, e, func(ctx *sql.Context, v any) (*pb.Value, exec.Bound) {
		if v == nil && nullPropagates {
			return nil, exec.Never
		}
		value, ok := argumentValue(ctx, typ, v)
		if !ok {
			return nil, exec.Inexpressible
		}
		return value, exec.Fits
	}))
	return &pb.Operand{Kind: &pb.Operand_Param{Param: uint32(len(t.params) - 1)}, Type: pb.Type(field.Type)}, nil
}

// argumentValue is a value as the function would get it.
func argumentValue(ctx *sql.Context, t sql.Type, v any) (*pb.Value, bool) {
	if v != nil {
		converted, in, err := t.Convert(ctx, v)
		if err != nil || in != sql.InRange {
			return nil, false
		}
		v = converted
	}
	value, err := gms.ToValue(t, v)
	return value, err == nil
}

// connectorOf is the connector of a table; nil: it has none that is the host's.
func connectorOf(t Table) *host.Connector {
	if hosted, ok := t.(interface{ Connector() *host.Connector }); ok {
		return hosted.Connector()
	}
	return nil
}
