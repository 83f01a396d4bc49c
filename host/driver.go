package host

import (
	"context"
	"errors"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
)

// aboutIndex names a call and the index it is about.
func aboutIndex(call string, x *pb.DriverIndex) string {
	if name := x.GetName(); name != "" {
		return call + " " + hostcall.Escape(name)
	}
	return call
}

// DriverCreate starts an empty index of an index driver (SPEC 8.23), in the place of one of that name.
func (i *Instance) DriverCreate(ctx context.Context, x *pb.DriverIndex) (*pb.DriverIndex, error) {
	resp := &pb.DriverCreateResponse{}
	err := i.callNamed(ctx, aboutIndex("create index", x), pb.Op_OP_DRIVER_CREATE, &pb.DriverCreateRequest{Index: x}, resp)
	return resp.Index, err
}

// DriverLoadAll lists the indexes of a table that are ready, or all when both names are empty.
func (i *Instance) DriverLoadAll(ctx context.Context, database, table string) ([]*pb.DriverIndex, error) {
	resp := &pb.DriverLoadAllResponse{}
	err := i.callNamed(ctx, "load indexes", pb.Op_OP_DRIVER_LOAD_ALL, &pb.DriverLoadAllRequest{Database: database, Table: table}, resp)
	return resp.Indexes, err
}

// DriverDelete drops an index; one that is not there is no error.
func (i *Instance) DriverDelete(ctx context.Context, x *pb.DriverIndex) error {
	return i.callNamed(ctx, aboutIndex("drop index", x), pb.Op_OP_DRIVER_DELETE, &pb.DriverDeleteRequest{Index: x}, &pb.DriverDeleteResponse{})
}

// DriverCheck asks whether an index is whole and fits a version of its table. An answer that this version does not know
// counts as damaged.
func (i *Instance) DriverCheck(ctx context.Context, x *pb.DriverIndex, tableVersion string) (pb.DriverState, string, error) {
	resp := &pb.DriverCheckResponse{}
	err := i.callNamed(ctx, aboutIndex("check index", x), pb.Op_OP_DRIVER_CHECK, &pb.DriverCheckRequest{Index: x, TableVersion: tableVersion}, resp)
	if err != nil {
		return pb.DriverState_DRIVER_STATE_UNSPECIFIED, "", err
	}
	text := hostcall.Escape(resp.Text)
	if resp.State < pb.DriverState_DRIVER_STATE_SOUND || resp.State > pb.DriverState_DRIVER_STATE_MISSING {
		return pb.DriverState_DRIVER_STATE_DAMAGED, "the driver gave no state that is known", nil
	}
	return resp.State, text, nil
}

// DriverFeed opens a sink for entries of an index, or, with delete, for those to take out: batches of the key columns, then the
// location's. Close it.
func (c *Connector) DriverFeed(ctx context.Context, req *pb.DriverOpenSinkRequest) (*Sink, error) {
	i, err := c.Acquire(ctx, 0)
	if err != nil {
		return nil, err
	}
	resp := &pb.DriverOpenSinkResponse{}
	call := aboutIndex("feed index", req.Index)
	err = i.callNamed(ctx, call, pb.Op_OP_DRIVER_OPEN_SINK, req, resp)
	var s *Sink
	if err == nil {
		s, err = i.SinkHandle(call, resp.Sink, nil)
	}
	if err != nil {
		i.Release()
		return nil, err
	}
	s.owned = true
	return s, nil
}

// DriverSave makes what was fed durable and ready, for a version of the table, and closes the sink, which may be nil.
func (i *Instance) DriverSave(ctx context.Context, x *pb.DriverIndex, sink *Sink, tableVersion string) (*pb.DriverIndex, error) {
	req := &pb.DriverSaveRequest{Index: x, TableVersion: tableVersion}
	if sink != nil {
		req.Sink = sink.Handle()
	}
	resp := &pb.DriverSaveResponse{}
	err := i.callNamed(ctx, aboutIndex("save index", x), pb.Op_OP_DRIVER_SAVE, req, resp)
	if sink != nil {
		err = errors.Join(err, sink.Close())
	}
	return resp.Index, err
}

// DriverProbe opens a scan over the entries whose key lies in one of the ranges; its columns are those of the key, then
// the location's. Close it.
func (c *Connector) DriverProbe(ctx context.Context, req *pb.DriverProbeRequest) (*Scan, error) {
	i, err := c.Acquire(ctx, 0)
	if err != nil {
		return nil, err
	}
	resp := &pb.DriverProbeResponse{}
	call := aboutIndex("probe index", req.Index)
	err = i.callNamed(ctx, call, pb.Op_OP_DRIVER_PROBE, req, resp)
	return i.entriesOf(call, req.Index, resp.Scan, resp.Columns, err)
}

// DriverValues opens a scan over all entries. Close it.
func (c *Connector) DriverValues(ctx context.Context, req *pb.DriverValuesRequest) (*Scan, error) {
	i, err := c.Acquire(ctx, 0)
	if err != nil {
		return nil, err
	}
	resp := &pb.DriverValuesResponse{}
	call := aboutIndex("values of index", req.Index)
	err = i.callNamed(ctx, call, pb.Op_OP_DRIVER_VALUES, req, resp)
	return i.entriesOf(call, req.Index, resp.Scan, resp.Columns, err)
}

// entriesOf makes the scan of an answer, which owns the instance, or releases it.
func (i *Instance) entriesOf(call string, x *pb.DriverIndex, handle uint32, columns []*pb.ScanColumn, err error) (*Scan, error) {
	var s *Scan
	if err == nil {
		s, err = i.ScanHandle(call, handle, columns)
	}
	if want := len(x.GetColumns()) + len(x.GetLocation()); err == nil && len(columns) != want {
		err = i.broken(call, "8.23", abi.InvalidData, "%d columns, and the key and the location have %d", len(columns), want)
		_ = s.Close() // the error is the one to tell
	}
	if err != nil {
		i.Release()
		return nil, err
	}
	s.owned = true
	return s, nil
}
