// Package golden is the one answer of series, in whatever language it is written. README.md defines it,
// series.txt holds the cases, Run asks an instance all of them. The package knows messages and batches
// only, so that a native instance and a module behind a host are asked the same.
package golden

import (
	_ "embed" // the cases
	"fmt"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/pb"
)

//go:embed series.txt
var text string

// Case is one case: requests, and the answers to them.
type Case struct {
	Title   string
	Request *pb.PlanRequest
	Params  []*pb.Value
	Wanted  uint32
	// Answers are checked in order; an answer that is absent is not checked.
	Answers []Answer
}

// Answer is one answer line.
type Answer struct {
	Line       int
	Word, Rest string
}

// Cases reads series.txt.
func Cases() ([]Case, error) {
	var cases []Case
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if title, ok := strings.CutPrefix(line, "== "); ok {
			cases = append(cases, Case{Title: title, Request: &pb.PlanRequest{Columns: []uint32{0}}})
			continue
		}
		word, rest, ok := strings.Cut(line, ":")
		if !ok || len(cases) == 0 {
			return nil, fmt.Errorf("series.txt:%d: %q is no line of a case", i+1, line)
		}
		if err := cases[len(cases)-1].add(i+1, word, strings.TrimSpace(rest)); err != nil {
			return nil, fmt.Errorf("series.txt:%d: %w", i+1, err)
		}
	}
	return cases, nil
}

var columnNumbers = map[string]uint32{"value": 0, "start": 1, "stop": 2, "step": 3}

func (c *Case) add(line int, word, rest string) (err error) {
	switch word {
	case "columns":
		c.Request.Columns = nil
		for _, field := range strings.Fields(rest) {
			n, err := strconv.ParseUint(field, 10, 32)
			if err != nil {
				return err
			}
			c.Request.Columns = append(c.Request.Columns, uint32(n))
		}
	case "args":
		for i, field := range strings.Fields(rest) {
			if err := c.filter(true, uint32(i+1), pb.FilterOp_FILTER_OP_EQ, []string{field}); err != nil {
				return err
			}
		}
	case "where", "unusable":
		return c.where(rest, word == "where")
	case "order":
		return c.order(rest)
	case "limit":
		return c.limit(rest)
	case "ask":
		return c.ask(rest)
	case "params":
		c.Params, err = Values(rest)
		return err
	case "wanted":
		n, err := strconv.ParseUint(rest, 10, 32)
		c.Wanted = uint32(n)
		return err
	case "uses", "took", "refused", "estimate", "unique", "index", "explain", "error", "open error", "rows", "head", "piece", "rescan":
		c.Answers = append(c.Answers, Answer{line, word, rest})
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return nil
}

var operators = map[string]pb.FilterOp{
	"=": pb.FilterOp_FILTER_OP_EQ, "<>": pb.FilterOp_FILTER_OP_NE, "<": pb.FilterOp_FILTER_OP_LT, "<=": pb.FilterOp_FILTER_OP_LE,
	">": pb.FilterOp_FILTER_OP_GT, ">=": pb.FilterOp_FILTER_OP_GE, "<=>": pb.FilterOp_FILTER_OP_NULL_SAFE_EQ,
	"in": pb.FilterOp_FILTER_OP_IN, "like": pb.FilterOp_FILTER_OP_LIKE, "isnull": pb.FilterOp_FILTER_OP_IS_NULL,
}

func (c *Case) where(rest string, usable bool) error {
	if rest == "or" {
		tree := &pb.Filter{Op: pb.FilterOp_FILTER_OP_OR}
		for _, n := range []int64{1, 2} {
			column := uint32(0)
			value := &pb.Value{Kind: &pb.Value_Int64{Int64: n}}
			tree.Children = append(tree.Children, &pb.Filter{
				Op: pb.FilterOp_FILTER_OP_EQ, Column: &column, Operands: []*pb.Operand{{Kind: &pb.Operand_Value{Value: value}}},
			})
		}
		c.Request.Filters = append(c.Request.Filters, &pb.Conjunct{Filter: tree, Usable: usable})
		return nil
	}
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return fmt.Errorf("%q is no comparison", rest)
	}
	column, ok := columnNumbers[fields[0]]
	op, known := operators[fields[1]]
	if !ok || !known {
		return fmt.Errorf("%q is no comparison", rest)
	}
	return c.filter(usable, column, op, fields[2:])
}

