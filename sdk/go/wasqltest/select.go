package wasqltest

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// selection is a query made ready for one table.
type selection struct {
	query     Query
	request   *pb.PlanRequest
	batchRows int
	// shown are the places in the request's columns of what the query shows.
	shown []int
	table *pb.Table
}

func (in *Instance) prepare(table string, q Query) (*selection, error) {
	var response pb.DescribeResponse
	if err := in.Call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: &pb.TableRef{Name: table}}, &response); err != nil {
		return nil, err
	}
	s := &selection{query: q, table: response.GetTable(), batchRows: q.BatchRows}
	s.request = &pb.PlanRequest{Table: &pb.TableRef{Name: table, Data: s.table.GetData(), Version: s.table.GetVersion()}}
	if s.batchRows == 0 {
		s.batchRows = 3
	}
	if q.Limit > 0 {
		limit := uint64(q.Limit)
		s.request.Limit = &limit
	}
	s.request.Offset, s.request.Sample = q.Offset, q.Sample
	names := q.Columns
	if names == nil {
		for _, c := range s.table.GetColumns() {
			if !c.GetHidden() {
				names = append(names, c.GetName())
			}
		}
	}
	if err := s.conjuncts(); err != nil {
		return nil, err
	}
	for _, key := range q.Order {
		name, direction, _ := strings.Cut(key, " ")
		column, err := s.column(name)
		if err != nil {
			return nil, err
		}
		s.request.Order = append(s.request.Order, &pb.OrderKey{Column: column, Descending: direction == "desc"})
	}
	return s, s.read(names)
}

// read lists the columns that the query, its filters and its order need, ascending as the engine does.
func (s *selection) read(names []string) error {
	var shown, needed []uint32
	for _, name := range names {
		column, err := s.column(name)
		if err != nil {
			return err
		}
		shown = append(shown, column)
	}
	needed = append(needed, shown...)
	for _, conjunct := range s.request.Filters {
		needed = append(needed, conjunct.GetFilter().GetColumn())
	}
	for _, key := range s.request.Order {
		needed = append(needed, key.GetColumn())
	}
	slices.Sort(needed)
	s.request.Columns = slices.Compact(needed)
	for _, column := range shown {
		s.shown = append(s.shown, slices.Index(s.request.Columns, column))
	}
	return nil
}

func (s *selection) column(name string) (uint32, error) {
	for i, c := range s.table.GetColumns() {
		if c.GetName() == name {
			return uint32(i), nil
		}
	}
	return 0, fmt.Errorf("table %s has no column %s", s.table.GetName(), name)
}

var operators = map[string]wasql.Op{
	"=": wasql.EQ, "<>": wasql.NE, "<": wasql.LT, "<=": wasql.LE, ">": wasql.GT, ">=": wasql.GE, "in": wasql.IN, "is": wasql.IsNull,
}

func (s *selection) conjuncts() error {
	for i, v := range s.query.Args {
		at := slices.IndexFunc(s.table.GetColumns(), func(c *pb.Column) bool { return int(c.GetArgument()) == i+1 })
		if at < 0 {
			return fmt.Errorf("table %s has no argument %d", s.table.GetName(), i+1)
		}
		s.add(uint32(at), wasql.EQ, []*pb.Operand{{Kind: &pb.Operand_Value{Value: v.Message()}}})
	}
	for _, text := range s.query.Where {
		fields := strings.Fields(text)
		if len(fields) < 3 || operators[fields[1]] == 0 {
			return fmt.Errorf("%q is no comparison", text)
		}
		column, err := s.column(fields[0])
		if err != nil {
			return err
		}
		op, rest := operators[fields[1]], strings.TrimSpace(text[strings.Index(text, " "+fields[1]+" ")+len(fields[1])+2:])
		switch {
		case op == wasql.IsNull && rest == "null":
			s.add(column, wasql.IsNull, nil)
			continue
		case op == wasql.IsNull && rest == "not null":
			s.add(column, wasql.IsNotNull, nil)
			continue
		}
		words := []string{rest}
		if op == wasql.IN {
			words = strings.Fields(rest)
		}
		var operands []*pb.Operand
		for _, word := range words {
			operand, err := s.operand(word)
			if err != nil {
				return fmt.Errorf("%q: %w", text, err)
			}
			operands = append(operands, operand)
		}
		s.add(column, op, operands)
	}
	return nil
}

func (s *selection) add(column uint32, op wasql.Op, operands []*pb.Operand) {
	s.request.Filters = append(s.request.Filters, &pb.Conjunct{Usable: true, Filter: &pb.Filter{
		Op: pb.FilterOp(op), Column: &column, Operands: operands, Collation: "utf8mb4_0900_bin",
	}})
}

func (s *selection) operand(word string) (*pb.Operand, error) {
	if number, ok := strings.CutPrefix(word, "?"); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n >= len(s.query.Params) {
			return nil, fmt.Errorf("there is no param %s", word)
		}
		types := map[wasql.Kind]wasql.Type{
			wasql.KindBool: wasql.Bool, wasql.KindNull: wasql.Int64, wasql.KindInt64: wasql.Int64, wasql.KindUint64: wasql.Uint64,
			wasql.KindFloat64: wasql.Float64, wasql.KindDecimal: wasql.Decimal128, wasql.KindText: wasql.UTF8, wasql.KindBinary: wasql.Binary,
			wasql.KindDate: wasql.Date, wasql.KindTime: wasql.Time, wasql.KindDatetime: wasql.Datetime, wasql.KindJSON: wasql.JSON,
		}
		return &pb.Operand{Kind: &pb.Operand_Param{Param: uint32(n)}, Type: pb.Type(types[s.query.Params[n].Kind()])}, nil
	}
	v, err := literal(word)
	return &pb.Operand{Kind: &pb.Operand_Value{Value: v.Message()}}, err
}

