package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// dependents makes random joins in which calls of series take their arguments from other tables, each written in
// two ways: as conditions on the hidden columns, in any order, and with LATERAL, in one that serves.
type dependents struct {
	random *rand.Rand
	// names of the tables, in an order in which each can be read; values are expressions over them.
	names  []string
	values []string
	plain  []string // each table by itself, as it is written for conditions
	later  []string // and for LATERAL
	where  []string // the conditions that make calls
}

func (d *dependents) one(of ...string) string { return of[d.random.IntN(len(of))] }

func (d *dependents) value() string {
	v := d.one(d.values...)
	switch d.random.IntN(6) {
	case 0:
		return v + " + 1"
	case 1:
		return "abs(" + v + ")"
	}
	return v
}

func (d *dependents) equal(a, b string) string {
	if d.random.IntN(2) == 0 {
		a, b = b, a
	}
	return a + " = " + b
}

// base adds a table that needs nothing.
func (d *dependents) base() {
	name := fmt.Sprintf("b%d", len(d.names))
	table := d.one("main.t", "series(1, 4)", "series(2, 3)", "main.t")
	d.names = append(d.names, name)
	column := ".value"
	if table == "main.t" {
		column = ".n"
	}
	d.values = append(d.values, name+column)
	d.plain, d.later = append(d.plain, table+" "+name), append(d.later, table+" "+name)
}

// call adds a series that is called with values of those before.
func (d *dependents) call() {
	name := fmt.Sprintf("c%d", len(d.names))
	start, stop := d.one("1", "0", "2"), d.value()
	if d.random.IntN(3) == 0 {
		start, stop = d.value(), d.one("3", "5")
	}
	if d.random.IntN(4) == 0 {
		start, stop = d.value(), d.value()
	}
	d.where = append(d.where, d.equal(name+".start", start), d.equal(name+".stop", stop))
	d.names, d.values = append(d.names, name), append(d.values, name+".value")
	d.plain = append(d.plain, "series.series "+name)
	d.later = append(d.later, fmt.Sprintf("LATERAL (SELECT value FROM series(%s, %s)) %s", start, stop, name))
}

// question gives a query in both ways.
func (d *dependents) question() (conditions, lateral string) {
	d.base()
	for range 1 + d.random.IntN(3) {
		if d.random.IntN(3) == 0 {
			d.base()
		} else {
			d.call()
		}
	}
	if len(d.where) == 0 {
		d.call()
	}
	var filters []string
	for range d.random.IntN(3) {
		filters = append(filters, d.one(d.values...)+" "+d.one("<", "<>", "=", ">=")+" "+d.one(append(slices.Clone(d.values), "2", "3")...))
	}
	columns := strings.Join(d.values, ", ")
	lateral = "SELECT " + columns + " FROM " + strings.Join(d.later, ", ")
	if len(filters) > 0 {
		lateral += " WHERE " + strings.Join(filters, " AND ")
	}
	order := d.random.Perm(len(d.plain))
	all := append(slices.Clone(d.where), filters...)
	d.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	conditions = "SELECT " + columns + " FROM "
	on := d.random.IntN(len(all) + 1)
	for i, at := range order {
		switch {
		case i == 0:
		case i == len(order)-1 && on > 0 && len(order) > 1:
			// A comma binds less than JOIN, so that ON sees all tables only when all are joined.
			conditions += " JOIN "
		default:
			conditions += d.one(" CROSS JOIN ", " JOIN ")
		}
		conditions += d.plain[at]
	}
	if on > 0 && len(order) > 1 {
		conditions += " ON " + strings.Join(all[:on], " AND ")
		all = all[on:]
	} else {
		conditions = strings.NewReplacer(" CROSS JOIN ", ", ", " JOIN ", ", ").Replace(conditions)
	}
	if len(all) > 0 {
		conditions += " WHERE " + strings.Join(all, " AND ")
	}
	return conditions, lateral
}

// checklist: T15
func TestArgumentsOfTablesComeFromOtherTables(t *testing.T) {
	_, s := newEngine(t, Config{}, "store", "series-go")
	tell(t, s, "CREATE TABLE main.t (id INT PRIMARY KEY, n BIGINT)", "INSERT INTO main.t VALUES (1, 1), (2, 3), (3, NULL), (4, 3)")
	questions := 150
	if testing.Short() {
		questions = 25
	}
	rows := 0
	for seed := range uint64(questions) {
		d := &dependents{random: rand.New(rand.NewPCG(seed, 5))}
		conditions, lateral := d.question()
		for _, set := range []string{"wasql_pushdown = 1, wasql_vectors = 1", "wasql_pushdown = 1, wasql_vectors = 2", "wasql_pushdown = 0, wasql_vectors = 0"} {
			tell(t, s, "SET "+set)
			answers := make([]string, 2)
			for i, query := range []string{lateral, conditions} {
				_, all, _, err := ask(t.Context(), s, query)
				if err != nil {
					t.Fatalf("seed %d, %s: %s: %v", seed, set, query, err)
				}
				lines := make([]string, len(all))
				for j, row := range all {
					lines[j] = strings.Join(row, " ")
				}
				slices.Sort(lines)
				rows += len(lines)
				answers[i] = strings.Join(lines, "\n")
			}
			if answers[0] != answers[1] {
				t.Errorf("seed %d, %s:\n%s\n%s\nand\n%s\n%s", seed, set, lateral, answers[0], conditions, answers[1])
			}
		}
	}
	if rows < 10*questions {
		t.Errorf("%d rows came in %d questions, which says little", rows, questions)
	}
}