func (c *Case) filter(usable bool, column uint32, op pb.FilterOp, operands []string) error {
	f := &pb.Filter{Op: op, Column: &column}
	for _, field := range operands {
		operand, err := parseOperand(field)
		if err != nil {
			return err
		}
		f.Operands = append(f.Operands, operand)
	}
	c.Request.Filters = append(c.Request.Filters, &pb.Conjunct{Filter: f, Usable: usable})
	return nil
}

func parseOperand(field string) (*pb.Operand, error) {
	switch field[0] {
	case '?':
		digits, typ, _ := strings.Cut(field[1:], ":")
		n, err := strconv.ParseUint(digits, 10, 32)
		t := pb.Type_TYPE_INT64
		if typ == "utf8" {
			t = pb.Type_TYPE_UTF8
		}
		return &pb.Operand{Kind: &pb.Operand_Param{Param: uint32(n)}, Type: t}, err
	case '@':
		n, err := strconv.ParseUint(field[1:], 10, 32)
		return &pb.Operand{Kind: &pb.Operand_Column{Column: uint32(n)}}, err
	}
	value, err := parseValue(field)
	return &pb.Operand{Kind: &pb.Operand_Value{Value: value}}, err
}

// Values reads values separated by spaces.
func Values(rest string) ([]*pb.Value, error) {
	var values []*pb.Value
	for _, field := range strings.Fields(rest) {
		v, err := parseValue(field)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

func parseValue(field string) (*pb.Value, error) {
	switch {
	case field == "null":
		return &pb.Value{Kind: &pb.Value_Null{Null: true}}, nil
	case field == "true" || field == "false":
		return &pb.Value{Kind: &pb.Value_Bool{Bool: field == "true"}}, nil
	case field[0] == '\'':
		return &pb.Value{Kind: &pb.Value_Utf8{Utf8: strings.Trim(field, "'")}}, nil
	case field[0] == 'u':
		n, err := strconv.ParseUint(field[1:], 10, 64)
		return &pb.Value{Kind: &pb.Value_Uint64{Uint64: n}}, err
	case strings.Contains(field, "e"):
		f, err := strconv.ParseFloat(field, 64)
		return &pb.Value{Kind: &pb.Value_Float64{Float64: f}}, err
	case strings.Contains(field, "."):
		return &pb.Value{Kind: &pb.Value_Decimal{Decimal: field}}, nil
	}
	n, err := strconv.ParseInt(field, 10, 64)
	return &pb.Value{Kind: &pb.Value_Int64{Int64: n}}, err
}

func (c *Case) order(rest string) error {
	for _, key := range strings.Split(rest, ",") {
		name, direction, _ := strings.Cut(strings.TrimSpace(key), " ")
		column, ok := columnNumbers[name]
		if !ok {
			return fmt.Errorf("unknown column %q", name)
		}
		c.Request.Order = append(c.Request.Order, &pb.OrderKey{Column: column, Descending: direction == "desc"})
	}
	return nil
}

func (c *Case) limit(rest string) error {
	fields := strings.Fields(rest)
	if len(fields) > 0 && fields[0] != "offset" {
		n, err := strconv.ParseUint(fields[0], 10, 64)
		if err != nil {
			return err
		}
		c.Request.Limit, fields = &n, fields[1:]
	}
	if len(fields) == 2 && fields[0] == "offset" {
		n, err := strconv.ParseUint(fields[1], 10, 64)
		c.Request.Offset = n
		return err
	}
	return nil
}

func (c *Case) ask(rest string) error {
	switch rest {
	case "distinct":
		c.Request.Distinct = true
	case "aggregation":
		c.Request.Aggregation = &pb.Aggregation{Calls: []*pb.AggregateCall{{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR}}}
	case "sample":
		c.Request.Sample = &pb.Sample{Fraction: 0.5}
	case "join":
		c.Request.Join = &pb.Join{Kind: pb.JoinKind_JOIN_KIND_INNER, Right: &pb.TableRef{Name: "series"}}
	default:
		return fmt.Errorf("unknown part %q", rest)
	}
	return nil
}
