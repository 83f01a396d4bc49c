package catalog

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/proto/query"
)

var _ sql.SchemaValidator = (*kept)(nil)

// ValidateSchema implements sql.SchemaValidator: as in MySQL the columns of a row, without the long
// ones that are kept beside it, may take 65,535 bytes together. The few bytes for lengths and NULLs
// are not counted: a definition that MySQL takes is taken.
func (d *kept) ValidateSchema(schema sql.Schema) error {
	bytes := int64(0)
	for _, column := range schema {
		if !column.Virtual {
			bytes += columnBytes(column.Type)
		}
	}
	if bytes > types.MaxRowLength {
		return analyzererrors.ErrInvalidRowLength.New(types.MaxRowLength, bytes)
	}
	return nil
}

// fixedBytes are what columns of a type take in a row of MySQL's; long ones, what points to them.
var fixedBytes = map[query.Type]int64{
	query.Type_INT8: 1, query.Type_UINT8: 1, query.Type_INT16: 2, query.Type_UINT16: 2, query.Type_INT24: 3, query.Type_UINT24: 3,
	query.Type_INT32: 4, query.Type_UINT32: 4, query.Type_INT64: 8, query.Type_UINT64: 8, query.Type_FLOAT32: 4, query.Type_FLOAT64: 8,
	query.Type_YEAR: 1, query.Type_DATE: 3, query.Type_TIME: 6, query.Type_DATETIME: 8, query.Type_TIMESTAMP: 7,
	query.Type_TEXT: 10, query.Type_BLOB: 10, query.Type_JSON: 12, query.Type_GEOMETRY: 12,
	query.Type_ENUM: 2, query.Type_SET: 8,
}

// columnBytes is the most that a column of the type takes in a row.
func columnBytes(t sql.Type) int64 {
	switch kind := t.Type(); kind {
	case query.Type_VARCHAR, query.Type_VARBINARY, query.Type_CHAR, query.Type_BINARY:
		return t.(sql.StringType).MaxByteLength()
	case query.Type_DECIMAL:
		return int64(t.(sql.DecimalType).Precision()/9+1) * 4
	case query.Type_BIT:
		return int64(t.(types.BitType).NumberOfBits()+7) / 8
	default:
		return fixedBytes[kind]
	}
}
