package gms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
)

// columnsMax is MySQL's limit on the columns of a table.
const columnsMax = 4096

// Declared is a table as its connector declared it, checked and turned into what go-mysql-server
// plans with. It is immutable, and shared by all statements until the declaration changes.
type Declared struct {
	// Table is the declaration with columns, also when the connector gave CREATE TABLE text.
	Table *pb.Table
	// Schema has a column for each of Table.Columns, hidden ones included.
	Schema sql.Schema
	// PrimaryKey has the schema with the positions of the key columns, in key order.
	PrimaryKey sql.PrimaryKeySchema
	Collation  sql.CollationID
	// Arguments gives, for each argument of the table called as a function, its column position.
	Arguments []int
}

// Declare checks a connector's declaration. name is what SQL calls the table, database where it is.
func Declare(database, name string, table *pb.Table) (*Declared, error) {
	table, err := withColumns(table)
	if err != nil {
		return nil, err
	}
	d := &Declared{Table: table}
	if d.Collation, err = ParseCollation(table.Collation); err != nil {
		return nil, err
	}
	if len(table.Columns) == 0 || len(table.Columns) > columnsMax {
		return nil, fmt.Errorf("%d columns declared: from 1 to %d are allowed", len(table.Columns), columnsMax)
	}
	if err := d.addColumns(database, name); err != nil {
		return nil, err
	}
	if err := d.addPrimaryKey(); err != nil {
		return nil, err
	}
	if err := d.checkKeys(); err != nil {
		return nil, err
	}
	return d, d.addArguments()
}

// checkKeys refuses indexes and references over columns that are not there.
func (d *Declared) checkKeys() error {
	beyond := func(position uint32) bool { return int64(position) >= int64(len(d.Schema)) }
	for _, index := range d.Table.Indexes {
		for _, c := range index.Columns {
			if c.ExpressionSql == "" && beyond(c.Column) {
				return fmt.Errorf("index %.64q is over column number %d, which is not there", index.Name, c.Column)
			}
		}
		for _, position := range index.Covers {
			if beyond(position) {
				return fmt.Errorf("index %.64q covers column number %d, which is not there", index.Name, position)
			}
		}
	}
	for _, key := range d.Table.ForeignKeys {
		if len(key.Columns) == 0 || len(key.Columns) != len(key.ParentColumns) || slices.ContainsFunc(key.Columns, beyond) {
			return fmt.Errorf("foreign key %.64q does not name as many columns of the table as it refers to", key.Name)
		}
	}
	return nil
}

// withColumns resolves CREATE TABLE text. Columns that stand beside the text add what DDL cannot
// say: arguments, required columns, options.
func withColumns(table *pb.Table) (*pb.Table, error) {
	if table.GetCreateSql() == "" {
		if table == nil {
			return nil, fmt.Errorf("no declaration")
		}
		return table, nil
	}
	parsed, err := ParseCreateTable(table.CreateSql)
	if err != nil {
		return nil, err
	}
	merged := table.CloneVT()
	merged.Columns, merged.PrimaryKey, merged.Indexes = parsed.Columns, parsed.PrimaryKey, append(parsed.Indexes, table.Indexes...)
	merged.ForeignKeys, merged.Checks = parsed.ForeignKeys, parsed.Checks
	if merged.Comment == "" {
		merged.Comment = parsed.Comment
	}
	if merged.Collation == "" {
		merged.Collation = parsed.Collation
	}
	for _, extra := range table.Columns {
		position, err := columnPosition(merged, extra.Name)
		if err != nil {
			return nil, err
		}
		c := merged.Columns[position]
		c.Hidden, c.Required, c.Options = c.Hidden || extra.Hidden, extra.Required, extra.Options
		if extra.Argument != 0 {
			c.Argument = extra.Argument
		}
	}
	return merged, nil
}

func (d *Declared) addColumns(database, name string) error {
	seen := make(map[string]bool, len(d.Table.Columns))
	d.Schema = make(sql.Schema, len(d.Table.Columns))
	for i, c := range d.Table.Columns {
		lower := strings.ToLower(c.Name)
		if c.Name == "" || len(c.Name) > 1024 || sql.IsHiddenSystemColumn(lower) && !backsIndex(c) {
			return fmt.Errorf("column %d has the unusable name %.80q", i+1, c.Name)
		}
		if seen[lower] {
			return fmt.Errorf("two columns are called %.80q", c.Name)
		}
		seen[lower] = true
		t, err := Type(c, d.Collation)
		if err != nil {
			return err
		}
		d.Schema[i] = &sql.Column{
			Name: c.Name, Type: t, Source: name, DatabaseSource: database, Nullable: !c.NotNull, Comment: c.Comment,
			// go-mysql-server leaves HiddenSystem columns out of SHOW and information_schema; out of
			// SELECT * they are kept by the engine's own expansion of the star.
			HiddenSystem: c.Hidden,
		}
		d.addExpressions(d.Schema[i], c)
	}
	if at := d.Table.RowId; at != nil && int64(*at) < int64(len(d.Schema)) && d.Table.Columns[*at].Hidden {
		d.hideRowID(d.Schema[*at])
	}
	return nil
}

