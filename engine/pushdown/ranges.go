package pushdown

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// indexedTable is a table that is read through an index: gms.Indexed, or a fake.
type indexedTable interface {
	Table
	Index() *gms.Index
	// Keep exchanges what is left for the next lookup of the statement.
	Keep(v any) (before any)
}

// negotiations is a table that remembers what was negotiated for its declaration.
type negotiations interface {
	Negotiated() *sync.Map
}

// rangeShape is what a lookup has in common with others that are read the same way: everything but
// the values.
type rangeShape struct {
	index, conditions, columns string
	ordered, reverse           bool
	switches                   switches
}

// rangeAccess is the negotiated way to read lookups of one shape. It is immutable.
type rangeAccess struct {
	offer *offer
	row   []exec.ColumnRead
	watch []exec.WatchKey
	// check has the conditions that the engine looks at again, by their number.
	check []int
}

// keptRange is what a table keeps between two lookups of a statement.
type keptRange struct {
	shape  rangeShape
	access *rangeAccess
	plan   *exec.ScanPlan
}

// ReadRanges reads an index lookup; it is a gms.Lookup. Lookups of one shape are negotiated once for
// a declaration, with the values as params; several ranges are negotiated each time. A range that the
// connector does not take, and an order it does not keep, cost time and change no row.
func ReadRanges(ctx *sql.Context, t *gms.Indexed, ranges sql.MySQLRangeCollection, reverse bool) (sql.RowIter, error) {
	return readRanges(ctx, t, ranges, reverse)
}

func readRanges(ctx *sql.Context, t indexedTable, ranges sql.MySQLRangeCollection, reverse bool) (sql.RowIter, error) {
	var all [][]gms.RangeCondition
	for _, r := range ranges {
		conditions, none, err := t.Index().Conditions(ctx, r)
		if err != nil {
			return nil, err
		}
		if !none {
			all = append(all, conditions)
		}
	}
	if len(all) == 0 {
		return sql.RowsToRowIter(), nil
	}
	scope, ok := scopeOf(t)
	if !ok {
		return nil, fmt.Errorf("internal error: table %s has an index and no connector", t.Name())
	}
	r := &rangeReader{ctx: ctx, table: t, scope: scope, switches: switchesOf(ctx), ranges: all, reverse: reverse}
	r.ordered = !r.fixed()
	r.layOut()
	if len(all) == 1 {
		return r.one()
	}
	return r.several()
}

// scopeOf is the scope of a table that no plan has a node for.
func scopeOf(t Table) (*tableScope, bool) {
	_, source, ok := tableOf(t)
	if !ok {
		return nil, false
	}
	full, declared := t.FullSchema(), t.Declared().GetColumns()
	s := &tableScope{table: t, source: source, offset: -1, schema: full}
	s.columns = make([]column, len(full))
	for i := range full {
		s.columns[i] = newColumn(i, full[i], declared[i])
	}
	return s, true
}

// rangeReader reads one lookup.
type rangeReader struct {
	ctx      *sql.Context
	table    indexedTable
	scope    *tableScope
	switches switches
	ranges   [][]gms.RangeCondition
	ordered  bool
	reverse  bool
	// columns are the declared positions of the rows read: the table's own, then those that only
	// the index needs. width is how many are the table's own.
	columns []int
	width   int
}

// fixed tells whether the lookup gives one value to each column of the key, so that no order is left.
func (r *rangeReader) fixed() bool {
	if len(r.ranges) != 1 {
		return false
	}
	for _, column := range r.table.Index().Columns() {
		if !slices.ContainsFunc(r.ranges[0], func(c gms.RangeCondition) bool { return c.Column == column && c.Op == gms.RangeEqual }) {
			return false
		}
	}
	return true
}

func (r *rangeReader) layOut() {
	r.columns = slices.Clone(r.table.Columns())
	r.width = len(r.columns)
	need := func(column int) {
		if !slices.Contains(r.columns, column) {
			r.columns = append(r.columns, column)
		}
	}
	for _, conditions := range r.ranges {
		for _, c := range conditions {
			need(c.Column)
		}
	}
	if r.ordered {
		for _, column := range r.table.Index().Columns() {
			need(column)
		}
	}
}

