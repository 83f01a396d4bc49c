package exec

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// buildTableCopier is CREATE TABLE … AS SELECT: the table is made, and the rows are inserted by the names
// of their columns. go-mysql-server inserts them as they are, which fails when the table has columns
// that the SELECT does not give. nil: the table is no connector's.
func (b Builder) buildTableCopier(ctx *sql.Context, n *plan.TableCopier, row sql.Row) (sql.RowIter, error) {
	create, ok := n.Destination.(*plan.CreateTable)
	if !ok {
		return nil, nil
	}
	db := n.Database()
	if _, there, err := db.GetTableInsensitive(ctx, create.Name()); err != nil {
		return nil, err
	} else if there && create.IfNotExists() {
		ctx.Session.Warn(&sql.Warning{Level: "Note", Code: 1050, Message: "table '" + create.Name() + "' already exists"})
		return sql.RowsToRowIter(sql.NewRow(types.NewOkResult(0))), nil
	}
	made, err := b.Base.Build(ctx, create, row)
	if err != nil {
		return nil, err
	}
	if err := made.Close(ctx); err != nil {
		return nil, err
	}
	table, there, err := db.GetTableInsensitive(ctx, create.Name())
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, sql.ErrTableCreatedNotFound.New(create.Name())
	}
	source, err := inColumns(ctx, table, create.PkSchema().Schema, n.Source)
	if err != nil {
		return nil, err
	}
	insert := plan.NewInsertInto(db, plan.NewResolvedTable(table, db, nil), source, false, nil, nil, false)
	rows, err := b.Base.Build(ctx, insert, row)
	if err != nil {
		// The statement fails as a whole: MySQL leaves no table either.
		dropMade(ctx, db, create.Name())
		return nil, err
	}
	return &copied{RowIter: rows, db: db, table: create.Name()}, nil
}

// inColumns gives the rows of source the columns of a new table: by name where source has them, else
// what the definition says. defined has the columns with their expressions resolved.
func inColumns(ctx *sql.Context, table sql.Table, defined sql.Schema, source sql.Node) (sql.Node, error) {
	given, schema := source.Schema(ctx), table.Schema(ctx)
	placed := make([]sql.Expression, len(schema))
	filled := make([]sql.Expression, len(schema))
	missing := false
	for i, c := range schema {
		placed[i] = expression.NewLiteral(nil, types.Null)
		at := given.IndexOfColName(c.Name)
		if at >= 0 {
			from := given[at]
			placed[i] = expression.NewGetFieldWithTable(at, 0, from.Type, "", from.Source, from.Name, from.Nullable)
		}
		filled[i] = expression.NewGetField(i, c.Type, c.Name, true)
		made, err := made(ctx, table, c, defined, at >= 0, filled[i])
		if err != nil {
			return nil, err
		}
		if made != nil {
			filled[i], missing = made, true
		}
	}
	out := plan.NewProject(ctx, placed, source)
	if missing {
		out = plan.NewProject(ctx, filled, out)
	}
	return out, nil
}

// made is the expression of a column that the SELECT does not give, or that is made from what it gives;
// nil: there is none.
func made(ctx *sql.Context, table sql.Table, c *sql.Column, defined sql.Schema, given bool, value sql.Expression) (sql.Expression, error) {
	if c.AutoIncrement {
		return expression.NewAutoIncrementForColumn(ctx, table, c, value)
	}
	for _, d := range defined {
		switch {
		case !strings.EqualFold(d.Name, c.Name):
		case d.Generated != nil:
			return d.Generated, nil
		case !given && d.Default != nil:
			return d.Default, nil
		}
	}
	return nil, nil
}

// copied runs the insert and gives its result. When it fails the table goes.
type copied struct {
	sql.RowIter
	db           sql.Database
	table        string
	done, failed bool
}

// Next implements sql.RowIter.
func (c *copied) Next(ctx *sql.Context) (sql.Row, error) {
	if c.done {
		return nil, io.EOF
	}
	c.done = true
	for rows := 0; ; rows++ {
		switch _, err := c.RowIter.Next(ctx); {
		case errors.Is(err, io.EOF):
			return sql.NewRow(types.NewOkResult(rows)), nil
		case err != nil:
			c.failed = true
			return nil, err
		}
	}
}

// Close implements sql.RowIter.
func (c *copied) Close(ctx *sql.Context) error {
	err := c.RowIter.Close(ctx)
	if c.failed || err != nil {
		c.failed = false
		dropMade(ctx, c.db, c.table)
	}
	return err
}

func dropMade(ctx *sql.Context, db sql.Database, table string) {
	dropper, ok := db.(sql.TableDropper)
	if !ok {
		return
	}
	if err := dropper.DropTable(ctx.WithContext(context.WithoutCancel(ctx.Context)), table); err != nil {
		ctx.GetLogger().WithError(err).Warn("drop the table of a CREATE TABLE … AS SELECT that failed")
	}
}
