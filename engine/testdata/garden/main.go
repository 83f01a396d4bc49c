// Garden is a connector that the engine's tests write to: tables in memory that take, change and
// refuse rows in all the ways a connector may. It keeps no transactions. It is built by the tests;
// it is no example to follow.
package main

import (
	"slices"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{
		Name: "garden", Version: "1.0.0", Description: "what can be written to", License: "Apache-2.0", Lifetime: wasql.Shared,
	}, open, &view{bed: &bed{}}).With(wasql.Writes))
}

func open(*wasql.Config) (garden, error) {
	id := wasql.Column{Name: "id", Type: wasql.Int64, SQLType: "bigint", NotNull: true}
	made := id
	made.AutoIncrement = true
	hidden := wasql.Column{Name: "place", Type: wasql.Int64, SQLType: "bigint", NotNull: true, Hidden: true}
	return garden{
		// How the last sink was opened.
		&bed{name: "writes", columns: []wasql.Column{text("kind", 20), text("got_keys", 200), text("got_values", 200)}, key: -1, unique: -1, lower: -1},
		// Names are stored in lower case, and no two rows may have one in common.
		&bed{name: "plants", columns: []wasql.Column{id, text("name", 20), text("note", 200)}, key: 0, unique: 1, lower: 1},
		// The connector makes the keys.
		&bed{name: "seeds", columns: []wasql.Column{made, text("name", 20)}, key: 0, makes: true, unique: -1, lower: -1},
		// Rows are named by a hidden column.
		&bed{name: "weeds", columns: []wasql.Column{text("name", 20), hidden}, key: 1, rowID: true, makes: true, unique: -1, lower: -1},
		// Rows have no name.
		&bed{name: "leaves", columns: []wasql.Column{text("colour", 20)}, key: -1, unique: -1, lower: -1},
		// Rows called "stone" are refused at the end of the statement.
		&bed{name: "stony", columns: []wasql.Column{id, text("name", 20)}, key: 0, unique: -1, lower: -1, refuses: "stone"},
		types(),
	}, nil
}

func text(name string, length int) wasql.Column {
	return wasql.Column{Name: name, Type: wasql.UTF8, SQLType: "varchar(" + strconv.Itoa(length) + ")"}
}

// types has a column of every type that can be written.
func types() *bed {
	column := func(name string, typ wasql.Type, sqlType string) wasql.Column {
		return wasql.Column{Name: name, Type: typ, SQLType: sqlType}
	}
	enum, set := column("e", wasql.Enum, "enum('a','b','c')"), column("s", wasql.Set, "set('a','b','c')")
	enum.Members, set.Members = []string{"a", "b", "c"}, []string{"a", "b", "c"}
	small, large := column("dec_small", wasql.Decimal128, "decimal(10,2)"), column("dec_large", wasql.Decimal256, "decimal(65,30)")
	small.Precision, small.Scale, large.Precision, large.Scale = 10, 2, 65, 30
	id := column("id", wasql.Int64, "bigint")
	id.NotNull = true
	return &bed{name: "types", key: 0, unique: -1, lower: -1, columns: []wasql.Column{id,
		column("i8", wasql.Int8, "tinyint"), column("u8", wasql.Uint8, "tinyint unsigned"), column("i16", wasql.Int16, "smallint"),
		column("u16", wasql.Uint16, "smallint unsigned"), column("i24", wasql.Int32, "mediumint"), column("u24", wasql.Uint32, "mediumint unsigned"),
		column("i32", wasql.Int32, "int"), column("u32", wasql.Uint32, "int unsigned"), column("i64", wasql.Int64, "bigint"),
		column("u64", wasql.Uint64, "bigint unsigned"), column("f32", wasql.Float32, "float"), column("f64", wasql.Float64, "double"), small, large,
		column("d", wasql.Date, "date"), column("t", wasql.Time, "time"), column("dt", wasql.Datetime, "datetime(6)"),
		column("ts", wasql.Datetime, "timestamp(6)"), column("y", wasql.Year, "year"),
		column("c", wasql.UTF8, "char(3)"), column("vc", wasql.UTF8, "varchar(20)"), column("txt", wasql.UTF8, "text"),
		column("vb", wasql.Binary, "varbinary(4)"), column("bl", wasql.Binary, "blob"), column("j", wasql.JSON, "json"),
		enum, set, column("b", wasql.Bit, "bit(9)"), column("g", wasql.Geometry, "geometry"), column("v", wasql.Vector, "vector(2)"),
	}}
}

