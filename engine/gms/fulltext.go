package gms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/fulltext"
)

// FulltextPrefix begins the names of the tables in which go-mysql-server keeps the words of a FULLTEXT
// index. They belong to the index: nobody else sees them.
const FulltextPrefix = "#fts_"

// The options of a FULLTEXT index: the names of its tables, and which key of the table tells its rows
// apart in them. The columns of that key are the ones that the index covers.
const (
	fulltextConfig      = "fulltext.config"
	fulltextPosition    = "fulltext.position"
	fulltextDocCount    = "fulltext.doc_count"
	fulltextGlobalCount = "fulltext.global_count"
	fulltextRowCount    = "fulltext.row_count"
	fulltextKey         = "fulltext.key"
	fulltextKeyType     = "fulltext.key_type"
)

var (
	_ fulltext.IndexAlterableTable = (*Stored)(nil)
	_ fulltext.Index               = (*Index)(nil)
)

// Fulltext tells whether the table has a FULLTEXT index whose words go-mysql-server keeps.
func (t *Table) Fulltext() bool { return slices.ContainsFunc(t.declared.Table.Indexes, hasWords) }

// CreateFulltextIndex implements fulltext.IndexAlterableTable: the tables of the index are there already.
func (t *Stored) CreateFulltextIndex(ctx *sql.Context, def sql.IndexDef, key fulltext.KeyColumns, names fulltext.IndexTableNames) error {
	if t.staged != nil && t.staged.done {
		// Its tables could only be made after this one.
		if err := t.again(ctx); err != nil {
			return err
		}
	}
	next := t.definition()
	index, err := indexOf(next, def)
	if err != nil {
		return err
	}
	for _, position := range key.Positions {
		index.Covers = append(index.Covers, uint32(position))
	}
	index.Options = map[string]string{fulltextConfig: names.Config, fulltextPosition: names.Position, fulltextDocCount: names.DocCount,
		fulltextGlobalCount: names.GlobalCount, fulltextRowCount: names.RowCount, fulltextKey: key.Name, fulltextKeyType: strconv.Itoa(int(key.Type))}
	if err := t.addIndex(ctx, next, index); err != nil {
		return err
	}
	t.created = append(t.created, index.Name)
	return nil
}

// GetIndexes implements sql.IndexAddressable. Who has made FULLTEXT indexes fills them from the rows
// there are: go-mysql-server would do it for all there are, and count the words of the others twice.
func (t *Stored) GetIndexes(ctx *sql.Context) ([]sql.Index, error) {
	all, err := t.Table.GetIndexes(ctx)
	if err != nil || t.created == nil {
		return all, err
	}
	return slices.DeleteFunc(all, func(x sql.Index) bool { return x.IsFullText() && !slices.Contains(t.created, x.ID()) }), nil
}

// FullTextTableNames implements fulltext.Index. An index without words names its own table, which is never read for them.
func (x *Index) FullTextTableNames(*sql.Context) (fulltext.IndexTableNames, error) {
	if !x.worded() {
		return fulltext.IndexTableNames{Config: x.table, Position: x.table, DocCount: x.table, GlobalCount: x.table, RowCount: x.table}, nil
	}
	o := x.declared.Options
	return fulltext.IndexTableNames{Config: o[fulltextConfig], Position: o[fulltextPosition], DocCount: o[fulltextDocCount],
		GlobalCount: o[fulltextGlobalCount], RowCount: o[fulltextRowCount]}, nil
}

// FullTextKeyColumns implements fulltext.Index.
func (x *Index) FullTextKeyColumns(*sql.Context) (fulltext.KeyColumns, error) {
	if !x.worded() {
		return fulltext.KeyColumns{Type: fulltext.KeyType_None}, nil
	}
	kind, err := strconv.ParseUint(x.declared.Options[fulltextKeyType], 10, 8)
	if err != nil {
		return fulltext.KeyColumns{}, fmt.Errorf("index %s of table %s does not say what tells its rows apart: %w", x.name, x.table, err)
	}
	key := fulltext.KeyColumns{Type: fulltext.KeyType(kind), Name: x.declared.Options[fulltextKey]}
	for _, position := range x.declared.Covers {
		key.Positions = append(key.Positions, int(position))
	}
	return key, nil
}

// wordEditor writes a table and, behind it, the tables of its FULLTEXT indexes.
type wordEditor struct {
	sql.ForeignKeyEditor
	words fulltext.TableEditor
}

var _ sql.ForeignKeyEditor = (*wordEditor)(nil)

// writer is the editor for a table as go-mysql-server wants it: one that can look rows up when they are
// the words of an index, one that keeps such words when the table has such indexes.
func (t *Stored) writer(ctx *sql.Context) sql.TableEditor {
	if strings.HasPrefix(t.ref.GetName(), FulltextPrefix) {
		return keyEditor{&editor{table: t.unprojected()}}
	}
	if t.source.Definer == nil || t.staged != nil || !t.Careful() {
		return t.editor()
	}
	e, err := t.careful(ctx)
	if err != nil {
		return failing{t.editor(), err}
	}
	return e
}

