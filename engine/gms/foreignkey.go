package gms

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

var actionsOf = map[pb.ReferenceAction]sql.ForeignKeyReferentialAction{
	pb.ReferenceAction_REFERENCE_ACTION_UNSPECIFIED: sql.ForeignKeyReferentialAction_DefaultAction,
	pb.ReferenceAction_REFERENCE_ACTION_RESTRICT:    sql.ForeignKeyReferentialAction_Restrict,
	pb.ReferenceAction_REFERENCE_ACTION_CASCADE:     sql.ForeignKeyReferentialAction_Cascade,
	pb.ReferenceAction_REFERENCE_ACTION_SET_NULL:    sql.ForeignKeyReferentialAction_SetNull,
	pb.ReferenceAction_REFERENCE_ACTION_NO_ACTION:   sql.ForeignKeyReferentialAction_NoAction,
	pb.ReferenceAction_REFERENCE_ACTION_SET_DEFAULT: sql.ForeignKeyReferentialAction_SetDefault,
}

// ForeignKeys gives the references that a table declares. They are the caller's to change.
func ForeignKeys(t *Table) []sql.ForeignKeyConstraint {
	var keys []sql.ForeignKeyConstraint
	for _, declared := range t.declared.Table.ForeignKeys {
		keys = append(keys, t.foreignKey(declared))
	}
	return keys
}

func (t *Table) foreignKey(declared *pb.ForeignKey) sql.ForeignKeyConstraint {
	key := sql.ForeignKeyConstraint{
		Name: declared.Name, Database: t.database, Table: t.name, ParentDatabase: declared.ParentDatabase, ParentTable: declared.ParentTable,
		ParentColumns: slices.Clone(declared.ParentColumns), OnUpdate: actionsOf[declared.OnUpdate], OnDelete: actionsOf[declared.OnDelete], IsResolved: true,
	}
	if key.ParentDatabase == "" {
		key.ParentDatabase = t.database
	}
	for _, position := range declared.Columns {
		key.Columns = append(key.Columns, t.declared.Schema[position].Name)
	}
	return key
}

var _ sql.ForeignKeyTable = (*Stored)(nil)

// CreateIndexForForeignKey implements sql.ForeignKeyTable.
func (t *Stored) CreateIndexForForeignKey(ctx *sql.Context, def sql.IndexDef) error {
	return t.CreateIndex(ctx, def)
}

