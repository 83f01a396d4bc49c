package engine

import (
	"context"

	"github.com/wasql/wasql/engine/exec"
)

// ScanPlan is a statement that can run piece by piece, each piece by itself, in any process that has the same connectors and files. It
// has neither pointers nor secrets.
type ScanPlan struct {
	Database, Table string
	// Connector's name, the version it says, the ABI major it speaks, and the SHA-256 of its module in hex.
	Connector, Version, Digest string
	Major                      int
	Columns                    []Column
	// Plan and Snapshot are the connector's own bytes.
	Plan, Snapshot []byte
	// Rows, RowBytes are estimates; negative means unknown.
	Rows, RowBytes float64
	// Partitionable: there may be more pieces than one.
	Partitionable bool
}

// Partition is a piece of a scan. Opened any number of times, in any process, its token gives the same rows, or an error that can be
// tried again when what is read has changed.
type Partition struct {
	Token []byte
	// Rows and Bytes are estimates.
	Rows, Bytes float64
	Label       string
	// Locations say where its data is near.
	Locations []string
}

// PlanScan plans a statement that reads one table and makes each row of one of its rows, so that it can run piece by piece; others fail
// with error 1235. Nothing is read.
func (s *Session) PlanScan(ctx context.Context, text string) (*ScanPlan, error) {
	plan, _, err := s.partitions(ctx, text, &exec.Apart{}, 0)
	return plan, err
}

// Partitions names the pieces of a planned statement, about wanted of them, in the order of their rows. The statement must be planned
// as it was: with the same module and the same bytes, else it fails with error 1296 or 1412.
func (s *Session) Partitions(ctx context.Context, text string, plan *ScanPlan, wanted int) ([]Partition, error) {
	_, pieces, err := s.partitions(ctx, text, &exec.Apart{Plan: bytesOf(plan.Plan), Digest: plan.Digest}, max(wanted, 1))
	return pieces, err
}

// QueryPartition runs a planned statement over one piece; an empty token is all of them.
func (s *Session) QueryPartition(ctx context.Context, text string, plan *ScanPlan, token []byte) (Result, error) {
	return s.Query(exec.WithApart(ctx, &exec.Apart{Plan: bytesOf(plan.Plan), Digest: plan.Digest, Token: token}), text)
}

// bytesOf tells an empty plan from none.
func bytesOf(plan []byte) []byte {
	if plan == nil {
		return []byte{}
	}
	return plan
}

func (s *Session) partitions(ctx context.Context, text string, apart *exec.Apart, wanted int) (_ *ScanPlan, pieces []Partition, err error) {
	answer, err := s.Query(exec.WithApart(ctx, apart), text)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if closed := answer.Close(ctx); err == nil {
			err = closed
		}
	}()
	known, err := apart.Describe()
	if err != nil {
		return nil, nil, err
	}
	plan := &ScanPlan{Database: known.Database, Table: known.Table, Connector: known.Connector, Version: known.Version, Digest: known.Digest,
		Major: known.Major, Columns: answer.Columns(), Plan: known.Plan, Snapshot: known.Snapshot, Rows: known.Rows, RowBytes: known.RowBytes,
		Partitionable: known.Partitionable}
	if wanted == 0 {
		return plan, nil, nil
	}
	r, ok := answer.(*result)
	if !ok {
		return plan, nil, nil
	}
	named, err := apart.Partitions(r.ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range named {
		pieces = append(pieces, Partition{Token: p.GetToken(), Rows: p.GetRows(), Bytes: p.GetBytes(), Label: p.GetLabel(), Locations: p.GetLocations()})
	}
	return plan, pieces, nil
}
