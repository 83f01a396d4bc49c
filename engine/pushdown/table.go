package pushdown

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// Table is a connector's table as go-mysql-server plans with it: gms.Table, or a fake.
type Table interface {
	sql.Table
	// Ref names the table to its connector.
	Ref() *pb.TableRef
	// Declared is the whole table, with columns.
	Declared() *pb.Table
	// FullSchema has all declared columns.
	FullSchema() sql.Schema
	// Columns are the declared positions of the columns of Schema, in order.
	Columns() []int
	// Database is the database that SQL reaches the table through.
	Database() string
	// TrustPushdown tells whether conjuncts claimed exactly need no second look.
	TrustPushdown() bool
}

// sourced is a table that brings its own source; others are read through their host connector.
type sourced interface{ ScanSource() exec.Source }

// tableOf finds the connector's table below the wrappers, and its source.
func tableOf(t sql.Table) (Table, exec.Source, bool) {
	for {
		switch x := t.(type) {
		case Table:
			if s, ok := t.(sourced); ok {
				return x, s.ScanSource(), true
			}
			if source := hostSource(t); source != nil {
				return x, source, true
			}
			return nil, nil, false
		case sql.TableWrapper:
			t = x.Underlying()
		default:
			return nil, nil, false
		}
	}
}

// tableScope is the table of one scan as the conditions above it see it.
type tableScope struct {
	node     *plan.ResolvedTable
	table    Table
	source   exec.Source
	ids      sql.ColSet
	schema   sql.Schema
	columns  []column
	declared map[string]int
	// offset is how many values stand before the table's own in the rows its conditions are
	// evaluated on; negative until a condition tells.
	offset int
}

// newTableScope looks at a table below its alias; alias may be nil.
func newTableScope(ctx *sql.Context, node *plan.ResolvedTable, alias *plan.TableAlias) (*tableScope, bool) {
	table, source, ok := tableOf(node.Table)
	if !ok {
		return nil, false
	}
	s := &tableScope{node: node, table: table, source: source, ids: node.Columns(), schema: node.Schema(ctx), offset: -1, declared: map[string]int{}}
	if alias != nil {
		s.ids, s.schema = alias.Columns(), alias.Schema(ctx)
	}
	positions, full, declared := table.Columns(), table.FullSchema(), table.Declared().GetColumns()
	if len(positions) != len(s.schema) || len(full) != len(declared) {
		return nil, false
	}
	s.columns = make([]column, len(positions))
	for i, position := range positions {
		s.columns[i] = newColumn(position, full[position], declared[position])
		s.declared[strings.ToLower(s.schema[i].Name)] = i
	}
	return s, true
}

// name is the table in messages.
func (s *tableScope) name() string { return s.table.Database() + "." + s.table.Name() }

// field finds the position in the row of a column of this table.
func (s *tableScope) field(e *expression.GetField) (int, bool) {
	if e.Id() == 0 || !s.ids.Contains(e.Id()) {
		return 0, false
	}
	i, ok := s.declared[strings.ToLower(e.Name())]
	return i, ok
}

// column sees the column of this table that e is; a COLLATE around it is the comparison's affair.
func (s *tableScope) column(_ *sql.Context, e sql.Expression) (*column, bool) {
	switch e := e.(type) {
	case *expression.GetField:
		i, ok := s.field(e)
		if !ok {
			return nil, false
		}
		s.offset = e.Index() - i
		return &s.columns[i], true
	case *expression.CollatedExpression:
		return s.column(nil, e.Child())
	}
	return nil, false
}

// notParam says why an expression cannot be a value from the outer row; empty when it can.
func (s *tableScope) notParam(ctx *sql.Context, e sql.Expression) string {
	switch e := e.(type) {
	case *expression.Literal:
		return ""
	case *expression.GetField:
		if _, own := s.field(e); own {
			return "it computes with columns of the same row, so the engine evaluates it"
		}
		if e.Id() == 0 || e.Index() < 0 || e.Index() >= s.offset {
			return "its value is not known when the scan starts"
		}
		return ""
	case *plan.Subquery:
		if !e.Correlated().Empty() || e.IsNonDeterministic() || types.IsTuple(e.Type(ctx)) {
			return "its sub-query is evaluated for each row"
		}
		return ""
	case *expression.Arithmetic, *expression.Convert, *expression.Mod, *expression.Div, *expression.IntDiv, *expression.UnaryMinus:
		for _, child := range e.Children() {
			if reason := s.notParam(ctx, child); reason != "" {
				return reason
			}
		}
		return ""
	case sql.FunctionExpression:
		return "function " + e.FunctionName() + " is evaluated by the engine"
	}
	return "this expression is evaluated by the engine"
}

// param makes an operand of an expression that notParam let pass.
func (s *tableScope) param(ctx *sql.Context, e sql.Expression, bind func(*sql.Context, any) (*pb.Value, exec.Bound)) exec.Param {
	p := exec.Param{Expr: e, Bind: bind}
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if _, ok := e.(*plan.Subquery); ok {
			p.Width, p.PadTo = s.offset, s.offset+len(s.schema)
		}
		return true
	})
	return p
}