// GetDeclaredForeignKeys implements sql.ForeignKeyTable.
func (t *Stored) GetDeclaredForeignKeys(ctx *sql.Context) ([]sql.ForeignKeyConstraint, error) {
	keys := ForeignKeys(t.Table)
	slices.SortFunc(keys, func(a, b sql.ForeignKeyConstraint) int { return strings.Compare(a.Name, b.Name) })
	for i := range keys {
		if err := t.resolve(ctx, &keys[i]); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// GetReferencedForeignKeys implements sql.ForeignKeyTable.
func (t *Stored) GetReferencedForeignKeys(ctx *sql.Context) ([]sql.ForeignKeyConstraint, error) {
	if t.source.Definer == nil {
		return nil, nil
	}
	found, err := t.source.Definer.References(ctx, t.ref.Database, t.ref.Name)
	if err != nil {
		return nil, err
	}
	keys := make([]sql.ForeignKeyConstraint, len(found))
	for i, key := range found {
		// go-mysql-server changes them in place.
		key.Columns, key.ParentColumns = slices.Clone(key.Columns), slices.Clone(key.ParentColumns)
		keys[i] = key
	}
	if t.staged != nil {
		// What a table that is being made refers to itself is known to nobody else.
		for _, key := range ForeignKeys(t.Table) {
			if key.IsSelfReferential() {
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

// resolve tells whether the table that a key refers to is there, with the columns and the index that
// the reference needs. A key may be declared before, when foreign_key_checks is off.
func (t *Stored) resolve(ctx *sql.Context, key *sql.ForeignKeyConstraint) error {
	key.IsResolved = false
	if key.IsSelfReferential() {
		key.IsResolved = t.refersTo(t.Table, key)
		return nil
	}
	if t.source.Definer == nil {
		return nil
	}
	parent, err := t.source.Definer.Described(ctx, key.ParentDatabase, key.ParentTable)
	if err != nil || parent == nil {
		return err
	}
	key.IsResolved = t.refersTo(parent, key)
	return nil
}

// refersTo tells whether both ends of a reference have an index that begins with its columns.
func (t *Stored) refersTo(parent *Table, key *sql.ForeignKeyConstraint) bool {
	return leads(t.Table, key.Columns) && leads(parent, key.ParentColumns)
}

// leads tells whether an index of the table begins with these columns, in any order.
func leads(t *Table, columns []string) bool {
	for _, index := range t.Keys() {
		if len(index.parts) < len(columns) || index.IsFullText() {
			continue
		}
		first := map[string]bool{}
		for _, p := range index.parts[:len(columns)] {
			first[strings.ToLower(p.name)] = true
		}
		if !slices.ContainsFunc(columns, func(name string) bool { return !first[strings.ToLower(name)] }) {
			return true
		}
	}
	return false
}

// AddForeignKey implements sql.ForeignKeyTable.
func (t *Stored) AddForeignKey(ctx *sql.Context, key sql.ForeignKeyConstraint) error {
	next := t.definition()
	declared, err := foreignKeyOf(next, key, nil)
	if err != nil {
		return err
	}
	taken, err := t.foreignKeyTaken(ctx, next, key.Name)
	if err != nil {
		return err
	}
	if taken {
		return sql.ErrForeignKeyDuplicateName.New(key.Name)
	}
	next.ForeignKeys = append(next.ForeignKeys, declared)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_ADD_FOREIGN_KEY, Name: key.Name, ForeignKey: declared})
}

// DropForeignKey implements sql.ForeignKeyTable.
func (t *Stored) DropForeignKey(ctx *sql.Context, name, _, _ string) error {
	next := t.definition()
	at := foreignKeyIn(next, name)
	if at < 0 {
		return sql.ErrForeignKeyNotFound.New(name, t.name)
	}
	next.ForeignKeys = slices.Delete(next.ForeignKeys, at, at+1)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_DROP_FOREIGN_KEY, Name: name})
}

// UpdateForeignKey implements sql.ForeignKeyTable: the table it refers to, a column or its own name has
// another name now. That it is resolved is not stored: it is seen from the tables.
func (t *Stored) UpdateForeignKey(ctx *sql.Context, name string, key sql.ForeignKeyConstraint) error {
	next := t.definition()
	at := foreignKeyIn(next, name)
	if at < 0 {
		return sql.ErrForeignKeyNotFound.New(name, t.name)
	}
	declared, err := foreignKeyOf(next, key, next.ForeignKeys[at].Columns)
	if err != nil {
		return err
	}
	if there := foreignKeyIn(next, key.Name); there >= 0 && there != at {
		return sql.ErrForeignKeyDuplicateName.New(key.Name)
	}
	if declared.EqualVT(next.ForeignKeys[at]) {
		return nil
	}
	next.ForeignKeys[at] = declared
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_DROP_FOREIGN_KEY, Name: name},
		&pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_ADD_FOREIGN_KEY, Name: key.Name, ForeignKey: declared})
}

// foreignKeyTaken tells whether a table of the database has a reference of that name.
func (t *Stored) foreignKeyTaken(ctx *sql.Context, next *definition, name string) (bool, error) {
	if foreignKeyIn(next, name) >= 0 {
		return true, nil
	}
	if t.source.Definer == nil {
		return false, nil
	}
	return t.source.Definer.ForeignKeyNamed(ctx, t.ref.Database, name)
}

func foreignKeyIn(d *definition, name string) int {
	return slices.IndexFunc(d.ForeignKeys, func(key *pb.ForeignKey) bool { return strings.EqualFold(key.Name, name) })
}

// foreignKeyOf declares a reference that SQL defines. was has the columns of the reference that it
// replaces: go-mysql-server renames a column in its references before it renames it in the table.
func foreignKeyOf(d *definition, key sql.ForeignKeyConstraint, was []uint32) (*pb.ForeignKey, error) {
	for _, action := range []sql.ForeignKeyReferentialAction{key.OnUpdate, key.OnDelete} {
		if action == sql.ForeignKeyReferentialAction_SetDefault {
			return nil, sql.ErrForeignKeySetDefault.New() // as InnoDB says
		}
	}
	declared := &pb.ForeignKey{Name: key.Name, ParentDatabase: key.ParentDatabase, ParentTable: key.ParentTable, ParentColumns: key.ParentColumns}
	for action, name := range actionsOf {
		if name == key.OnUpdate {
			declared.OnUpdate = action
		}
		if name == key.OnDelete {
			declared.OnDelete = action
		}
	}
	for i, name := range key.Columns {
		at := d.column(name)
		if at < 0 && i < len(was) {
			at = int(was[i])
		}
		if at < 0 {
			return nil, sql.ErrKeyColumnDoesNotExist.New(name)
		}
		declared.Columns = append(declared.Columns, uint32(at))
	}
	return declared, nil
}
