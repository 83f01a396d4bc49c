package engine

import (
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/shape"
)

// bound finds out which literals of a statement may change without changing how it is run: those that
// a column is compared with, that a column is set to, and the cells of VALUES. nil: the statement is
// none of those that are remembered.
func (s *Session) bound(ctx *sql.Context, read *shape.Statement) []place {
	statement, err := s.parse(ctx, string(read.Shape))
	if err != nil {
		return nil
	}
	b := binder{bound: make([]place, len(read.Literals))}
	if readsMetadata(statement) || !b.statement(statement) {
		return nil
	}
	return b.bound
}

// place is where a literal stands.
type place byte

const (
	// placeFixed: changing it would make another statement.
	placeFixed place = iota
	// placeAssigned: a column gets its value.
	placeAssigned
	// placeCompared: a column is compared with it.
	placeCompared
)

// binder walks a statement that has parameters where its literals were.
type binder struct{ bound []place }

func (b *binder) statement(statement sqlparser.Statement) bool {
	switch n := statement.(type) {
	case *sqlparser.Select:
		return b.selects(n)
	case *sqlparser.SetOp, *sqlparser.ParenSelect:
		return readsOnly(n)
	case *sqlparser.Insert:
		return b.inserts(n)
	case *sqlparser.Update:
		if n.With != nil || n.Ignore != "" || n.Limit != nil || len(n.Comments)+len(n.OrderBy)+len(n.Returning) > 0 || !oneTable(n.TableExprs) {
			return false
		}
		for _, e := range n.Exprs {
			b.value(e.Expr, placeAssigned)
		}
		b.where(n.Where)
		return true
	case *sqlparser.Delete:
		if n.With != nil || n.Limit != nil || len(n.Comments)+len(n.Targets)+len(n.Partitions)+len(n.OrderBy)+len(n.Returning) > 0 || !oneTable(n.TableExprs) {
			return false
		}
		b.where(n.Where)
		return true
	}
	return false
}

// selects takes the literals of a SELECT. Any may be kept: what it turns out to be when it is planned decides.
func (b *binder) selects(n *sqlparser.Select) bool {
	if !readsOnly(n) {
		return false
	}
	if len(n.From) == 0 || oneTable(n.From) && !nested(n) {
		b.anywhere(n.Where)
	} else {
		b.where(n.Where)
	}
	return true
}

// ofOneRow tells whether a SELECT may be of one row of a table, or of none, by its key.
func ofOneRow(n *sqlparser.Select) bool {
	return n.With == nil && n.Having == nil && n.Limit == nil && len(n.GroupBy)+len(n.Window)+len(n.OrderBy) == 0 && !n.QueryOpts.Distinct &&
		(len(n.From) == 0 || n.Where != nil && oneTable(n.From) && equalities(n.Where.Expr))
}

// equalities tells whether a condition is made of equalities that all must hold.
func equalities(e sqlparser.Expr) bool {
	switch e := e.(type) {
	case *sqlparser.AndExpr:
		return equalities(e.Left) && equalities(e.Right)
	case *sqlparser.ParenExpr:
		return equalities(e.Expr)
	case *sqlparser.ComparisonExpr:
		return e.Operator == sqlparser.EqualStr
	}
	return false
}

// readsOnly tells whether a SELECT, with those within it, has none of the parts that have an effect, that are looked at where it runs, or
// that nobody asks for twice.
func readsOnly(statement sqlparser.Statement) bool {
	sound := true
	walk(statement, func(node sqlparser.SQLNode) {
		switch n := node.(type) {
		case *sqlparser.Select:
			sound = sound && n.Into == nil && (n.Lock == nil || n.Lock.Type == "") && len(n.Comments) == 0 && !n.QueryOpts.SQLCalcFoundRows && len(n.QueryOpts.DistinctOn) == 0
		case *sqlparser.SetOp:
			sound = sound && n.Into == nil && (n.Lock == nil || n.Lock.Type == "")
		case *sqlparser.AliasedTableExpr:
			sound = sound && n.AsOf == nil && n.Hints == nil && !n.Lateral && len(n.Partitions) == 0
		case sqlparser.TableFuncExpr, *sqlparser.TableFuncExpr, *sqlparser.JSONTableExpr, *sqlparser.MatchExpr, *sqlparser.ValuesStatement:
			sound = false
		}
	})
	return sound
}

