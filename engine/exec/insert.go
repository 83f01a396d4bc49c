package exec

import (
	"errors"
	"io"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/gms"
)

// VariableBulkInsert is a session variable: at 0, rows are inserted one by one.
const VariableBulkInsert = "wasql_bulk_insert"

const bulkInsertRuleID analyzer.RuleId = 20_201

var install sync.Once

// Install adds the rule and the session variable of bulk inserts to go-mysql-server, for every
// engine of the process. It comes after pushdown.Install. Calling it again does nothing.
func Install() {
	install.Do(func() {
		sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{&sql.MysqlSystemVariable{
			Name: VariableBulkInsert, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemBoolType(VariableBulkInsert), Default: int8(1),
		}})
		addVectorVariable()
		addMemoryVariables()
		addParallelVariables()
		addBatchVariable()
		insertCallsRule()
		insertCompareRule()
		analyzer.AlwaysBeforeDefault = append(analyzer.AlwaysBeforeDefault, analyzer.Rule{Id: textTypesRuleID, Apply: textTypesRule}, analyzer.Rule{Id: setTypesRuleID, Apply: setTypesRule})
		analyzer.OnceAfterAll = append(append([]analyzer.Rule{}, analyzer.OnceAfterAll...), analyzer.Rule{Id: bulkInsertRuleID, Apply: bulkInsertRule})
	})
}

// bulkInsertRule puts a BulkInsert over an INSERT that is a whole statement and a plain one, and over a
// REPLACE … RETURNING what gives its rows.
func bulkInsertRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, scope *plan.Scope, sel analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	insert, ok := n.(*plan.InsertInto)
	if ok && sel(bulkInsertRuleID) && scope.IsEmpty() && insert.IsReplace && len(insert.Returning) > 0 {
		return &replaceReturning{plan.UnaryNode{Child: insert}}, transform.NewTree, nil
	}
	if !ok || !sel(bulkInsertRuleID) || !scope.IsEmpty() || bulkTable(ctx, insert) == nil || !bulkInsertOn(ctx) {
		return n, transform.SameTree, nil
	}
	return &BulkInsert{plan.UnaryNode{Child: insert}}, transform.NewTree, nil
}

func bulkInsertOn(ctx *sql.Context) bool {
	value, err := ctx.GetSessionVariable(ctx, VariableBulkInsert)
	if err != nil {
		return true // the session is older than the variable
	}
	on, err := sql.ConvertToBool(ctx, value)
	return err != nil || on
}

// bulkTable gives the connector's table that an INSERT can be sent to in batches: one where a row
// that fails is the end of the statement, and nobody waits for what became of each. nil: not so.
func bulkTable(ctx *sql.Context, insert *plan.InsertInto) *gms.Stored {
	if insert.Ignore || insert.OnDupExprs.HasUpdates() || len(insert.Returning) > 0 || insert.HasAfterTrigger {
		return nil
	}
	if _, triggered := insert.Source.(*plan.TriggerExecutor); triggered {
		return nil
	}
	destination, ok := insert.Destination.(*plan.InsertDestination)
	if !ok {
		return nil
	}
	resolved, ok := destination.Child.(*plan.ResolvedTable)
	if !ok {
		return nil
	}
	table := resolved.Table
	if tracked, ok := table.(*plan.ProcessTable); ok {
		table = tracked.Underlying()
	}
	if computes, ok := table.(*plan.VirtualColumnTable); ok {
		table = computes.Underlying() // what it computes is for those who read
	}
	stored, ok := table.(*gms.Stored)
	if !ok || stored.MakesKeys() || stored.Careful() || insert.IsReplace && !stored.Replaces() {
		return nil
	}
	if compared, err := stored.UniquelyIndexed(ctx); insert.IsReplace && (compared || err != nil) {
		return nil // the row in the way is another's to find
	}
	return stored
}

// BulkInsert is an INSERT whose rows go to the connector in batches. Its answer is the one row that
// go-mysql-server makes of an INSERT: how many rows there were.
type BulkInsert struct{ plan.UnaryNode }

var _ sql.Node = (*BulkInsert)(nil)

// Insert is the statement.
func (n *BulkInsert) Insert() *plan.InsertInto { return n.Child.(*plan.InsertInto) }

// Schema implements sql.Node.
func (*BulkInsert) Schema(*sql.Context) sql.Schema { return types.OkResultSchema }

// IsReadOnly implements sql.Node.
func (*BulkInsert) IsReadOnly() bool { return false }

// String implements sql.Node.
func (n *BulkInsert) String() string { return n.Child.String() }

// WithChildren implements sql.Node. Another kind of child is executed for itself.
func (n *BulkInsert) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(n, len(children), 1)
	}
	if insert, ok := children[0].(*plan.InsertInto); ok {
		return &BulkInsert{plan.UnaryNode{Child: insert}}, nil
	}
	return children[0], nil
}

