package host

import (
	"context"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
)

// about names a call and the table it is about.
func about(call string, t *pb.TableRef) string {
	if name := t.GetName(); name != "" {
		return call + " " + hostcall.Escape(name)
	}
	return call
}

// List names the connector's tables.
func (i *Instance) List(ctx context.Context, req *pb.ListRequest) (*pb.ListResponse, error) {
	resp := &pb.ListResponse{}
	return resp, i.callNamed(ctx, "list", pb.Op_OP_LIST, req, resp)
}

// Describe declares one table.
func (i *Instance) Describe(ctx context.Context, req *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	resp := &pb.DescribeResponse{}
	return resp, i.callNamed(ctx, about("describe", req.Table), pb.Op_OP_DESCRIBE, req, resp)
}

// ImportSchema declares the tables of a remote schema.
func (i *Instance) ImportSchema(ctx context.Context, req *pb.ImportSchemaRequest) (*pb.ImportSchemaResponse, error) {
	resp := &pb.ImportSchemaResponse{}
	return resp, i.callNamed(ctx, "import schema", pb.Op_OP_IMPORT_SCHEMA, req, resp)
}

// Statistics gives estimates about a table.
func (i *Instance) Statistics(ctx context.Context, req *pb.StatisticsRequest) (*pb.StatisticsResponse, error) {
	resp := &pb.StatisticsResponse{}
	return resp, i.callNamed(ctx, about("statistics", req.Table), pb.Op_OP_STATISTICS, req, resp)
}

// Integrity checks a table.
func (i *Instance) Integrity(ctx context.Context, req *pb.IntegrityRequest) (*pb.IntegrityResponse, error) {
	resp := &pb.IntegrityResponse{}
	return resp, i.callNamed(ctx, about("integrity", req.Table), pb.Op_OP_INTEGRITY, req, resp)
}

// Plan asks how the connector would scan.
func (i *Instance) Plan(ctx context.Context, req *pb.PlanRequest) (*pb.PlanResponse, error) {
	resp := &pb.PlanResponse{}
	return resp, i.callNamed(ctx, about("plan", req.Table), pb.Op_OP_PLAN, req, resp)
}

// Partitions gives the pieces of a plan that may be read independently.
func (i *Instance) Partitions(ctx context.Context, req *pb.PartitionsRequest) (*pb.PartitionsResponse, error) {
	resp := &pb.PartitionsResponse{}
	return resp, i.callNamed(ctx, about("partitions", req.Table), pb.Op_OP_PARTITIONS, req, resp)
}

// Explain gives text about a plan.
func (i *Instance) Explain(ctx context.Context, req *pb.ExplainRequest) (*pb.ExplainResponse, error) {
	resp := &pb.ExplainResponse{}
	return resp, i.callNamed(ctx, about("explain", req.Table), pb.Op_OP_EXPLAIN, req, resp)
}

// Snapshot pins a state of the data.
func (i *Instance) Snapshot(ctx context.Context, req *pb.SnapshotRequest) (*pb.SnapshotResponse, error) {
	resp := &pb.SnapshotResponse{}
	return resp, i.callNamed(ctx, "snapshot", pb.Op_OP_SNAPSHOT, req, resp)
}

// ReleaseSnapshot lets one go, by its token or by the name it was kept under.
func (i *Instance) ReleaseSnapshot(ctx context.Context, req *pb.ReleaseSnapshotRequest) error {
	return i.callNamed(ctx, "release snapshot", pb.Op_OP_RELEASE_SNAPSHOT, req, &pb.ReleaseSnapshotResponse{})
}