// hideRowID makes a hidden column that tells rows apart one of go-mysql-server's own kind, which no
// statement can name and no star stands for. Whoever inserts gives it no value: the connector does.
func (d *Declared) hideRowID(c *sql.Column) {
	c.Name = rowIDPrefix + c.Source
	c.Nullable = true
}

// addExpressions gives a column its default, generated and ON UPDATE expressions, as text that
// go-mysql-server resolves when a statement needs them.
func (d *Declared) addExpressions(to *sql.Column, c *pb.Column) {
	if c.DefaultSql != nil {
		to.Default = defaultOf(to, *c.DefaultSql)
	}
	if c.GeneratedSql != "" {
		to.Generated, to.Virtual = sql.NewUnresolvedColumnDefaultValue(c.GeneratedSql), !c.GeneratedStored && d.keeps()
	}
	if c.OnUpdateSql != "" {
		to.OnUpdate = sql.NewUnresolvedColumnDefaultValue(c.OnUpdateSql)
	}
	// A connector that does not give numbers ahead makes the keys when it stores a row: see generate.go.
	if c.AutoIncrement && d.keeps() {
		to.AutoIncrement, to.Extra = true, "auto_increment"
	}
}

// defaultOf is the default of a column. A member of ENUM or SET stays the text that it is written as:
// resolved by go-mysql-server it would be shown as its number.
func defaultOf(c *sql.Column, text string) *sql.ColumnDefaultValue {
	switch c.Type.(type) {
	case sql.EnumType, sql.SetType:
		statement, err := sqlparser.Parse("select " + text)
		if err != nil {
			break
		}
		if s, ok := statement.(*sqlparser.Select); ok && len(s.SelectExprs) == 1 {
			if e, ok := s.SelectExprs[0].(*sqlparser.AliasedExpr); ok {
				if v, ok := e.Expr.(*sqlparser.SQLVal); ok && v.Type == sqlparser.StrVal {
					return &sql.ColumnDefaultValue{Expr: expression.NewLiteral(string(v.Val), types.LongText), OutType: types.LongText, Literal: true, ReturnNil: c.Nullable}
				}
			}
		}
	}
	return sql.NewUnresolvedColumnDefaultValue(text)
}

// keeps tells whether the connector stores what the engine writes. The values of virtual columns are
// then stored too, so that they can be in indexes.
func (d *Declared) keeps() bool {
	return d.Table.Features&uint64(pb.TableFeature_TABLE_FEATURE_INSERT) != 0
}

// backsIndex tells whether a column holds the values of an expression that an index is over.
// go-mysql-server adds such columns by itself, under names of its own.
func backsIndex(c *pb.Column) bool { return c.Hidden && c.GeneratedSql != "" }

func (d *Declared) addPrimaryKey() error {
	ordinals := make([]int, 0, len(d.Table.PrimaryKey))
	for _, position := range d.Table.PrimaryKey {
		if int64(position) >= int64(len(d.Schema)) || d.Schema[position].PrimaryKey {
			return fmt.Errorf("primary key column number %d is not there, or there twice", position)
		}
		d.Schema[position].PrimaryKey, d.Schema[position].Nullable = true, false
		ordinals = append(ordinals, int(position))
	}
	d.PrimaryKey = sql.NewPrimaryKeySchema(d.Schema, ordinals...)
	return nil
}

func (d *Declared) addArguments() error {
	count := 0
	for _, c := range d.Table.Columns {
		if c.Argument != 0 {
			count++
		}
	}
	d.Arguments = make([]int, count)
	taken := make([]bool, count)
	for i, c := range d.Table.Columns {
		if c.Argument == 0 {
			continue
		}
		if int64(c.Argument) > int64(count) || taken[c.Argument-1] {
			return fmt.Errorf("column %s: argument number %d, with %d arguments, is out of range or there twice", c.Name, c.Argument, count)
		}
		d.Arguments[c.Argument-1], taken[c.Argument-1] = i, true
	}
	return nil
}

// Callable tells whether the table can be called as a function.
func (d *Declared) Callable() bool {
	return len(d.Arguments) > 0 || d.Table.Kind == pb.TableKind_TABLE_KIND_FUNCTION
}

// Hides tells whether the table has columns that SELECT * leaves out.
func (d *Declared) Hides() bool {
	for i, c := range d.Table.Columns {
		// go-mysql-server's own stars leave out the columns of its own kind.
		if c.Hidden && !sql.IsHiddenSystemColumn(d.Schema[i].Name) {
			return true
		}
	}
	return false
}
