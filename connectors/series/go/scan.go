package main

import (
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// partitionsMax is the largest number of pieces a plan is cut into.
const partitionsMax = 1024

// Partitions cuts the finished sequence, whatever it turns out to be, into equal pieces.
func (series) Partitions(plan *wasql.Plan, wanted int) ([]wasql.Partition, error) {
	n := min(max(wanted, 1), partitionsMax)
	pieces := make([]wasql.Partition, n)
	rows := plan.Rows / float64(n)
	for i := range pieces {
		token := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(i)), uint64(n))
		pieces[i] = wasql.Partition{
			Token: token, Rows: rows, Bytes: rows * plan.RowBytes, Label: strconv.Itoa(i+1) + "/" + strconv.Itoa(n),
		}
	}
	return pieces, nil
}

// narrowed applies the known conjuncts on value to the progression.
func narrowed(plan *wasql.Plan, b *bounds) sequence {
	low, high := plan.Int64Range(columnNames[value])
	s := b.within(b.progression(), low, high)
	for _, c := range plan.Conjuncts() {
		if c.Column == value && c.Op == wasql.IN && c.Use() == wasql.Exact && known(c) {
			s = b.only(s, numbers(c))
		}
	}
	return s
}

// numbers are the operands that a bigint can equal.
func numbers(c *wasql.Conjunct) []int64 {
	list := make([]int64, 0, len(c.Operands))
	for _, operand := range c.Operands {
		v, _ := operand.Value()
		if n, ok := v.Int64(); ok {
			list = append(list, n)
		}
	}
	return list
}

// Scan works out the rows from the plan alone.
func (series) Scan(plan *wasql.Plan) (wasql.Cursor, error) {
	c := &cursor{}
	if err := c.Rescan(plan); err != nil {
		return nil, err
	}
	return wasql.Batches(c), nil
}

// cursor computes batches of a sequence.
type cursor struct {
	sequence
	next uint64
	// column is the place of value in the batch, or -1.
	column int
	values []int64
	batch  col.Batch
}

// Rescan starts again with the values the plan has now.
func (c *cursor) Rescan(plan *wasql.Plan) error {
	if err := checkValues(plan); err != nil {
		return err
	}
	b, err := argumentsOf(plan)
	if err != nil {
		return err
	}
	s := narrowed(plan, &b)
	if d := direction(plan); d != 0 && (d == ascending) != (b.step > 0) {
		s = s.reversed()
	}
	s = s.limited(plan.Limit, plan.Offset)
	if len(plan.Partition) > 0 {
		i, n := binary.Uvarint(plan.Partition)
		of, m := binary.Uvarint(plan.Partition[max(n, 0):])
		if n <= 0 || m <= 0 || i >= of {
			return wasql.Errorf(wasql.InvalidArgument, "the partition was not made by series")
		}
		s = s.piece(i, of)
	}
	c.sequence, c.next = s, 0
	c.layout(plan, &b)
	return nil
}

// checkValues refuses params that turned out to be no numbers.
func checkValues(plan *wasql.Plan) error {
	for _, conjunct := range plan.Conjuncts() {
		for _, operand := range conjunct.Operands {
			if v, _ := operand.Value(); conjunct.Column == value && !v.IsNull() && !v.Whole() {
				return wasql.Errorf(wasql.InvalidArgument, "value must be a whole number").In("value", v.String())
			}
		}
	}
	return nil
}

// layout prepares the batch: the arguments are constant columns.
func (c *cursor) layout(plan *wasql.Plan, b *bounds) {
	constants := [...]int64{start: b.start, stop: b.stop, step: b.step}
	c.column = -1
	c.batch.Cols = make([]col.Vec, len(plan.Columns))
	for i, column := range plan.Columns {
		v := &c.batch.Cols[i]
		v.Type = col.Int64
		if column == value {
			c.column = i
			continue
		}
		v.Encoding = col.Constant
		v.Fixed = col.BytesOf([]int64{constants[column]})
	}
}

// NextBatch computes the next numbers straight into the batch.
func (c *cursor) NextBatch(rowsMax, bytesMax int) (*col.Batch, error) {
	if c.empty || c.next > c.last {
		return nil, nil
	}
	if c.column >= 0 {
		rowsMax = max(1, min(rowsMax, bytesMax/8))
	}
	n := rowsMax
	if left := c.last - c.next; left < uint64(n) {
		n = int(left) + 1
	}
	if c.column >= 0 {
		c.fill(n)
		c.batch.Cols[c.column].Fixed = col.BytesOf(c.values[:n])
	}
	for i := range c.batch.Cols {
		c.batch.Cols[i].Len = n
	}
	c.batch.Rows = n
	c.batch.Last = c.last-c.next < uint64(n)
	if c.batch.Last {
		c.empty = true
	}
	c.next += uint64(n)
	return &c.batch, nil
}

// fill puts the numbers from index next on into values.
func (c *cursor) fill(n int) {
	if cap(c.values) < n {
		c.values = slices.Grow(c.values[:0], n)
	}
	values := c.values[:n]
	if c.isList {
		copy(values, c.list[c.next:])
		return
	}
	x, stride := uint64(c.at(c.next)), c.stride
	// Eight at a time: the host counts work at every loop head, and Go checks bounds once a turn.
	for ; len(values) >= 8; values = values[8:] {
		v := values[:8]
		v[0] = int64(x)
		v[1] = int64(x + stride)
		v[2] = int64(x + 2*stride)
		v[3] = int64(x + 3*stride)
		v[4] = int64(x + 4*stride)
		v[5] = int64(x + 5*stride)
		v[6] = int64(x + 6*stride)
		v[7] = int64(x + 7*stride)
		x += 8 * stride
	}
	for i := range values {
		values[i] = int64(x)
		x += stride
	}
}
