package pushdown

import (
	"fmt"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// lookups plans an access by index, with the alias and the filters that stand straight above it; done
// is false for other nodes. The filters stay where they are.
func (p *planner) lookups(n sql.Node, again bool) (_ sql.Node, done bool, err error) {
	var filters []*plan.Filter
	top := n
	for {
		filter, ok := top.(*plan.Filter)
		if !ok {
			break
		}
		filters, top = append(filters, filter), filter.Child
	}
	alias, _ := top.(*plan.TableAlias)
	if alias != nil {
		top = alias.Child
	}
	access, ok := top.(*plan.IndexedTableAccess)
	if !ok {
		return n, false, nil
	}
	scope, out, err := p.lookup(access, alias, filters, again)
	if err != nil || scope == nil {
		return n, false, err
	}
	if alias != nil {
		if out, err = alias.WithChildren(p.ctx, out); err != nil {
			return nil, true, err
		}
	}
	for i := len(filters) - 1; i >= 0; i-- {
		condition, _, err := p.expression(filters[i].Expression)
		if err != nil {
			return nil, true, err
		}
		if condition, err = scope.residual(p.ctx, condition); err != nil {
			return nil, true, err
		}
		out = plan.NewFilter(p.ctx, condition, out)
	}
	return out, true, nil
}

// lookupOf sees an access by index to a connector's table.
func lookupOf(access *plan.IndexedTableAccess) (indexedTable, *plan.ResolvedTable, bool) {
	node, ok := access.TableNode.(*plan.ResolvedTable)
	if !ok {
		return nil, nil, false
	}
	var t sql.Table = access.Table
	for {
		if table, ok := t.(indexedTable); ok {
			return table, node, true
		}
		wrapper, ok := t.(sql.TableWrapper)
		if !ok {
			return nil, nil, false
		}
		t = wrapper.Underlying()
	}
}

// lookup makes the exec.Lookup for an access by index; the scope is nil when it stays as it is.
func (p *planner) lookup(access *plan.IndexedTableAccess, alias *plan.TableAlias, filters []*plan.Filter, again bool) (*tableScope, sql.Node, error) {
	table, node, ok := lookupOf(access)
	if !ok {
		return nil, access, nil
	}
	scope, ok := newTableScope(p.ctx, node, alias)
	if !ok {
		return nil, access, nil
	}
	ranges, static, err := p.rangesOf(access, table.Index())
	if err != nil || ranges == nil {
		return nil, access, err
	}
	var wanted []int
	if p.switches.columns {
		wanted = p.reads.of(scope)
		if wanted == nil {
			wanted = []int{}
		}
	}
	reverse := static && isReverse(p.ctx, access)
	r, err := newRangeReader(table, p.switches, ranges, reverse, wanted)
	if err != nil {
		return nil, nil, err
	}
	r.more = p.also(scope, filters)
	if !static {
		for i, key := range access.Expressions() {
			r.conjuncts[i].text += " = " + key.String()
		}
	}
	if err := r.negotiated(p.ctx); err != nil {
		return nil, nil, err
	}
	r.plan.Reuse = again
	if !static && p.switches.lookups {
		r.plan.Keys = r.keysOf(p.few)
	}
	p.changed = true
	return scope, exec.NewLookup(p.ctx, access, r.plan, func(ctx *sql.Context, l sql.IndexLookup) (sql.RowIter, error) {
		return r.again(ctx, l, static)
	}, r.key), nil
}

// also are the constant conditions that stand above an access: they are put to the connector besides the
// ranges, and checked above in any case.
func (p *planner) also(scope *tableScope, filters []*plan.Filter) []*conjunct {
	var more []*conjunct
	for _, f := range filters {
		for _, e := range split(p.ctx, f.Expression) {
			if c := p.translate(scope, e, false); c.sendable() && !c.never {
				c.advisory = true
				more = append(more, c)
			}
		}
	}
	return withoutBounds(more)
}

// again reads a lookup of the statement: as it was negotiated, or, when it asks something else, such
// as IS NULL for a key compared by <=>, by itself.
func (r *rangeReader) again(ctx *sql.Context, l sql.IndexLookup, static bool) (sql.RowIter, error) {
	if static {
		return r.lookup(ctx, r.ranges)
	}
	ranges, ok := l.Ranges.(sql.MySQLRangeCollection)
	if !ok {
		return nil, fmt.Errorf("internal error: ranges of %T for an index of table %s", l.Ranges, r.table.Name())
	}
	all, err := conditionsOf(ctx, r.table.Index(), ranges)
	switch {
	case err != nil || len(all) == 0:
		return sql.RowsToRowIter(), err
	case r.serves(all, l.IsReverse):
		return r.lookup(ctx, all)
	}
	var wanted []int
	for i := range r.width {
		if r.read[i] {
			wanted = append(wanted, i)
		}
	}
	other, err := newRangeReader(r.table, r.switches, all, l.IsReverse, slices.Clip(append([]int{}, wanted...)))
	if err != nil {
		return nil, err
	}
	if err := other.negotiated(ctx); err != nil {
		return nil, err
	}
	return other.lookup(ctx, all)
}

// rangesOf gives the ranges of an access that are known now, or the shape of those that the keys of
// the outer row will give; nil when there is nothing to plan.
func (p *planner) rangesOf(access *plan.IndexedTableAccess, x *gms.Index) (_ [][]gms.RangeCondition, static bool, err error) {
	if access.IsStatic() {
		lookup, inRange, err := access.GetLookup(p.ctx, nil)
		ranges, ok := lookup.Ranges.(sql.MySQLRangeCollection)
		if err != nil || !inRange || !ok {
			return nil, true, err
		}
		all, err := conditionsOf(p.ctx, x, ranges)
		return all, true, err
	}
	keys, columns := access.Expressions(), x.Columns()
	if len(keys) > len(columns) {
		return nil, false, nil
	}
	return [][]gms.RangeCondition{x.Points(len(keys))}, false, nil
}

func isReverse(ctx *sql.Context, access *plan.IndexedTableAccess) bool {
	lookup, _, err := access.GetLookup(ctx, nil)
	return err == nil && lookup.IsReverse
}

// info writes down what was negotiated.
func (r *rangeReader) info() *exec.ScanInfo {
	o := r.access.offer
	info := &exec.ScanInfo{Database: r.table.Database(), Table: r.table.Name(), Connector: r.scope.source.Connector(), Columns: []string{},
		ColumnCount: gms.Shown(r.table.Declared(), r.table.FullSchema()), Rows: o.rows, RowBytes: o.rowBytes, Cost: o.cost, Unique: o.unique,
		Index: o.index, Details: o.details, Notes: o.notes, Grants: r.scope.source.Grants()}
	for i, c := range r.access.row {
		if r.read[i] {
			info.Columns = append(info.Columns, c.Name)
		}
	}
	a := &attempt{scope: r.scope}
	for i, c := range slices.Concat(r.conjuncts, r.more) {
		filter := a.filterInfo(c, o.uses[i])
		filter.Checked = i >= len(r.conjuncts) || slices.Contains(r.access.check, i)
		filter.Join = false
		if r.path != nil && filter.Use == "ignored" {
			filter.Use, filter.Reason = "index", ""
		}
		info.Filters = append(info.Filters, filter)
	}
	if r.ordered {
		text := ""
		for i, key := range r.keys() {
			if i > 0 {
				text += ", "
			}
			text += key.Name
			if key.Descending {
				text += " DESC"
			}
		}
		info.Order = text + outcome(o.order, orElse(o.orderReason, "the connector does not keep it"))
	}
	return info
}
