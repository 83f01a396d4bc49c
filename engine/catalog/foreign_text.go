package catalog

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/wasql/wasql/abi/pb"
)

// VirtualText is the statement that makes a foreign table; empty when there is none of that name.
func (a *aliases) VirtualText(name string) string {
	f := a.catalog.foreignTable(TableName{a.name, name})
	if f == nil {
		return ""
	}
	return f.text()
}

// VirtualText is the statement that makes a foreign table laid over the database.
func (d *kept) VirtualText(name string) string {
	if d.over == nil {
		return ""
	}
	return d.over.VirtualText(name)
}

// text is the statement that makes the table.
func (f *foreign) text() string {
	switch f.Form {
	case ServerForm:
		return "CREATE FOREIGN TABLE " + quoted(f.Name) + " (" + f.columnsText() + ") SERVER " + quoted(f.Server) + optionsText(f.Options)
	case EngineForm:
		return f.engineText()
	}
	text := "CREATE VIRTUAL TABLE " + quoted(f.Name) + " USING " + quoted(f.Connector)
	if len(f.Arguments) == 0 {
		return text
	}
	verbatim := make([]string, len(f.Arguments))
	for i, argument := range f.Arguments {
		verbatim[i] = argument.Verbatim
	}
	return text + "(" + strings.Join(verbatim, ", ") + ")"
}

func (f *foreign) engineText() string {
	text := "CREATE TABLE " + quoted(f.Name) + " (" + f.columnsText() + ") ENGINE=" + quoted(f.Connector)
	if f.Server != "" {
		connection := f.Server
		if f.Remote != "" {
			connection += "/" + f.Remote
		}
		text += " CONNECTION=" + quotedText(connection)
	}
	if comment := f.Columns.GetComment(); comment != "" {
		text += " COMMENT=" + quotedText(comment)
	}
	if len(f.Options) > 0 {
		attribute, _ := json.Marshal(f.Options) // a map of texts always becomes JSON
		text += " ENGINE_ATTRIBUTE=" + quotedText(string(attribute))
	}
	return text
}

// columnsText are the columns and keys as SQL gave them.
func (f *foreign) columnsText() string {
	table := f.Columns
	if table == nil {
		return ""
	}
	var lines []string
	for _, c := range table.Columns {
		lines = append(lines, columnText(c))
	}
	names := func(columns []*pb.IndexColumn) string {
		var all []string
		for _, c := range columns {
			if c.ExpressionSql != "" {
				all = append(all, "("+c.ExpressionSql+")")
				continue
			}
			all = append(all, quoted(table.Columns[c.Column].Name))
		}
		return strings.Join(all, ", ")
	}
	if len(table.PrimaryKey) > 0 {
		var key []*pb.IndexColumn
		for _, at := range table.PrimaryKey {
			key = append(key, &pb.IndexColumn{Column: at})
		}
		lines = append(lines, "PRIMARY KEY ("+names(key)+")")
	}
	for _, index := range table.Indexes {
		kind := "KEY "
		if index.Unique {
			kind = "UNIQUE KEY "
		}
		lines = append(lines, kind+quoted(index.Name)+" ("+names(index.Columns)+")")
	}
	return "\n  " + strings.Join(lines, ",\n  ") + "\n"
}

func columnText(c *pb.Column) string {
	text := quoted(c.Name) + " " + c.SqlType
	if c.Collation != "" {
		text += " COLLATE " + c.Collation
	}
	text += optionsText(c.Options)
	if c.NotNull {
		text += " NOT NULL"
	}
	if c.DefaultSql != nil {
		text += " DEFAULT " + *c.DefaultSql
	}
	if c.AutoIncrement {
		text += " AUTO_INCREMENT"
	}
	if c.Comment != "" {
		text += " COMMENT " + quotedText(c.Comment)
	}
	return text
}

// optionsText writes options in the order of their names; nothing when there are none.
func optionsText(options map[string]string) string {
	if len(options) == 0 {
		return ""
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(options)) {
		all = append(all, quoted(name)+" "+quotedText(options[name]))
	}
	return " OPTIONS (" + strings.Join(all, ", ") + ")"
}

// quoted writes an identifier.
func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quotedText writes a text.
func quotedText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''", "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(text) + "'"
}
