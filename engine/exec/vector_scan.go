package exec

import (
	"context"
	"io"
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// vectorSource gives the batches of a scan, each value checked against the declared type as if rows were made of it.
type vectorSource struct {
	ctx   *sql.Context
	input input
	// width is the number of columns of the rows.
	width int
	// rows reads the scan when it is open.
	rows *Rows
	out  col.Batch
	// nulls are the bitmaps of columns in which values became NULL.
	nulls []col.Bitmap
	seen  uint64
	done  bool
	plan  *ScanPlan
	// sieves are asked when the first batch is wanted, for sifters that leave rows out that no join keeps.
	sieves  *sieves
	sifters []sifter
}

// input is what a vectorSource reads: one run of a scan, or a piece of it.
type input interface {
	// open starts it.
	open(ctx *sql.Context) (*Rows, error)
	// end is called behind the last batch, and when no more are wanted; drop instead when something went wrong. Twice is harmless.
	end(ctx *sql.Context) error
	drop() error
}

// open implements input.
func (it *scanIter) open(ctx *sql.Context) (*Rows, error) {
	if p := it.plan; len(p.Params) == 0 {
		it.access = p.way()
	} else if none, err := it.bind(ctx, nil); err != nil {
		return nil, err
	} else if none {
		it.done = true
		return nil, io.EOF
	}
	if err := it.start(ctx); err != nil {
		return nil, err
	}
	cursor, ok := it.cursor.(interface{ vectors() *Rows })
	if !ok {
		// Only a source that is no connector's has none, and none of these is read so.
		return nil, io.ErrUnexpectedEOF
	}
	return cursor.vectors(), nil
}

// end implements input.
func (it *scanIter) end(ctx *sql.Context) error { return it.Close(ctx) }

// leaf is a scan, which is opened when the first batch is wanted: that a column is sent as it is read is known then only.
func (v *vectorizer) leaf(s *Scan) (*vectors, bool) {
	if _, rows := s.Plan.Source.(interface{ RowsOnly() }); rows {
		return nil, false // its cursors give rows, one after the other
	}
	source := &vectorSource{ctx: v.ctx, width: len(s.Plan.Row), input: v.piece, plan: s.Plan, sieves: v.sieves}
	if v.piece == nil {
		source.input = &scanIter{plan: s.Plan, access: &s.Plan.Main, params: s.Plan.Known}
		v.scans = append(v.scans, s.Plan)
	}
	columns, ok := scanned(s.Plan.Row)
	return &vectors{source: source, columns: columns}, ok
}

// scanned are the columns of a scan's batches; false: some cannot be read as such.
func scanned(row []ColumnRead) ([]vectorColumn, bool) {
	out := make([]vectorColumn, len(row))
	for i, read := range row {
		out[i].read = read
		if read.Column < 0 {
			continue
		}
		field, err := gms.Physical(read.Type)
		if err != nil {
			return nil, false
		}
		field.Nullable = !read.NotNull
		out[i] = typed(vec.Column(i, field), read.Type)
		out[i].read = read
	}
	return out, true
}

// ranOnColumns notes the last node of those that run on a scan's columns.
func (p *ScanPlan) ranOnColumns(node string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onColumns = node
}

func (p *ScanPlan) columnsUpTo() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.onColumns
}

// typed tells how values of a type are compared.
func typed(e vec.Expr, t sql.Type) vectorColumn {
	c := vectorColumn{expr: e, read: ColumnRead{Type: t}}
	switch e.Field().Type {
	case col.Int8, col.Int16, col.Int32, col.Int64, col.Uint8, col.Uint16, col.Uint32:
		c.class = vec.Whole
	case col.Uint64:
		c.class = vec.Unsigned
	case col.Float32, col.Float64:
		c.class = vec.Float
	case col.Decimal128, col.Decimal256:
		c.class = vec.Decimal
	case col.Date:
		c.class, c.unit = vec.Whole, days
	case col.Datetime:
		c.class, c.unit = vec.Whole, microseconds
	case col.Time:
		c.class, c.unit = vec.Whole, clock
	case col.Year:
		c.class, c.unit = vec.Whole, year
	case col.UTF8:
		if text, ok := t.(sql.StringType); ok && types.IsTextOnly(t) {
			c.class, c.collation = vec.Text, collationOf(text.Collation())
		}
	case col.Binary:
		c.class = vec.Text
	}
	return c
}

