package driver

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/wasql/wasql/abi/col"
)

// appendCell adds bytes that are the same for the same value of a column, and no others.
func appendCell(dst []byte, v *col.Vec, at int) []byte {
	if v.IsNull(at) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch {
	case v.Type.Varying():
		b := v.Bytes(at)
		return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	case v.Type == col.Float32 || v.Type == col.Float64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float64(at)))
	case v.Type == col.Decimal128 || v.Type == col.Decimal256:
		for _, word := range v.Decimal(at) {
			dst = binary.LittleEndian.AppendUint64(dst, word)
		}
		return dst
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(v.Int64(at)))
}

// copyCell puts a value into a column of a builder's row.
func copyCell(b *col.Builder, to int, v *col.Vec, at int) {
	switch {
	case v.IsNull(at):
		b.Null(to)
	case v.Type.Varying():
		b.Bytes(to, v.Bytes(at))
	case v.Type == col.Float32 || v.Type == col.Float64:
		b.Float64(to, v.Float64(at))
	case v.Type == col.Decimal128 || v.Type == col.Decimal256:
		b.Dec256(to, v.Decimal(at))
	case v.Type == col.Uint64 || v.Type == col.Set || v.Type == col.Bit:
		b.Uint64(to, v.Uint64(at))
	default:
		b.Int64(to, v.Int64(at))
	}
}

// addValue adds a value of a row to a hash.
func addValue(h *maphash.Hash, v any) {
	// A hash takes all.
	switch x := v.(type) {
	case string:
		_, _ = h.WriteString(x)
	case []byte:
		_, _ = h.Write(x)
	default:
		_, _ = fmt.Fprint(h, v)
	}
	_ = h.WriteByte(0)
}
