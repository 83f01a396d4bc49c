package gms

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
)

// ParseCreateTable reads CREATE TABLE text into a declaration; the name in the text is ignored.
// Beside MySQL's grammar a column may be HIDDEN (or INVISIBLE), as SQLite's virtual tables have it:
// it is then not part of SELECT *, and the hidden columns in their order are the arguments when the
// table is called as a function.
func ParseCreateTable(text string) (*pb.Table, error) {
	plain, hidden := cutHidden(text)
	statement, err := sqlparser.Parse(plain)
	if err != nil {
		// Not %w: vitess formats itself, over several lines.
		return nil, fmt.Errorf("create table text: %s", strings.TrimSpace(err.Error()))
	}
	ddl, ok := statement.(*sqlparser.DDL)
	if !ok || ddl.Action != sqlparser.CreateStr || ddl.TableSpec == nil {
		return nil, fmt.Errorf("create table text: %.60q is another statement", text)
	}
	if len(ddl.TableSpec.Columns) == 0 {
		return nil, fmt.Errorf("create table text: no columns")
	}
	table := &pb.Table{Kind: pb.TableKind_TABLE_KIND_UNSPECIFIED, Temporary: ddl.Temporary}
	for _, option := range ddl.TableSpec.TableOpts {
		switch strings.ToUpper(option.Name) {
		case "COMMENT":
			table.Comment = option.Value
		case "COLLATE":
			table.Collation = option.Value
		}
	}
	arguments := uint32(0)
	for i, column := range ddl.TableSpec.Columns {
		c := parsedColumn(column)
		if hidden[strings.ToLower(c.Name)] {
			arguments++
			c.Hidden, c.Argument = true, arguments
		}
		table.Columns = append(table.Columns, c)
		addColumnKey(table, uint32(i), column)
	}
	return table, addKeys(table, ddl.TableSpec)
}

func parsedColumn(column *sqlparser.ColumnDefinition) *pb.Column {
	ct := &column.Type
	c := &pb.Column{
		Name: column.Name.String(), SqlType: typeText(ct), NotNull: bool(ct.NotNull), Collation: ct.Collate,
		AutoIncrement: bool(ct.Autoincrement), GeneratedStored: bool(ct.Stored),
	}
	if ct.Default != nil {
		text := sqlparser.String(ct.Default)
		c.DefaultSql = &text
	}
	if ct.GeneratedExpr != nil {
		c.GeneratedSql = sqlparser.String(ct.GeneratedExpr)
	}
	if ct.OnUpdate != nil {
		c.OnUpdateSql = sqlparser.String(ct.OnUpdate)
	}
	if ct.Comment != nil {
		c.Comment = string(ct.Comment.Val)
	}
	if ct.SRID != nil {
		if srid, err := strconv.ParseUint(string(ct.SRID.Val), 10, 32); err == nil {
			c.Srid = uint32(srid)
		}
	}
	return c
}

