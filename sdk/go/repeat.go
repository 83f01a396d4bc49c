package wasql

import (
	"bytes"
	"unsafe"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/sdk/go/internal/guest"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// Repeater is a table of which scans that come again, such as lookups by key, need not be opened each time.
type Repeater interface {
	// Repeat makes ready for scans that differ only in their params and in the transactions and statements that they are of: operands of
	// the plan say which param they are, and have no values yet. nil: they are opened by Scan.
	Repeat(plan *Plan) Repeated
}

// Repeated answers scans that are alike.
type Repeated interface {
	// Rows gives all rows that a scan with these params would give if it was opened now, as NextBatch does, in one batch; nil: there are
	// none. The batch is the author's again with the next call, the params are gone with this one. transaction and statement are as in
	// TableRef. False: the scan is to be opened by Scan.
	Rows(transaction, statement uint64, params []Value) (batch *col.Batch, ok bool)
}

// repeatedScan is a scan that came again, with a table that is a Repeater.
type repeatedScan struct {
	Repeated
	// head and tail are the bytes around its params of a request that stands alone; nil: none came yet.
	head, tail []byte
	// columns are the answer's bytes that tell of them; none is the answer without rows, and full that with a batch at a place.
	columns, none, full []byte
	at                  uint32
}

// repeatedMax is how many are kept; the ones that came last.
const repeatedMax = 8

// openAgain answers OPEN_SCAN for a known scan that has come again; nil: it is to be opened.
func (in *instance) openAgain(k *knownScan, c *changing, raw []byte) ([]byte, error) {
	if !k.seen {
		if err := in.repeat(k); err != nil {
			return nil, err
		}
	}
	s := k.repeated
	switch {
	case s == nil:
		return nil, nil
	case s.head == nil && c.standsAlone():
		in.keepRepeated(s, raw)
	}
	if len(c.begin) > 0 {
		if err := in.beginWith(c.begin); err != nil {
			return nil, err
		}
		c.begin = nil
	}
	if batch, ok := s.Rows(c.transaction, c.statement, in.asked.params); ok {
		return s.answer(batch), nil
	}
	return nil, nil
}

// repeat makes ready for a scan that has come again.
func (in *instance) repeat(k *knownScan) error {
	k.seen = true
	request := k.request
	ref := request.GetTable()
	if !request.GetFirst() || request.GetKeep() || len(request.GetSnapshot())+len(request.GetPartition()) > 0 || len(ref.GetSnapshot()) > 0 || k.plan == nil || k.plan.aggregation() != nil || k.plan.join() != nil {
		return nil
	}
	table, err := k.table(in, &changing{})
	if err != nil {
		return err
	}
	repeater, ok := table.(Repeater)
	if !ok || k.sent == nil || !k.sent.of(table.Columns()) {
		return nil
	}
	s := &repeatedScan{columns: k.sent.fields}
	plan, err := k.plan.open(table.Columns(), nil, false)
	if err != nil {
		return err
	}
	plan.Columns = k.sent.positions
	if s.Repeated = repeater.Repeat(plan); s.Repeated == nil {
		return nil
	}
	s.none, k.repeated = wire.AppendNumber(bytes.Clone(s.columns), scanFinished, 1), s
	return nil
}

// keepRepeated has a scan that stands alone found by its bytes as a whole.
func (in *instance) keepRepeated(s *repeatedScan, raw []byte) {
	var ok bool
	if s.head, s.tail, ok = aroundParams(raw); !ok {
		s.head = []byte{} // not again
		return
	}
	if len(in.repeated) == repeatedMax {
		in.repeated = in.repeated[:repeatedMax-1]
	}
	in.repeated = append([]*repeatedScan{s}, in.repeated...)
}

// aroundParams cuts the params out of a request; false: they do not stand together.
func aroundParams(raw []byte) (head, tail []byte, ok bool) {
	first, last := -1, -1
	for at := 0; at < len(raw); {
		f, rest, ok := wire.Next(raw[at:])
		if !ok {
			return nil, nil, false
		}
		end := len(raw) - len(rest)
		if f.Number == scanParams {
			if first >= 0 && last != at {
				return nil, nil, false
			}
			if first < 0 {
				first = at
			}
			last = end
		}
		at = end
	}
	if first < 0 {
		return bytes.Clone(raw), nil, true
	}
	return bytes.Clone(raw[:first]), bytes.Clone(raw[last:]), true
}

// openRepeated answers OPEN_SCAN when the scan is one that was prepared; false: it is not, or is to be opened all the same.
func (in *instance) openRepeated(raw []byte) ([]byte, bool) {
	for i, s := range in.repeated {
		if len(raw) < len(s.head)+len(s.tail) || string(raw[:len(s.head)]) != string(s.head) || string(raw[len(raw)-len(s.tail):]) != string(s.tail) {
			continue
		}
		if i > 0 {
			copy(in.repeated[1:i+1], in.repeated[:i])
			in.repeated[0] = s
		}
		params, ok := in.asked.readParams(raw[len(s.head) : len(raw)-len(s.tail)])
		if !ok {
			return nil, false
		}
		batch, ok := s.Rows(0, 0, params)
		if !ok {
			return nil, false
		}
		return s.answer(batch), true
	}
	return nil, false
}

// readParams reads the fields of a request that are params, in its memory; false: there is another one, or another value.
func (k *known) readParams(raw []byte) ([]Value, bool) {
	const null, whole, unsigned, text = 1, 3, 4, 7
	k.params = k.params[:0]
	for len(raw) > 0 {
		f, rest, ok := wire.Next(raw)
		if !ok || f.Number != scanParams {
			return nil, false
		}
		raw = rest
		var v Value
		if len(f.Value) > 0 {
			of, rest, ok := wire.Next(f.Value)
			if !ok || len(rest) > 0 {
				return nil, false
			}
			switch of.Number {
			case null:
			case whole:
				v = IntValue(int64(of.N>>1) ^ -int64(of.N&1))
			case unsigned:
				v = UintValue(of.N)
			case text:
				v = TextValue(unsafe.String(unsafe.SliceData(of.Value), len(of.Value)))
			default:
				if !readValue(f.Value, &v) {
					return nil, false
				}
			}
		}
		k.params = append(k.params, v)
	}
	return k.params, true
}

// answer gives the answer with a batch, or none.
func (s *repeatedScan) answer(batch *col.Batch) []byte {
	if batch == nil {
		return s.none
	}
	batch.Lease, batch.Last = 0, true
	if at := guest.Give(0, batch); at != s.at || s.full == nil {
		s.at = at
		s.full = wire.AppendNumber(append(s.full[:0], s.columns...), scanBatch, uint64(at))
		s.full = wire.AppendNumber(s.full, scanFinished, 1)
	}
	return s.full
}