// Careful tells that each row must be looked at when it is written: its words are kept, or its checks
// are this package's affair.
func (t *Stored) Careful() bool {
	return t.Fulltext() || t.Virtual() && len(t.declared.Table.Checks) > 0
}

// careful is an editor that keeps words and looks at checks, as far as there are any.
func (t *Stored) careful(ctx *sql.Context) (sql.TableEditor, error) {
	var e sql.ForeignKeyEditor = keyEditor{&editor{table: t.unprojected()}}
	if t.Fulltext() {
		words, err := t.words(ctx)
		if err != nil {
			return nil, err
		}
		e = &wordEditor{e, words}
	}
	if !t.Virtual() {
		return e, nil
	}
	checks, err := t.Constraints(ctx)
	if err != nil || len(checks) == 0 {
		return e, err
	}
	return checkedEditor{e, checks}, nil
}

// words is the editor of the tables of the FULLTEXT indexes.
func (t *Stored) words(ctx *sql.Context) (fulltext.TableEditor, error) {
	var config fulltext.EditableTable
	var sets []fulltext.TableSet
	for _, x := range t.Keys() {
		if !x.worded() {
			continue
		}
		names, err := x.FullTextTableNames(ctx)
		if err != nil {
			return fulltext.TableEditor{}, err
		}
		set := fulltext.TableSet{Index: x}
		for name, table := range map[string]*fulltext.EditableTable{names.Config: &config, names.Position: &set.Position,
			names.DocCount: &set.DocCount, names.GlobalCount: &set.GlobalCount, names.RowCount: &set.RowCount} {
			found, err := t.source.Definer.Described(ctx, t.ref.Database, name)
			if err != nil {
				return fulltext.TableEditor{}, err
			}
			if found == nil {
				return fulltext.TableEditor{}, fmt.Errorf("table %s of index %s of table %s is missing", name, x.name, t.name)
			}
			*table = &Stored{Table: found}
		}
		sets = append(sets, set)
	}
	return fulltext.CreateEditor(ctx, t, config, sets...)
}

// StatementBegin implements sql.EditOpenerCloser.
func (e *wordEditor) StatementBegin(ctx *sql.Context) {
	e.ForeignKeyEditor.StatementBegin(ctx)
	e.words.StatementBegin(ctx)
}

// DiscardChanges implements sql.EditOpenerCloser. The row that failed was not in the words yet.
func (e *wordEditor) DiscardChanges(ctx *sql.Context, cause error) error {
	err := e.ForeignKeyEditor.DiscardChanges(ctx, cause)
	if discarded := e.words.DiscardChanges(ctx, cause); err == nil {
		err = discarded
	}
	return err
}

// StatementComplete implements sql.EditOpenerCloser.
func (e *wordEditor) StatementComplete(ctx *sql.Context) error {
	if err := e.ForeignKeyEditor.StatementComplete(ctx); err != nil {
		return err
	}
	return e.words.StatementComplete(ctx)
}

// Insert implements sql.RowInserter.
func (e *wordEditor) Insert(ctx *sql.Context, row sql.Row) error {
	if err := e.ForeignKeyEditor.Insert(ctx, row); err != nil {
		return err
	}
	return e.words.Insert(ctx, row)
}

// Update implements sql.RowUpdater.
func (e *wordEditor) Update(ctx *sql.Context, before, after sql.Row) error {
	if err := e.ForeignKeyEditor.Update(ctx, before, after); err != nil {
		return err
	}
	return e.words.Update(ctx, before, after)
}

// Delete implements sql.RowDeleter.
func (e *wordEditor) Delete(ctx *sql.Context, row sql.Row) error {
	if err := e.ForeignKeyEditor.Delete(ctx, row); err != nil {
		return err
	}
	return e.words.Delete(ctx, row)
}

// Close implements sql.Closer.
func (e *wordEditor) Close(ctx *sql.Context) error {
	err := e.ForeignKeyEditor.Close(ctx)
	if closed := e.words.Close(ctx); err == nil {
		err = closed
	}
	return err
}

// failing is an editor that could not be made: every row fails.
type failing struct {
	*editor
	err error
}

// Insert implements sql.RowInserter.
func (f failing) Insert(*sql.Context, sql.Row) error { return f.err }

// Update implements sql.RowUpdater.
func (f failing) Update(*sql.Context, sql.Row, sql.Row) error { return f.err }

// Delete implements sql.RowDeleter.
func (f failing) Delete(*sql.Context, sql.Row) error { return f.err }

// rebuildWords makes the FULLTEXT indexes anew after the rows were written in another way.
func (t *Stored) rebuildWords(ctx *sql.Context) error {
	if t.source.Definer == nil || !t.Fulltext() {
		return nil
	}
	found, err := t.source.Definer.Database(ctx, t.ref.Database)
	if err != nil {
		return err
	}
	db, ok := found.(fulltext.Database)
	if !ok {
		return sql.ErrIncompleteFullTextIntegration.New()
	}
	return fulltext.RebuildTables(ctx, t, db)
}
