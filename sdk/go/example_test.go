package wasql_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// show runs a query natively and prints its rows.
func show(c *wasql.Connector, table string, q wasqltest.Query) *wasqltest.Result {
	in, err := wasqltest.TryOpen(nil, c, wasqltest.Options{})
	if err != nil {
		fmt.Println("error:", err)
		return nil
	}
	r, err := in.Try(table, q)
	if err != nil {
		fmt.Println("error:", err)
		return nil
	}
	for _, line := range r.Strings() {
		fmt.Println(line)
	}
	return r
}

// planets is the least a table can be: rows as maps, no powers.
type planets struct{}

func (planets) Name() string { return "planets" }

func (planets) Columns() []wasql.Column {
	return []wasql.Column{{Name: "name", Type: wasql.UTF8, NotNull: true}, {Name: "moons", Type: wasql.Int32}}
}

func (planets) Scan(*wasql.Plan) (wasql.Cursor, error) {
	return wasql.Maps(wasql.Sure(slices.Values([]map[string]any{
		{"name": "Venus"}, {"name": "Mars", "moons": 2}, {"name": "Jupiter", "moons": 101},
	}))), nil
}

// Rows are maps from column name to value; a name that is missing is NULL.
//
// checklist: M4
func ExampleMaps() {
	c := wasql.NewTables(wasql.Manifest{Name: "sky"}, planets{})
	show(c, "planets", wasqltest.Query{Where: []string{"moons > 1"}, Order: []string{"name"}})
	// Output:
	// "Jupiter" 101
	// "Mars" 2
}

// letters gives rows as slices, and knows how many there are.
type letters struct{}

func (letters) Name() string { return "letters" }

func (letters) Columns() []wasql.Column {
	return []wasql.Column{{Name: "letter", Type: wasql.UTF8}, {Name: "position", Type: wasql.Uint8}}
}

func (letters) RowCount() (rows uint64, exact bool, err error) { return 26, true, nil }

func (letters) Scan(*wasql.Plan) (wasql.Cursor, error) {
	return wasql.Values(func(yield func([]any, error) bool) {
		for i := range 26 {
			if !yield([]any{string(rune('a' + i)), i + 1}, nil) {
				return
			}
		}
	}), nil
}

func ExampleCounter() {
	c := wasql.NewTables(wasql.Manifest{Name: "abc"}, letters{})
	r := show(c, "letters", wasqltest.Query{Order: []string{"position desc"}, Limit: 2})
	fmt.Println("estimate:", r.Plan.GetRows())
	// Output:
	// "z" 26
	// "y" 25
	// estimate: 26
}

// squares claims what arithmetic can answer, and reads the bounds back.
type squares struct{}

func (squares) Name() string { return "squares" }

func (squares) Columns() []wasql.Column {
	return []wasql.Column{{Name: "n", Type: wasql.Int64, NotNull: true}, {Name: "square", Type: wasql.Int64, NotNull: true}}
}

func (squares) Plan(plan *wasql.Plan) error {
	plan.ClaimRange("n", wasql.Exact)
	plan.Take(wasql.Limit)
	low, high := plan.Int64Range("n")
	plan.Rows = float64(min(high, 1000) - max(low, 1) + 1)
	plan.Explain("n", fmt.Sprintf("%d to %d", max(low, 1), min(high, 1000)))
	return nil
}

func (squares) Scan(plan *wasql.Plan) (wasql.Cursor, error) {
	low, high := plan.Int64Range("n")
	n, last := max(low, 1)+int64(plan.Offset), min(high, 1000)
	if plan.Limit < uint64(last-n+1) {
		last = n + int64(plan.Limit) - 1
	}
	return cursor(func(out *wasql.Rows) error {
		for ; out.Room() && n <= last; n++ {
			out.Int64(0, n)
			out.Int64(1, n*n)
			out.EndRow()
		}
		if n > last {
			return io.EOF
		}
		return nil
	}), nil
}

// cursor makes a cursor of a function.
type cursor func(out *wasql.Rows) error

