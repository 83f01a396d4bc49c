package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/information_schema"

	"github.com/wasql/wasql/engine/gms"
)

// completeInformation is information_schema with what go-mysql-server leaves out of some rows: that a column of a key
// descends, and how a generated column is made.
type completeInformation struct{ sql.Database }

// GetTableInsensitive implements sql.Database.
func (i completeInformation) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	table, ok, err := i.Database.GetTableInsensitive(ctx, name)
	if err != nil || !ok {
		return table, ok, err
	}
	switch strings.ToLower(name) {
	case information_schema.StatisticsTableName:
		return &information_schema.InformationSchemaTable{TableName: table.Name(), TableSchema: table.Schema(ctx), Reader: readStatistics}, true, nil
	case information_schema.ColumnsTableName:
		if columns, is := table.(*information_schema.ColumnsTable); is {
			read := columns.RowIter
			columns.RowIter = func(ctx *sql.Context, c sql.Catalog, all sql.Schema) (sql.RowIter, error) {
				rows, err := read(ctx, c, all)
				return completed(rows, err, c, completeColumns)
			}
		}
	}
	return table, ok, err
}

// readStatistics reads go-mysql-server's table.
func readStatistics(ctx *sql.Context, c sql.Catalog) (sql.RowIter, error) {
	table := information_schema.NewDefaultStats().AssignCatalog(c)
	partitions, err := table.Partitions(ctx)
	if err != nil {
		return nil, err
	}
	partition, err := partitions.Next(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := table.PartitionRows(ctx, partition)
	return completed(rows, err, c, completeStatistics)
}

// informed finds the table that a row is about; rows of one follow each other.
type informed struct {
	catalog        sql.Catalog
	database, name string
	table          sql.Table
}

func (i *informed) of(ctx *sql.Context, row sql.Row) sql.Table {
	database, _ := row[1].(string)
	name, _ := row[2].(string)
	if i.name != name || i.database != database {
		i.database, i.name, i.table = database, name, nil
		if table, _, err := i.catalog.Table(ctx, database, name); err == nil {
			i.table = table
		}
	}
	return i.table
}

// completed changes rows one by one as they are read.
func completed(rows sql.RowIter, err error, c sql.Catalog, change func(*sql.Context, sql.Table, sql.Row)) (sql.RowIter, error) {
	if err != nil {
		return nil, err
	}
	return &completedRows{rows, &informed{catalog: c}, change}, nil
}

type completedRows struct {
	sql.RowIter
	informed *informed
	change   func(*sql.Context, sql.Table, sql.Row)
}

// Next implements sql.RowIter.
func (c *completedRows) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := c.RowIter.Next(ctx)
	if err != nil {
		return nil, err
	}
	if table := c.informed.of(ctx, row); table != nil {
		c.change(ctx, table, row)
	}
	return row, nil
}

// completeStatistics says that a column of a key descends.
func completeStatistics(ctx *sql.Context, table sql.Table, row sql.Row) {
	const index, position, collation = 5, 6, 8
	name, _ := row[index].(string)
	at, _ := row[position].(int)
	if descends(ctx, table, name, at) {
		row[collation] = "D"
	}
}

// descends tells whether the at-th column of an index, from 1, descends.
func descends(ctx *sql.Context, table sql.Table, name string, at int) bool {
	addressable, ok := table.(sql.IndexAddressable)
	if !ok {
		return false
	}
	indexes, err := addressable.GetIndexes(ctx)
	if err != nil {
		return false
	}
	for _, x := range indexes {
		if own, ok := x.(*gms.Index); ok && strings.EqualFold(own.ID(), name) {
			all := own.Descending()
			return at >= 1 && at <= len(all) && all[at-1]
		}
	}
	return false
}

// completeColumns says how a generated column is made.
func completeColumns(ctx *sql.Context, table sql.Table, row sql.Row) {
	const column, extra, expression = 3, 17, 20
	name, _ := row[column].(string)
	schema := table.Schema(ctx)
	at := schema.IndexOfColName(name)
	if at < 0 || schema[at].Generated == nil || len(row) <= expression {
		return
	}
	row[extra] = "STORED GENERATED"
	if schema[at].Virtual {
		row[extra] = "VIRTUAL GENERATED"
	}
	row[expression] = withoutParentheses(schema[at].Generated.Expr.String())
}

// withoutParentheses takes off the outer of two pairs around an expression.
func withoutParentheses(text string) string {
	for strings.HasPrefix(text, "((") && strings.HasSuffix(text, "))") {
		depth := 0
		for i, c := range text[1 : len(text)-1] {
			switch c {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 && i < len(text)-3 {
				return text // the second pair ends before the first does
			}
		}
		text = text[1 : len(text)-1]
	}
	return text
}