// buildBulkInsert builds the insert; nothing is read or written before its one row is wanted.
func (b Builder) buildBulkInsert(ctx *sql.Context, n *BulkInsert, row sql.Row) (sql.RowIter, error) {
	insert := n.Insert()
	table := bulkTable(ctx, insert)
	if table == nil {
		return nil, errors.New("internal error: a bulk insert into what takes none")
	}
	i := &bulkInsert{insert: insert, table: table, schema: insert.Destination.Schema(ctx)}
	for _, c := range i.schema {
		i.columns = append(i.columns, newInsertColumn(c))
		i.generates = i.generates || c.Generated != nil
	}
	var err error
	if i.batches, err = openInsertBatches(ctx, i); err != nil || i.batches != nil {
		return i, err
	}
	if i.lines, err = b.openLoadColumns(ctx, i); err != nil || i.lines != nil {
		return i, err
	}
	if i.source, err = b.Base.Build(ctx, insert.Source, row); err != nil {
		return nil, err
	}
	if i.unlock, err = lockAutoIncrement(ctx, insert, table); err != nil {
		return nil, errors.Join(err, i.source.Close(ctx))
	}
	if project, ok := insert.Source.(*plan.Project); ok {
		i.expressions = project.Projections
	}
	return i, nil
}

// lockAutoIncrement holds other inserts off while the statement makes keys, when the server's
// setting says so. The result gives the lock back; it is nil when there is none.
func lockAutoIncrement(ctx *sql.Context, insert *plan.InsertInto, table *gms.Stored) (func(), error) {
	if insert.FirstGeneratedAutoIncRowIdx < 0 {
		return nil, nil
	}
	const interleaved = int64(2)
	if _, mode, _ := sql.SystemVariables.GetGlobal("innodb_autoinc_lock_mode"); mode == interleaved {
		return nil, nil
	}
	return table.AutoIncrementSetter(ctx).AcquireAutoIncrementLock(ctx)
}

// bulkInsert is one run of an INSERT.
type bulkInsert struct {
	insert  *plan.InsertInto
	table   *gms.Stored
	schema  sql.Schema
	columns []insertColumn
	// expressions are those that make the rows of source, by column; nil when it has none.
	expressions []sql.Expression
	// generates: the table has generated columns.
	generates bool

	// batches, or else lines, or else source, is where the rows come from.
	batches *insertBatches
	lines   *loadColumns
	source  sql.RowIter
	unlock  func()

	bulk *gms.Bulk
	// generated is the first key that was made, or given, for the client.
	generated uint64
	done      bool
}

// Next implements sql.RowIter: it does all of it.
func (i *bulkInsert) Next(ctx *sql.Context) (sql.Row, error) {
	if i.done {
		return nil, io.EOF
	}
	i.done = true
	err := i.run(ctx)
	var rows uint64
	if i.bulk != nil {
		rows = i.bulk.Rows()
		if ended := i.bulk.End(ctx, err); err == nil {
			err = ended
		}
		if i.insert.IsReplace {
			rows = max(rows, i.bulk.Affected()) // those that had to go count too
		}
	}
	if closed := i.closeSource(ctx); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	ctx.GetLastQueryInfo().RowCount.Store(int64(rows))
	return sql.NewRow(types.OkResult{RowsAffected: rows, InsertID: i.generated}), nil
}

func (i *bulkInsert) run(ctx *sql.Context) (err error) {
	if i.bulk, err = i.table.Bulk(ctx, i.insert.IsReplace); err != nil {
		return err
	}
	if i.batches != nil {
		return i.batches.insert(ctx)
	}
	if i.lines != nil {
		return i.lines.insert(ctx)
	}
	for {
		row, err := i.source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return ctx.Err()
		}
		if err == nil {
			err = i.row(ctx, row)
		} else if sql.ErrRowEditCanceled.Is(err) {
			continue
		} else {
			err = sql.NewWrappedInsertError(row, err)
		}
		if err != nil {
			return i.behind(ctx, err)
		}
	}
}

// behind is the error of a row, unless one of the rows before it has one that was not told yet.
func (i *bulkInsert) behind(ctx *sql.Context, err error) error {
	if earlier := i.bulk.Send(ctx); earlier != nil {
		return earlier
	}
	return err
}

// noteKey keeps the key that LAST_INSERT_ID gives, and the one that the client is told.
func (i *bulkInsert) noteKey(ctx *sql.Context, row sql.Row) {
	number := i.bulk.Rows() // of this row, from 1
	first := i.insert.FirstGeneratedAutoIncRowIdx
	if number != 1 && (first < 0 || number != uint64(first)+1) {
		return
	}
	for position, e := range i.expressions {
		if _, makes := e.(*expression.AutoIncrement); !makes {
			continue
		}
		key, ok := row[position].(uint64)
		if !ok {
			converted, _, err := types.Int64.Convert(ctx, row[position])
			if err != nil {
				return // the column's type is checked when it is written
			}
			key = uint64(converted.(int64))
		}
		if number == 1 {
			i.generated = key
		}
		if first >= 0 && number == uint64(first)+1 {
			ctx.GetLastQueryInfo().LastInsertId.Store(int64(key))
		}
		return
	}
}

func (i *bulkInsert) closeSource(ctx *sql.Context) (err error) {
	if i.unlock != nil {
		i.unlock()
		i.unlock = nil
	}
	if i.batches != nil {
		err = i.batches.close()
		i.batches = nil
	}
	if i.lines != nil {
		err = errors.Join(err, i.lines.close(ctx))
		i.lines = nil
	}
	if i.source != nil {
		err = errors.Join(err, i.source.Close(ctx))
		i.source = nil
	}
	return err
}

// Close implements sql.RowIter.
func (i *bulkInsert) Close(ctx *sql.Context) error {
	i.done = true
	return i.closeSource(ctx)
}
