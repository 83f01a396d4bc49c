package gms

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// DefaultCollation is the collation of text that names none, as in MySQL. It is set explicitly
// everywhere: go-mysql-server's own default is a binary one.
const DefaultCollation = sql.Collation_utf8mb4_0900_ai_ci

// longestText and longestBytes are the lengths of LONGTEXT and LONGBLOB, the types of text and
// bytes without a length.
const (
	longestText  = 1<<32 - 1
	longestBytes = 1<<32 - 1
)

// Type is the MySQL type of a declared column: of its sql_type text when it has one, else the
// natural one of its physical type (SPEC 5.3). collation is the table's.
func Type(c *pb.Column, collation sql.CollationID) (sql.Type, error) {
	if name := c.GetCollation(); name != "" {
		parsed, err := ParseCollation(name)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.GetName(), err)
		}
		collation = parsed
	}
	if text := c.GetSqlType(); text != "" {
		t, err := ParseType(text, collation)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.GetName(), err)
		}
		return withSRID(t, c.GetSrid()), nil
	}
	t, err := natural(c, collation)
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", c.GetName(), err)
	}
	return withSRID(t, c.GetSrid()), nil
}

// ParseCollation finds a collation by its name; empty means DefaultCollation. A collation that
// go-mysql-server knows by name only, without an order, is refused.
func ParseCollation(name string) (sql.CollationID, error) {
	if name == "" {
		return DefaultCollation, nil
	}
	id, err := sql.ParseCollation("", name, false)
	if err != nil {
		return 0, fmt.Errorf("unknown collation %.64q", name)
	}
	if id.Sorter() == nil || id.CharacterSet().Encoder() == nil {
		return 0, fmt.Errorf("collation %.64q is not supported", name)
	}
	return id, nil
}

func withSRID(t sql.Type, srid uint32) sql.Type {
	if spatial, ok := t.(sql.SpatialColumnType); ok && srid != 0 {
		return spatial.SetSRID(srid)
	}
	return t
}

// natural is the type of a column that gives a physical type only.
func natural(c *pb.Column, collation sql.CollationID) (sql.Type, error) {
	switch col.Type(c.GetType()) {
	case col.Bool:
		return types.Boolean, nil
	case col.Int8:
		return types.Int8, nil
	case col.Int16:
		return types.Int16, nil
	case col.Int32:
		return types.Int32, nil
	case col.Int64:
		return types.Int64, nil
	case col.Uint8:
		return types.Uint8, nil
	case col.Uint16:
		return types.Uint16, nil
	case col.Uint32:
		return types.Uint32, nil
	case col.Uint64:
		return types.Uint64, nil
	case col.Float32:
		return types.Float32, nil
	case col.Float64:
		return types.Float64, nil
	case col.Decimal128, col.Decimal256:
		return naturalDecimal(c)
	case col.Date:
		return types.Date, nil
	case col.Time:
		return types.Time, nil
	case col.Datetime:
		return types.CreateDatetimeType(sqltypes.Datetime, timeDigits(c.GetScale()))
	}
	return naturalOther(c, collation)
}

func naturalOther(c *pb.Column, collation sql.CollationID) (sql.Type, error) {
	length := int64(c.GetLength())
	switch col.Type(c.GetType()) {
	case col.Null:
		return types.CreateBinary(sqltypes.VarBinary, 0)
	case col.UTF8:
		if length == 0 {
			return types.CreateString(sqltypes.Text, longestText, collation)
		}
		return types.CreateString(sqltypes.VarChar, length, collation)
	case col.Binary:
		if length == 0 {
			return types.CreateBinary(sqltypes.Blob, longestBytes)
		}
		return types.CreateBinary(sqltypes.VarBinary, length)
	case col.JSON:
		return types.JSON, nil
	case col.Enum:
		return types.CreateEnumType(c.GetMembers(), collation)
	case col.Set:
		return types.CreateSetType(c.GetMembers(), collation)
	case col.Bit:
		if length == 0 {
			length = types.BitTypeMaxBits
		}
		if length > types.BitTypeMaxBits {
			return nil, fmt.Errorf("bit(%d) is wider than the %d bits MySQL has", length, types.BitTypeMaxBits)
		}
		return types.CreateBitType(uint8(length))
	case col.Year:
		return types.Year, nil
	case col.Geometry:
		return types.GeometryType{}, nil
	case col.Vector:
		if length == 0 {
			length = types.DefaultVectorDimensions
		}
		if length > types.MaxVectorDimensions {
			return nil, fmt.Errorf("vector(%d) has more than the %d dimensions MySQL allows", length, types.MaxVectorDimensions)
		}
		return types.CreateVectorType(int(length))
	}
	return nil, fmt.Errorf("unknown type number %d", c.GetType())
}

