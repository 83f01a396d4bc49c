package wasql

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// IndexDriver is a source that keeps indexes over the tables of other connectors. An index is named by a
// *pb.DriverIndex: its Columns are the key, its Location columns say how the indexed table finds a row again.
type IndexDriver interface {
	// CreateIndex starts a new, empty index, and may fill in fields of it.
	CreateIndex(index *pb.DriverIndex) (*pb.DriverIndex, error)
	// Indexes gives those of a table, or all when both names are empty.
	Indexes(database, table string) ([]*pb.DriverIndex, error)
	// Feed takes entries of the index: key columns, then location columns; with remove they go.
	Feed(index *pb.DriverIndex, remove bool, transaction uint64) (EntrySink, error)
	// SaveIndex makes an index durable and ready, for that version of the table. The sink that fed it is closed before.
	SaveIndex(index *pb.DriverIndex, tableVersion string) (*pb.DriverIndex, error)
	// DeleteIndex drops an index; one that is not there is no error.
	DeleteIndex(index *pb.DriverIndex) error
	// Probe reads the entries whose key lies in one of the ranges; no ranges mean all.
	Probe(index *pb.DriverIndex, ranges []*pb.KeyRange, reverse bool) (Cursor, error)
	// CheckIndex tells truthfully whether the index is whole and fits that version of the table.
	CheckIndex(index *pb.DriverIndex, tableVersion string) (pb.DriverState, string, error)
}

// EntrySink takes the entries of an index. It may be an io.Closer.
type EntrySink interface {
	// Write takes entries, valid during the call.
	Write(entries *col.Batch) error
}

// entries is an open sink of an index driver.
type entries struct{ inner EntrySink }

func (*entries) name() string { return "" }

func (e *entries) close() error {
	if closer, ok := e.inner.(interface{ Close() error }); ok {
		return closer.Close()
	}
	return nil
}

func (e *entries) write(_ *instance, batch *col.Batch) (*col.Batch, error) {
	return nil, e.inner.Write(batch)
}

func (in *instance) driver() (IndexDriver, error) {
	return power[IndexDriver](in.source, "keep indexes for other connectors")
}

func (in *instance) driverCreate(r *pb.DriverCreateRequest) (message, error) {
	d, err := in.driver()
	if err != nil {
		return nil, err
	}
	index, err := d.CreateIndex(r.GetIndex())
	return &pb.DriverCreateResponse{Index: index}, err
}

func (in *instance) driverLoadAll(r *pb.DriverLoadAllRequest) (message, error) {
	d, err := in.driver()
	if err != nil {
		return nil, err
	}
	all, err := d.Indexes(r.GetDatabase(), r.GetTable())
	return &pb.DriverLoadAllResponse{Indexes: all}, err
}

func (in *instance) driverOpenSink(r *pb.DriverOpenSinkRequest) (message, error) {
	d, err := in.driver()
	if err != nil {
		return nil, err
	}
	sink, err := d.Feed(r.GetIndex(), r.GetDelete(), r.GetTransaction())
	if err != nil {
		return nil, err
	}
	return &pb.DriverOpenSinkResponse{Sink: in.open(&entries{sink})}, nil
}

func (in *instance) driverSave(r *pb.DriverSaveRequest) (message, error) {
	d, err := in.driver()
	if err != nil {
		return nil, err
	}
	if e, ok := in.handles[r.GetSink()].(*entries); ok {
		delete(in.handles, r.GetSink())
		if err := e.close(); err != nil {
			return nil, err
		}
	}
	index, err := d.SaveIndex(r.GetIndex(), r.GetTableVersion())
	return &pb.DriverSaveResponse{Index: index}, err
}

func (in *instance) driverDelete(r *pb.DriverDeleteRequest) (message, error) {
	d, err := in.driver()
	if err != nil {
		return nil, err
	}
	return &pb.DriverDeleteResponse{}, d.DeleteIndex(r.GetIndex())
}

func (in *instance) driverCheck(r *pb.DriverCheckRequest) (message, error) {
	d, err := in.driver()
	if err != nil {
		return nil, err
	}
	state, text, err := d.CheckIndex(r.GetIndex(), r.GetTableVersion())
	return &pb.DriverCheckResponse{State: state, Text: text}, err
}

func (in *instance) driverProbe(r *pb.DriverProbeRequest) (message, error) {
	scan, columns, err := in.probe(r.GetIndex(), r.GetRanges(), r.GetReverse(), r.GetBatchRows())
	return &pb.DriverProbeResponse{Scan: scan, Columns: columns}, err
}

func (in *instance) driverValues(r *pb.DriverValuesRequest) (message, error) {
	scan, columns, err := in.probe(r.GetIndex(), nil, false, r.GetBatchRows())
	return &pb.DriverValuesResponse{Scan: scan, Columns: columns}, err
}

// probe opens a scan over keys and locations.
func (in *instance) probe(index *pb.DriverIndex, ranges []*pb.KeyRange, reverse bool, batchRows uint32) (uint32, []*pb.ScanColumn, error) {
	d, err := in.driver()
	if err != nil {
		return 0, nil, err
	}
	columns := append(columnsFrom(index.GetColumns()), columnsFrom(index.GetLocation())...)
	cursor, err := d.Probe(index, ranges, reverse)
	if err != nil {
		return 0, nil, err
	}
	s := &stream{columns: columns, cursor: cursor, rowsMax: int(batchRows), title: index.GetTable()}
	var sent []*pb.ScanColumn
	for i := range columns {
		s.sent = append(s.sent, i)
		sent = append(sent, columns[i].scanColumn(i))
	}
	return in.open(s), sent, nil
}

// stream is a scan that no table stands behind: of a driver, or of the groups of an aggregate.
type stream struct {
	buffers
	columns []Column
	sent    []int
	cursor  Cursor
	rowsMax int
	title   string
	done    bool
}

func (s *stream) name() string { return s.title }
func (s *stream) close() error { return closeCursor(s.cursor) }

func (s *stream) next(in *instance, rowsMax, bytesMax int) (*col.Batch, error) {
	if s.done {
		return nil, nil
	}
	if s.rowsMax > 0 {
		rowsMax = min(rowsMax, s.rowsMax)
	}
	rows := s.take(rowsMax, bytesMax, func() *Rows { return newRows(s.columns, s.sent, rowsMax, bytesMax) })
	end, err := fill(s.cursor, rows)
	s.done = end
	if err != nil || rows.Len() == 0 {
		return nil, err
	}
	return s.give(in, rows, end), nil
}