// position is where the rows read have a declared column.
func (r *rangeReader) position(column int) int { return slices.Index(r.columns, column) }

// ask makes the question for conjuncts.
func (r *rangeReader) ask(conjuncts []*conjunct) *ask {
	q := &ask{scope: r.scope, conjuncts: conjuncts, columns: r.columns, loops: 1}
	if r.ordered && r.switches.order {
		order := ordering{watch: r.keys()}
		for _, key := range order.watch {
			c := &r.scope.columns[r.columns[key.Position]]
			if c.class == classOther {
				return q
			}
			wanted := &pb.OrderKey{Column: c.position, Descending: key.Descending, NullsLast: key.Descending}
			if text, ok := c.typ.(sql.StringType); ok {
				wanted.Collation = text.Collation().Name()
			}
			order.keys = append(order.keys, wanted)
		}
		q.order = &order
	}
	return q
}

// keys is the order of the index.
func (r *rangeReader) keys() []exec.WatchKey {
	var keys []exec.WatchKey
	for _, column := range r.table.Index().Columns() {
		c := &r.scope.columns[column]
		keys = append(keys, exec.WatchKey{Position: r.position(column), Type: c.typ, Name: c.name, Descending: r.reverse})
	}
	return keys
}

// negotiate puts the question and keeps what reading needs of the answer.
func (r *rangeReader) negotiate(conjuncts []*conjunct) (*rangeAccess, error) {
	q := r.ask(conjuncts)
	o, err := q.negotiate(r.ctx)
	if err != nil {
		return nil, err
	}
	if o.refused != nil {
		return nil, o.refused.error(r.scope)
	}
	a := &rangeAccess{offer: o, row: make([]exec.ColumnRead, len(r.columns))}
	for i, position := range r.columns {
		c := &r.scope.columns[position]
		a.row[i] = exec.ColumnRead{Name: c.name, Type: c.typ, NotNull: c.notNull, Column: position}
	}
	trusted := r.table.TrustPushdown()
	if o.order && !trusted {
		a.watch = q.order.watch
	}
	for i, c := range conjuncts {
		if !c.sendable() || !trusted || o.uses[i].use != pb.Use_USE_EXACT {
			a.check = append(a.check, i)
		}
	}
	return a, nil
}

// plan makes what opens the scan.
func (r *rangeReader) plan(a *rangeAccess) *exec.ScanPlan {
	return &exec.ScanPlan{Source: r.scope.source, Row: a.row, Watch: a.watch,
		Main: access(r.scope, nil, a.offer),
		Info: &exec.ScanInfo{Database: r.table.Database(), Table: r.table.Name(), Connector: r.scope.source.Connector()}}
}

// one reads a single range with its values as params.
func (r *rangeReader) one() (sql.RowIter, error) {
	conditions := r.ranges[0]
	conjuncts := make([]*conjunct, len(conditions))
	for i := range conditions {
		conjuncts[i] = r.param(&conditions[i])
	}
	var values []*pb.Value
	for i, c := range conjuncts {
		if len(c.params) == 0 {
			continue
		}
		value, bound := c.params[0].Bind(r.ctx, conditions[i].Value)
		switch bound {
		case exec.Never:
			return sql.RowsToRowIter(), nil
		case exec.Inexpressible:
			return r.several() // which leaves out what cannot be said
		}
		values = append(values, value)
	}
	shape := r.shape(conjuncts)
	kept, _ := r.table.Keep(nil).(*keptRange)
	if kept == nil || kept.shape != shape {
		a, err := r.negotiated(shape, conjuncts)
		if err != nil {
			return nil, err
		}
		kept = &keptRange{shape: shape, access: a, plan: r.plan(a)}
	} else {
		// The second lookup of a statement: from now on the scan is started again, not opened.
		kept.plan.Reuse = true
	}
	r.table.Keep(kept)
	check := make([][]gms.RangeCondition, 1)
	for _, i := range kept.access.check {
		check[0] = append(check[0], conditions[i])
	}
	return r.rows(kept.plan.Run(values), kept.access, check)
}

