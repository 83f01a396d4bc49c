// Shelf: a table in memory that takes rows, finds them by key, and a function. It shows the powers beyond reading.
//
//	INSERT INTO shelf (id, name, price) VALUES (1, 'one', 1.50);
//	SELECT * FROM shelf WHERE id = 1;
//	SELECT label(name, price) FROM shelf;
//
// The rows live as long as the one instance that everybody shares.
package main

import (
	"maps"
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

var connector = wasql.New(wasql.Manifest{Name: "shelf", Version: "1.0.0", Lifetime: wasql.Shared}, open, (*shelf)(nil)).
	With(wasql.Writes, wasql.Functions)

func main() {}

func init() { wasql.Register(connector) }

func open(*wasql.Config) (source, error) {
	return source{wasql.Tables{&shelf{rows: map[int64][]wasql.Value{}}}}, nil
}

// source is the table and a function.
type source struct{ wasql.Tables }

// Functions gives label, which joins a name and a price.
func (source) Functions() []wasql.Function {
	return []wasql.Function{{
		Name:          "label",
		Arguments:     []wasql.Column{columns[name], columns[price]},
		Result:        wasql.Column{Type: wasql.UTF8},
		Deterministic: true, NullPropagates: true,
		Call: func(arguments []wasql.Value) (wasql.Value, error) {
			text, ok := arguments[0].Text()
			if !ok || text == "" {
				return wasql.NullValue(), wasql.Errorf(wasql.InvalidArgument, "a label needs a name").In("name", arguments[0].String())
			}
			return wasql.TextValue(text + ": " + arguments[1].String()), nil
		},
	}}
}

// Positions of the columns.
const (
	id = iota
	name
	price
	fresh
	born
	picture
)

var columns = []wasql.Column{
	{Name: "id", Type: wasql.Int64, NotNull: true},
	{Name: "name", Type: wasql.UTF8, Length: 100, SQLType: "varchar(100)"},
	{Name: "price", Type: wasql.Decimal128, Precision: 10, Scale: 2},
	{Name: "fresh", Type: wasql.Bool},
	{Name: "born", Type: wasql.Date},
	{Name: "picture", Type: wasql.Binary},
}

type shelf struct{ rows map[int64][]wasql.Value }

// Name is the table's name.
func (*shelf) Name() string { return "shelf" }

// Columns declares them.
func (*shelf) Columns() []wasql.Column { return columns }

// Define names the primary key, by which rows are updated and deleted.
func (*shelf) Define(d *wasql.Definition) { d.PrimaryKey = []string{"id"} }

// Scan gives all rows, by id.
func (s *shelf) Scan(*wasql.Plan) (wasql.Cursor, error) {
	return wasql.Each(wasql.Sure(slices.Values(slices.Sorted(maps.Keys(s.rows)))), s.add), nil
}

func (s *shelf) add(out *wasql.Rows, key int64) error {
	for column, v := range s.rows[key] {
		if err := out.Set(column, v); err != nil {
			return err
		}
	}
	out.EndRow()
	return nil
}

// Find looks rows up by id; other keys are left to scans.
func (s *shelf) Find(_ *wasql.Plan, keys []int) (wasql.Lookup, error) {
	if len(keys) != 1 || keys[0] != id {
		return nil, wasql.Errorf(wasql.Unimplemented, "shelf is looked up by id only")
	}
	return finder{s}, nil
}

type finder struct{ *shelf }

// Rows gives the row of a key, when there is one.
func (f finder) Rows(key []wasql.Value) (wasql.Cursor, error) {
	var found []int64
	if n, ok := key[0].Int64(); ok && f.rows[n] != nil {
		found = append(found, n)
	}
	return wasql.Each(wasql.Sure(slices.Values(found)), f.add), nil
}

// Insert takes new rows.
func (s *shelf) Insert(w *wasql.Write) (wasql.Sink, error) { return &sink{shelf: s, write: w}, nil }

// Update changes columns of rows.
func (s *shelf) Update(w *wasql.Write) (wasql.Sink, error) {
	return &sink{shelf: s, write: w, old: true}, nil
}

// sink keeps the rows of a statement apart until it is flushed.
type sink struct {
	shelf *shelf
	write *wasql.Write
	// old says that the rows must be there.
	old     bool
	pending map[int64][]wasql.Value
}

// Write checks rows and keeps them.
func (s *sink) Write(rows *wasql.Changes) error {
	if s.pending == nil {
		s.pending = map[int64][]wasql.Value{}
	}
	for i := range rows.Len() {
		key, given := rows.Key(i, id)
		if !given {
			key, _ = rows.Value(i, id)
		}
		n, ok := key.Int64()
		if !ok {
			return wasql.Errorf(wasql.InvalidData, "id must be a number").OnRow(i+1).In("id", key.String())
		}
		_, taken := s.shelf.rows[n]
		if !s.old && taken {
			rows.Fail(i, wasql.Errorf(wasql.Constraint, "id %d is taken", n).In("id", key.String()))
			continue
		}
		row := make([]wasql.Value, len(columns))
		copy(row, s.shelf.rows[n])
		for _, column := range s.write.Values {
			row[column], _ = rows.Value(i, column)
		}
		row[id] = wasql.IntValue(n)
		rows.Stored(i, row)
		s.pending[n] = row
	}
	return nil
}

// Flush makes the rows part of the table.
func (s *sink) Flush() (wasql.Written, error) {
	maps.Copy(s.shelf.rows, s.pending)
	return wasql.Written{Affected: uint64(len(s.pending)), Matched: uint64(len(s.pending))}, nil
}

// Discard forgets them.
func (s *sink) Discard() error { return nil }