func literal(word string) (wasql.Value, error) {
	switch {
	case word == "null":
		return wasql.NullValue(), nil
	case word == "true" || word == "false":
		return wasql.BoolValue(word == "true"), nil
	case len(word) >= 2 && word[0] == '\'' && word[len(word)-1] == '\'':
		return wasql.TextValue(word[1 : len(word)-1]), nil
	case strings.Contains(word, "e"):
		f, err := strconv.ParseFloat(word, 64)
		return wasql.FloatValue(f), err
	case strings.Contains(word, "."):
		return wasql.DecimalValue(word), nil
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return wasql.IntValue(n), nil
	}
	n, err := strconv.ParseUint(word, 10, 64)
	return wasql.UintValue(n), err
}

// finish checks what the plan claimed and does the rest.
func (s *selection) finish(plan *pb.PlanResponse, rows [][]wasql.Value) ([][]wasql.Value, error) {
	var kept [][]wasql.Value
	for _, row := range rows {
		keep := true
		for i, conjunct := range s.request.Filters {
			if s.holds(conjunct.GetFilter(), row) {
				continue
			}
			if plan.GetFilters()[i].GetUse() == pb.Use_USE_EXACT {
				return nil, fmt.Errorf("row %v fails conjunct %d, which is claimed as exact", row, i)
			}
			keep = false
		}
		if keep {
			kept = append(kept, row)
		}
	}
	if plan.GetUnique() && len(rows) > 1 {
		return nil, fmt.Errorf("%d rows of a plan that is unique", len(rows))
	}
	if plan.GetOrder().GetTaken() {
		if !slices.IsSortedFunc(rows, s.compare) {
			return nil, fmt.Errorf("the order was taken, and rows come as %v", rows)
		}
	} else {
		slices.SortStableFunc(kept, s.compare)
	}
	if plan.GetLimit().GetTaken() {
		if s.request.Limit != nil && uint64(len(rows)) > *s.request.Limit {
			return nil, fmt.Errorf("%d rows come, the limit of %d was taken", len(rows), *s.request.Limit)
		}
	} else {
		kept = kept[min(s.request.Offset, uint64(len(kept))):]
		if s.request.Limit != nil {
			kept = kept[:min(*s.request.Limit, uint64(len(kept)))]
		}
	}
	shown := make([][]wasql.Value, len(kept))
	for i, row := range kept {
		for _, at := range s.shown {
			shown[i] = append(shown[i], row[at])
		}
	}
	return shown, nil
}

// holds evaluates a conjunct on a row, as SQL does.
func (s *selection) holds(f *pb.Filter, row []wasql.Value) bool {
	left := row[slices.Index(s.request.Columns, f.GetColumn())]
	switch wasql.Op(f.GetOp()) {
	case wasql.IsNull:
		return left.IsNull()
	case wasql.IsNotNull:
		return !left.IsNull()
	}
	for _, operand := range f.GetOperands() {
		right := s.value(operand)
		if left.IsNull() || right.IsNull() {
			continue
		}
		c := Compare(left, right)
		ok := false
		switch wasql.Op(f.GetOp()) {
		case wasql.EQ, wasql.IN:
			ok = c == 0
		case wasql.NE:
			ok = c != 0
		case wasql.LT:
			ok = c < 0
		case wasql.LE:
			ok = c <= 0
		case wasql.GT:
			ok = c > 0
		case wasql.GE:
			ok = c >= 0
		}
		if ok {
			return true
		}
	}
	return false
}

func (s *selection) value(o *pb.Operand) wasql.Value {
	if p, ok := o.GetKind().(*pb.Operand_Param); ok {
		return s.query.Params[p.Param]
	}
	return wasql.ValueFrom(o.GetValue())
}

func (s *selection) compare(a, b []wasql.Value) int {
	for _, key := range s.request.Order {
		at := slices.Index(s.request.Columns, key.GetColumn())
		c := 0
		switch left, right := a[at], b[at]; {
		case left.IsNull() && right.IsNull():
		case left.IsNull():
			c = -1
		case right.IsNull():
			c = 1
		default:
			c = Compare(left, right)
		}
		if key.GetDescending() {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// Compare orders two values that are not NULL: numbers of any kind by value, dates and times by time, texts by bytes.
func Compare(a, b wasql.Value) int {
	if x, ok := rational(a); ok {
		if y, ok := rational(b); ok {
			return x.Cmp(y)
		}
	}
	if x, ok := a.Temporal(); ok {
		if y, ok := b.Temporal(); ok {
			return big.NewInt(x).Cmp(big.NewInt(y))
		}
	}
	x, _ := a.Text()
	y, _ := b.Text()
	return strings.Compare(x, y)
}

func rational(v wasql.Value) (*big.Rat, bool) {
	switch v.Kind() {
	case wasql.KindBool, wasql.KindInt64, wasql.KindUint64, wasql.KindDecimal:
		return new(big.Rat).SetString(v.String())
	case wasql.KindFloat64:
		f, _ := v.Float64()
		r := new(big.Rat).SetFloat64(f)
		return r, r != nil
	}
	return nil, false
}
