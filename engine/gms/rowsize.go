package gms

import (
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

var (
	_ sql.TargetRowSizeTable          = (*Stored)(nil)
	_ sql.TargetRowSizeAlterableTable = (*Stored)(nil)
)

// targetRowSize is the option of a table that has TARGET_ROW_SIZE, in bytes. What it means is the
// connector's affair.
const targetRowSize = "target_row_size"

// HasTargetRowSize implements sql.TargetRowSizeTable.
func (t *Stored) HasTargetRowSize() bool { return t.GetTargetRowSize() != 0 }

// GetTargetRowSize implements sql.TargetRowSizeTable; 0: none was given.
func (t *Stored) GetTargetRowSize() uint64 {
	size, err := strconv.ParseUint(t.declared.Table.Options[targetRowSize], 10, 64)
	if err != nil {
		return 0
	}
	return size
}

// ModifyTargetRowSize implements sql.TargetRowSizeAlterableTable.
func (t *Stored) ModifyTargetRowSize(ctx *sql.Context, bytes uint64) error {
	next := t.definition()
	if next.Options == nil {
		next.Options = map[string]string{}
	}
	next.Options[targetRowSize] = strconv.FormatUint(bytes, 10)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_SET_OPTION, Name: targetRowSize, Text: next.Options[targetRowSize]})
}
