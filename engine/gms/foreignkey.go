package gms

import (
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

// ForeignKeys gives the references that a table declares.
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
		ParentColumns: declared.ParentColumns, OnUpdate: actionsOf[declared.OnUpdate], OnDelete: actionsOf[declared.OnDelete], IsResolved: true,
	}
	if key.ParentDatabase == "" {
		key.ParentDatabase = t.database
	}
	for _, position := range declared.Columns {
		key.Columns = append(key.Columns, t.declared.Schema[position].Name)
	}
	return key
}
