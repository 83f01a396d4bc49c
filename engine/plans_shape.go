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

func (b *binder) selects(n *sqlparser.Select) bool {
	options := n.QueryOpts
	if n.Into != nil || n.With != nil || n.Having != nil || n.Lock != nil && n.Lock.Type != "" || n.Limit != nil || len(n.GroupBy)+len(n.Comments)+len(n.Window)+len(n.OrderBy) > 0 ||
		options.Distinct || len(options.DistinctOn) > 0 || options.SQLCalcFoundRows || len(n.From) > 0 && !oneTable(n.From) {
		return false
	}
	b.where(n.Where)
	return true
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
		if e.Operator != sqlparser.EqualStr {
			return
		}
		if _, ok := e.Left.(*sqlparser.ColName); ok {
			b.value(e.Right, placeCompared)
		} else if _, ok := e.Right.(*sqlparser.ColName); ok {
			b.value(e.Left, placeCompared)
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
