package engine

import (
	"bytes"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/exec"
)

// widenDecimals writes numbers that are compared with a column with more digits than any column has: go-mysql-server rounds others to the
// digits of a DECIMAL column when it reads a statement, so that num <= 1.505 became num <= 1.51. The planner takes the digits away again.
func widenDecimals(statement sqlparser.Statement) {
	switch s := explained(statement).(type) {
	case sqlparser.SelectStatement, *sqlparser.Insert, *sqlparser.Update, *sqlparser.Delete:
		walk(s, func(node sqlparser.SQLNode) {
			compared, ok := node.(*sqlparser.ComparisonExpr)
			if !ok {
				return
			}
			_, left := compared.Left.(*sqlparser.ColName)
			_, right := compared.Right.(*sqlparser.ColName)
			if left {
				widenDecimal(compared.Right)
			}
			if right {
				widenDecimal(compared.Left)
			}
		})
	}
}

func widenDecimal(e sqlparser.Expr) {
	number, ok := e.(*sqlparser.SQLVal)
	if !ok || number.Type != sqlparser.FloatVal || bytes.ContainsAny(number.Val, "eE") || !bytes.Contains(number.Val, []byte(".")) {
		return
	}
	if missing := exec.WideDigits - len(number.Val); missing > 0 {
		number.Val = append(bytes.Clone(number.Val), bytes.Repeat([]byte("0"), missing)...)
	}
}
