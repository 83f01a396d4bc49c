package gms

import (
	"fmt"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/pb"
)

// hiddenRuleID is the rule's number, far from go-mysql-server's own.
const hiddenRuleID analyzer.RuleId = 20_002

var installHidden sync.Once

// InstallHidden puts a rule of ours in the place of go-mysql-server's that refuses hidden columns: the
// one that tells the rows of a table without a key apart is in many plans, though no statement named
// it. The list of rules is a variable of go-mysql-server's package: it holds for the whole process.
// Calling it again does nothing.
func InstallHidden() {
	installHidden.Do(func() {
		at := RuleAt(analyzer.DefaultRules, "validateNoHiddenSystemColumns")
		analyzer.DefaultRules[at] = analyzer.Rule{Id: hiddenRuleID, Apply: refuseHidden}
	})
}

// rowIDPrefix begins the name of the hidden column that tells rows apart. The table's name follows, so
// that a natural join of two tables has no such column in common.
const rowIDPrefix = sql.HiddenSystemColumnPrefix + "!"

// hidesRows tells whether a column is a connector's hidden one that tells rows apart.
func hidesRows(c *sql.Column) bool { return c.HiddenSystem && strings.HasPrefix(c.Name, rowIDPrefix) }

// Shown counts the columns of a table but for a hidden one that tells the rows of one apart that nobody writes to.
func Shown(declared *pb.Table, schema sql.Schema) int {
	n := len(schema)
	for _, c := range schema {
		if hidesRows(c) && declared.GetFeatures()&uint64(changes) == 0 {
			n--
		}
	}
	return n
}

// indexed tells whether a name is that of a column behind the expression of an index.
func indexed(name string) bool {
	return sql.IsHiddenSystemColumn(name) && !strings.HasPrefix(strings.ToLower(name), rowIDPrefix)
}

// refuseHidden refuses statements that name hidden columns, or would make one.
func refuseHidden(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	var err error
	transform.Inspect(n, func(n sql.Node) bool {
		if err == nil {
			err = refuseHiddenIn(n)
		}
		switch n.(type) {
		case *plan.Update, *plan.UpdateSource:
			// UPDATE computes the columns behind indexes itself; the planbuilder has refused those in SET.
			return err == nil
		}
		transform.InspectExpressions(ctx, n, func(_ *sql.Context, e sql.Expression) bool {
			if field, ok := e.(*expression.GetField); ok && err == nil && indexed(field.Name()) {
				err = sql.ErrColumnNotFound.New(field.Name())
			}
			return err == nil
		})
		return err == nil
	})
	return n, transform.SameTree, err
}

func refuseHiddenIn(n sql.Node) error {
	refused := ""
	switch n := n.(type) {
	case *plan.CreateTable:
		for _, c := range n.TargetSchema() {
			if sql.IsHiddenSystemColumn(c.Name) {
				return fmt.Errorf("invalid column name: %s", c.Name)
			}
		}
	case *plan.ModifyColumn:
		refused = n.Column()
	case *plan.DropColumn:
		refused = n.Column
	case *plan.RenameColumn:
		if refused = n.ColumnName; sql.IsHiddenSystemColumn(n.NewColumnName) {
			return fmt.Errorf("invalid column name: %s", n.NewColumnName)
		}
	}
	if sql.IsHiddenSystemColumn(refused) {
		return sql.ErrColumnNotFound.New(refused)
	}
	return nil
}

// whole is a row with a place for the hidden column at the end of the table: CREATE TABLE … AS SELECT
// inserts the rows of its SELECT as they are.
func (t *Table) whole(row sql.Row) sql.Row {
	schema := t.declared.Schema
	if len(row)+1 != len(schema) || !hidesRows(schema[len(schema)-1]) {
		return row
	}
	return append(row[:len(row):len(row)], nil)
}
