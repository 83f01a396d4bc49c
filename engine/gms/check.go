package gms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

var (
	_ sql.CheckTable          = (*Stored)(nil)
	_ sql.CheckAlterableTable = (*Stored)(nil)
)

// GetChecks implements sql.CheckTable.
func (t *Stored) GetChecks(*sql.Context) ([]sql.CheckDefinition, error) {
	checks := make([]sql.CheckDefinition, len(t.declared.Table.Checks))
	for i, c := range t.declared.Table.Checks {
		checks[i] = sql.CheckDefinition{Name: c.Name, CheckExpression: c.ExpressionSql, Enforced: !c.NotEnforced}
	}
	return checks, nil
}

// CreateCheck implements sql.CheckAlterableTable. Without a name it gets one, as MySQL does.
func (t *Stored) CreateCheck(ctx *sql.Context, check *sql.CheckDefinition) error {
	next := t.definition()
	made := &pb.Check{Name: check.Name, ExpressionSql: check.CheckExpression, NotEnforced: !check.Enforced}
	if made.Name == "" {
		made.Name = freeCheckName(next)
	}
	if checkIn(next, made.Name) >= 0 {
		return sql.ErrDuplicateCheckName.New(made.Name)
	}
	next.Checks = append(next.Checks, made)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_ADD_CHECK, Name: made.Name, Check: made})
}

// DropCheck implements sql.CheckAlterableTable.
func (t *Stored) DropCheck(ctx *sql.Context, name string) error {
	next := t.definition()
	at := checkIn(next, name)
	if at < 0 {
		return sqlerr.New(3821, "HY000", "check constraint '%s' is not found in the table", name)
	}
	next.Checks = slices.Delete(next.Checks, at, at+1)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_DROP_CHECK, Name: name})
}

func checkIn(d *definition, name string) int {
	return slices.IndexFunc(d.Checks, func(c *pb.Check) bool { return strings.EqualFold(c.Name, name) })
}

func freeCheckName(d *definition) string {
	for i := 1; ; i++ {
		if name := fmt.Sprintf("%s_chk_%d", d.Name, i); checkIn(d, name) < 0 {
			return name
		}
	}
}
