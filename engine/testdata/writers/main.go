// Writers is the connector that the engine's tests write to and define tables in. It writes down what
// it was sent: guests_log has the rows of every write, calls the definitions. It is built by the tests;
// it is no example to follow.
package main

import (
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{
		Name: "writers", Version: "1.0.0", Description: "writes and definitions, written down", License: "Apache-2.0", Lifetime: wasql.Shared,
		ShadowSuffixes: []string{"_log"},
		Options: []wasql.Option{
			{Name: "folder", Description: "where made tables are kept", Type: "path"},
			{Name: "password", Description: "of nothing", Type: wasql.StringOption},
			{Name: "label", Description: "of a table", Scope: wasql.TableScope},
		},
	}, open, &book{}, &made{}).With(wasql.Writes, wasql.Definitions))
}

// writers has the tables.
type writers struct {
	folder string
	fixed  []wasql.Table
	guests *list
	visits *list
	made   map[string]*list
	// calls are kept here when there is no folder.
	calls []string
}

func open(config *wasql.Config) (*writers, error) {
	number := func(name string) wasql.Column { return wasql.Column{Name: name, Type: wasql.Int64, SQLType: "bigint"} }
	text := func(name, sqlType string) wasql.Column {
		return wasql.Column{Name: name, Type: wasql.UTF8, SQLType: sqlType}
	}
	badge, rowid := number("badge"), number("rowid")
	badge.AutoIncrement, badge.NotNull = true, true
	rowid.Hidden, rowid.NotNull = true, true
	w := &writers{folder: config.String("folder"), made: map[string]*list{}}
	w.guests = &list{name: "guests", columns: []wasql.Column{text("name", "varchar(20)"), badge, text("note", "varchar(40)"), rowid},
		rowid: 3, number: 1, upper: 0, fallback: map[int]string{2: "none"}, refused: "NOBODY", unique: 1}
	w.visits = &list{name: "visits", columns: []wasql.Column{text("what", "varchar(20)")}, rowid: -1, number: -1, upper: -1, unique: -1,
		kind: wasql.Eponymous}
	w.fixed = []wasql.Table{
		&shown{"guests_log", []wasql.Column{number("n"), text("said", "varchar(200)")}, func() []string { return w.guests.log }},
		&shown{"calls", []wasql.Column{number("n"), text("said", "varchar(200)")}, func() []string { return w.called() }},
		&shown{"rules", []wasql.Column{number("n"), text("rule", "varchar(20)")}, func() []string { return []string{"no dogs"} }},
	}
	return w, nil
}

// Table implements wasql.Source.
func (w *writers) Table(ref *wasql.TableRef) (wasql.Table, error) {
	for _, t := range w.fixed {
		if t.Name() == ref.Name {
			return t, nil
		}
	}
	switch ref.Name {
	case "guests":
		return &book{w.guests, ref.Statement}, nil
	case "visits":
		return &book{w.visits, ref.Statement}, nil
	}
	if l := w.made[ref.Name]; l != nil {
		return &made{book{l, ref.Statement}, w}, nil
	}
	return nil, wasql.NoTable(ref.Name)
}

// List implements wasql.Lister: tables that were made are known to those who had them made.
func (w *writers) List(string) ([]string, error) {
	return []string{"guests", "guests_log", "visits", "rules", "calls"}, nil
}

// shown is a table that cannot be written to.
type shown struct {
	name    string
	columns []wasql.Column
	lines   func() []string
}

func (s *shown) Name() string            { return s.name }
func (s *shown) Columns() []wasql.Column { return s.columns }

func (s *shown) Scan(*wasql.Plan) (wasql.Cursor, error) {
	lines := s.lines()
	return wasql.Values(func(yield func([]any, error) bool) {
		for i, line := range lines {
			if !yield([]any{int64(i + 1), line}, nil) {
				return
			}
		}
	}), nil
}

// made is a table made by SQL.
type made struct {
	book
	writers *writers
}

// Define implements wasql.Definer.
func (m *made) Define(d *wasql.Definition) {
	m.book.Define(d)
	d.Kind = wasql.Regular
	d.Data = []byte("of " + m.list.name)
	for _, at := range m.list.declared.GetPrimaryKey() {
		d.PrimaryKey = append(d.PrimaryKey, m.list.columns[at].Name)
	}
}

// Rename implements wasql.Renamer.
func (m *made) Rename(_, name string) error {
	w, l := m.writers, m.list
	if w.made[name] != nil {
		return wasql.Errorf(wasql.AlreadyExists, "table %s is there already", name)
	}
	old := l.name
	delete(w.made, old)
	l.name = name
	w.made[name] = l
	w.called("rename " + old + " " + name)
	if w.folder == "" {
		return nil
	}
	if err := w.save(l); err != nil {
		return err
	}
	return wasql.RemoveFile(w.file(old))
}

// Create implements wasql.Creator.
func (w *writers) Create(r *pb.CreateRequest) (wasql.Table, error) {
	name := r.GetTable().GetName()
	if w.made[name] != nil {
		return nil, wasql.Errorf(wasql.AlreadyExists, "table %s is there already", name)
	}
	if len(r.GetTable().GetColumns()) == 0 {
		return nil, wasql.Errorf(wasql.Unimplemented, "a table needs columns")
	}
	w.called("create " + name + optionsOf(r.GetTable()))
	l := newMade(r.GetTable())
	w.made[name] = l
	return &made{book{l, 0}, w}, w.save(l)
}

// optionsOf are the options of a table and of its columns.
func optionsOf(t *pb.Table) string {
	said := ""
	if label := t.GetOptions()["label"]; label != "" {
		said += " label=" + label
	}
	for _, c := range t.GetColumns() {
		said += " " + c.GetName() + ":" + c.GetSqlType()
	}
	return said
}

// Connect implements wasql.Connecter.
func (w *writers) Connect(r *pb.ConnectRequest) (wasql.Table, error) {
	name := r.GetTable().GetName()
	w.called("connect " + name + " data=" + string(r.GetTable().GetData()))
	l := w.made[name]
	if l == nil {
		var err error
		if l, err = w.read(name); err != nil {
			return nil, err
		}
		w.made[name] = l
	}
	return &made{book{l, 0}, w}, nil
}

// Disconnect implements wasql.Connecter. A table called sticky cannot be let go.
func (w *writers) Disconnect(ref *wasql.TableRef) error {
	w.called("disconnect " + ref.Name)
	if strings.HasPrefix(ref.Name, "sticky") {
		return wasql.Errorf(wasql.IO, "it sticks")
	}
	delete(w.made, ref.Name)
	return nil
}

// Destroy implements wasql.Creator.
func (w *writers) Destroy(ref *wasql.TableRef) error {
	if w.made[ref.Name] == nil {
		return wasql.NoTable(ref.Name)
	}
	w.called("destroy " + ref.Name)
	delete(w.made, ref.Name)
	if w.folder == "" {
		return nil
	}
	return wasql.RemoveFile(w.file(ref.Name))
}
