package exec

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// readFunc writes the values of a run of one column into out, at every stride-th place, NULL rows
// included or left alone: readRun makes those nil afterwards. It is chosen once a scan.
type readFunc func(c *columnReader, ctx *sql.Context, p *part, out []any) error

// columnReader reads one column.
type columnReader struct {
	column   ColumnRead
	where    string
	position int
	target   int
	read     readFunc
	// positions is scratch for columns that are not read in order.
	positions []uint32
	// odd is set once a value was read as NULL because SQL has none like it.
	odd bool
}

// newColumnReader picks how a column that is sent like that is read into its declared type.
func newColumnReader(where string, column ColumnRead, sent *pb.ScanColumn) (columnReader, error) {
	field, err := gms.Physical(column.Type)
	if err != nil {
		return columnReader{}, fmt.Errorf("%s: column %s: %w", where, column.Name, err)
	}
	read := reader(field, col.Type(sent.Type), column.Type)
	if read == nil {
		return columnReader{}, fmt.Errorf("%s: open scan: column %s is declared %s and sent as %s: %s, or narrower, is what fits",
			where, column.Name, column.Type, col.Type(sent.Type), field.Type)
	}
	if (field.Type == col.Decimal128 || field.Type == col.Decimal256) && sent.Scale > field.Scale && col.Type(sent.Type) != col.Null {
		return columnReader{}, fmt.Errorf("%s: open scan: column %s is declared %s and sent with scale %d", where, column.Name, column.Type, sent.Scale)
	}
	return columnReader{column: column, where: where, read: read}, nil
}

// part is the run of rows as one column lies in it.
type part struct {
	*run
	v *col.Vec
	// base holds the values: the column, or its dictionary.
	base *col.Vec
	// at has the position in base of each row, or none; nil: they are start, start+1, ….
	at []uint32
}

// none stands for a row without a value.
const none = ^uint32(0)

// readRun reads one run of the column.
func (c *columnReader) readRun(ctx *sql.Context, r *run, out []any) error {
	v := &r.batch.Cols[c.position]
	p := part{run: r, v: v, base: v}
	if v.Encoding == col.Constant || v.Encoding == col.Dictionary || r.batch.Sel != nil {
		c.gather(&p)
	}
	if err := c.read(c, ctx, &p, out); err != nil {
		return err
	}
	if v.Valid == nil && v.Encoding != col.Dictionary && v.Type != col.Null {
		return nil
	}
	for i := range r.n {
		if !v.IsNull(r.batch.Row(r.start + i)) {
			continue
		}
		if c.column.NotNull {
			return c.fail(&p, i, "is NULL and the column is declared NOT NULL")
		}
		out[i*r.stride] = nil
	}
	return nil
}

// gather resolves where each row's value lies.
func (c *columnReader) gather(p *part) {
	if c.positions == nil {
		c.positions = make([]uint32, runRows)
	}
	p.at = c.positions[:p.n]
	if p.v.Encoding == col.Dictionary {
		p.base = p.v.Dict
	}
	for i := range p.at {
		row := p.batch.Row(p.start + i)
		switch {
		case p.v.IsNull(row):
			p.at[i] = none
		case p.v.Encoding == col.Constant:
			p.at[i] = 0
		case p.v.Encoding == col.Dictionary:
			p.at[i] = p.v.Index[row]
		default:
			p.at[i] = uint32(row)
		}
	}
}

// isNull tells whether row i of the part has no value.
func (p *part) isNull(i int) bool {
	if p.at != nil {
		return p.at[i] == none
	}
	return p.v.IsNull(p.start + i)
}

// place is the position of row i in base; the row must have a value, or base be read in order.
func (p *part) place(i int) int {
	if p.at != nil {
		return int(p.at[i])
	}
	return p.start + i
}

// fail makes the error for row i of the part.
func (c *columnReader) fail(p *part, i int, format string, args ...any) error {
	return sqlerr.New(1366, "22000", "%s, column %s, row %d: the value %s", c.where, c.column.Name, p.first+uint64(i), fmt.Sprintf(format, args...))
}

// outOfRange is fail for a value that its declared type cannot hold.
func (c *columnReader) outOfRange(p *part, i int, value any) error {
	return sqlerr.New(1264, "22003", "%s, column %s, row %d: the value %v is out of range for %s", c.where, c.column.Name, p.first+uint64(i), value, c.column.Type)
}

// eface is how Go lays out an interface value without methods.
type eface struct{ typ, data unsafe.Pointer }

// box makes the values of slab the dynamic values of out, at every stride-th place, without an
// allocation each: an interface value holds a pointer to its value, and that may point into a slice
// as well as anywhere. T must not be pointer-shaped (the pointer would be the value itself), and
// slab must not be changed afterwards. The slice lives as long as one of its values.
func box[T any](slab []T, out []any, stride int) {
	var zero T
	var sample any = zero
	typ := (*eface)(unsafe.Pointer(&sample)).typ
	for i := range slab {
		*(*eface)(unsafe.Pointer(&out[i*stride])) = eface{typ: typ, data: unsafe.Pointer(&slab[i])}
	}
}

// sortedUnique gives the positions in rising order, each once, as the ABI wants them.
func sortedUnique(positions []uint32) []uint32 {
	sorted := slices.Clone(positions)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
