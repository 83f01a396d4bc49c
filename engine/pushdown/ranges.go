package pushdown

import (
	"fmt"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/driver"
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

// ReadRanges reads an index lookup; it is a gms.Lookup. Lookups of one shape are negotiated once for
// a declaration, with the values as params; several ranges are negotiated each time. A range that the
// connector does not take, and an order it does not keep, cost time and change no row.
func ReadRanges(ctx *sql.Context, t *gms.Indexed, ranges sql.MySQLRangeCollection, reverse bool) (sql.RowIter, error) {
	return readRanges(ctx, t, ranges, reverse)
}

func readRanges(ctx *sql.Context, t indexedTable, ranges sql.MySQLRangeCollection, reverse bool) (sql.RowIter, error) {
	all, err := conditionsOf(ctx, t.Index(), ranges)
	if err != nil || len(all) == 0 {
		return sql.RowsToRowIter(), err
	}
	if kept, ok := t.Keep(nil).(*rangeReader); ok && kept.serves(all, reverse) {
		// The second lookup of a statement: from now on the scan is started again, not opened.
		kept.plan.Reuse = true
		t.Keep(kept)
		return kept.lookup(ctx, all)
	}
	r, err := newRangeReader(t, switchesOf(ctx), all, reverse, nil)
	if err != nil {
		return nil, err
	}
	if err := r.negotiated(ctx); err != nil {
		return nil, err
	}
	if len(all) == 1 {
		t.Keep(r)
	}
	return r.lookup(ctx, all)
}

// conditionsOf reads ranges, without those that no row can be in.
func conditionsOf(ctx *sql.Context, x *gms.Index, ranges sql.MySQLRangeCollection) ([][]gms.RangeCondition, error) {
	var all [][]gms.RangeCondition
	for _, r := range ranges {
		conditions, none, err := x.Conditions(ctx, r)
		if err != nil {
			return nil, err
		}
		if !none {
			all = append(all, conditions)
		}
	}
	return all, nil
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

// rangeReader reads one lookup, and others of its shape after it.
type rangeReader struct {
	table    indexedTable
	scope    *tableScope
	switches switches
	ranges   [][]gms.RangeCondition
	ordered  bool
	reverse  bool
	// columns are the declared positions of the rows: the table's own, width many, then those that
	// only the check and the order need. read tells which are filled.
	columns []int
	read    []bool
	width   int
	// conjuncts are what was put to the connector: one for each condition of a single range, one
	// for several ranges together.
	conjuncts []*conjunct
	// more are other conditions on the same rows, which are checked elsewhere.
	more   []*conjunct
	access *rangeAccess
	// path leads through an index that a driver keeps; nil: the connector reads alone.
	path *driver.Path
	plan *exec.ScanPlan
}

// newRangeReader prepares to read ranges. wanted has the positions of the table's columns that
// somebody reads; nil: all.
func newRangeReader(t indexedTable, s switches, ranges [][]gms.RangeCondition, reverse bool, wanted []int) (*rangeReader, error) {
	scope, ok := scopeOf(t)
	if !ok {
		return nil, fmt.Errorf("internal error: table %s has an index and no connector", t.Name())
	}
	r := &rangeReader{table: t, scope: scope, switches: s, ranges: ranges, reverse: reverse}
	r.ordered = !r.fixed() && t.Index().Order(nil) != sql.IndexOrderNone
	r.layOut(wanted)
	if len(ranges) > 1 {
		r.conjuncts = []*conjunct{r.union(ranges)}
		return r, nil
	}
	for i := range ranges[0] {
		r.conjuncts = append(r.conjuncts, r.param(&ranges[0][i]))
	}
	return r, nil
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

func (r *rangeReader) layOut(wanted []int) {
	r.columns = slices.Clone(r.table.Columns())
	r.width = len(r.columns)
	r.read = make([]bool, r.width)
	for i := range r.read {
		r.read[i] = wanted == nil || slices.Contains(wanted, i)
	}
	need := func(column int) {
		if i := slices.Index(r.columns, column); i >= 0 {
			r.read[i] = true
			return
		}
		r.columns, r.read = append(r.columns, column), append(r.read, true)
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

// ask makes the question.
func (r *rangeReader) ask() *ask {
	q := &ask{scope: r.scope, conjuncts: slices.Concat(r.conjuncts, r.more), loops: 1}
	for i, column := range r.columns {
		if r.read[i] {
			q.columns = append(q.columns, column)
		}
	}
	if !r.ordered || !r.switches.order {
		return q
	}
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
func (r *rangeReader) negotiate(ctx *sql.Context) (*rangeAccess, error) {
	q := r.ask()
	o, err := q.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	if o.refused != nil {
		return nil, o.refused.error(r.scope)
	}
	a := &rangeAccess{offer: o, row: make([]exec.ColumnRead, len(r.columns))}
	for i, position := range r.columns {
		c := &r.scope.columns[position]
		a.row[i] = exec.ColumnRead{Name: c.name, Type: c.typ, NotNull: c.notNull, Column: -1}
		if r.read[i] {
			a.row[i].Column = position
		}
	}
	trusted := r.table.TrustPushdown()
	if o.order && !trusted {
		a.watch = q.order.watch
	}
	for i, c := range r.conjuncts {
		if !c.sendable() || !trusted || o.uses[i].use != pb.Use_USE_EXACT || c.weak {
			a.check = append(a.check, i)
		}
	}
	return a, nil
}

// negotiated finds the answer to a question that was put before, or puts it.
func (r *rangeReader) negotiated(ctx *sql.Context) (err error) {
	store, ok := r.table.(negotiations)
	if !ok || len(r.ranges) > 1 || len(r.more) > 0 {
		r.access, err = r.negotiate(ctx)
	} else {
		shape := r.shape()
		if a, ok := store.Negotiated().Load(shape); ok {
			r.access = a.(*rangeAccess)
		} else if r.access, err = r.negotiate(ctx); err == nil {
			store.Negotiated().Store(shape, r.access)
		}
	}
	if err != nil {
		return err
	}
	path := r.driven(ctx)
	r.plan = &exec.ScanPlan{Source: r.scope.source, Row: r.access.row, Watch: r.access.watch,
		Main: access(r.scope, r.access.offer), Info: r.info()}
	if path != nil {
		r.plan.Source = path.Source(r.plan.Source)
	}
	return nil
}

func (r *rangeReader) shape() rangeShape {
	var conditions, columns []byte
	for i, c := range r.ranges[0] {
		conditions = fmt.Append(conditions, c.Column, ":", c.Op, c.OrNull, r.conjuncts[i].sendable(), " ")
	}
	for i, position := range r.columns {
		columns = fmt.Append(columns, position, r.read[i], " ")
	}
	return rangeShape{index: r.table.Index().ID(), conditions: string(conditions), columns: string(columns),
		ordered: r.ordered, reverse: r.reverse, switches: r.switches}
}

// serves tells whether ranges ask the same as those that were negotiated. Of a single range the
// values may differ.
func (r *rangeReader) serves(ranges [][]gms.RangeCondition, reverse bool) bool {
	if r.reverse != reverse || len(ranges) != 1 || len(r.ranges) != 1 || len(ranges[0]) != len(r.ranges[0]) {
		return false
	}
	for i := range ranges[0] {
		a, b := &ranges[0][i], &r.ranges[0][i]
		if a.Column != b.Column || a.Op != b.Op || a.OrNull != b.OrNull {
			return false
		}
	}
	return true
}

// lookup reads ranges that the reader serves.
func (r *rangeReader) lookup(ctx *sql.Context, ranges [][]gms.RangeCondition) (sql.RowIter, error) {
	if len(ranges) > 1 {
		if len(r.access.check) == 0 {
			ranges = nil
		}
		return r.rows(ctx, r.plan.Run(nil), ranges)
	}
	values := make([]*pb.Value, 0, len(r.conjuncts))
	for i, c := range r.conjuncts {
		if len(c.params) == 0 {
			continue
		}
		value, bound := c.params[0].Bind(ctx, ranges[0][i].Value)
		switch bound {
		case exec.Never:
			return sql.RowsToRowIter(), nil
		case exec.Inexpressible:
			return r.constants(ctx, ranges)
		}
		values = append(values, value)
	}
	var check [][]gms.RangeCondition
	if len(r.access.check) > 0 {
		check = make([][]gms.RangeCondition, 1)
		for _, i := range r.access.check {
			check[0] = append(check[0], ranges[0][i])
		}
	}
	return r.rows(ctx, r.plan.Run(values), check)
}

// constants reads a range of which a value has no form for the connector: what can be said of it is
// said with the values, the rest is checked here.
func (r *rangeReader) constants(ctx *sql.Context, ranges [][]gms.RangeCondition) (sql.RowIter, error) {
	other := *r
	other.conjuncts = []*conjunct{r.union(ranges)}
	a, err := other.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	other.access, other.plan = a, &exec.ScanPlan{Source: r.scope.source, Row: a.row, Watch: a.watch, Main: access(r.scope, a.offer), Info: r.plan.Info}
	return other.rows(ctx, other.plan.Run(nil), ranges)
}

// rows checks, sorts and cuts what a scan gives. check has ranges of which one must hold; none means
// that nothing is checked.
func (r *rangeReader) rows(ctx *sql.Context, scan sql.RowIter, check [][]gms.RangeCondition) (sql.RowIter, error) {
	rows := scan
	if len(check) > 0 {
		rows = &rangeCheck{rows: scan, reader: r, ranges: check}
	}
	if r.ordered && !r.access.offer.order {
		var err error
		if rows, err = exec.SortedRows(ctx, rows, r.keys()); err != nil {
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