// nested tells whether there is another SELECT in one.
func nested(n *sqlparser.Select) bool {
	selects := 0
	walkSelects(n, func(*sqlparser.Select) { selects++ })
	return selects > 1
}

// anywhere takes the values that columns are compared with, wherever they stand in a condition.
func (b *binder) anywhere(w *sqlparser.Where) {
	if w == nil {
		return
	}
	_ = sqlparser.Walk(func(node sqlparser.SQLNode) (bool, error) {
		switch e := node.(type) {
		case *sqlparser.ComparisonExpr:
			switch e.Operator {
			case sqlparser.EqualStr, sqlparser.NullSafeEqualStr, sqlparser.NotEqualStr, sqlparser.LessThanStr, sqlparser.LessEqualStr,
				sqlparser.GreaterThanStr, sqlparser.GreaterEqualStr:
				b.compared(e.Left, e.Right)
			case sqlparser.InStr:
				if list, ok := e.Right.(sqlparser.ValTuple); ok {
					for _, member := range list {
						b.compared(e.Left, member)
					}
				}
			}
		case *sqlparser.RangeCond:
			b.compared(e.Left, e.From)
			b.compared(e.Left, e.To)
		}
		return true, nil
	}, w.Expr)
}

// compared takes a value that a column is compared with.
func (b *binder) compared(left, right sqlparser.Expr) {
	if _, ok := left.(*sqlparser.ColName); ok {
		b.value(right, placeCompared)
	} else if _, ok := right.(*sqlparser.ColName); ok {
		b.value(left, placeCompared)
	}
}

func (b *binder) inserts(n *sqlparser.Insert) bool {
	rows, ok := n.Rows.(*sqlparser.AliasedValues)
	if !ok || !rows.As.IsEmpty() || n.With != nil || n.Ignore != "" || len(n.Comments)+len(n.Partitions)+len(n.Returning)+len(n.OnDup) > 0 {
		return false
	}
	for _, row := range rows.Values {
		for _, cell := range row {
			b.value(cell, placeAssigned)
		}
	}
	return true
}

// oneTable tells whether there is one table, as it is.
func oneTable(tables sqlparser.TableExprs) bool {
	if len(tables) != 1 {
		return false
	}
	table, ok := tables[0].(*sqlparser.AliasedTableExpr)
	if !ok || table.AsOf != nil || table.Hints != nil || table.Lateral || len(table.Partitions) > 0 {
		return false
	}
	_, ok = table.Expr.(sqlparser.TableName)
	return ok
}

// where takes the values that columns are compared with.
func (b *binder) where(w *sqlparser.Where) {
	if w != nil {
		b.condition(w.Expr)
	}
}

func (b *binder) condition(e sqlparser.Expr) {
	switch e := e.(type) {
	case *sqlparser.AndExpr:
		b.condition(e.Left)
		b.condition(e.Right)
	case *sqlparser.ParenExpr:
		b.condition(e.Expr)
	case *sqlparser.ComparisonExpr:
		if e.Operator == sqlparser.EqualStr {
			b.compared(e.Left, e.Right)
		}
	}
}

// value notes a parameter.
func (b *binder) value(e sqlparser.Expr, p place) {
	if number, ok := paramNumber(e); ok && number < len(b.bound) {
		b.bound[number] = p
	}
}

// paramNumber is which question mark an expression is, from 0.
func paramNumber(e sqlparser.Expr) (int, bool) {
	v, ok := e.(*sqlparser.SQLVal)
	if !ok || v.Type != sqlparser.ValArg {
		return 0, false
	}
	number, err := strconv.Atoi(strings.TrimPrefix(string(v.Val), paramPrefix))
	return number - 1, err == nil && number > 0
}

// paramPrefix is what the parser calls the question marks, from 1 on.
const paramPrefix = ":v"
