package wasql

import (
	"math"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// known is what an instance remembers of the requests of small statements: the same ones come again and again, with
// other values and in other transactions. They are told apart by their bytes; what they say is read once.
type known struct {
	scans map[string]*knownScan
	sinks map[string]*knownSink
	// key, params and out are room for the request and the answer at hand.
	key    []byte
	params []Value
	out    []byte
}

// knownMax is how many scans, and how many sinks, are remembered; then it begins anew.
const knownMax = 64

// changing is what differs between requests that are the same otherwise.
type changing struct {
	// Of TableRef.
	transaction, statement uint64
	begin                  []byte
	// Of OpenSinkRequest.
	batch           uint32
	writes, numbers uint64
	commit          []byte
}

// standsAlone tells whether the request is none of a transaction or statement.
func (c *changing) standsAlone() bool {
	return c.transaction == 0 && c.statement == 0 && len(c.begin) == 0
}

// Fields that differ from request to request.
const (
	refTransaction, refStatement, refBegin = 8, 9, 11

	scanTable, scanParams, scanArguments, scanResume = 1, 4, 5, 10

	sinkTable, sinkTransaction, sinkStatement, sinkBatch, sinkCommit = 1, 8, 9, 11, 13
)

// splitRef puts into the key what a TableRef says of the table.
func (k *known) splitRef(raw []byte, c *changing) bool {
	for len(raw) > 0 {
		f, rest, ok := wire.Next(raw)
		if !ok {
			return false
		}
		raw = rest
		switch f.Number {
		case refTransaction:
			c.transaction = f.N
		case refStatement:
			c.statement = f.N
		case refBegin:
			c.begin = f.Value
		default:
			k.key = append(k.key, f.Whole...)
		}
	}
	// Behind the table other fields begin.
	k.key = append(k.key, 0)
	return true
}

// splitScan leaves the key of an OpenScanRequest in k.key and its params in k.params; false: it is not worth it, or
// no lawful message.
func (k *known) splitScan(raw []byte) (c changing, ok bool) {
	k.key, k.params = k.key[:0], k.params[:0]
	for len(raw) > 0 {
		var f wire.Field
		if f, raw, ok = wire.Next(raw); !ok {
			return c, false
		}
		switch f.Number {
		case scanTable:
			ok = k.splitRef(f.Value, &c)
		case scanParams:
			k.params = append(k.params, Value{})
			ok = readValue(f.Value, &k.params[len(k.params)-1])
		case scanArguments, scanResume:
			ok = false
		default:
			k.key = append(k.key, f.Whole...)
		}
		if !ok {
			return c, false
		}
	}
	return c, true
}

// splitSink leaves the key of an OpenSinkRequest in k.key; false: no lawful message.
func (k *known) splitSink(raw []byte) (c changing, ok bool) {
	k.key = k.key[:0]
	for len(raw) > 0 {
		var f wire.Field
		if f, raw, ok = wire.Next(raw); !ok {
			return c, false
		}
		switch f.Number {
		case sinkTable:
			if !k.splitRef(f.Value, &c) {
				return c, false
			}
		case sinkTransaction:
			c.writes = f.N
		case sinkStatement:
			c.numbers = f.N
		case sinkBatch:
			c.batch = uint32(f.N)
		case sinkCommit:
			c.commit = f.Value
		default:
			k.key = append(k.key, f.Whole...)
		}
	}
	return c, true
}

// readValue reads the values that params mostly are; false: another one.
func readValue(raw []byte, v *Value) bool {
	const null, truth, whole, unsigned, float, text = 1, 2, 3, 4, 5, 7
	for len(raw) > 0 {
		f, rest, ok := wire.Next(raw)
		if !ok {
			return false
		}
		raw = rest
		switch f.Number {
		case null:
			*v = Value{}
		case truth:
			*v = BoolValue(f.N != 0)
		case whole:
			*v = IntValue(int64(f.N>>1) ^ -int64(f.N&1))
		case unsigned:
			*v = UintValue(f.N)
		case float:
			*v = FloatValue(math.Float64frombits(f.N))
		case text:
			*v = TextValue(string(f.Value))
		default:
			return false
		}
	}
	return true
}

// knownRef is what a TableRef says, apart from transactions.
type knownRef struct{ ref TableRef }

// table finds the table of a request, whose transaction is begun when it says so.
func (r *knownRef) table(in *instance, c *changing) (Table, error) {
	if len(c.begin) > 0 {
		if err := in.beginWith(c.begin); err != nil {
			return nil, err
		}
	}
	ref := r.ref
	ref.Transaction, ref.Statement = c.transaction, c.statement
	return in.find(&ref)
}

func unlawful(err error) error {
	return Errorf(InvalidArgument, "the request is no lawful message: %w", err)
}

// sent are the columns that batches have, with the bytes that tell the host so.
type sent struct {
	positions []int
	shape     []pb.ScanColumn
	// fields are the ScanColumns in the bytes of an answer, where they are field 2.
	fields []byte
	// nullable is fields with each column nullable, as answers to writes are.
	nullable []byte
}

// columnsField is the field of the columns in OpenScanResponse and OpenSinkResponse.
const columnsField = 2

// of tells whether the columns are still what fields says.
func (s *sent) of(columns []Column) bool {
	for i, c := range s.positions {
		if c >= len(columns) {
			return false
		}
		now, then := &columns[c], &s.shape[i]
		if now.Type != Type(then.Type) || uint32(now.Precision) != then.Precision || uint32(now.Scale) != then.Scale || now.NotNull == then.Nullable {
			return false
		}
	}
	return true
}

// sentOf checks the positions that a request asks for.
func sentOf(columns []Column, asked []uint32) (*sent, error) {
	s := &sent{positions: make([]int, len(asked)), shape: make([]pb.ScanColumn, len(asked))}
	for i, c := range asked {
		if uint64(c) >= uint64(len(columns)) {
			return nil, Errorf(InvalidArgument, "column %d is asked for, the table has %d", c, len(columns))
		}
		s.positions[i] = int(c)
		m := columns[c].scanColumn(int(c))
		at := &s.shape[i]
		at.Column, at.Type, at.Precision, at.Scale, at.Nullable = m.Column, m.Type, m.Precision, m.Scale, m.Nullable
		s.fields = appendColumn(s.fields, at)
		m.Nullable = true
		s.nullable = appendColumn(s.nullable, m)
	}
	return s, nil
}

// appendColumn writes a ScanColumn.
func appendColumn(dst []byte, c *pb.ScanColumn) []byte {
	var raw []byte
	raw = wire.AppendNumber(raw, 1, uint64(c.Column))
	raw = wire.AppendNumber(raw, 2, uint64(c.Type))
	raw = wire.AppendNumber(raw, 3, uint64(c.Precision))
	raw = wire.AppendNumber(raw, 4, uint64(c.Scale))
	if c.Nullable {
		raw = wire.AppendNumber(raw, 5, 1)
	}
	return wire.AppendBytes(dst, columnsField, raw)
}
