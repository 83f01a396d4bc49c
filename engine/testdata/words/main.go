// Words is the connector with functions that the engine's tests run: scalar ones, aggregates, ones
// that go wrong in every way, and a table whose scan takes a function over. It is built by the tests.
package main

import (
	"io"
	"slices"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{
		Name: "words", Version: "1.0.0", Description: "functions", License: "Apache-2.0",
		Options: []wasql.Option{
			{Name: "extra", Description: "how many functions there are besides", Type: wasql.IntOption, Default: "0"},
			{Name: "claim", Description: "how the scan takes match_words over", Type: wasql.EnumOption, Choices: []string{"no", "inexact", "exact"}, Default: "exact"},
		},
	}, open, (*docs)(nil)).With(wasql.Functions))
}

func open(c *wasql.Config) (source, error) {
	claim := c.Options.String("claim")
	return source{extra: int(c.Options.Int64("extra")), Tables: wasql.Tables{&docs{claim: claim}, &pieces{}, &pieces{by: true}}}, nil
}

type source struct {
	wasql.Tables
	extra int
}

var (
	number = wasql.Column{Type: wasql.Int64}
	text   = wasql.Column{Type: wasql.UTF8, SQLType: "varchar(200)"}
	truth  = wasql.Column{Type: wasql.Bool}
	price  = wasql.Column{Type: wasql.Decimal128, Precision: 10, Scale: 2}
)

func arguments(columns ...wasql.Column) []wasql.Column { return columns }

// Functions implements wasql.FunctionKeeper.
func (s source) Functions() []wasql.Function {
	all := append(s.more(), wasql.Function{
		Name: "longest", Description: "the longest text; of several the first", Arguments: arguments(text), Result: text,
		Deterministic: true, NullPropagates: true, Aggregate: func() wasql.Accumulator { return &longest{} },
	}, wasql.Function{
		Name: "joined", Description: "all texts, in order, NULLs as a dash", Arguments: arguments(text, text), Result: wasql.Column{Type: wasql.UTF8},
		Deterministic: true, ArgumentsMin: 1, Aggregate: func() wasql.Accumulator { return &joined{} },
	}, wasql.Function{
		Name: "split", Description: "the pieces of a text between commas", Arguments: arguments(text), Table: "pieces",
	}, wasql.Function{
		Name: "split", Description: "the pieces of a text", Arguments: arguments(text, text), Table: "pieces_by",
	}, wasql.Function{
		Name: "lost", Arguments: arguments(number), Table: "nowhere",
	})
	return append(scalars(), all...)
}

// more are as many functions as the option says. The first is divided, which is an aggregate when there are none.
func (s source) more() []wasql.Function {
	if s.extra == 0 {
		return []wasql.Function{{Name: "divided", Arguments: arguments(text), Result: text, Deterministic: true, NullPropagates: true,
			Aggregate: func() wasql.Accumulator { return &longest{} }}}
	}
	all := make([]wasql.Function, s.extra)
	for i := range all {
		all[i] = wasql.Function{Name: "divided", Arguments: arguments(number), Result: number, Deterministic: true,
			Call: func(a []wasql.Value) (wasql.Value, error) { return a[0], nil }}
		if i > 0 {
			all[i].Name += strconv.Itoa(i)
		}
	}
	return all
}