func naturalDecimal(c *pb.Column) (sql.Type, error) {
	precision, scale := c.GetPrecision(), c.GetScale()
	if precision == 0 {
		if precision = 38; col.Type(c.GetType()) == col.Decimal256 {
			precision = col.DigitsMax
		}
	}
	if precision > types.DecimalTypeMaxPrecision || scale > types.DecimalTypeMaxScale || scale > precision {
		return nil, fmt.Errorf("decimal(%d,%d) is beyond MySQL's decimal(%d,%d)", precision, scale,
			types.DecimalTypeMaxPrecision, types.DecimalTypeMaxScale)
	}
	return types.CreateColumnDecimalType(uint8(precision), uint8(scale))
}

// timeDigits gives the fractional digits of a time type: a scale of 0 stands for not said, which
// is microseconds (SPEC 5.3).
func timeDigits(scale uint32) int {
	if scale == 0 || scale > types.MaxDatetimePrecision {
		return types.MaxDatetimePrecision
	}
	return int(scale)
}

type typeKey struct {
	text      string
	collation sql.CollationID
}

// parsedTypes keeps what ParseType made: a table with many columns has few types. Hostile texts
// cannot make it grow beyond parsedTypesMax.
var parsedTypes = struct {
	sync.Mutex
	byText map[typeKey]sql.Type
}{byText: map[typeKey]sql.Type{}}

const parsedTypesMax = 1024

// ParseType reads MySQL type text, such as "decimal(10,2)" or "enum('a','b')". Text types without
// a collation of their own get the given one.
func ParseType(text string, collation sql.CollationID) (sql.Type, error) {
	key := typeKey{strings.ToLower(strings.TrimSpace(text)), collation}
	if strings.ContainsAny(text, `'"`) {
		key.text = text // members of enum and set keep their case
	}
	parsedTypes.Lock()
	defer parsedTypes.Unlock()
	if t, ok := parsedTypes.byText[key]; ok {
		return t, nil
	}
	t, err := parseType(text, collation)
	if err != nil {
		return nil, err
	}
	if len(parsedTypes.byText) >= parsedTypesMax {
		clear(parsedTypes.byText)
	}
	parsedTypes.byText[key] = t
	return t, nil
}

func parseType(text string, collation sql.CollationID) (sql.Type, error) {
	statement, err := sqlparser.Parse("create table t (c " + text + ")")
	if err != nil {
		return nil, fmt.Errorf("%.80q is no MySQL type", text)
	}
	ddl, ok := statement.(*sqlparser.DDL)
	if !ok || ddl.TableSpec == nil || len(ddl.TableSpec.Columns) != 1 || len(ddl.TableSpec.Indexes) != 0 || len(ddl.TableSpec.Constraints) != 0 {
		return nil, fmt.Errorf("%.80q is no MySQL type", text)
	}
	ct := &ddl.TableSpec.Columns[0].Type
	t, err := columnType(ct, collation)
	if spatial, ok := t.(sql.SpatialColumnType); ok && err == nil && ct.SRID != nil {
		srid, err := strconv.ParseUint(string(ct.SRID.Val), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%.80q has no valid SRID", text)
		}
		return spatial.SetSRID(uint32(srid)), nil
	}
	return t, err
}

// columnType resolves parsed type text, giving text types the collation they do not name.
func columnType(ct *sqlparser.ColumnType, collation sql.CollationID) (sql.Type, error) {
	if strings.EqualFold(ct.Type, "time") {
		// go-mysql-server has TIME(6) only; the value is the same, the digits shown are not fixed.
		return types.Time, nil
	}
	copied := *ct
	if copied.Charset == "" && copied.Collate == "" && takesCollation(copied.Type) {
		copied.Collate = collation.Name()
	}
	return types.ColumnTypeToType(&copied)
}

func takesCollation(name string) bool {
	switch strings.ToLower(name) {
	case "char", "character", "varchar", "char varying", "character varying",
		"tinytext", "text", "mediumtext", "longtext", "long", "long varchar", "enum", "set":
		return true
	}
	return false
}
