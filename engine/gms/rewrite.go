package gms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

var _ sql.RewritableTable = (*Stored)(nil)

// ShadowPrefix begins the name of a table that rows are copied into before it takes the place of
// another one.
const ShadowPrefix = "#sql-"

// ShouldRewriteTable implements sql.RewritableTable: the rows must be written again when a stored value
// changes with its column.
func (t *Stored) ShouldRewriteTable(_ *sql.Context, _, _ sql.PrimaryKeySchema, before, after *sql.Column) bool {
	if after == nil {
		return false
	}
	if before != nil && after.AutoIncrement && !before.AutoIncrement {
		return true // the counter begins behind the values that are there
	}
	if after.Generated != nil {
		// The values of generated columns are stored, also those that SQL calls virtual.
		return before == nil || before.Generated == nil || !sameType(before.Type, after.Type) || expressionText(before.Generated) != expressionText(after.Generated)
	}
	return before != nil && (before.Generated != nil || !sameType(before.Type, after.Type))
}

// sameType tells whether values of one type are those of the other. The SRID that values of a spatial
// type must have is no part of the type to go-mysql-server.
func sameType(a, b sql.Type) bool {
	if !a.Equals(b) {
		return false
	}
	spatial, ok := a.(sql.SpatialColumnType)
	other, is := b.(sql.SpatialColumnType)
	if !ok || !is {
		return true
	}
	srid, defined := spatial.GetSpatialTypeSRID()
	otherSRID, otherDefined := other.GetSpatialTypeSRID()
	return srid == otherSRID && defined == otherDefined
}

// RewriteInserter implements sql.RewritableTable: the rows go into a shadow table with the new schema,
// which takes this table's place when the inserter is closed.
func (t *Stored) RewriteInserter(ctx *sql.Context, before, after sql.PrimaryKeySchema, oldColumn, newColumn *sql.Column, key []sql.IndexColumn) (sql.RowInserter, error) {
	if len(before.PkOrdinals) > 0 && len(after.PkOrdinals) == 0 {
		if err := sql.ValidatePrimaryKeyDrop(ctx, t, before); err != nil {
			return nil, err
		}
	}
	for _, part := range key {
		if part.Length > 0 && len(after.PkOrdinals) != len(before.PkOrdinals) {
			return nil, sql.ErrUnsupportedIndexPrefix.New(part.Name)
		}
	}
	next := t.definition()
	renamed := map[string]string{}
	if oldColumn != nil && newColumn != nil {
		renamed[strings.ToLower(oldColumn.Name)] = newColumn.Name
	}
	if err := next.withColumns(after, renamed); err != nil {
		return nil, err
	}
	var kept []int
	for i, c := range after.Schema {
		if !hidesRows(c) {
			kept = append(kept, i)
		}
	}
	return t.rewriteInto(ctx, next.Table, kept)
}

// rewriteInto makes the shadow. kept has the positions, in the rows that will come, of its columns.
func (t *Stored) rewriteInto(ctx *sql.Context, next *pb.Table, kept []int) (*rewriter, error) {
	if err := t.definable(pb.TableFeature_TABLE_FEATURE_ALTER, "alter tables"); err != nil {
		return nil, err
	}
	definer := t.source.Definer
	shadow := next.CloneVT()
	shadow.Indexes = slices.DeleteFunc(shadow.Indexes, func(x *pb.Index) bool { return x.Kind == pb.IndexKind_INDEX_KIND_FULLTEXT })
	shadow.Name, shadow.ForeignKeys, shadow.Temporary = fmt.Sprintf("%s%d", ShadowPrefix, ctx.Pid()), nil, t.IsTemporary()
	if err := definer.Destroy(ctx, t.ref.Database, shadow.Name); err != nil {
		return nil, err
	}
	made, err := definer.Create(ctx, t.ref.Database, shadow)
	if err != nil {
		return nil, err
	}
	r := &rewriter{table: t, shadow: made, next: next, kept: kept, row: make(sql.Row, len(made.declared.Schema))}
	// The rows stand in no transaction: what takes them over is a definition, which is committed at once.
	r.editor = &editor{table: made, batched: true, begun: true, statement: ctx.Pid()}
	t.shadow = made
	AtEnd(ctx, func() { r.abandon(ctx) })
	return r, nil
}

