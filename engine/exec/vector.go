package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/vec"
)

// VariableVectors is the session variable that says whether columns are worked on as such: 0 never, 1 where a scan is not
// expected to be short, 2 wherever it can be. It changes how a query runs, never its rows.
const VariableVectors = "wasql_vectors"

func addVectorVariable() {
	sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{&sql.MysqlSystemVariable{
		Name: VariableVectors, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
		Type: types.NewSystemIntType(VariableVectors, 0, 2, false), Default: int64(1),
	}})
}

// fewRows is the estimate below which a scan is not worth the preparation.
const fewRows = 64

// buildVectors runs a node and those below it, down to one scan, over columns. It gives nil when a part of them is not covered: the rows
// of go-mysql-server do it then, with the same answer.
func (b Builder) buildVectors(ctx *sql.Context, node sql.Node, row sql.Row) (sql.RowIter, error) {
	if len(row) != 0 && !blind(node) {
		return nil, nil // it depends on an outer row
	}
	wanted := wantsColumns(ctx)
	if scan, bare := node.(*Scan); bare && !wanted && lanesOf(ctx, scan) < 2 {
		return nil, nil // its rows are wanted as they are
	}
	if !covers(ctx, node) {
		return nil, nil
	}
	v := &vectorizer{ctx: ctx, sieves: &sieves{}}
	built, ok := v.lazy(node)
	if !ok {
		return nil, nil
	}
	v.ranOnColumns(node)
	return newVectorRows(node, built), nil
}

// ranOnColumns notes that the scans' columns are worked on as such up to a node.
func (v *vectorizer) ranOnColumns(node sql.Node) {
	for _, scan := range v.scans {
		scan.ranOnColumns(name(node))
	}
}

// blind tells whether a node sees nothing of the row around it.
func blind(node sql.Node) bool {
	alias, ok := node.(*plan.SubqueryAlias)
	return ok && !alias.OuterScopeVisibility && !alias.IsLateral
}

// covers tells whether a node and those below are of the kinds that run on columns, and worth it. It is asked for every node that is
// built, so it looks at kinds only.
func covers(ctx *sql.Context, node sql.Node) bool {
	long := false
	var below func(node sql.Node) bool
	below = func(node sql.Node) bool {
		switch n := node.(type) {
		case *Scan:
			readable, worth := vectorScan(ctx, n)
			long = long || worth
			return readable
		case *plan.JoinNode:
			if kind, _ := lookupInputs(ctx, n); kind != 0 {
				return below(n.Left())
			}
			kind, right, _ := joinInputs(n)
			return kind != 0 && below(n.Left()) && below(right)
		case *plan.SetOp:
			return below(n.Left()) && below(n.Right())
		case *plan.CachedResults:
			return below(n.Child) // read once here, so nothing is kept
		case *plan.SubqueryAlias:
			return blind(n) && below(n.Child)
		case *plan.Filter:
			if join, lookup := unmatched(n); join != nil {
				return below(join.Left()) && below(lookup.Child)
			}
			return below(n.Child)
		case *plan.GroupBy, *plan.Window, *plan.TopN, *plan.Sort, *plan.Having, *plan.Project, *plan.TableAlias, *plan.Distinct, *plan.Limit, *plan.Offset:
			return below(node.Children()[0])
		}
		return false
	}
	return below(node) && long
}

// vectorScan tells whether a scan's batches can be read as they come, and whether it is worth it.
func vectorScan(ctx *sql.Context, s *Scan) (readable, worth bool) {
	p := s.Plan
	if p.Empty || len(p.Watch) > 0 || !knownAtStart(ctx, p.Params) {
		return false, false
	}
	mode := vectorsOf(ctx)
	return mode > 0, mode == 2 || p.Info.Rows < 0 || p.Info.Rows >= fewRows
}

// vectorsOf is the value of wasql_vectors.
func vectorsOf(ctx *sql.Context) int64 { return integerVariable(ctx, VariableVectors, 1) }