// typeText is the type alone, without the column's options.
func typeText(ct *sqlparser.ColumnType) string {
	text := ct.Type
	if len(ct.EnumValues) > 0 {
		quoted := make([]string, len(ct.EnumValues))
		for i, member := range ct.EnumValues {
			quoted[i] = "'" + strings.ReplaceAll(strings.ReplaceAll(member, `\`, `\\`), "'", "''") + "'"
		}
		text += "(" + strings.Join(quoted, ",") + ")"
	}
	if ct.Length != nil {
		text += "(" + string(ct.Length.Val)
		if ct.Scale != nil {
			text += "," + string(ct.Scale.Val)
		}
		text += ")"
	}
	if ct.Unsigned {
		text += " unsigned"
	}
	if ct.Charset != "" {
		text += " character set " + ct.Charset
	}
	return text
}

// The numbers of vitess's unexported key options, kept right by a test.
const (
	keyPrimary   sqlparser.ColumnKeyOption = 1
	keyUnique    sqlparser.ColumnKeyOption = 3
	keyUniqueKey sqlparser.ColumnKeyOption = 4
)

// addColumnKey notes a key that stands at a column: PRIMARY KEY or UNIQUE.
func addColumnKey(table *pb.Table, position uint32, column *sqlparser.ColumnDefinition) {
	switch column.Type.KeyOpt {
	case keyPrimary:
		table.PrimaryKey = []uint32{position}
		table.Columns[position].NotNull = true
	case keyUnique, keyUniqueKey:
		table.Indexes = append(table.Indexes, &pb.Index{Name: column.Name.String(), Unique: true,
			Kind: pb.IndexKind_INDEX_KIND_BTREE, Columns: []*pb.IndexColumn{{Column: position}}})
	}
}

// addKeys notes the keys and constraints that stand beside the columns.
func addKeys(table *pb.Table, spec *sqlparser.TableSpec) error {
	for _, index := range spec.Indexes {
		fields, err := indexColumns(table, index.Fields)
		if err != nil {
			return err
		}
		if index.Info.Primary {
			table.PrimaryKey = nil
			for _, field := range fields {
				table.PrimaryKey = append(table.PrimaryKey, field.Column)
				table.Columns[field.Column].NotNull = true
			}
			continue
		}
		kind := pb.IndexKind_INDEX_KIND_BTREE
		switch {
		case index.Info.Fulltext:
			kind = pb.IndexKind_INDEX_KIND_FULLTEXT
		case index.Info.Spatial:
			kind = pb.IndexKind_INDEX_KIND_SPATIAL
		case index.Info.Vector:
			kind = pb.IndexKind_INDEX_KIND_VECTOR
		}
		table.Indexes = append(table.Indexes, &pb.Index{Name: index.Info.Name.String(), Unique: index.Info.Unique, Kind: kind, Columns: fields})
	}
	for _, constraint := range spec.Constraints {
		switch details := constraint.Details.(type) {
		case *sqlparser.ForeignKeyDefinition:
			key, err := foreignKey(table, constraint.Name, details)
			if err != nil {
				return err
			}
			table.ForeignKeys = append(table.ForeignKeys, key)
		case *sqlparser.CheckConstraintDefinition:
			table.Checks = append(table.Checks, &pb.Check{Name: constraint.Name, ExpressionSql: sqlparser.String(details.Expr), NotEnforced: !details.Enforced})
		}
	}
	return nil
}

func indexColumns(table *pb.Table, fields []*sqlparser.IndexField) ([]*pb.IndexColumn, error) {
	columns := make([]*pb.IndexColumn, 0, len(fields))
	for _, field := range fields {
		c := &pb.IndexColumn{Descending: strings.EqualFold(field.Order, sqlparser.DescScr)}
		if field.Expression != nil {
			c.ExpressionSql = sqlparser.String(field.Expression)
		} else {
			position, err := columnPosition(table, field.Column.String())
			if err != nil {
				return nil, err
			}
			c.Column = position
		}
		if field.Length != nil {
			length, err := strconv.ParseUint(string(field.Length.Val), 10, 16)
			if err != nil {
				return nil, fmt.Errorf("create table text: key length %s: %w", field.Length.Val, err)
			}
			c.PrefixLength = uint32(length)
		}
		columns = append(columns, c)
	}
	return columns, nil
}

var referenceActions = map[sqlparser.ReferenceAction]pb.ReferenceAction{
	sqlparser.Restrict: pb.ReferenceAction_REFERENCE_ACTION_RESTRICT, sqlparser.Cascade: pb.ReferenceAction_REFERENCE_ACTION_CASCADE,
	sqlparser.SetNull: pb.ReferenceAction_REFERENCE_ACTION_SET_NULL, sqlparser.NoAction: pb.ReferenceAction_REFERENCE_ACTION_NO_ACTION,
	sqlparser.SetDefault: pb.ReferenceAction_REFERENCE_ACTION_SET_DEFAULT,
}

func foreignKey(table *pb.Table, name string, details *sqlparser.ForeignKeyDefinition) (*pb.ForeignKey, error) {
	key := &pb.ForeignKey{Name: name, ParentDatabase: details.ReferencedTable.DbQualifier.String(), ParentTable: details.ReferencedTable.Name.String(),
		OnUpdate: referenceActions[details.OnUpdate], OnDelete: referenceActions[details.OnDelete]}
	for _, column := range details.Source {
		position, err := columnPosition(table, column.String())
		if err != nil {
			return nil, err
		}
		key.Columns = append(key.Columns, position)
	}
	for _, column := range details.ReferencedColumns {
		key.ParentColumns = append(key.ParentColumns, column.String())
	}
	return key, nil
}

func columnPosition(table *pb.Table, name string) (uint32, error) {
	for i, c := range table.Columns {
		if strings.EqualFold(c.Name, name) {
			return uint32(i), nil
		}
	}
	return 0, fmt.Errorf("create table text: key column %.64q is no column of the table", name)
}

// cutHidden blanks the words HIDDEN and INVISIBLE behind column names, which vitess does not know,
// and gives the lower-case names of the columns that had them.
func cutHidden(text string) (string, map[string]bool) {
	out := []byte(text)
	hidden := map[string]bool{}
	depth, first := 0, ""
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\'' || c == '"' || c == '`':
			end := closingQuote(text, i)
			if c == '`' && depth == 1 && first == "" {
				first = strings.Trim(text[i:end], "`")
			}
			i = end
		case c == '(':
			if depth++; depth == 1 {
				first = ""
			}
			i++
		case c == ')':
			depth--
			i++
		case c == ',' && depth == 1:
			first = ""
			i++
		case wordByte(c):
			end := i
			for end < len(text) && wordByte(text[end]) {
				end++
			}
			word := text[i:end]
			switch {
			case depth == 1 && first == "":
				first = word
			case depth == 1 && (strings.EqualFold(word, "hidden") || strings.EqualFold(word, "invisible")):
				hidden[strings.ToLower(first)] = true
				copy(out[i:end], strings.Repeat(" ", end-i))
			}
			i = end
		default:
			i++
		}
	}
	return string(out), hidden
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// closingQuote is the position behind the quoted text that starts at i; a doubled quote and, outside
// backquotes, a backslash escape stand for themselves.
func closingQuote(text string, i int) int {
	quote := text[i]
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\' && quote != '`':
			j++
		case text[j] == quote && j+1 < len(text) && text[j+1] == quote:
			j++
		case text[j] == quote:
			return j + 1
		}
	}
	return len(text)
}