// bed is a table; its parts say how it behaves. Positions are -1 when there is no such column.
type bed struct {
	name    string
	columns []wasql.Column
	// key has the primary key, or the row id.
	key   int
	rowID bool
	// makes: a NULL key is made here.
	makes bool
	// unique is a column with a unique index, lower one whose text is stored in lower case.
	unique, lower int
	refuses       string

	rows [][]wasql.Value
	next int64
	// open is what the statement that writes has done so far, with the sinks that it has open.
	open *work
}

// work is the state of a statement.
type work struct {
	number uint64
	rows   [][]wasql.Value
	next   int64
	first  int64
	sinks  int
	wrong  error
}

func (b *bed) Name() string            { return b.name }
func (b *bed) Columns() []wasql.Column { return b.columns }

func (b *bed) Define(d *wasql.Definition) {
	switch {
	case b.rowID:
		d.RowID = b.columns[b.key].Name
	case b.key >= 0:
		d.PrimaryKey = []string{b.columns[b.key].Name}
	}
	if b.unique >= 0 {
		d.Indexes = []wasql.Index{{Name: "by_" + b.columns[b.unique].Name, Columns: []string{b.columns[b.unique].Name}, Unique: true}}
	}
}

// garden gives tables as they are, and within a statement.
type garden []*bed

// Table implements wasql.Source.
func (g garden) Table(ref *wasql.TableRef) (wasql.Table, error) {
	for _, b := range g {
		if b.name == "writes" && ref.Name == b.name {
			b.rows = [][]wasql.Value{lastWrite}
			return &readOnly{b}, nil
		}
		if b.name == ref.Name {
			return &view{b, ref.Statement}, nil
		}
	}
	return nil, wasql.NoTable(ref.Name)
}

// List implements wasql.Lister.
func (g garden) List(string) ([]string, error) {
	var names []string
	for _, b := range g {
		names = append(names, b.name)
	}
	return names, nil
}

// lastWrite says how the last sink was opened.
var lastWrite = make([]wasql.Value, 3)

func note(b *bed, kind string, w *wasql.Write) {
	names := func(positions []int) wasql.Value {
		var all []string
		for _, p := range positions {
			all = append(all, b.columns[p].Name)
		}
		return wasql.TextValue(strings.Join(all, " "))
	}
	lastWrite = []wasql.Value{wasql.TextValue(kind), names(w.Keys), names(w.Values)}
}

// readOnly is a table that takes nothing.
type readOnly struct{ bed *bed }

func (r *readOnly) Name() string            { return r.bed.name }
func (r *readOnly) Columns() []wasql.Column { return r.bed.columns }

func (r *readOnly) Scan(p *wasql.Plan) (wasql.Cursor, error) { return (&view{bed: r.bed}).Scan(p) }

// view is a table as a request sees it.
type view struct {
	*bed
	statement uint64
}

func (v *view) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	rows := v.rows
	if w := v.open; w != nil && v.statement == w.number {
		rows = w.rows
	}
	return wasql.Each(wasql.Sure(slices.Values(slices.Clone(rows))), func(out *wasql.Rows, row []wasql.Value) error {
		all := make([]any, len(row))
		for i := range row {
			all[i] = row[i]
		}
		return out.Add(all...)
	}), nil
}

func (v *view) Insert(w *wasql.Write) (wasql.Sink, error) {
	note(v.bed, "insert", w)
	return v.begin(w, (*sink).insert), nil
}

func (v *view) Update(w *wasql.Write) (wasql.Sink, error) {
	note(v.bed, "update", w)
	return v.begin(w, (*sink).update), nil
}

func (v *view) Delete(w *wasql.Write) (wasql.Sink, error) {
	note(v.bed, "delete", w)
	return v.begin(w, (*sink).remove), nil
}

// sink is one of a statement.
type sink struct {
	bed   *bed
	work  *work
	how   *wasql.Write
	write func(*sink, *wasql.Changes, int) error
}

func (b *bed) begin(w *wasql.Write, write func(*sink, *wasql.Changes, int) error) wasql.Sink {
	if b.open == nil || b.open.number != w.Statement {
		b.open = &work{number: w.Statement, rows: slices.Clone(b.rows), next: b.next}
	}
	b.open.sinks++
	return &sink{bed: b, work: b.open, how: w, write: write}
}

