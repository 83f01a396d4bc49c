package gms

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Constraints gives the checks of the table with their expressions over its rows. go-mysql-server finds
// no checks of a table with virtual columns, since it wraps it; who shows or writes such a table asks
// here.
func (t *Stored) Constraints(ctx *sql.Context) (_ sql.CheckConstraints, err error) {
	definitions, err := t.GetChecks(ctx)
	if err != nil || len(definitions) == 0 {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("table %s: a check cannot be read: %v", t.name, p)
		}
	}()
	// go-mysql-server resolves the text of generated columns for others, so each check is one.
	schema := t.declared.Schema.Copy()
	for _, d := range definitions {
		schema = append(schema, &sql.Column{Name: d.Name, Type: types.Boolean, Source: t.name, DatabaseSource: t.database, Nullable: true,
			HiddenSystem: true, Generated: sql.NewUnresolvedColumnDefaultValue(d.CheckExpression)})
	}
	resolved := planbuilder.NewBuilderForColumnDefaultResolution(ctx, sql.EngineOverrides{}).ResolveSchemaDefaults(t.database, t.name, schema)
	checks := make(sql.CheckConstraints, len(definitions))
	for i, d := range definitions {
		expr, _, err := transform.Expr(ctx, resolved[len(t.declared.Schema)+i].Generated.Expr, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
			field, ok := e.(*expression.GetField)
			if !ok {
				return e, transform.SameTree, nil
			}
			at := t.declared.Schema.IndexOfColName(field.Name())
			named := expression.NewGetField(at, field.Type(ctx), field.Name(), field.IsNullable(ctx))
			return named.WithQuotedNames(sql.DefaultMySQLSchemaFormatter, true), transform.NewTree, nil
		})
		if err != nil {
			return nil, err
		}
		checks[i] = &sql.CheckConstraint{Name: d.Name, Expr: expr, Enforced: d.Enforced}
	}
	return checks, nil
}

// Virtual tells whether the table has virtual columns.
func (t *Table) Virtual() bool { return t.declared.Schema.HasVirtualColumns() }

// checkedEditor looks at the checks of a table with virtual columns.
type checkedEditor struct {
	sql.ForeignKeyEditor
	checks sql.CheckConstraints
}

func (e checkedEditor) check(ctx *sql.Context, row sql.Row) error {
	for _, c := range e.checks {
		if !c.Enforced {
			continue
		}
		holds, err := sql.EvaluateCondition(ctx, c.Expr, row)
		if err != nil {
			return err
		}
		if sql.IsFalse(holds) {
			return sql.ErrCheckConstraintViolated.New(c.Name)
		}
	}
	return nil
}

// Insert implements sql.RowInserter.
func (e checkedEditor) Insert(ctx *sql.Context, row sql.Row) error {
	if err := e.check(ctx, row); err != nil {
		return err
	}
	return e.ForeignKeyEditor.Insert(ctx, row)
}

// Update implements sql.RowUpdater.
func (e checkedEditor) Update(ctx *sql.Context, before, after sql.Row) error {
	if err := e.check(ctx, after); err != nil {
		return err
	}
	return e.ForeignKeyEditor.Update(ctx, before, after)
}