func scalars() []wasql.Function {
	calls := int64(0)
	return []wasql.Function{
		{Name: "doubled", Description: "twice a number", Arguments: arguments(number), Result: number, Deterministic: true, NullPropagates: true,
			Call: func(a []wasql.Value) (wasql.Value, error) {
				n, _ := a[0].Int64()
				return wasql.IntValue(2 * n), nil
			}},
		{Name: "shout", Arguments: arguments(text), Result: text, Deterministic: true, NullPropagates: true, Call: shout},
		{Name: "shout", Arguments: arguments(text, number), Result: text, Deterministic: true, NullPropagates: true, Call: shout},
		{Name: "kind", Description: "which overload it is", Arguments: arguments(number), Result: text, Deterministic: true, Call: constant("a number")},
		{Name: "kind", Arguments: arguments(text), Result: text, Deterministic: true, Call: constant("a text")},
		{Name: "or_else", Description: "the first that is not NULL", Arguments: arguments(text, text), Variadic: true, ArgumentsMin: 1, Result: text,
			Deterministic: true, Call: func(a []wasql.Value) (wasql.Value, error) {
				for _, v := range a {
					if !v.IsNull() {
						return v, nil
					}
				}
				return wasql.NullValue(), nil
			}},
		{Name: "priced", Arguments: arguments(price, number), Result: price, Deterministic: true, NullPropagates: true,
			Call: func(a []wasql.Value) (wasql.Value, error) { return wasql.DecimalValue(a[0].String()), nil }},
		{Name: "abs", Description: "a text without its sign; the distance of two numbers", Arguments: arguments(text), Result: text, Deterministic: true, Call: func(a []wasql.Value) (wasql.Value, error) {
			s, _ := a[0].Text()
			return wasql.TextValue(strings.TrimLeft(s, "+-")), nil
		}},
		{Name: "abs", Arguments: arguments(number, number), Result: number, Deterministic: true, NullPropagates: true, Call: func(a []wasql.Value) (wasql.Value, error) {
			x, _ := a[0].Int64()
			y, _ := a[1].Int64()
			return wasql.IntValue(max(x-y, y-x)), nil
		}},
		{Name: "positive", Description: "refuses what is not", Arguments: arguments(number), Result: number, Deterministic: true, NullPropagates: true,
			Call: func(a []wasql.Value) (wasql.Value, error) {
				n, _ := a[0].Int64()
				if n <= 0 {
					e := wasql.Errorf(wasql.OutOfRange, "%d is not positive", n).WithHint("add something")
					e.Errno, e.SQLState = 3020, "42000"
					return wasql.Value{}, e
				}
				return a[0], nil
			}},
		{Name: "counted", Description: "how often the instance was asked", Result: number, Call: func([]wasql.Value) (wasql.Value, error) {
			calls++
			return wasql.IntValue(calls), nil
		}},
		{Name: "match_words", Description: "tells whether a text has a word", Arguments: arguments(text, text), Result: truth, Deterministic: true, NullPropagates: true,
			Constraint: true, Call: func(a []wasql.Value) (wasql.Value, error) {
				s, _ := a[0].Text()
				word, _ := a[1].Text()
				return wasql.BoolValue(hasWord(s, word)), nil
			}},
		{Name: "huge", Arguments: arguments(number), Result: text, Call: func(a []wasql.Value) (wasql.Value, error) {
			n, _ := a[0].Int64()
			return wasql.TextValue(strings.Repeat("x", int(n))), nil
		}},
		{Name: "nothing", Arguments: arguments(number), Result: wasql.Column{Type: wasql.Int64, NotNull: true},
			Call: func([]wasql.Value) (wasql.Value, error) { return wasql.NullValue(), nil }},
		{Name: "trap", Arguments: arguments(number), Result: number, Call: func(a []wasql.Value) (wasql.Value, error) {
			if n, _ := a[0].Int64(); n == 13 {
				panic("unlucky")
			}
			return a[0], nil
		}},
		{Name: "spin", Arguments: arguments(number), Result: number, Call: func(a []wasql.Value) (wasql.Value, error) {
			for n := 0; n >= 0; {
				n ^= 1
			}
			return a[0], nil
		}},
		{Name: "deep", Arguments: arguments(number), Result: number, Call: func(a []wasql.Value) (wasql.Value, error) {
			n, _ := a[0].Int64()
			return wasql.IntValue(deep(n)), nil
		}},
	}
}

func deep(n int64) int64 {
	if n == 0 {
		return 0
	}
	return 1 + deep(n-1)
}

func constant(s string) func([]wasql.Value) (wasql.Value, error) {
	return func([]wasql.Value) (wasql.Value, error) { return wasql.TextValue(s), nil }
}

func shout(a []wasql.Value) (wasql.Value, error) {
	s, _ := a[0].Text()
	n := int64(1)
	if len(a) > 1 {
		n, _ = a[1].Int64()
	}
	return wasql.TextValue(strings.ToUpper(s) + strings.Repeat("!", int(n))), nil
}

func hasWord(s, word string) bool {
	return slices.Contains(strings.Fields(strings.ToLower(s)), strings.ToLower(word))
}

type longest struct {
	text string
	any  bool
}

func (l *longest) Add(a []wasql.Value) error {
	s, _ := a[0].Text()
	if s == "refuse" {
		return wasql.Errorf(wasql.InvalidData, "this one is not taken")
	}
	if !l.any || len(s) > len(l.text) {
		l.text, l.any = s, true
	}
	return nil
}