func (s *sink) Write(rows *wasql.Changes) error {
	for i := range rows.Len() {
		if err := s.write(s, rows, i); err != nil {
			return err
		}
	}
	return nil
}

func (s *sink) Flush() (wasql.Written, error) {
	if s.work.wrong != nil {
		return wasql.Written{}, s.work.wrong
	}
	s.bed.rows, s.bed.next = s.work.rows, s.work.next
	s.end()
	return wasql.Written{LastInsertID: uint64(s.work.first)}, nil
}

func (s *sink) Discard() error {
	s.work.rows, s.work.next = slices.Clone(s.bed.rows), s.bed.next
	s.end()
	return nil
}

func (s *sink) end() {
	if s.work.sinks--; s.work.sinks <= 0 && s.bed.open == s.work {
		s.bed.open = nil
	}
}

// insert stores a row, unless another is in its way.
func (s *sink) insert(rows *wasql.Changes, i int) error {
	b := s.bed
	row := make([]wasql.Value, len(b.columns))
	for c := range row {
		row[c], _ = rows.Value(i, c)
	}
	if b.makes && row[b.key].IsNull() {
		s.work.next++
		row[b.key] = wasql.IntValue(s.work.next)
		if s.work.first == 0 {
			s.work.first = s.work.next
		}
	}
	return s.put(rows, i, row, -1)
}

// put stores a row in place of the one at, or behind the last.
func (s *sink) put(rows *wasql.Changes, i int, row []wasql.Value, at int) error {
	b := s.bed
	if b.lower >= 0 && !row[b.lower].IsNull() {
		given, _ := row[b.lower].Text()
		row[b.lower] = wasql.TextValue(strings.ToLower(given))
	}
	if b.refuses != "" {
		if name, _ := row[1].Text(); name == b.refuses {
			s.work.wrong = wasql.Errorf(wasql.Constraint, "nothing grows on a %s", name).OnRow(i + 1)
		}
	}
	for _, column := range []int{b.key, b.unique} {
		other := s.find(column, row, at)
		if other < 0 {
			continue
		}
		if s.how.OnConflict == wasql.ReportConflict {
			rows.Conflict(i, s.work.rows[other])
			return nil
		}
		return b.duplicate(column, row[column], i)
	}
	if at >= 0 {
		s.work.rows[at] = row
	} else {
		s.work.rows = append(s.work.rows, row)
	}
	rows.Stored(i, row)
	return nil
}

// find gives the place of a row, other than the one at, with the same value in a column; -1: none.
func (s *sink) find(column int, row []wasql.Value, at int) int {
	if column < 0 || row[column].IsNull() {
		return -1
	}
	for i, other := range s.work.rows {
		if i != at && other[column].String() == row[column].String() {
			return i
		}
	}
	return -1
}

func (b *bed) duplicate(column int, v wasql.Value, row int) error {
	key := "PRIMARY"
	if column != b.key {
		key = "by_" + b.columns[column].Name
	}
	said := v.String()
	if t, ok := v.Text(); ok {
		said = t
	}
	e := wasql.Errorf(wasql.Constraint, "Duplicate entry '%s' for key '%s.%s'", said, b.name, key).OnRow(row + 1)
	e.Errno, e.SQLState = 1062, "23000"
	return e
}

func (s *sink) update(rows *wasql.Changes, i int) error {
	at, err := s.named(rows, i)
	if err != nil {
		return err
	}
	row := slices.Clone(s.work.rows[at])
	for c := range row {
		if v, set := rows.Value(i, c); set {
			row[c] = v
		}
	}
	return s.put(rows, i, row, at)
}

func (s *sink) remove(rows *wasql.Changes, i int) error {
	at, err := s.named(rows, i)
	if err == nil {
		s.work.rows = slices.Delete(s.work.rows, at, at+1)
	}
	return err
}

// named finds the row that the key of a change names.
func (s *sink) named(rows *wasql.Changes, i int) (int, error) {
	probe := make([]wasql.Value, len(s.bed.columns))
	key, _ := rows.Key(i, s.bed.key)
	probe[s.bed.key] = key
	if at := s.find(s.bed.key, probe, -1); at >= 0 {
		return at, nil
	}
	return 0, wasql.Errorf(wasql.NotFound, "table %s has no row %s", s.bed.name, key)
}
