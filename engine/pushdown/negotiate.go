package pushdown

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// ask is one question to a connector: how would you read this table?
type ask struct {
	scope     *tableScope
	conjuncts []*conjunct
	// usable tells for each conjunct whether it may be claimed; nil: all may.
	usable []bool
	// columns are the row positions that are read.
	columns []int
	order   *ordering
	limit   *uint64
	offset  uint64
	groups  *grouping
	// distinct: no row is to come twice, by its columns.
	distinct bool
	// join asks for the rows together with those of another table.
	join *joining
	// loops is how often the scan will probably run.
	loops float64
	// brief: the answer is not remembered for all statements.
	brief bool
	// estimate: nothing is read by the answer, so that values may come later.
	estimate bool
}

// offer is a judged answer.
type offer struct {
	// uses has the answer to each conjunct of the ask; conjuncts not sent are ignored.
	uses           []use
	order          bool
	orderReason    string
	limit          bool
	limitReason    string
	groups         bool
	groupsReason   string
	having         bool
	havingReason   string
	distinct       bool
	distinctReason string
	join           bool
	joinReason     string
	// rows, rowBytes, cost are negative when not known.
	rows, rowBytes, cost float64
	unique               bool
	partitionable        bool
	plan                 []byte
	columns              []uint32
	arguments            [][]exec.Operand
	details              []*pb.Pair
	index                string
	notes                []string
	params               []exec.Param
	refused              *refusedPlan
}

// refusedPlan is a table that cannot be read this way.
type refusedPlan struct {
	columns []string
	message string
	// argument is one whose value, which is in text, the connector would not be told.
	argument, text string
}

// request builds the message. The params of all conjuncts get one numbering.
func (a *ask) request() (*pb.PlanRequest, []int, []exec.Param) {
	s := a.scope
	request := &pb.PlanRequest{Table: s.table.Ref(), Columns: a.declaredColumns(), Offset: a.offset, Limit: a.limit, Loops: a.loops, PartitionsWanted: 1}
	var sent []int
	var params []exec.Param
	known := uint32(0)
	for i, c := range a.conjuncts {
		if !c.sendable() {
			continue
		}
		usable := a.usable == nil || a.usable[i]
		filter := c.filter
		if c.fixed != nil {
			filter = filter.CloneVT()
			renumber(filter, known)
			known++
		}
		if len(c.params) > 0 {
			filter = filter.CloneVT()
			renumber(filter, uint32(len(params)))
			if usable {
				params = append(params, c.params...)
			}
		}
		request.Filters = append(request.Filters, &pb.Conjunct{Filter: filter, Usable: usable})
		sent = append(sent, i)
	}
	if a.order != nil {
		request.Order = a.order.keys
	}
	if a.groups != nil {
		request.Aggregation = a.groups.message
	}
	request.Distinct = a.distinct
	if at := a.sampled(); at >= 0 {
		request.Sample = a.conjuncts[at].sample
	}
	if a.join != nil {
		request.Join = a.join.message
	}
	return request, sent, params
}

func (a *ask) declaredColumns() []uint32 {
	columns := make([]uint32, len(a.columns))
	for i, position := range a.columns {
		columns[i] = a.scope.columns[position].position
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// renumber moves the params of a filter behind those already there.
func renumber(f *pb.Filter, by uint32) {
	for _, operand := range f.Operands {
		if p, ok := operand.Kind.(*pb.Operand_Param); ok {
			p.Param += by
		}
	}
	for _, child := range f.Children {
		renumber(child, by)
	}
}

// negotiate asks, judges the answer, and asks once more when the first answer makes columns
// superfluous or takes a limit that it may not.
func (a *ask) negotiate(ctx *sql.Context) (*offer, error) {
	if !a.estimate {
		if withheld := a.withheld(ctx); withheld != nil {
			return &offer{refused: withheld}, nil
		}
	}
	if missing := a.missing(); len(missing) > 0 {
		return &offer{refused: &refusedPlan{columns: missing}}, nil
	}
	key, store, remembered := a.remembered()
	if remembered {
		if o, ok := store.Load(key); ok {
			return o.(*offer), nil
		}
	}
	first, err := a.send(ctx)
	if err != nil {
		return nil, err
	}
	if first.refused == nil && first.limit && !a.limitAllowed(first) {
		plain := *a
		plain.limit, plain.offset = nil, 0
		second, err := plain.send(ctx)
		if err != nil {
			return nil, err
		}
		second.limitReason = "claimed without claiming what it stands on, so it was asked again without limit"
		return second, nil
	}
	if remembered && first.refused == nil {
		store.Store(key, first)
	}
	return first, nil
}

// limitAllowed tells whether a limit may be taken by a connector that answered so (SPEC 8.9).
func (a *ask) limitAllowed(o *offer) bool {
	for i, c := range a.conjuncts {
		if o.uses[i].use != pb.Use_USE_EXACT && !c.advisory {
			return false
		}
	}
	switch {
	case a.order != nil && !o.order, a.distinct && !o.distinct, a.join != nil && !o.join:
		return false
	case a.groups != nil && (!o.groups || len(a.groups.message.Having) > 0 && !o.having):
		return false
	}
	return true
}

func (a *ask) send(ctx *sql.Context) (*offer, error) {
	request, sent, params := a.request()
	known, key := a.offers(ctx, request, sent)
	if o, ok := known.find(key); ok {
		o.params = params
		return o, nil
	}
	response, err := a.scope.source.Plan(ctx, request)
	if err != nil {
		return nil, err
	}
	j := &judge{ask: a, request: request, response: response, sent: sent}
	o, err := j.cheapest()
	if err != nil {
		return nil, err
	}
	o.params = params
	known.keep(key, o)
	return o, nil
}

// missing lists the columns the declaration requires and no usable condition constrains.
func (a *ask) missing() []string {
	var missing []string
	for position, declared := range a.scope.table.Declared().GetColumns() {
		if !declared.GetRequired() {
			continue
		}
		found := false
		for i, c := range a.conjuncts {
			if c.sendable() && (a.usable == nil || a.usable[i]) && constrains(c.filter, uint32(position)) {
				found = true
				break
			}
		}
		if !found {
			missing = append(missing, declared.GetName())
		}
	}
	return missing
}

// constrains tells whether a filter holds a column to values or a range.
func constrains(f *pb.Filter, position uint32) bool {
	switch f.Op {
	case pb.FilterOp_FILTER_OP_EQ, pb.FilterOp_FILTER_OP_NULL_SAFE_EQ, pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_LT,
		pb.FilterOp_FILTER_OP_LE, pb.FilterOp_FILTER_OP_GT, pb.FilterOp_FILTER_OP_GE:
		return f.Column != nil && *f.Column == position
	case pb.FilterOp_FILTER_OP_AND:
		for _, child := range f.Children {
			if constrains(child, position) {
				return true
			}
		}
	}
	return false
}
