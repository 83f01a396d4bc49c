package host

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/view"
)

// scanShape is the columns that answers to OPEN_SCAN name, read and checked once: the same scan is opened again and again, and
// a lookup by key costs little more than that. It does not change.
type scanShape struct {
	columns []*pb.ScanColumn
	schema  col.Schema
	// spare was used by a scan that has ended, and waits for the next one.
	spare atomic.Pointer[view.Reader]
}

// shapesMax is how many an instance remembers; then it begins anew.
const shapesMax = 64

// openAnswer is an answer to OPEN_SCAN as it is read: its columns only when they are not known.
type openAnswer struct {
	pb.OpenScanResponse
	known map[string]*scanShape
	// shape is nil when the columns are to be read, which raw are in bytes.
	shape *scanShape
	raw   []byte
}

// UnmarshalVT implements Message.
func (a *openAnswer) UnmarshalVT(body []byte) error {
	if raw, ok := a.quick(body); ok {
		if a.shape = a.known[string(raw)]; a.shape != nil {
			return nil
		}
		a.raw = bytes.Clone(raw)
	}
	a.Reset()
	return a.OpenScanResponse.UnmarshalVT(body)
}

// quick reads everything but the columns, of which it gives the bytes; false: it is to be read in the usual way.
func (a *openAnswer) quick(body []byte) (columns []byte, ok bool) {
	const scan, column, batch, finished = 1 << 3, 2<<3 | 2, 3 << 3, 4 << 3
	first, end := 0, 0
	for at := 0; at < len(body); {
		key := body[at]
		n, size := binary.Uvarint(body[at+1:])
		if size <= 0 {
			return nil, false
		}
		next := at + 1 + size
		switch key {
		case scan:
			a.Scan = uint32(n)
		case batch:
			a.Batch = uint32(n)
		case finished:
			a.Finished = n != 0
		case column:
			if n > uint64(len(body)-next) || end > 0 && end != at {
				return nil, false
			}
			next += int(n)
			if end == 0 {
				first = at
			}
			end = next
		default:
			return nil, false
		}
		at = next
	}
	return body[first:end], true
}

// shapeOf gives the shape of an answer, within the turn that got it. Columns that are not known are checked.
func (i *Instance) shapeOf(call string, a *openAnswer) (*scanShape, error) {
	if a.shape != nil {
		return a.shape, nil
	}
	schema, err := i.checkColumns(call, a.Columns)
	if err != nil {
		return nil, err
	}
	shape := &scanShape{columns: a.Columns, schema: schema}
	if a.raw != nil {
		if i.shapes == nil || len(i.shapes) >= shapesMax {
			i.shapes = map[string]*scanShape{}
		}
		i.shapes[string(a.raw)] = shape
	}
	return shape, nil
}
