package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/driver"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// VariableDrivers is the session variable that says when the indexes of index drivers are used: 0 never, 1 when that
// costs less, 2 whenever one serves. It changes how a query runs, never its rows.
const VariableDrivers = "wasql_index_drivers"

const (
	driversOff = iota
	driversByCost
	driversAlways
)

func addDriverVariable() {
	sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{&sql.MysqlSystemVariable{
		Name: VariableDrivers, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
		Type: types.NewSystemIntType(VariableDrivers, driversOff, driversAlways, false), Default: int64(driversByCost),
	}})
}

func driversOf(ctx *sql.Context) int64 {
	value, err := ctx.GetSessionVariable(ctx, VariableDrivers)
	if n, ok := value.(int64); err == nil && ok {
		return n
	}
	return driversByCost
}

// Costs of a way through an index driver, in rows read in sequence.
const (
	// probing is what it costs to ask the driver and to begin a lookup.
	probing = 2 * crossing
	// located is what a row costs whose location was found: it is read twice, and sent once.
	located = 3 * fetching
)

// driven finds a way through an index that an index driver keeps, when it costs less than what the connector offers;
// nil: there is none. Columns of a whole row are needed then, since every condition is checked again.
func (a *attempt) driven(o *offer) *driver.Path {
	use := driversOf(a.planner.ctx)
	if use == driversOff || a.scope.node == nil {
		return nil
	}
	t := gms.Of(a.scope.node.Table)
	if t == nil || t.Indexer() == nil {
		return nil
	}
	set, ok := t.Indexer().(*driver.Set)
	if !ok {
		return nil
	}
	whole := o.cost
	if whole < 0 {
		rows, _, err := t.RowCount(a.planner.ctx)
		if err != nil {
			return nil
		}
		whole = float64(rows)
	}
	return set.Path(a.planner.ctx, t, a.conditions(), func(rows float64) bool {
		return use == driversAlways || probing+rows*located < whole
	})
}

// conditions are those that are put to the connector, as an index driver may use them. The operands of params are
// numbered as in the question.
func (a *attempt) conditions() []driver.Condition {
	var all []driver.Condition
	usable := a.usable()
	params := 0
	for i, c := range a.conjuncts {
		if !c.sendable() || usable != nil && !usable[i] {
			continue
		}
		all = a.conditionsOf(all, c, c.filter, params)
		params += len(c.params)
	}
	return all
}

func (a *attempt) conditionsOf(all []driver.Condition, c *conjunct, f *pb.Filter, params int) []driver.Condition {
	if f.Op == pb.FilterOp_FILTER_OP_AND {
		for _, child := range f.Children {
			all = a.conditionsOf(all, c, child, params)
		}
		return all
	}
	if f.Column == nil || len(f.Children) > 0 {
		return all
	}
	out := driver.Condition{Column: int(*f.Column), Op: f.Op, Collation: f.Collation}
	for _, operand := range f.Operands {
		switch kind := operand.Kind.(type) {
		case *pb.Operand_Value:
			out.Operands = append(out.Operands, exec.Operand{Value: kind.Value})
		case *pb.Operand_Param:
			if c.fixed != nil {
				out.Operands = append(out.Operands, exec.Operand{Value: c.fixed})
			} else {
				out.Operands = append(out.Operands, exec.Operand{Param: int(kind.Param) + params})
			}
		default:
			return all
		}
	}
	return append(all, out)
}

// through makes the scan of a way through an index driver. The connector's own offer is what is read when the index cannot be.
func (a *attempt) through(q *ask, o *offer, path *driver.Path) (*placed, error) {
	unclaimed := *o
	unclaimed.uses, unclaimed.order, unclaimed.limit = make([]use, len(o.uses)), false, false
	unclaimed.rows, unclaimed.cost, unclaimed.unique, unclaimed.details = path.Rows, probing+path.Rows*located, false, nil
	unclaimed.index = path.Name()
	unclaimed.orderReason, unclaimed.limitReason = throughIndex, throughIndex
	placed, err := a.build(q, &unclaimed)
	if err != nil {
		return nil, err
	}
	p := placed.scan.Plan
	p.Source, p.Bindings, p.Keys = path.Source(p.Source), nil, nil
	for i := range p.Info.Filters {
		if f := &p.Info.Filters[i]; f.Use == "ignored" {
			f.Use, f.Reason = "index", ""
		}
	}
	return placed, nil
}

const throughIndex = "the rows come by an index driver"
