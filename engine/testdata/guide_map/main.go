// Guide_map is the third example of the ThinSQLite++ guide: an ordered map of integers to texts, which finds ranges of
// keys itself. It is built by the tests.
package main

import (
	"slices"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{Name: "guide_map", Version: "1.0.0"}, open, &myTable{}))
}

type entry struct {
	key   int64
	value string
}

// open reads construction data such as "74=a 42=b".
func open(config *wasql.Config) (wasql.Tables, error) {
	t := &myTable{name: config.Server}
	for text := range strings.FieldsSeq(string(config.ConstructionData)) {
		key, value, _ := strings.Cut(text, "=")
		n, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return nil, wasql.Errorf(wasql.InvalidArgument, "construction data %q is no integer with a value", text)
		}
		t.entries = append(t.entries, entry{n, value})
	}
	slices.SortFunc(t.entries, func(a, b entry) int { return int(a.key - b.key) })
	return wasql.Tables{t}, nil
}

type myTable struct {
	name    string
	entries []entry
}

func (t *myTable) Name() string { return t.name }

func (t *myTable) Columns() []wasql.Column {
	return []wasql.Column{{Name: "key", Type: wasql.Int64, SQLType: "bigint", NotNull: true}, {Name: "value", Type: wasql.UTF8, SQLType: "text"}}
}

// Define implements wasql.Definer.
func (t *myTable) Define(d *wasql.Definition) {
	d.Kind, d.PrimaryKey = wasql.EponymousOnly, []string{"key"}
}

// Plan is best_index: comparisons of the key are done here and not checked again, and the order of the keys is that of the
// rows. With neither the cost is high.
func (t *myTable) Plan(p *wasql.Plan) error {
	if order := p.Order; len(order) == 1 && order[0].Column == 0 && !order[0].Descending {
		p.Take(wasql.Order)
	}
	if p.ClaimRange("key", wasql.Exact) {
		p.IndexNumber = 1
		return nil
	}
	p.Cost = 2147483647
	return nil
}

// Scan is filter: the range is what all comparisons leave.
func (t *myTable) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	low, high := p.Int64Range("key")
	return wasql.Values(func(yield func([]any, error) bool) {
		for _, e := range t.entries {
			if low <= e.key && e.key <= high && !yield([]any{e.key, e.value}, nil) {
				return
			}
		}
	}), nil
}
