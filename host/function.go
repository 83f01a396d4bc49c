package host

import (
	"context"
	"io"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
	"github.com/wasql/wasql/host/internal/view"
)

// Functions lists the SQL functions that the connector adds.
func (i *Instance) Functions(ctx context.Context) (*pb.FunctionsResponse, error) {
	resp := &pb.FunctionsResponse{}
	return resp, i.callNamed(ctx, "functions", pb.Op_OP_FUNCTIONS, &pb.FunctionsRequest{}, resp)
}

// FindFunction asks for the function of a name that takes these arguments.
func (i *Instance) FindFunction(ctx context.Context, req *pb.FindFunctionRequest) (*pb.FindFunctionResponse, error) {
	resp := &pb.FindFunctionResponse{}
	return resp, i.callNamed(ctx, "find function "+hostcall.Escape(req.Name), pb.Op_OP_FIND_FUNCTION, req, resp)
}

// Function is an open function of a connector: batches of arguments go in, results come out (SPEC
// 8.24). One goroutine at a time.
type Function struct {
	sink      *Sink
	scan      *Scan
	aggregate bool
	// groups is how many were asked for; read is how many came.
	groups, read uint64
	columns      []*pb.ScanColumn
}

// OpenFunction starts calls of a function. Close it before the instance is released.
func (i *Instance) OpenFunction(ctx context.Context, req *pb.OpenFunctionRequest) (*Function, error) {
	call := "function " + hostcall.Escape(req.Name)
	resp := &pb.OpenFunctionResponse{}
	if err := i.callNamed(ctx, "open "+call, pb.Op_OP_OPEN_FUNCTION, req, resp); err != nil {
		return nil, err
	}
	if resp.Result == nil {
		return nil, i.broken("open "+call, "8.24", abi.InvalidData, "no result is announced")
	}
	f := &Function{aggregate: req.Aggregate, columns: []*pb.ScanColumn{resp.Result}}
	answer := f.columns
	if req.Aggregate {
		answer = nil
	}
	// The result's type is checked for both kinds; an aggregate's is read by a scan.
	if _, err := i.scanSchema("open "+call, resp.Handle, f.columns); err != nil {
		return nil, err
	}
	var err error
	if f.sink, err = i.SinkHandle(call, resp.Handle, answer); err != nil {
		return nil, err
	}
	return f, nil
}

// Result is what the results are sent as.
func (f *Function) Result() *pb.ScanColumn { return f.columns[0] }

// Call sends a batch of arguments, of an aggregate with the uint32 ordinals of their groups before
// them. It gives the results, one for each row in order and valid until the next use of the instance,
// and nil for an aggregate. After a refusal, an error of KindConnector, the batch counts as never
// sent and the next one may be.
func (f *Function) Call(ctx context.Context, b *col.Batch) (*col.Batch, error) {
	s := f.sink
	if s.closed {
		return nil, &Error{Kind: KindClosed, Connector: s.instance.connector.name, Call: s.call, Message: "the function is closed"}
	}
	layout, err := view.NewLayout(b)
	if err != nil {
		return nil, &Error{Kind: KindLimit, Connector: s.instance.connector.name, Call: s.call, Code: abi.Resource, Message: err.Error(), Setting: "BatchRows"}
	}
	answer, err := s.write(ctx, layout, b.Len())
	switch {
	case err != nil:
		return nil, err
	case f.aggregate && answer != nil:
		return nil, s.instance.broken(s.call, "8.24", abi.InvalidData, "an aggregate answered before it was finished")
	case f.aggregate:
		return nil, nil
	case answer == nil || answer.Len() != b.Len():
		rows := 0
		if answer != nil {
			rows = answer.Len()
		}
		return nil, s.instance.broken(s.call, "8.24", abi.InvalidData, "%d results for %d rows", rows, b.Len())
	}
	return answer, nil
}

// Finish ends an aggregate of so many groups, whose results Next then gives.
func (f *Function) Finish(ctx context.Context, groups uint64) error {
	i := f.sink.instance
	req := &pb.FinishFunctionRequest{Handle: f.sink.handle, Groups: groups}
	if err := i.callNamed(ctx, f.sink.call, pb.Op_OP_FINISH_FUNCTION, req, &pb.FinishFunctionResponse{}); err != nil {
		return err
	}
	schema, err := i.scanSchema(f.sink.call, f.sink.handle, f.columns)
	if err != nil {
		return err
	}
	f.groups = groups
	f.scan = &Scan{instance: i, handle: f.sink.handle, call: f.sink.call, columns: f.columns, schema: schema, rows: i.limits.BatchRows,
		bytes: i.limits.BatchBytes, reader: view.NewReader(schema, i.features, i.limits.MemoryBytes)}
	return nil
}

// Next gives results of an aggregate in the order of the groups, and io.EOF after the last; see
// Scan.Next.
func (f *Function) Next(ctx context.Context) (*col.Batch, error) {
	if f.scan == nil {
		return nil, &Error{Kind: KindHost, Connector: f.sink.instance.connector.name, Call: f.sink.call, Message: "the function is not finished"}
	}
	b, err := f.scan.Next(ctx)
	switch {
	case err == io.EOF && f.read != f.groups, err == nil && f.read+uint64(b.Len()) > f.groups:
		rows := f.read
		if b != nil {
			rows += uint64(b.Len())
		}
		return nil, f.sink.instance.broken(f.sink.call, "8.24", abi.InvalidData, "%d results for %d groups", rows, f.groups)
	case err == nil:
		f.read += uint64(b.Len())
	}
	return b, err
}

// Close ends the function. Twice is harmless.
func (f *Function) Close() error { return f.sink.Close() }

// Lost tells whether the instance underneath cannot be used any more.
func (f *Function) Lost() bool { return f.sink.instance.Poisoned() }
