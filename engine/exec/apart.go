package exec

import (
	"bytes"
	"context"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Apart asks for a statement that runs piece by piece, each piece by itself, in this process or another: one that reads one table of a
// connector and makes each row of one of its rows. It goes into the context of one statement, and learns of it when that is built.
type Apart struct {
	// Plan are the connector's bytes that the statement was planned with elsewhere; nil: it is planned now.
	Plan []byte
	// Token is the piece to read; nil: all of it.
	Token []byte
	// Digest of the module that made Plan, in hex; empty: any.
	Digest string

	scan *Scan
}

type apartKey struct{}

// WithApart gives a context for the statement.
func WithApart(ctx context.Context, a *Apart) context.Context {
	return context.WithValue(ctx, apartKey{}, a)
}

func apartOf(ctx context.Context) *Apart {
	a, _ := ctx.Value(apartKey{}).(*Apart)
	return a
}

// errChanged is a plan that is not the one that the statement has now: 1412 tells clients to try again.
func errChanged(what string) error {
	return sqlerr.New(1412, "HY000", "%s changed since the statement was planned", what).WithHint("plan it again")
}

// take looks at the statement's root.
func (a *Apart) take(ctx *sql.Context, root sql.Node) error {
	for node := root; ; {
		switch n := node.(type) {
		case *Scan:
			return a.check(n)
		case *plan.Project, *plan.Filter, *plan.TableAlias, *plan.SubqueryAlias:
			if len(node.Children()) == 1 {
				node = node.Children()[0]
				continue
			}
		}
		return sqlerr.New(1235, "42000", "the statement cannot run piece by piece: %s needs all rows, or is no table of a connector", name(node)).
			WithHint("select columns and conditions of one table, without LIMIT, ORDER BY, groups and joins")
	}
}

func (a *Apart) check(s *Scan) error {
	p := s.Plan
	if source, ok := p.Source.(hostSource); ok && a.Digest != "" && source.table.Connector().Module().Info().Digest != a.Digest {
		return sqlerr.New(1296, "HY000", "connector %s is module sha256:%s here, and the statement was planned with sha256:%s",
			p.Source.Connector(), source.table.Connector().Module().Info().Digest, a.Digest)
	}
	if a.Plan != nil && !bytes.Equal(a.Plan, p.Main.Plan) {
		return errChanged("the table " + p.Info.Table)
	}
	a.scan = s
	return nil
}

// ApartPlan is what another process must know of the statement's scan.
type ApartPlan struct {
	Database, Table string
	// Connector's name, the version and ABI major that it says, and the SHA-256 of its module in hex.
	Connector, Version, Digest string
	Major                      int
	Plan, Snapshot             []byte
	// Rows, RowBytes are estimates; negative means unknown.
	Rows, RowBytes float64
	// Partitionable: there may be more pieces than one.
	Partitionable bool
}

// Describe tells of the scan, once the statement is built.
func (a *Apart) Describe() (*ApartPlan, error) {
	if a.scan == nil {
		return nil, sqlerr.New(1235, "42000", "the statement cannot run piece by piece: it reads no table of a connector")
	}
	p := a.scan.Plan
	out := &ApartPlan{Database: p.Info.Database, Table: p.Info.Table, Connector: p.Source.Connector(), Plan: p.Main.Plan,
		Snapshot: p.Main.Table.GetSnapshot(), Rows: p.Info.Rows, RowBytes: p.Info.RowBytes, Partitionable: p.Main.Partitionable}
	if source, ok := p.Source.(hostSource); ok {
		c := source.table.Connector()
		out.Version, out.Digest = c.Manifest().GetVersion(), c.Module().Info().Digest
		for _, major := range c.Module().Info().Majors {
			out.Major = max(out.Major, major)
		}
	}
	return out, nil
}

// Partitions names the pieces, about wanted of them; a scan that is in one piece has one with an empty token.
func (a *Apart) Partitions(ctx *sql.Context, wanted int) ([]*pb.Partition, error) {
	whole := []*pb.Partition{{Rows: a.scan.Plan.Info.Rows, Label: "all rows"}}
	p := a.scan.Plan
	source, ok := p.Source.(hostSource)
	if !ok || !p.Main.Partitionable || !source.Parted() || p.Empty {
		return whole, nil
	}
	named, err := source.partitions(ctx, p.Main.Table, p.Main.Plan, wanted)
	if err != nil || len(named) == 0 {
		return whole, err
	}
	return named, nil
}

// token is the piece that a scan is to read.
func (p *ScanPlan) token(ctx context.Context) []byte {
	if a := apartOf(ctx); a != nil && a.scan != nil && a.scan.Plan == p {
		return a.Token
	}
	return nil
}