// vectorizer compiles a chain of nodes.
type vectorizer struct {
	ctx   *sql.Context
	scans []*ScanPlan
	// lateral is the number of columns that the joins above have on their left of here. What a join compares counts its columns
	// from behind these; everything else from its own first.
	lateral int
	// byRows counts the expressions that are evaluated row by row.
	byRows int
	// offset is where the columns of the expression begin that is compiled.
	offset int
	// piece is what the scan reads, when only a piece of it is compiled: on a goroutine beside others, where go-mysql-server's own
	// code does not run.
	piece input
	// sieves are what joins tell the scans of their keys.
	sieves *sieves
	// finding is the leaf of a lookup join that is compiled, and found what it gives.
	finding keyed
	found   *vectors
}

// vectors are what a node gives: batches, and the columns of its rows as expressions over them.
type vectors struct {
	source  vec.Source
	columns []vectorColumn
}

// vectorColumn is a column of a node's rows.
type vectorColumn struct {
	// expr is nil for a column that is not read, and for one that vectors cannot hold.
	expr vec.Expr
	// direct gives the values of such a one for rows.
	direct *valueByRow
	// class tells how it is compared; 0: it is only handed on, or used as a key.
	class     vec.Class
	collation *vec.Collation
	// unit tells apart what is of one class and counts different things.
	unit unit
	// read tells how the values become those of rows.
	read ColumnRead
}

// unit is what a whole number counts.
type unit uint8

const (
	plainNumber unit = iota
	days
	microseconds
	clock
	year
)

// node compiles a node with those below, all of whose columns lie in its batches; false: it is not covered.
func (v *vectorizer) node(node sql.Node) (*vectors, bool) {
	built, ok := v.lazy(node)
	return built, ok && built.materialize()
}

// lazy compiles a node with those below; its columns may be expressions over its batches. false: it is not covered.
func (v *vectorizer) lazy(node sql.Node) (*vectors, bool) {
	if v.finding != nil && node == sql.Node(v.finding) {
		return v.found, true
	}
	if built, ok := v.pieces(node); ok {
		return built, true
	}
	switch n := node.(type) {
	case *Scan:
		return v.leaf(n)
	case *plan.TableAlias:
		return v.lazy(n.Child)
	case *plan.CachedResults:
		return v.node(n.Child)
	case *plan.SubqueryAlias:
		return v.derivedTable(n)
	case *plan.JoinNode:
		return v.join(n)
	case *plan.Filter:
		if join, lookup := unmatched(n); join != nil {
			return v.unmatched(join, lookup)
		}
		return v.filter(n.Child, n.Expression)
	case *plan.Having:
		return v.filter(n.Child, n.Cond)
	case *plan.Distinct:
		return v.distinct(n)
	case *plan.Limit:
		return v.limit(n)
	case *plan.Project:
		return v.project(n)
	case *plan.GroupBy:
		return v.group(n)
	case *plan.Window:
		return v.window(n)
	case *plan.SetOp:
		return v.union(n)
	case *plan.TopN:
		return v.top(n)
	case *plan.Sort:
		return v.sort(n)
	}
	return nil, false
}

func (v *vectorizer) filter(child sql.Node, expression sql.Expression) (*vectors, bool) {
	below, ok := v.node(child)
	if !ok {
		return nil, false
	}
	var passed func(rows int)
	if r, is := expression.(*residual); is {
		expression, passed = r.Child, func(rows int) { r.passed.Add(uint64(rows)) }
	}
	condition, ok := v.condition(below, expression)
	if !ok {
		return nil, false
	}
	return &vectors{source: vec.Filter(below.source, condition, passed), columns: below.columns}, true
}

func (v *vectorizer) project(n *plan.Project) (*vectors, bool) {
	below, ok := v.node(n.Child)
	if !ok {
		return nil, false
	}
	out := &vectors{source: below.source, columns: make([]vectorColumn, len(n.Projections))}
	for i, e := range n.Projections {
		if out.columns[i], ok = v.value(below, e); !ok {
			return nil, false
		}
	}
	return out, true
}
