package exec

import (
	"unicode/utf8"
	"unsafe"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// sharedBytesMax is the size up to which the texts of a run share one copy. Above it each gets its
// own, so that one row kept does not hold megabytes of others.
const sharedBytesMax = 256 << 10

// otherReader is reader for the types that are no numbers.
func otherReader(declared col.Field, sent col.Type, t sql.Type) readFunc {
	if declared.Type != sent {
		return nil
	}
	switch declared.Type {
	case col.Null:
		return readNulls
	case col.Date:
		return readDates
	case col.Datetime:
		return datetimeReader(declared.Scale)
	case col.Time:
		return readTimes
	case col.Year:
		return readYears
	case col.UTF8:
		return textReader(t)
	case col.Binary:
		return binaryReader(t)
	case col.JSON:
		return readJSON
	case col.Enum:
		return enumReader(uint16(len(declared.Members)))
	case col.Set:
		return bitsReader(uint(len(declared.Members)))
	case col.Bit:
		return bitsReader(uint(t.(types.BitType).NumberOfBits()))
	case col.Geometry:
		return geometryReader(t)
	case col.Vector:
		return vectorReader(t)
	}
	return nil
}

// copyBytes gives the bytes of every row of a part in memory of their own; nil for NULL rows that
// are gathered.
func copyBytes(p *part) [][]byte {
	slab := make([][]byte, p.n)
	total := 0
	for i := range slab {
		if !p.isNull(i) {
			slab[i] = p.base.Bytes(p.place(i))
			total += len(slab[i])
		}
	}
	if total > sharedBytesMax {
		for i, b := range slab {
			slab[i] = append(make([]byte, 0, len(b)), b...)
		}
		return slab
	}
	shared := make([]byte, 0, total)
	for i, b := range slab {
		start := len(shared)
		shared = append(shared, b...)
		slab[i] = shared[start:len(shared):len(shared)]
	}
	return slab
}

// copyTexts is copyBytes for strings. Texts that lie one behind the other are copied at once.
func copyTexts(p *part) []string {
	slab := make([]string, p.n)
	if p.at == nil && p.base.Offsets != nil {
		offsets := p.base.Offsets[p.start : p.start+p.n+1]
		if first := offsets[0]; offsets[p.n]-first <= sharedBytesMax {
			shared := string(p.base.Data[first:offsets[p.n]])
			for i := range slab {
				slab[i] = shared[offsets[i]-first : offsets[i+1]-first]
			}
			return slab
		}
	}
	for i, b := range copyBytes(p) {
		// The bytes were copied for this and are never written again.
		slab[i] = unsafe.String(unsafe.SliceData(b), len(b))
	}
	return slab
}

// textReader checks the declared length. That the bytes are UTF-8 was checked at the wall.
func textReader(t sql.Type) readFunc {
	limit := 0
	if s, ok := t.(sql.StringType); ok && s.MaxCharacterLength() < 1<<31 {
		limit = int(s.MaxCharacterLength())
		if types.IsTextBlob(t) {
			limit = int(s.MaxByteLength())
		}
	}
	inBytes := types.IsTextBlob(t)
	return func(c *columnReader, _ *sql.Context, p *part, out []any) error {
		slab := copyTexts(p)
		for i, s := range slab {
			if limit > 0 && len(s) > limit && (inBytes || utf8.RuneCountInString(s) > limit) {
				return c.tooLong(p, i, len(s))
			}
		}
		box(slab, out, p.stride)
		return nil
	}
}

func (c *columnReader) tooLong(p *part, i, size int) error {
	return sqlerr.New(1406, "22001", "%s, column %s, row %d: the value of %d bytes is too long for %s", c.where, c.column.Name, p.first+uint64(i), size, c.column.Type)
}

func binaryReader(t sql.Type) readFunc {
	limit := int64(0)
	if s, ok := t.(sql.StringType); ok {
		limit = s.MaxByteLength()
	}
	return func(c *columnReader, _ *sql.Context, p *part, out []any) error {
		slab := copyBytes(p)
		for i, b := range slab {
			if int64(len(b)) > limit {
				return c.tooLong(p, i, len(b))
			}
		}
		box(slab, out, p.stride)
		return nil
	}
}

func readJSON(c *columnReader, _ *sql.Context, p *part, out []any) error {
	for i := range p.n {
		if p.isNull(i) {
			continue
		}
		document, err := gms.JSON(p.base.Bytes(p.place(i)))
		if err != nil {
			return c.fail(p, i, "is no JSON: %v", err)
		}
		out[i*p.stride] = document
	}
	return nil
}

func enumReader(members uint16) readFunc {
	return func(c *columnReader, _ *sql.Context, p *part, out []any) error {
		slab := take[uint16, uint16](p)
		for i, x := range slab {
			if x > members && !p.isNull(i) {
				return c.outOfRange(p, i, x)
			}
		}
		box(slab, out, p.stride)
		return nil
	}
}

// bitsReader reads sets and bit columns of the given number of bits.
func bitsReader(bits uint) readFunc {
	return func(c *columnReader, _ *sql.Context, p *part, out []any) error {
		slab := take[uint64, uint64](p)
		for i, x := range slab {
			if x>>bits != 0 && !p.isNull(i) {
				return c.outOfRange(p, i, x)
			}
		}
		box(slab, out, p.stride)
		return nil
	}
}

func geometryReader(t sql.Type) readFunc {
	return func(c *columnReader, ctx *sql.Context, p *part, out []any) error {
		for i := range p.n {
			if p.isNull(i) {
				continue
			}
			value, err := gms.Geometry(p.base.Bytes(p.place(i)))
			if err != nil {
				return c.fail(p, i, "is no geometry: %v", err)
			}
			fitting, _, err := t.Convert(ctx, value)
			if err != nil {
				return c.fail(p, i, "does not fit %s: %v", t, err)
			}
			out[i*p.stride] = fitting
		}
		return nil
	}
}

func vectorReader(t sql.Type) readFunc {
	dimensions := t.(types.VectorType).Dimensions
	return func(c *columnReader, _ *sql.Context, p *part, out []any) error {
		slab := copyBytes(p)
		for i, b := range slab {
			if len(b) != 4*dimensions && !p.isNull(i) {
				return c.fail(p, i, "has %d bytes, and %d dimensions need %d", len(b), dimensions, 4*dimensions)
			}
		}
		box(slab, out, p.stride)
		return nil
	}
}
