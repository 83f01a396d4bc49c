package main

import (
	"slices"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// list is the rows of a table. Positions are -1 when there is no such column.
type list struct {
	name    string
	columns []wasql.Column
	// rowid is a hidden column whose values are made up; number is given by the list when it is NULL.
	rowid, number int
	// upper is a column stored in upper case, unique one whose values differ.
	upper, unique int
	// fallback is stored for NULL.
	fallback map[int]string
	kind     wasql.TableKind
	// refused is a name that no row may have.
	refused string
	// declared is set for tables that were made; keep stores them.
	declared *pb.Table
	keep     func(*list) error

	rows  [][]wasql.Value
	next  int64
	ids   int64
	log   []string
	first int64
	// open is the statement that writes; before is what was there when it began.
	open   uint64
	sinks  int
	before *list
}

// book is a list as a request sees it.
type book struct {
	list      *list
	statement uint64
}

func (b *book) Name() string            { return b.list.name }
func (b *book) Columns() []wasql.Column { return b.list.columns }

// Define implements wasql.Definer.
func (b *book) Define(d *wasql.Definition) {
	d.Kind = b.list.kind
	if l := b.list; l.rowid >= 0 {
		d.RowID = l.columns[l.rowid].Name
	}
	if l := b.list; l.unique >= 0 {
		name := l.columns[l.unique].Name
		d.Indexes = []wasql.Index{{Name: "by_" + name, Columns: []string{name}, Unique: true}}
	}
}

func (b *book) Scan(*wasql.Plan) (wasql.Cursor, error) {
	l := b.list
	if l.before != nil && b.statement != l.open {
		l = l.before
	}
	rows := slices.Clone(l.rows)
	return wasql.Each(wasql.Sure(slices.Values(rows)), func(out *wasql.Rows, row []wasql.Value) error {
		all := make([]any, len(row))
		for i := range row {
			all[i] = row[i]
		}
		return out.Add(all...)
	}), nil
}

func (b *book) Insert(w *wasql.Write) (wasql.Sink, error) { return b.begin(w, "insert") }
func (b *book) Update(w *wasql.Write) (wasql.Sink, error) { return b.begin(w, "update") }
func (b *book) Delete(w *wasql.Write) (wasql.Sink, error) { return b.begin(w, "delete") }

// sink is one of a statement.
type sink struct {
	*list
	how  *wasql.Write
	kind string
}

func (b *book) begin(w *wasql.Write, kind string) (wasql.Sink, error) {
	l := b.list
	if l.before == nil || l.open != w.Statement {
		before := *l
		before.rows, before.log, before.before = slices.Clone(l.rows), slices.Clone(l.log), nil
		l.before, l.open, l.sinks, l.first = &before, w.Statement, 0, 0
	}
	l.sinks++
	return &sink{l, w, kind}, nil
}

func (s *sink) Flush() (wasql.Written, error) {
	first := s.first
	s.end()
	if s.keep != nil {
		if err := s.keep(s.list); err != nil {
			return wasql.Written{}, err
		}
	}
	return wasql.Written{LastInsertID: uint64(first)}, nil
}

func (s *sink) Discard() error {
	if b := s.before; b != nil {
		s.rows, s.log, s.next, s.ids = slices.Clone(b.rows), slices.Clone(b.log), b.next, b.ids
	}
	s.end()
	return nil
}

func (s *sink) end() {
	if s.sinks--; s.sinks <= 0 {
		s.before, s.open = nil, 0
	}
}

func (s *sink) Write(rows *wasql.Changes) error {
	for i := range rows.Len() {
		s.log = append(s.log, s.said(rows, i))
		var err error
		switch s.kind {
		case "insert":
			err = s.insert(rows, i)
		case "update":
			err = s.update(rows, i)
		default:
			var at int
			if at, err = s.named(rows, i); err == nil {
				s.rows = slices.Delete(s.rows, at, at+1)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// said is what was sent: the kind of write, the key, and the values.
func (s *sink) said(rows *wasql.Changes, i int) string {
	said := s.kind
	add := func(what string, columns []int, value func(int, int) (wasql.Value, bool)) {
		for _, c := range columns {
			v, _ := value(i, c)
			text := v.String()
			if t, ok := v.Text(); ok {
				text = t
			}
			said += " " + what + s.columns[c].Name + "=" + text
		}
	}
	add("key:", s.how.Keys, rows.Key)
	add("", s.how.Values, rows.Value)
	add("old:", s.how.Old, rows.Old)
	return said
}

func (s *sink) insert(rows *wasql.Changes, i int) error {
	row := make([]wasql.Value, len(s.columns))
	for c := range row {
		row[c], _ = rows.Value(i, c)
	}
	if s.number >= 0 && row[s.number].IsNull() {
		s.next++
		row[s.number] = wasql.IntValue(s.next)
		if s.first == 0 {
			s.first = s.next
		}
	}
	if s.rowid >= 0 {
		s.ids += 100
		row[s.rowid] = wasql.IntValue(s.ids)
	}
	return s.put(rows, i, row, -1)
}

// put stores a row in place of the one at, or behind the last, as this table stores rows.
func (s *sink) put(rows *wasql.Changes, i int, row []wasql.Value, at int) error {
	if s.upper >= 0 {
		given, _ := row[s.upper].Text()
		row[s.upper] = wasql.TextValue(strings.ToUpper(given))
		if s.refused != "" && strings.ToUpper(given) == s.refused {
			rows.Fail(i, wasql.Errorf(wasql.Constraint, "%s is not welcome", given).In(s.columns[s.upper].Name, given))
			return nil
		}
	}
	for c, text := range s.fallback {
		if row[c].IsNull() {
			row[c] = wasql.TextValue(text)
		}
	}
	if other := s.find(s.unique, row, at); other >= 0 {
		switch s.how.OnConflict {
		case wasql.ReportConflict:
			rows.Conflict(i, s.rows[other])
			return nil
		case wasql.IgnoreConflict:
			rows.Ignore(i)
			return nil
		case wasql.ReplaceConflict:
			s.rows[other] = row
			rows.Stored(i, row)
			rows.Replace(i)
			return nil
		}
		e := wasql.Errorf(wasql.Constraint, "Duplicate entry '%s' for key 'by_%s'", row[s.unique], s.columns[s.unique].Name).OnRow(i + 1)
		e.Errno, e.SQLState = 1062, "23000"
		return e
	}
	if n, _ := row[max(s.number, 0)].Int64(); s.number >= 0 && n > s.next {
		s.next = n
	}
	if at >= 0 {
		s.rows[at] = row
	} else {
		s.rows = append(s.rows, row)
	}
	rows.Stored(i, row)
	return nil
}

// find gives the place of a row, other than the one at, with the same value in a column; -1: none.
func (l *list) find(column int, row []wasql.Value, at int) int {
	for i, other := range l.rows {
		if column >= 0 && i != at && other[column].String() == row[column].String() {
			return i
		}
	}
	return -1
}

func (s *sink) update(rows *wasql.Changes, i int) error {
	at, err := s.named(rows, i)
	if err != nil {
		return err
	}
	row := slices.Clone(s.rows[at])
	for c := range row {
		if v, set := rows.Value(i, c); set {
			row[c] = v
		}
	}
	return s.put(rows, i, row, at)
}

// named finds the row that the key of a change names.
func (s *sink) named(rows *wasql.Changes, i int) (int, error) {
	for at, row := range s.rows {
		same := len(s.how.Keys) > 0
		for _, c := range s.how.Keys {
			v, _ := rows.Key(i, c)
			same = same && v.String() == row[c].String()
		}
		if same {
			return at, nil
		}
	}
	return 0, wasql.Errorf(wasql.NotFound, "table %s has no such row", s.name)
}