// negotiated finds the answer to a question that was put before.
func (r *rangeReader) negotiated(shape rangeShape, conjuncts []*conjunct) (*rangeAccess, error) {
	store, ok := r.table.(negotiations)
	if ok {
		if a, ok := store.Negotiated().Load(shape); ok {
			return a.(*rangeAccess), nil
		}
	}
	a, err := r.negotiate(conjuncts)
	if err == nil && ok {
		store.Negotiated().Store(shape, a)
	}
	return a, err
}

func (r *rangeReader) shape(conjuncts []*conjunct) rangeShape {
	var conditions, columns strings.Builder
	for i, c := range r.ranges[0] {
		fmt.Fprint(&conditions, c.Column, ":", c.Op, c.OrNull, conjuncts[i].sendable(), " ")
	}
	for _, position := range r.columns[:r.width] {
		fmt.Fprint(&columns, position, " ")
	}
	return rangeShape{index: r.table.Index().ID(), conditions: conditions.String(), columns: columns.String(),
		ordered: r.ordered, reverse: r.reverse, switches: r.switches}
}

// several reads ranges with their values in the question.
func (r *rangeReader) several() (sql.RowIter, error) {
	c := &conjunct{text: "the ranges of index " + r.table.Index().ID()}
	if r.switches.filters {
		c.filter = r.union()
	}
	if c.filter != nil {
		c.filter.Text = c.text
	}
	a, err := r.negotiate([]*conjunct{c})
	if err != nil {
		return nil, err
	}
	var check [][]gms.RangeCondition
	if len(a.check) > 0 {
		check = r.ranges
	}
	return r.rows(r.plan(a).Run(nil), a, check)
}

// rows checks, sorts and cuts what a scan gives. check has ranges of which one must hold; the only
// one may be empty.
func (r *rangeReader) rows(scan sql.RowIter, a *rangeAccess, check [][]gms.RangeCondition) (sql.RowIter, error) {
	rows := scan
	if len(check) > 1 || len(check) == 1 && len(check[0]) > 0 {
		rows = &rangeCheck{rows: scan, reader: r, ranges: check}
	}
	if r.ordered && !a.offer.order {
		var err error
		if rows, err = exec.SortedRows(r.ctx, rows, r.keys()); err != nil {
			return nil, err
		}
	}
	if len(r.columns) > r.width {
		rows = &cutRows{rows, r.width}
	}
	return rows, nil
}

// rangeCheck lets through the rows that are in one of the ranges.
type rangeCheck struct {
	rows   sql.RowIter
	reader *rangeReader
	ranges [][]gms.RangeCondition
}

// Next implements sql.RowIter.
func (c *rangeCheck) Next(ctx *sql.Context) (sql.Row, error) {
	for {
		row, err := c.rows.Next(ctx)
		if err != nil {
			return nil, err
		}
		for _, conditions := range c.ranges {
			in, err := c.holds(ctx, conditions, row)
			if err != nil {
				return nil, err
			}
			if in {
				return row, nil
			}
		}
	}
}

func (c *rangeCheck) holds(ctx *sql.Context, conditions []gms.RangeCondition, row sql.Row) (bool, error) {
	for i := range conditions {
		in, err := conditions[i].Holds(ctx, row[c.reader.position(conditions[i].Column)])
		if err != nil || !in {
			return false, err
		}
	}
	return true, nil
}

// Close implements sql.RowIter.
func (c *rangeCheck) Close(ctx *sql.Context) error { return c.rows.Close(ctx) }

// cutRows leaves out the values that only the check and the order needed.
type cutRows struct {
	sql.RowIter
	width int
}

// Next implements sql.RowIter.
func (c *cutRows) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := c.RowIter.Next(ctx)
	if err != nil {
		return nil, err
	}
	return row[:c.width:c.width], nil
}