// Next implements vec.Source.
func (s *vectorSource) Next(ctx context.Context) (*col.Batch, error) {
	if s.done {
		return nil, io.EOF
	}
	if s.rows == nil {
		if err := s.open(); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	batch, err := s.rows.batches.Next(ctx)
	if err != nil {
		s.done = true
		if err == io.EOF {
			if err := s.input.end(s.ctx); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		_ = s.input.drop() // what went wrong first is what counts
		return nil, err
	}
	if err := s.take(batch); err != nil {
		return nil, err
	}
	if len(s.sifters) > 0 {
		s.sift()
	}
	return &s.out, nil
}

func (s *vectorSource) open() (err error) {
	if s.rows, err = s.input.open(s.ctx); err != nil {
		s.done = true
		return err
	}
	s.out.Cols = make([]col.Vec, s.width)
	s.nulls = make([]col.Bitmap, s.width)
	s.sifters = s.sieves.sifters(s.plan)
	return nil
}

// vectors gives the batches behind the rows. Whoever reads them reads no rows.
func (r *Rows) vectors() *Rows { return r }

// take puts the columns at their places in the row, and checks them.
func (s *vectorSource) take(b *col.Batch) error {
	s.out.Rows, s.out.Sel, s.out.Last = b.Rows, b.Sel, b.Last
	for i := range s.rows.readers {
		read := &s.rows.readers[i]
		v := &b.Cols[read.position]
		s.out.Cols[read.target] = *v
		if !s.sound(read, v, b) {
			if err := s.slow(read, b); err != nil {
				return err
			}
		}
	}
	s.seen += uint64(b.Len())
	return nil
}

// slow reads the column as rows would, for the error or the warning that they give. What rows read as NULL is made NULL.
func (s *vectorSource) slow(read *columnReader, b *col.Batch) error {
	var nulls []int
	for start := 0; start < b.Len(); start += runRows {
		n := min(runRows, b.Len()-start)
		values := make([]any, n)
		part := run{batch: b, start: start, n: n, stride: 1, first: s.seen + uint64(start) + 1}
		if err := read.readRun(s.ctx, &part, values); err != nil {
			return err
		}
		for i, value := range values {
			if value == nil {
				nulls = append(nulls, b.Row(start+i))
			}
		}
	}
	plain := b.Cols[read.position].Plain()
	plain.Valid = make(col.Bitmap, col.BitmapBytes(b.Rows))
	for i := range b.Rows {
		plain.Valid.Set(i)
	}
	for _, row := range nulls {
		plain.Valid.Clear(row)
	}
	if digits := datetimeDigits(read.column.Type); digits < microsDigits && plain.Type == col.Datetime {
		roundAll(col.Values[int64](&plain), digits)
	}
	s.out.Cols[read.target] = plain
	return nil
}

// roundAll rounds datetimes to the digits of their column.
func roundAll(values []int64, digits uint32) {
	unit := unitOf(digits)
	for i, x := range values {
		if x != col.ZeroDatetime && x >= datetimeMin && x <= datetimeMax {
			values[i] = roundTo(x, unit)
		}
	}
}

func datetimeDigits(t sql.Type) uint32 {
	if field, err := gms.Physical(t); err == nil && field.Type == col.Datetime {
		return min(field.Scale, microsDigits)
	}
	return microsDigits
}

// sound tells whether no value of a column can be one that rows refuse or change. It may err on the side of caution.
func (s *vectorSource) sound(read *columnReader, v *col.Vec, b *col.Batch) bool {
	if v.Type == col.Null {
		return !read.column.NotNull || b.Len() == 0
	}
	if read.column.NotNull && (v.Valid != nil || v.Encoding == col.Dictionary && v.Dict.Valid != nil) && v.Nulls() > 0 {
		return false
	}
	switch v.Encoding {
	case col.Dictionary:
		return v.Dict.Len == 0 || soundValues(read, v.Dict, v.Dict.Len)
	case col.Constant:
		return soundValues(read, v, 1)
	}
	return soundValues(read, v, v.Len)
}

func soundValues(read *columnReader, v *col.Vec, n int) bool {
	switch v.Type {
	case col.Bool, col.Int8, col.Int16, col.Int32, col.Int64, col.Uint8, col.Uint16, col.Uint32, col.Uint64:
		return true
	case col.Float64:
		odd := false
		for _, x := range col.Values[float64](v) {
			odd = odd || x-x != 0
		}
		return !odd
	case col.Float32:
		odd := false
		for _, x := range col.Values[float32](v) {
			odd = odd || x-x != 0
		}
		return !odd
	case col.Date:
		return inside(col.Values[int32](v), dateMin, dateMax)
	case col.Datetime:
		return inside(col.Values[int64](v), datetimeMin, datetimeMax) && rounded(col.Values[int64](v), datetimeDigits(read.column.Type))
	case col.Time:
		return inside(col.Values[int64](v), -timeMicros, timeMicros)
	case col.Year:
		return inside(col.Values[uint16](v), yearMin, yearMax)
	case col.UTF8, col.Binary:
		return short(read.column.Type, v, n)
	case col.Decimal128:
		return fewDigits(read.column.Type, v, n)
	}
	return false
}

func inside[T col.Number](values []T, least, most T) bool {
	out := false
	for _, x := range values {
		out = out || x < least || x > most
	}
	return !out
}

func rounded(values []int64, digits uint32) bool {
	if digits == microsDigits {
		return true
	}
	unit := unitOf(digits)
	for _, x := range values {
		if x%unit != 0 {
			return false
		}
	}
	return true
}

// short tells whether no text is longer than its column takes.
func short(t sql.Type, v *col.Vec, n int) bool {
	text, ok := t.(sql.StringType)
	if !ok {
		return false
	}
	limit := text.MaxByteLength()
	characters := !types.IsTextBlob(t) && types.IsTextOnly(t)
	if characters {
		limit = text.MaxCharacterLength()
	}
	for i := range n {
		if !v.Valid.Get(i) {
			continue
		}
		s := v.Bytes(i)
		if int64(len(s)) > limit && (!characters || int64(utf8.RuneCount(s)) > limit) {
			return false
		}
	}
	return true
}

// powers of ten, as far as 128 bits with a sign hold them, the lower word first.
var powers = func() (all [39][2]uint64) {
	all[0][0] = 1
	for i := range all[1:] {
		carry, low := bits.Mul64(all[i][0], 10)
		all[i+1] = [2]uint64{low, all[i][1]*10 + carry}
	}
	return all
}()

// fewDigits tells whether no decimal has more digits than its column takes.
func fewDigits(t sql.Type, v *col.Vec, n int) bool {
	d, ok := t.(sql.DecimalType)
	if !ok || v.Scale != uint32(d.Scale()) || int(d.Precision()) >= len(powers) {
		return false
	}
	bound := powers[d.Precision()]
	if bound[1] == 0 && bound[0] <= math.MaxInt64 && v.Encoding == col.Plain && narrow(v, int64(bound[0]), n) {
		return true
	}
	for i := range n {
		x := v.Decimal(i)
		low, high := x[0], x[1]
		if int64(high) < 0 {
			var borrow uint64
			low, borrow = bits.Sub64(0, low, 0)
			high, _ = bits.Sub64(0, high, borrow)
		}
		if (high > bound[1] || high == bound[1] && low >= bound[0]) && v.Valid.Get(i) {
			return false
		}
	}
	return true
}

// narrow tells whether the first n decimals all are numbers of one word below bound and above -bound. Those of NULLs count too.
func narrow(v *col.Vec, bound int64, n int) bool {
	words := col.Values[uint64](v)
	wide := false
	for i := 0; i+1 < len(words) && i < 2*n; i += 2 {
		x := int64(words[i])
		wide = wide || words[i+1] != uint64(x>>63) || x >= bound || x <= -bound
	}
	return !wide && len(words) >= 2*n
}

// Close implements vec.Source.
func (s *vectorSource) Close() error {
	s.done = true
	return s.input.end(s.ctx)
}