func (l *longest) Result() (wasql.Value, error) {
	if !l.any {
		return wasql.NullValue(), nil
	}
	return wasql.TextValue(l.text), nil
}

type joined struct{ text strings.Builder }

func (j *joined) Add(a []wasql.Value) error {
	separator := ","
	if len(a) > 1 {
		separator, _ = a[1].Text()
	}
	if j.text.Len() > 0 {
		j.text.WriteString(separator)
	}
	s, _ := a[0].Text()
	if a[0].IsNull() {
		s = "-"
	}
	j.text.WriteString(s)
	return nil
}

func (j *joined) Result() (wasql.Value, error) { return wasql.TextValue(j.text.String()), nil }

// docs is a table of texts whose scan can find words.
type docs struct{ claim string }

var texts = []string{"the quick brown fox", "a lazy dog", "", "The end", "no such thing", "dog eats dog", "brown bread"}

func (*docs) Name() string { return "docs" }

func (*docs) Columns() []wasql.Column {
	return []wasql.Column{{Name: "id", Type: wasql.Int64}, {Name: "doc", Type: wasql.UTF8, SQLType: "varchar(200)"}, {Name: "signed", Type: wasql.UTF8, SQLType: "varchar(20)"}}
}

func (d *docs) Plan(p *wasql.Plan) error {
	for _, c := range p.Conjuncts() {
		if (c.Op != wasql.FunctionOp || c.Name != "match_words" || c.Column != 1) && !searches(&c.Filter) {
			continue
		}
		switch d.claim {
		case "exact":
			c.Claim(wasql.Exact)
		case "inexact":
			c.Claim(wasql.Inexact)
		default:
			c.Refuse("the option claim is no")
		}
	}
	return nil
}

func (d *docs) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	return &cursor{plan: p, loose: d.claim == "inexact"}, nil
}

type cursor struct {
	plan  *wasql.Plan
	loose bool
}

func (c *cursor) Next(out *wasql.Rows) error {
	for i, s := range texts {
		if !c.wanted(i, s) {
			continue
		}
		var doc any = s
		if s == "" {
			doc = nil
		}
		if err := out.Add(int64(i+1), doc, "-"+s[:min(len(s), 3)]); err != nil {
			return err
		}
	}
	return io.EOF
}

// wanted checks what was claimed: loosely, it looks for the letters only.
func (c *cursor) wanted(i int, s string) bool {
	for _, f := range c.plan.Conjuncts() {
		if f.Use() == wasql.Ignored {
			continue
		}
		if searches(&f.Filter) {
			if !found(&f.Filter, i) {
				return false
			}
			continue
		}
		v, _ := f.Operands[0].Value()
		word, _ := v.Text()
		if c.loose && !strings.Contains(strings.ToLower(s), strings.ToLower(word)) || !c.loose && !hasWord(s, word) {
			return false
		}
	}
	return true
}

// searches tells whether a filter is made of MATCH … AGAINST alone.
func searches(f *wasql.Filter) bool {
	switch f.Op {
	case wasql.Match:
		return true
	case wasql.And, wasql.Or, wasql.Not:
		return !slices.ContainsFunc(f.Children, func(child wasql.Filter) bool { return !searches(&child) })
	}
	return false
}

// found tells whether a row is what such a filter looks for: one of the columns has one of the words.
func found(f *wasql.Filter, row int) bool {
	holds := func(child wasql.Filter) bool { return found(&child, row) }
	switch f.Op {
	case wasql.And:
		return !slices.ContainsFunc(f.Children, func(child wasql.Filter) bool { return !holds(child) })
	case wasql.Or:
		return slices.ContainsFunc(f.Children, holds)
	case wasql.Not:
		return !holds(f.Children[0])
	}
	columns := []int{f.Column}
	for _, o := range f.Operands[1:] {
		if column, ok := o.Column(); ok {
			columns = append(columns, column)
		}
	}
	v, _ := f.Operands[0].Value()
	words, _ := v.Text()
	cells := []string{1: texts[row], 2: "-" + texts[row][:min(len(texts[row]), 3)]}
	return slices.ContainsFunc(strings.Fields(words), func(word string) bool {
		return slices.ContainsFunc(columns, func(column int) bool { return hasWord(cells[column], word) })
	})
}
