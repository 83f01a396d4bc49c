package wasql

import (
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// knownScan is an OpenScanRequest that was read, apart from what differs from scan to scan.
type knownScan struct {
	knownRef
	request *pb.OpenScanRequest
	plan    *planBytes
	// sent is made with the first scan.
	sent *sent
	// seen: it came again, and repeated is what its table then had for it, or nil.
	seen     bool
	repeated *repeatedScan
}

// openScan answers OPEN_SCAN.
func (in *instance) openScan(raw []byte) ([]byte, error) {
	c, ok := in.asked.splitScan(raw)
	if ok {
		if k := in.asked.scans[string(in.asked.key)]; k != nil {
			if out, err := in.openAgain(k, &c, raw); out != nil || err != nil {
				return out, err
			}
			return in.openKnownScan(k, &c, in.asked.params)
		}
	}
	request := &pb.OpenScanRequest{}
	if err := scanCodec.unmarshal(request, raw); err != nil {
		return nil, unlawful(err)
	}
	ref, err := in.refOf(request.GetTable())
	if err != nil {
		return nil, err
	}
	k := &knownScan{knownRef: knownRef{*ref}, request: request}
	if k.plan, err = parsePlan(request.GetPlan()); err != nil {
		return nil, named(err, ref.Name)
	}
	if !ok {
		begin := request.GetTable().GetBegin()
		if begin != nil {
			if _, err := in.begin(begin); err != nil {
				return nil, err
			}
		}
		return in.openKnownScan(k, &changing{transaction: ref.Transaction, statement: ref.Statement}, valuesFrom(request.GetParams()))
	}
	if in.asked.scans == nil || len(in.asked.scans) == knownMax {
		in.asked.scans = make(map[string]*knownScan, knownMax)
	}
	in.asked.scans[string(in.asked.key)] = k
	return in.openKnownScan(k, &c, in.asked.params)
}

// openKnownScan opens a scan and makes its first batch, when that is asked for.
func (in *instance) openKnownScan(k *knownScan, c *changing, params []Value) ([]byte, error) {
	table, err := k.table(in, c)
	if err != nil {
		return nil, err
	}
	s := &scan{table: table, known: k, columns: table.Columns()}
	s.out = s.columns
	if a := k.plan.aggregation(); a != nil {
		s.out = outputsOf(a, s.columns)
	}
	if j := k.plan.join(); j != nil {
		right, err := in.table(j.GetRight())
		if err != nil {
			return nil, err
		}
		s.out = joinedColumns(k.plan.request.GetColumns(), s.columns, j, right.Columns())
	}
	if k.sent == nil || !k.sent.of(s.out) {
		if k.sent, err = sentOf(s.out, k.request.GetColumns()); err != nil {
			return nil, named(err, table.Name())
		}
	}
	s.sent = k.sent.positions
	if err := s.start(params); err != nil {
		return nil, named(err, table.Name())
	}
	number := in.number()
	batch, finished := uint32(0), false
	if k.request.GetFirst() {
		s.once = !k.request.GetKeep()
		batch, finished = in.first(s, number)
	}
	if finished && s.once {
		number = 0
		if err := s.close(); err != nil {
			return nil, named(err, table.Name())
		}
	} else {
		s.once, in.handles[number] = false, s
	}
	return in.scanOpened(k, number, batch, finished), nil
}

// scanOpened writes the answer to OPEN_SCAN; number is 0 when the scan is closed.
func (in *instance) scanOpened(k *knownScan, number, batch uint32, finished bool) []byte {
	out := wire.AppendNumber(in.asked.out[:0], scanNumber, uint64(number))
	out = append(out, k.sent.fields...)
	out = wire.AppendNumber(out, scanBatch, uint64(batch))
	if finished {
		out = wire.AppendNumber(out, scanFinished, 1)
	}
	in.asked.out = out
	return out
}

// Fields of OpenScanResponse; the columns stand before the batch.
const scanNumber, scanBatch, scanFinished = 1, 3, 4