func (c cursor) Next(out *wasql.Rows) error { return c(out) }

func ExamplePlanner() {
	c := wasql.NewTables(wasql.Manifest{Name: "arithmetic"}, squares{})
	r := show(c, "squares", wasqltest.Query{Where: []string{"n > 10", "n <= 15", "square <> 169"}, Limit: 3})
	fmt.Println(r.Uses(), r.Plan.GetLimit().GetReason())
	r = show(c, "squares", wasqltest.Query{Where: []string{"n >= ?0"}, Params: []wasql.Value{wasql.IntValue(20)}, Limit: 2, Offset: 1})
	fmt.Println(r.Uses(), r.Plan.GetLimit().GetTaken())
	// Output:
	// 11 121
	// 12 144
	// 14 196
	// [exact exact ignored] not everything before the limit was taken
	// 21 441
	// 22 484
	// [exact] true
}

// repeat is a table function: its arguments are hidden columns.
type repeat struct{}

func (repeat) Name() string { return "repeat" }

func (repeat) Columns() []wasql.Column {
	return []wasql.Column{
		{Name: "text", Type: wasql.UTF8},
		{Name: "times", Type: wasql.Int64, Hidden: true, Argument: 1},
	}
}

func (repeat) Scan(plan *wasql.Plan) (wasql.Cursor, error) {
	times, given := plan.Argument(1)
	n, ok := times.Int64()
	if !given || !ok || n < 0 || n > 1000 {
		return nil, wasql.Errorf(wasql.InvalidArgument, "times must be a number from 0 to 1000").In("times", times.String())
	}
	return wasql.Maps(func(yield func(map[string]any, error) bool) {
		yield(map[string]any{"text": strings.Repeat("ha", int(n))}, nil)
	}), nil
}

func ExamplePlan_Argument() {
	c := wasql.NewTables(wasql.Manifest{Name: "laugh"}, repeat{})
	show(c, "repeat", wasqltest.Query{Args: []wasql.Value{wasql.IntValue(3)}, Columns: []string{"text", "times"}})
	show(c, "repeat", wasqltest.Query{Args: []wasql.Value{wasql.IntValue(-3)}})
	// Output:
	// "hahaha" 3
	// error: times must be a number from 0 to 1000
}

// blocks gives whole batches of its own memory, and can be read in pieces.
type blocks struct{}

func (blocks) Name() string { return "blocks" }

func (blocks) Columns() []wasql.Column {
	return []wasql.Column{{Name: "n", Type: wasql.Int64, NotNull: true}, {Name: "kind", Type: wasql.UTF8, NotNull: true}}
}

func (blocks) Partitions(_ *wasql.Plan, wanted int) ([]wasql.Partition, error) {
	var pieces []wasql.Partition
	for i := range wanted {
		first, end := 6*i/wanted, 6*(i+1)/wanted
		token := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(first)), uint64(end))
		pieces = append(pieces, wasql.Partition{Token: token, Rows: float64(end - first), Label: fmt.Sprint(first)})
	}
	return pieces, nil
}

func (blocks) Scan(plan *wasql.Plan) (wasql.Cursor, error) {
	next, end := int64(0), int64(6)
	if len(plan.Partition) > 0 {
		first, n := binary.Uvarint(plan.Partition)
		last, _ := binary.Uvarint(plan.Partition[n:])
		next, end = int64(first), int64(last)
	}
	var numbers []int64
	return wasql.Batches(wasql.BatchFunc(func(rowsMax, _ int) (*col.Batch, error) {
		numbers = numbers[:0]
		for ; len(numbers) < rowsMax && next < end; next++ {
			numbers = append(numbers, next)
		}
		if len(numbers) == 0 {
			return nil, nil
		}
		all := []col.Vec{
			{Type: col.Int64, Len: len(numbers), Fixed: col.BytesOf(numbers)},
			{Type: col.UTF8, Encoding: col.Constant, Len: len(numbers), Offsets: []int32{0, 5}, Data: []byte("block")},
		}
		batch := &col.Batch{Rows: len(numbers)}
		for _, c := range plan.Columns {
			batch.Cols = append(batch.Cols, all[c])
		}
		return batch, nil
	})), nil
}

