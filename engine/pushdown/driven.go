package pushdown

import (
	"slices"

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
func (a *attempt) driven(q *ask, o *offer) *driver.Path {
	use := driversOf(a.planner.ctx)
	if use == driversOff || a.scope.node == nil || q.sampleTaken(o) {
		return nil
	}
	t, set := indexesOf(a.scope.node.Table)
	if set == nil {
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

// indexesOf finds a connector's table, and who keeps the indexes of drivers over it; nil: nobody.
func indexesOf(node sql.Table) (*gms.Table, *driver.Set) {
	t := gms.Of(node)
	if t == nil || t.Indexer() == nil {
		return nil, nil
	}
	set, _ := t.Indexer().(*driver.Set)
	return t, set
}

// driven makes lookups by an index that a driver keeps go through it; nil: the index is the connector's own, or cannot
// be used, and the connector reads as it has answered. Through the driver every condition is checked again, and nothing is in order.
func (r *rangeReader) driven(ctx *sql.Context) *driver.Path {
	if r.table.Index().DriverID() == "" || driversOf(ctx) == driversOff {
		return nil
	}
	t, set := indexesOf(r.table)
	if set == nil {
		return nil
	}
	var conditions []driver.Condition
	params := 0
	for _, c := range slices.Concat(r.conjuncts, r.more) {
		if c.sendable() {
			conditions = termsOf(conditions, c, c.filter, params)
			params += len(c.params)
		}
	}
	path := set.PathBy(ctx, t, r.table.Index().ID(), conditions)
	if path == nil {
		return nil
	}
	o := *r.access.offer
	o.uses, o.order, o.limit, o.unique, o.details = make([]use, len(o.uses)), false, false, false, nil
	o.rows, o.cost, o.index, o.orderReason = path.Rows, probing+path.Rows*located, path.Name(), throughIndex
	a := rangeAccess{offer: &o, row: r.access.row}
	for i := range r.conjuncts {
		a.check = append(a.check, i)
	}
	r.access, r.path = &a, path
	return path
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
		all = termsOf(all, c, c.filter, params)
		params += len(c.params)
	}
	return all
}

func termsOf(all []driver.Condition, c *conjunct, f *pb.Filter, params int) []driver.Condition {
	if f.Op == pb.FilterOp_FILTER_OP_AND {
		for _, child := range f.Children {
			all = termsOf(all, c, child, params)
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

// keysThrough makes the keys of lookups through a driver: the rows of many keys are found with two calls.
func (r *rangeReader) keysThrough(few bool) *exec.Keys {
	if len(r.ranges) != 1 || len(r.conjuncts) == 0 {
		return nil
	}
	var columns []int
	for i, c := range r.conjuncts {
		if r.ranges[0][i].Op != gms.RangeEqual || !c.sendable() || len(c.params) != 1 {
			return nil
		}
		columns = append(columns, r.ranges[0][i].Column)
	}
	if !r.path.Keyed(columns) {
		return nil
	}
	return &exec.Keys{Width: r.width, Few: few, Open: func(*sql.Context) (exec.KeyCursor, error) {
		return r.path.OpenKeys(columns, r.access.row), nil
	}}
}