// rewriter fills a shadow table and lets it take the place of the old one.
type rewriter struct {
	table  *Stored
	shadow *Table
	next   *pb.Table
	editor *editor
	kept   []int
	row    sql.Row
	done   bool
}

// StatementBegin implements sql.EditOpenerCloser.
func (r *rewriter) StatementBegin(*sql.Context) {}

// StatementComplete implements sql.EditOpenerCloser.
func (r *rewriter) StatementComplete(ctx *sql.Context) error {
	return r.named(r.editor.StatementComplete(ctx))
}

// DiscardChanges implements sql.EditOpenerCloser: the old table stays as it is.
func (r *rewriter) DiscardChanges(ctx *sql.Context, _ error) error {
	r.abandon(ctx)
	return nil
}

// Insert implements sql.RowInserter.
func (r *rewriter) Insert(ctx *sql.Context, row sql.Row) error {
	for to, from := range r.kept {
		r.row[to] = row[from]
	}
	return r.named(r.editor.Insert(ctx, r.row))
}

// named is an error about the shadow as one about the table.
func (r *rewriter) named(err error) error {
	if err == nil {
		return nil
	}
	told := *sqlerr.From(err)
	told.Message = strings.ReplaceAll(told.Message, r.shadow.ref.Name, r.table.name)
	if known := duplicateText.FindStringSubmatch(told.Message); known != nil && told.Errno == duplicateEntry {
		return sqlerr.Duplicate(known[2], known[3], []any{known[1]}, nil)
	}
	told.Err = err
	return &told
}

// Close implements sql.Closer: the shadow takes the old table's place, all at once.
func (r *rewriter) Close(ctx *sql.Context) error {
	if r.done {
		return nil
	}
	if err := r.editor.Close(ctx); err != nil {
		r.abandon(ctx)
		return r.named(err)
	}
	t := r.table
	request := &pb.AlterRequest{Table: t.ref, Result: r.next,
		Actions: []*pb.AlterAction{{Kind: pb.AlterKind_ALTER_KIND_SWAP, Name: r.shadow.ref.Name}}}
	if err := t.source.Send(ctx, pb.Op_OP_ALTER, request, &pb.AlterResponse{}); err != nil {
		r.abandon(ctx)
		return err
	}
	r.done = true
	t.source.Definer.Forget(r.shadow.ref.Database, r.shadow.ref.Name)
	if err := t.again(ctx); err != nil {
		return err
	}
	return t.rebuildWords(ctx)
}

// abandon drops the shadow, unless it is the table by now. Statements that fail end here too: not all
// of them tell the inserter.
func (r *rewriter) abandon(ctx *sql.Context) {
	if r.done {
		return
	}
	r.done = true
	r.table.shadow = nil
	live := ctx.WithContext(context.WithoutCancel(ctx.Context))
	_ = r.editor.DiscardChanges(live, errors.New("the table is not rewritten")) // it is dropped
	if err := r.table.source.Definer.Destroy(live, r.shadow.ref.Database, r.shadow.ref.Name); err != nil {
		ctx.GetLogger().WithError(err).Warn("drop a table that was being filled")
	}
}

// copyInto rewrites the table when the connector cannot change it in place: each column of next is
// filled from the one it was, or is NULL.
func (t *Stored) copyInto(ctx *sql.Context, next *definition) error {
	from := make([]int, len(next.Columns))
	for i, c := range next.Columns {
		at, known := next.from[c]
		if from[i] = at; !known {
			from[i] = -1
		}
	}
	r, err := t.rewriteInto(ctx, next.Table, everyColumn(len(next.Columns)))
	if err != nil {
		return err
	}
	if err := t.copyRows(ctx, r, from); err != nil {
		r.abandon(ctx)
		return err
	}
	return r.Close(ctx)
}

func (t *Stored) copyRows(ctx *sql.Context, r *rewriter, from []int) error {
	rows, err := t.source.Open(ctx, t.Table)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close(ctx) }() // read to the end, or failed with an error that says more
	out := make(sql.Row, len(from))
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, at := range from {
			if out[i] = nil; at >= 0 {
				out[i] = row[at]
			}
		}
		if err := r.Insert(ctx, out); err != nil {
			return err
		}
	}
}
