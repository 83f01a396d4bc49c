package abitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// rows reads a table; with a column, in the order of that column.
func (r *changeRun) rows(args []string) (string, error) {
	ref := r.ref(args[0])
	request := &pb.PlanRequest{Table: ref, Snapshot: ref.Snapshot}
	for n, c := range r.tables[ref.Name].GetColumns() {
		request.Columns = append(request.Columns, uint32(n))
		if len(args) > 1 && c.Name == args[1] {
			request.Order = []*pb.OrderKey{{Column: uint32(n), Collation: c.Collation}}
		}
	}
	i, err := r.connector.Acquire(r.ctx, 1)
	if err != nil {
		return "", err
	}
	plan, err := i.Plan(r.ctx, request)
	i.Release()
	if err != nil {
		return "", err
	}
	if len(request.Order) > 0 && !plan.GetOrder().GetTaken() {
		return "the order is not taken", nil
	}
	scan, err := r.connector.OpenScan(r.ctx, 1, &pb.OpenScanRequest{Table: ref, Plan: plan.Plan, Columns: request.Columns, Snapshot: ref.Snapshot})
	if err != nil {
		return "", err
	}
	said, err := drainAll(r.ctx, scan)
	return said, errors.Join(err, scan.Close())
}

// drainAll reads to the end.
func drainAll(ctx context.Context, from interface {
	Next(context.Context) (*col.Batch, error)
}) (string, error) {
	var all []string
	for {
		b, err := from.Next(ctx)
		switch {
		case errors.Is(err, io.EOF) && all == nil:
			return "none", nil
		case errors.Is(err, io.EOF):
			return strings.Join(all, " "), nil
		case err != nil:
			return "", err
		}
		all = append(all, show(b))
	}
}

// lookup sends keys in one batch, and reads the rows behind the positions of their keys.
func (r *changeRun) lookup(table, column string, keys []string) (string, error) {
	ref := r.ref(table)
	schema := r.schema(ref.Name)
	request := &pb.OpenLookupRequest{Table: ref}
	for n, field := range schema {
		request.Columns = append(request.Columns, uint32(n))
		if field.Name == column {
			request.KeyColumns = []uint32{uint32(n)}
		}
	}
	i, err := r.connector.Acquire(r.ctx, 1)
	if err != nil {
		return "", err
	}
	defer i.Release()
	// The plan of a lookup is one for an equal that is known later.
	plan, err := i.Plan(r.ctx, &pb.PlanRequest{Table: ref, Columns: request.Columns})
	if err != nil {
		return "", err
	}
	request.Plan = plan.Plan
	l, err := i.OpenLookup(r.ctx, request)
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }() // the rows count
	if err := l.Write(r.ctx, batch(col.Schema{schema[request.KeyColumns[0]]}, keys)); err != nil {
		return "", err
	}
	return drainAll(r.ctx, l)
}

// caseTransaction is the global name of a transaction.
func caseTransaction(number uint64) string { return fmt.Sprint("case-", number) }

// transaction takes the steps of transactions.
func (r *changeRun) transaction(verb string, args []string) (string, error) {
	numbers := make([]uint64, 2)
	for n := range min(len(args), 2) {
		numbers[n], _ = strconv.ParseUint(args[n], 10, 64)
	}
	number, depth, global := numbers[0], uint32(numbers[1]), caseTransaction(numbers[0])
	switch verb {
	case "begin":
		answer := &pb.BeginResponse{}
		err := r.call(pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: number, GlobalId: global, Isolation: pb.Isolation_ISOLATION_REPEATABLE_READ}, answer)
		return strings.ToLower(strings.TrimPrefix(answer.Isolation.String(), "ISOLATION_")), err
	case "sync":
		return "ok", r.call(pb.Op_OP_SYNC, &pb.SyncRequest{Transaction: number, GlobalId: global, Prepare: true}, &pb.SyncResponse{})
	case "commit":
		return "ok", r.call(pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: number, GlobalId: global}, &pb.CommitResponse{})
	case "rollback":
		return "ok", r.call(pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: number, GlobalId: global}, &pb.RollbackResponse{})
	case "savepoint":
		return "ok", r.call(pb.Op_OP_SAVEPOINT, &pb.SavepointRequest{Transaction: number, Depth: depth}, &pb.SavepointResponse{})
	case "release":
		return "ok", r.call(pb.Op_OP_RELEASE, &pb.ReleaseRequest{Transaction: number, Depth: depth}, &pb.ReleaseResponse{})
	case "back":
		return "ok", r.call(pb.Op_OP_ROLLBACK_TO, &pb.RollbackToRequest{Transaction: number, Depth: depth}, &pb.RollbackToResponse{})
	}
	if verb == "recover" {
		return r.recover(args)
	}
	if verb == "statement" {
		request := &pb.StatementRequest{Transaction: number, Statement: numbers[1], Locks: len(args) > 2 && args[2] == "locks"}
		return "ok", r.call(pb.Op_OP_STATEMENT, request, &pb.StatementResponse{})
	}
	return "", fmt.Errorf("no step is called %q", verb)
}

// recover names what is prepared, and which of the transactions asked about were committed.
func (r *changeRun) recover(numbers []string) (string, error) {
	request, answer := &pb.RecoverRequest{}, &pb.RecoverResponse{}
	for _, number := range numbers {
		request.GlobalIds = append(request.GlobalIds, "case-"+number)
	}
	if err := r.call(pb.Op_OP_RECOVER, request, answer); err != nil {
		return "", err
	}
	return fmt.Sprintf("prepared [%s] committed [%s] told %v", strings.Join(answer.GlobalIds, " "), strings.Join(answer.Committed, " "), answer.Told), nil
}

// snapshot takes the steps of snapshots.
func (r *changeRun) snapshot(verb string, args []string) (string, error) {
	switch verb {
	case "keep":
		return "ok", r.call(pb.Op_OP_SNAPSHOT, &pb.SnapshotRequest{KeepAs: args[0]}, &pb.SnapshotResponse{})
	case "forget":
		return "ok", r.call(pb.Op_OP_RELEASE_SNAPSHOT, &pb.ReleaseSnapshotRequest{Name: args[0]}, &pb.ReleaseSnapshotResponse{})
	case "unpin":
		return "ok", r.call(pb.Op_OP_RELEASE_SNAPSHOT, &pb.ReleaseSnapshotRequest{Token: r.snapshots[args[0]]}, &pb.ReleaseSnapshotResponse{})
	}
	answer, request := &pb.SnapshotResponse{}, &pb.SnapshotRequest{}
	if len(args) > 1 {
		request.AsOf = args[1]
	}
	if err := r.call(pb.Op_OP_SNAPSHOT, request, answer); err != nil {
		return "", err
	}
	r.snapshots[args[0]] = answer.Token
	return fmt.Sprintf("pinned %v", answer.Pinned), nil
}