func ExampleBatches() {
	c := wasql.NewTables(wasql.Manifest{Name: "blocks"}, blocks{})
	show(c, "blocks", wasqltest.Query{Where: []string{"n > 3"}})
	// Output:
	// 4 "block"
	// 5 "block"
}

// words adds two SQL functions.
type words struct{ wasql.Tables }

func (words) Functions() []wasql.Function {
	text := wasql.Column{Type: wasql.UTF8}
	return []wasql.Function{
		{Name: "shout", Arguments: []wasql.Column{text}, Result: text, Deterministic: true, NullPropagates: true,
			Call: func(arguments []wasql.Value) (wasql.Value, error) {
				s, _ := arguments[0].Text()
				return wasql.TextValue(strings.ToUpper(s) + "!"), nil
			}},
		{Name: "longest", Arguments: []wasql.Column{text}, Result: text, Aggregate: func() wasql.Accumulator { return &longest{} }},
	}
}

type longest struct{ text string }

func (l *longest) Add(arguments []wasql.Value) error {
	if s, ok := arguments[0].Text(); ok && len(s) > len(l.text) {
		l.text = s
	}
	return nil
}

func (l *longest) Result() (wasql.Value, error) { return wasql.TextValue(l.text), nil }

func ExampleFunctionKeeper() {
	c := wasql.New(wasql.Manifest{Name: "words"}, func(*wasql.Config) (words, error) { return words{}, nil }).With(wasql.Functions)
	in, err := wasqltest.TryOpen(nil, c, wasqltest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := in.CallFunction("shout", [][]wasql.Value{{wasql.TextValue("hey")}, {wasql.TextValue("you")}})
	fmt.Println(results, err)
	results, err = in.CallAggregate("longest", []uint32{0, 1, 0}, [][]wasql.Value{
		{wasql.TextValue("a")}, {wasql.TextValue("bb")}, {wasql.TextValue("ccc")},
	})
	fmt.Println(results, err)
	// Output:
	// ["HEY!" "YOU!"] <nil>
	// ["ccc" "bb"] <nil>
}

// phones finds rows by key, many keys a call.
type phones map[string]int64

func (phones) Name() string { return "phones" }

func (phones) Columns() []wasql.Column {
	return []wasql.Column{{Name: "name", Type: wasql.UTF8, NotNull: true}, {Name: "number", Type: wasql.Int64, NotNull: true}}
}

func (p phones) Scan(*wasql.Plan) (wasql.Cursor, error) {
	names := slices.Sorted(maps.Keys(p))
	return wasql.Each(wasql.Sure(slices.Values(names)), func(out *wasql.Rows, name string) error {
		return out.Add(name, p[name])
	}), nil
}

func (p phones) Find(_ *wasql.Plan, _ []int) (wasql.Lookup, error) { return p, nil }

func (p phones) Rows(key []wasql.Value) (wasql.Cursor, error) {
	name, _ := key[0].Text()
	number, found := p[name]
	return cursor(func(out *wasql.Rows) error {
		if found {
			out.String(0, name)
			out.Int64(1, number)
			out.EndRow()
		}
		return io.EOF
	}), nil
}

func ExampleFinder() {
	c := wasql.NewTables(wasql.Manifest{Name: "phones"}, phones{"ann": 11, "bob": 22})
	in, err := wasqltest.TryOpen(nil, c, wasqltest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := in.Lookup("phones", []string{"name"}, []string{"number"}, [][]wasql.Value{
		{wasql.TextValue("bob")}, {wasql.NullValue()}, {wasql.TextValue("eve")}, {wasql.TextValue("ann")},
	})
	fmt.Println(rows, err) // the position of the key, then the columns
	// Output:
	// [[0 22] [3 11]] <nil>
}
