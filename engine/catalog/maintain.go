package catalog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// found looks a table up for CHECK TABLE and the like: a view, a table, or neither.
func (c *Catalog) found(ctx *sql.Context, name TableName) (table sql.Table, view bool, err error) {
	d, err := c.Provider().Database(ctx, name.Database)
	if err != nil {
		return nil, false, err
	}
	if views, ok := d.(sql.ViewDatabase); ok {
		if _, view, err = views.GetViewDefinition(ctx, name.Name); view || err != nil {
			return nil, view, err
		}
	}
	table, _, err = d.GetTableInsensitive(ctx, name.Name)
	return table, false, err
}

// Maintain does CHECK, OPTIMIZE or REPAIR TABLE for one table, and gives the rows of its answer: what the
// connector finds, then the outcome. What is wrong with a table is an answer, not an error.
func (c *Catalog) Maintain(ctx *sql.Context, name TableName, op string, options []string) ([]*pb.Finding, error) {
	if name.Database == "" {
		return nil, sql.ErrNoDatabaseSelected.New()
	}
	if slices.Contains(reserved, strings.ToLower(name.Database)) {
		return unsupported(op), nil
	}
	table, view, err := c.found(ctx, name)
	connectors := gms.Of(table)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return failed(sqlerr.From(err).Message), nil
	case table == nil && !view:
		return failed("Table '" + name.Database + "." + name.Name + "' doesn't exist"), nil
	case view && op == "check":
		return []*pb.Finding{{Kind: "status", Text: "OK"}}, nil
	case view:
		return failed("'" + name.Database + "." + name.Name + "' is not BASE TABLE"), nil
	case op != "check" || connectors == nil || !connectors.Has(pb.TableFeature_TABLE_FEATURE_INTEGRITY):
		return unsupported(op), nil
	}
	return checked(ctx, connectors, strings.Join(options, " "))
}

// unsupported is MySQL's answer for a table whose engine cannot do it.
func unsupported(op string) []*pb.Finding {
	return []*pb.Finding{{Kind: "note", Text: "The storage engine for the table doesn't support " + op}}
}

func failed(message string) []*pb.Finding {
	return []*pb.Finding{{Kind: "Error", Text: message}, {Kind: "status", Text: "Operation failed"}}
}

// checked has the connector look, within the transaction of the session.
func checked(ctx *sql.Context, t *gms.Table, mode string) ([]*pb.Finding, error) {
	ref, err := t.RefIn(ctx)
	if err != nil {
		return nil, err
	}
	answer := &pb.IntegrityResponse{}
	if err = t.Send(ctx, pb.Op_OP_INTEGRITY, &pb.IntegrityRequest{Table: ref, Mode: mode}, answer); err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, err
		case gms.Said(err, abi.Unimplemented):
			return unsupported("check"), nil
		}
		return failed(sqlerr.From(err).Message), nil
	}
	outcome := &pb.Finding{Kind: "status", Text: "OK"}
	for _, f := range answer.Findings {
		if f.Kind == "" {
			f.Kind = "error"
		}
		if f.Kind == "error" {
			outcome = &pb.Finding{Kind: "error", Text: "Corrupt"}
		}
	}
	return append(answer.Findings, outcome), nil
}

// Checksum is the answer of CHECKSUM TABLE: the same for the same rows, in whatever order, and nil for a table
// that is not there, which is a warning as well, and with quick, as no connector keeps one.
func (c *Catalog) Checksum(ctx *sql.Context, name TableName, quick bool) (any, error) {
	if name.Database == "" {
		return nil, sql.ErrNoDatabaseSelected.New()
	}
	table, view, err := c.found(ctx, name)
	if view {
		err = sqlerr.New(1347, "HY000", "'%s.%s' is not BASE TABLE", name.Database, name.Name)
	}
	if err == nil && table == nil {
		err = sqlerr.New(1146, "42S02", "table '%s.%s' doesn't exist", name.Database, name.Name)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		e := sqlerr.From(err)
		ctx.Session.Warn(&sql.Warning{Level: "Error", Code: int(e.Errno), Message: e.Message})
		return nil, nil
	}
	if quick {
		return nil, nil
	}
	return sumRows(ctx, table)
}

// sumRows adds up the checksums of all rows: of the columns that are stored and not hidden.
func sumRows(ctx *sql.Context, table sql.Table) (any, error) {
	var names []string
	for _, c := range table.Schema(ctx) {
		if !c.HiddenSystem && !c.Virtual {
			names = append(names, c.Name)
		}
	}
	if projected, ok := table.(sql.ProjectedTable); ok {
		var err error
		if table, err = projected.WithProjections(ctx, names); err != nil {
			return nil, err
		}
	}
	partitions, err := table.Partitions(ctx)
	if err != nil {
		return nil, err
	}
	rows := sql.NewTableRowIter(ctx, table, partitions)
	sum, err := sumOf(ctx, table.Schema(ctx), rows)
	return int64(sum), errors.Join(err, rows.Close(ctx))
}

func sumOf(ctx *sql.Context, schema sql.Schema, rows sql.RowIter) (sum uint32, err error) {
	var text []byte
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return 0, err
		}
		text = text[:0]
		for i, v := range row {
			if v == nil {
				text = append(text, 0)
				continue
			}
			shown, err := schema[i].Type.SQL(ctx, nil, v)
			if err != nil {
				return 0, err
			}
			text = binary.AppendUvarint(append(text, 1), uint64(shown.Len()))
			text = append(text, shown.ToBytes()...)
		}
		sum += crc32.ChecksumIEEE(text)
	}
}
