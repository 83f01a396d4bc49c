package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Alter makes the table what the request says. It does so by itself when no value must be converted or
// computed, which is the engine's affair: then the engine copies the rows into a new table and swaps.
func (t *table) Alter(r *pb.AlterRequest) (rewrite bool, err error) {
	if r.GetResult() == nil {
		return false, wasql.Errorf(wasql.InvalidArgument, "ALTER of table %s.%s does not say what the table shall be", t.database, t.Name())
	}
	result := r.GetResult().CloneVT()
	result.Name, result.Temporary = t.Name(), t.temporary
	to, err := define(t.id, t.definition.version+1, t.database, result)
	if err != nil {
		return false, err
	}
	old, err := t.current()
	if err != nil {
		return false, err
	}
	for _, a := range r.GetActions() {
		if a.GetKind() == pb.AlterKind_ALTER_KIND_SWAP {
			return false, t.swap(a.GetName(), to, result)
		}
	}
	m := columnsFrom(old.definition, to, r.GetActions())
	if !convertible(old.definition, to, m) {
		return true, nil
	}
	steps := []*step{t.reshaped(to, result, t.id, m)}
	if next := r.GetResult().GetAutoIncrementNext(); next > 0 && setsCounter(r.GetActions()) {
		steps = append(steps, &step{kind: setCounter, database: t.database, id: t.id, next: next})
	}
	return false, t.store.change(steps...)
}

// reshaped is the step that gives the table a definition, with the rows of table from.
func (t *table) reshaped(to *definition, declared *pb.Table, from uint64, m mapping) *step {
	return &step{kind: reshapeTable, database: to.database, id: to.id, from: from, version: to.version, table: declared, mapping: m}
}

func setsCounter(actions []*pb.AlterAction) bool {
	return slices.ContainsFunc(actions, func(a *pb.AlterAction) bool { return a.GetKind() == pb.AlterKind_ALTER_KIND_SET_AUTO_INCREMENT })
}

// current is the committed table, which alone is changed by definitions.
func (t *table) current() (*version, error) {
	v, _ := t.store.committed.root.tables.Get(t.id)
	if v == nil {
		return nil, wasql.NoTable(t.Name())
	}
	return v, nil
}

// swap gives this table the rows of another one, which is gone then.
func (t *table) swap(name string, to *definition, declared *pb.Table) error {
	id, err := t.store.id(t.database, name)
	if err != nil {
		return err
	}
	if id == t.id {
		return wasql.Errorf(wasql.InvalidArgument, "table %s.%s cannot be swapped with itself", t.database, name)
	}
	from, _ := t.store.committed.root.tables.Get(id)
	m := columnsFrom(from.definition, to, nil)
	if to.layout.hidden >= 0 && from.layout.hidden >= 0 {
		m[to.layout.hidden] = from.layout.hidden
	}
	for i, at := range m {
		if i != to.layout.hidden && (at < 0 || !keepsValues(from.declared.Columns[at], to.declared.Columns[i])) {
			return wasql.Errorf(wasql.InvalidArgument, "column %s of table %s.%s is not what %s shall have", to.columns[i].Name, t.database, name, t.Name())
		}
	}
	next := max(from.counters.next, t.counters.next)
	return t.store.change(t.reshaped(to, declared, id, m), &step{kind: dropTable, database: t.database, name: name, id: id},
		&step{kind: setCounter, database: t.database, id: t.id, next: next})
}

// convertible tells whether all values may stay as they are.
func convertible(old, to *definition, m mapping) bool {
	for i, from := range m {
		switch {
		case i == to.layout.hidden:
		case from < 0:
			if _, ok := to.fallback(i); !ok || to.columns[i].AutoIncrement {
				return false
			}
		case !keepsValues(old.declared.Columns[from], to.declared.Columns[i]):
			return false
		}
	}
	return true
}

// keepsValues tells whether every value of one column is one of the other, with the same bytes.
func keepsValues(old, to *pb.Column) bool {
	if old.GetType() != to.GetType() || old.GetGeneratedSql() != to.GetGeneratedSql() || !startsWith(to.GetMembers(), old.GetMembers()) {
		return false
	}
	if strings.EqualFold(old.GetSqlType(), to.GetSqlType()) {
		return true
	}
	was, is := typeName(old.GetSqlType()), typeName(to.GetSqlType())
	switch col.Type(to.GetType()) {
	case col.UTF8, col.Binary:
		if was == "char" || was == "binary" || is == "char" || is == "binary" {
			return false
		}
		return capacity(to) >= capacity(old)
	case col.Decimal128, col.Decimal256:
		return to.GetScale() == old.GetScale() && to.GetPrecision() >= old.GetPrecision() && strings.HasSuffix(to.GetSqlType(), "unsigned") == strings.HasSuffix(old.GetSqlType(), "unsigned")
	case col.Enum, col.Set:
		return was == is
	case col.Int32, col.Uint32:
		return is != "mediumint"
	case col.Int8:
		return was == is
	}
	return false
}

func startsWith(all, first []string) bool {
	return len(all) >= len(first) && slices.Equal(all[:len(first)], first)
}

// typeName is the first word of a type.
func typeName(sqlType string) string {
	end := strings.IndexFunc(sqlType, func(r rune) bool { return r == '(' || r == ' ' })
	if end < 0 {
		end = len(sqlType)
	}
	return strings.ToLower(sqlType[:end])
}

// capacity is how much a text or binary column takes, in characters or bytes.
func capacity(c *pb.Column) int {
	switch name := typeName(c.GetSqlType()); name {
	case "tinytext", "tinyblob":
		return 1<<8 - 1
	case "text", "blob":
		return 1<<16 - 1
	case "mediumtext", "mediumblob":
		return 1<<24 - 1
	case "longtext", "longblob":
		return 1<<32 - 1
	}
	open := strings.IndexByte(c.GetSqlType(), '(')
	if shut := strings.IndexByte(c.GetSqlType(), ')'); open >= 0 && shut > open {
		if n, err := strconv.Atoi(c.GetSqlType()[open+1 : shut]); err == nil {
			return n
		}
	}
	return int(c.GetLength())
}

// Rename gives the table another name, perhaps in another database.
func (t *table) Rename(database, name string) error {
	from, err := t.store.database(t.database)
	if err != nil {
		return err
	}
	if database == "" {
		database = t.database
	}
	to, err := t.store.database(database)
	if err != nil {
		return err
	}
	if id, there := to.tables[fold(name)]; there && id != t.id {
		return failure(wasql.AlreadyExists, errTableExists, "table '%s' already exists", name)
	}
	old, err := t.current()
	if err != nil {
		return err
	}
	declared := old.declared.CloneVT()
	declared.Name = name
	made, err := define(t.id, old.definition.version+1, to.name, declared)
	if err != nil {
		return err
	}
	return t.store.change(t.reshaped(made, declared, t.id, identity(len(made.columns))),
		&step{kind: renameTable, database: from.name, name: t.Name(), toDatabase: to.name, toName: name, id: t.id})
}

func identity(n int) mapping {
	m := make(mapping, n)
	for i := range m {
		m[i] = i
	}
	return m
}
