package vec

import (
	"strconv"

	"github.com/wasql/wasql/abi/col"
)

// Show writes row i of a column as SQL shows it in a message.
func Show(v *col.Vec, i int) string {
	if v.IsNull(i) {
		return "NULL"
	}
	switch v.Type {
	case col.Float32, col.Float64:
		return strconv.FormatFloat(v.Float64(i), 'g', -1, 64)
	case col.Decimal128, col.Decimal256:
		return v.Decimal(i).Text(v.Scale)
	case col.Uint64, col.Bit, col.Set:
		return strconv.FormatUint(v.Uint64(i), 10)
	case col.Date:
		return string(col.AppendDate(nil, int32(v.Int64(i))))
	case col.Datetime:
		return string(col.AppendDatetime(nil, v.Int64(i), v.Scale))
	case col.Time:
		return string(col.AppendTime(nil, v.Int64(i), v.Scale))
	}
	if v.Type.Varying() {
		return "'" + string(v.Bytes(i)) + "'"
	}
	return strconv.FormatInt(v.Int64(i), 10)
}
