package exec

import (
	"context"
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// errPieceDiffers is a plan that is compiled for a piece otherwise than for the whole.
var errPieceDiffers = sqlerr.New(1815, "HY000", "internal error: a piece of a scan cannot be compiled as the whole was (SET %s = 1 reads it as one)", VariableParallel)

// Parted implements Parted: instances of lifetime stateless can stand in for each other.
func (s hostSource) Parted() bool {
	c := s.table.Connector()
	return c.Manifest().GetLifetime() == pb.Lifetime_LIFETIME_STATELESS && c.Features()&uint64(pb.Feature_FEATURE_PARTITIONS) != 0
}

// Pieces implements Parted. What belongs to a transaction is read as a whole.
func (s hostSource) Pieces(ctx *sql.Context, request *pb.OpenScanRequest, wanted int, columns []ColumnRead) (Pieces, error) {
	c := s.table.Connector()
	ref, err := gms.InTransaction(ctx, c, request.Table)
	if err != nil {
		return nil, err
	}
	p := &hostPieces{batchRows: batchRows(ctx), source: s, session: s.table.Session(ctx), columns: columns, tokens: [][]byte{nil}}
	p.table, p.plan, p.params, p.arguments, p.read, p.snapshot = ref, request.Plan, request.Params, request.Arguments, request.Columns, ref.GetSnapshot()
	if ref.GetTransaction() != 0 || wanted < 2 {
		return p, nil
	}
	named, err := s.partitions(ctx, ref, p.plan, wanted)
	if err != nil {
		return nil, err
	}
	if len(named) > 1 {
		p.tokens = p.tokens[:0]
		for _, partition := range named {
			p.tokens = append(p.tokens, partition.GetToken())
		}
	}
	return p, nil
}

// partitions asks the connector.
func (s hostSource) partitions(ctx *sql.Context, ref *pb.TableRef, plan []byte, wanted int) ([]*pb.Partition, error) {
	c := s.table.Connector()
	instance, err := c.Acquire(ctx, s.table.Session(ctx))
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	answer, err := instance.Partitions(ctx, &pb.PartitionsRequest{Table: ref, Plan: plan, Wanted: uint32(wanted), Snapshot: ref.GetSnapshot()})
	if err != nil {
		return nil, err
	}
	if n := len(answer.GetPartitions()); n > piecesTold {
		return nil, sqlerr.New(1296, "HY000", "connector %s: partitions of table %s: %d of them; %d are allowed", c.Name(), s.table.Name(), n, piecesTold)
	}
	return answer.GetPartitions(), nil
}

// piecesTold is the largest number of pieces a connector may name.
const piecesTold = 1 << 16

// hostPieces are the pieces of a scan of a connector; nothing of it changes.
type hostPieces struct {
	source    hostSource
	session   uint64
	columns   []ColumnRead
	tokens    [][]byte
	table     *pb.TableRef
	plan      []byte
	params    []*pb.Value
	arguments []*pb.Arguments
	read      []uint32
	snapshot  []byte
	batchRows uint32
}

// Len implements Pieces.
func (p *hostPieces) Len() int { return len(p.tokens) }

// Lanes implements Pieces: half of the instances that the connector has room for are left to others.
func (p *hostPieces) Lanes() int { return 1 + p.source.table.Connector().Room()/2 }

// Open implements Pieces.
func (p *hostPieces) Open(ctx context.Context, piece int) (PieceCursor, error) {
	c := p.source.table.Connector()
	scan, err := c.OpenScan(ctx, p.session, &pb.OpenScanRequest{Table: p.table, Plan: p.plan, Partition: p.tokens[piece],
		Params: p.params, Arguments: p.arguments, Columns: p.read, Snapshot: p.snapshot, BatchRows: p.batchRows})
	if err != nil {
		return nil, err
	}
	rows, err := NewRows(scan, fmt.Sprintf("connector %s: table %s", c.Name(), p.source.table.Name()), p.columns)
	if err != nil {
		_ = scan.Close() // the first error is the one to tell
		return nil, err
	}
	return &hostPiece{hostCursor{Rows: rows, scan: scan}}, nil
}

// hostPiece is an open piece.
type hostPiece struct{ hostCursor }

// Rows implements PieceCursor.
func (p *hostPiece) Rows() *Rows { return p.hostCursor.Rows }
