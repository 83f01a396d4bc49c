package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/fulltext"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

var _ fulltext.Database = (*kept)(nil)

// CreateFulltextTableNames implements fulltext.Database. The words of an index can only be kept for a
// table that is there, so one that is still being put together is made now.
func (d *kept) CreateFulltextTableNames(ctx *sql.Context, table, index string) (fulltext.IndexTableNames, error) {
	var none fulltext.IndexTableNames
	if s := d.home.stageOf(ctx); s != nil && s.staged != nil && !s.made && s.is(d, table) {
		if err := d.home.makeStaged(ctx, s); err != nil {
			return none, err
		}
		gms.AtEnd(ctx, func() { d.home.unmake(ctx, s) })
	}
	source, err := d.home.opened(ctx)
	if err != nil {
		return none, err
	}
	refs, err := source.listIn(ctx, d.name)
	if err != nil {
		return none, err
	}
	free := func(what string) string {
		for i := 0; ; i++ {
			prefix := fmt.Sprintf("%s%s_%d_", gms.FulltextPrefix, strings.ToLower(what), i)
			if !slices.ContainsFunc(refs, func(r *pb.TableRef) bool { return strings.HasPrefix(strings.ToLower(r.GetName()), prefix) }) {
				return prefix
			}
		}
	}
	prefix := free(table + "_" + index)
	names := fulltext.IndexTableNames{Position: prefix + "position", DocCount: prefix + "doc_count",
		GlobalCount: prefix + "global_count", RowCount: prefix + "row_count"}
	if names.Config, err = d.fulltextConfig(ctx, table); names.Config == "" {
		names.Config = free(table) + "config"
	}
	return names, err
}

// fulltextConfig is the table that all FULLTEXT indexes of a table share; empty when it has none.
func (d *kept) fulltextConfig(ctx *sql.Context, name string) (string, error) {
	found, there, err := d.GetTableInsensitive(ctx, name)
	if err != nil || !there {
		return "", err
	}
	t := gms.Of(found)
	if t == nil {
		return "", nil
	}
	for _, x := range t.Keys() {
		if x.IsFullText() && !gms.ByConnector(x) {
			names, err := x.FullTextTableNames(ctx)
			return names.Config, err
		}
	}
	return "", nil
}

// unmake takes back a table, and the words of its indexes, when the statement that made it failed
// after it was there.
func (h *home) unmake(ctx *sql.Context, s *stage) {
	h.mu.Lock()
	unfinished := h.stages[gms.SessionOf(ctx)] == s
	if unfinished {
		delete(h.stages, gms.SessionOf(ctx))
	}
	h.mu.Unlock()
	d, err := h.database(ctx, s.database)
	if !unfinished || err != nil || d == nil {
		return
	}
	t, err := d.table(ctx, s.name)
	if err != nil || t == nil {
		return
	}
	if stored, ok := t.SQL().(sql.IndexAddressableTable); ok && t.Fulltext() {
		err = fulltext.DropAllIndexes(ctx, stored, d)
	}
	if err == nil {
		err = h.destroy(ctx, t.Ref())
	}
	if err != nil {
		ctx.GetLogger().WithError(err).Warn("take back a table that could not be completed")
	}
}

// destroyWhole drops a table, and after it the tables of its FULLTEXT indexes: go-mysql-server forgets
// them. Whatever stops it in between leaves words of no table, which nobody sees.
func (h *home) destroyWhole(ctx *sql.Context, ref *pb.TableRef) error {
	t, err := h.Described(ctx, ref.Database, ref.Name)
	if err != nil {
		return err
	}
	if err := h.destroy(ctx, ref); err != nil || t == nil {
		return err
	}
	for _, x := range t.Keys() {
		if !x.IsFullText() {
			continue
		}
		names, err := x.FullTextTableNames(ctx)
		if err != nil {
			return err
		}
		for _, name := range []string{names.Config, names.Position, names.DocCount, names.GlobalCount, names.RowCount} {
			if err := h.Destroy(ctx, ref.Database, name); err != nil {
				return err
			}
		}
	}
	return nil
}
