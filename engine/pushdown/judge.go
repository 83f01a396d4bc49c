package pushdown

import (
	"fmt"
	"math"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/sqlerr"
)

// planBytesMax is the largest plan a connector may give (SPEC 8.11).
const planBytesMax = 1 << 20

// estimateMax is where a float64 stops counting (SPEC 8.15).
const estimateMax = 1 << 53

// judge checks the answer to one PLAN. It is the only reader of a PlanResponse.
type judge struct {
	ask      *ask
	request  *pb.PlanRequest
	response *pb.PlanResponse
	// sent has, for each filter of the request, its conjunct.
	sent  []int
	offer *offer
}

// breach is a connector that broke the contract.
func (j *judge) breach(clause, format string, args ...any) error {
	return sqlerr.New(1296, "HY000", "connector %s: plan %s: %s (SPEC %s)", j.ask.scope.source.Connector(), j.ask.scope.name(),
		fmt.Sprintf(format, args...), clause).WithHint("the connector breaks its contract; SET wasql_pushdown = 0 asks less of it")
}

func (j *judge) judge() (*offer, error) {
	r := j.response
	if r == nil {
		return nil, j.breach("8.6", "no answer")
	}
	if r.NoPlan != nil {
		return &offer{refused: &refusedPlan{columns: r.NoPlan.RequiredColumns, message: r.NoPlan.Message}}, nil
	}
	j.offer = &offer{uses: make([]use, len(j.ask.conjuncts)), unique: r.Unique, partitionable: r.Partitionable && !j.ask.distinct && j.ask.join == nil, plan: r.Plan, columns: j.request.Columns, details: r.Explain}
	if len(r.Plan) > planBytesMax {
		return nil, j.breach("8.11", "a plan of %d bytes; %d are allowed", len(r.Plan), planBytesMax)
	}
	if len(r.Filters) > len(j.request.Filters) {
		return nil, j.breach("8.7", "%d answers to %d conditions", len(r.Filters), len(j.request.Filters))
	}
	if err := j.filters(); err != nil {
		return nil, err
	}
	if err := j.arguments(); err != nil {
		return nil, err
	}
	if err := j.wholes(); err != nil {
		return nil, err
	}
	j.offer.rows, j.offer.rowBytes, j.offer.cost = j.estimate("rows", r.Rows), j.estimate("row_bytes", r.RowBytes), j.estimate("cost", r.Cost)
	if startup := j.estimate("startup_cost", r.StartupCost); startup > 0 && j.offer.cost >= 0 {
		j.offer.cost += startup
	}
	if r.IndexNumber != 0 || r.IndexName != "" {
		j.offer.index = strings.TrimSpace(fmt.Sprintf("%d %s", r.IndexNumber, r.IndexName))
	}
	return j.offer, nil
}

// filters reads the answer to each condition.
func (j *judge) filters() error {
	for i, answer := range j.response.Filters {
		if answer == nil {
			continue
		}
		u := use{use: answer.Use, argument: answer.Argument, reason: answer.Reason}
		if u.use < pb.Use_USE_IGNORED || u.use > pb.Use_USE_EXACT {
			j.note("it used an answer this version does not know (%d), which counts as ignored", int32(u.use))
			u.use = pb.Use_USE_IGNORED
		}
		if !j.request.Filters[i].Usable && (u.use != pb.Use_USE_IGNORED || u.argument != 0) {
			return j.breach("8.8", "condition %s was not usable and was claimed", j.ask.conjuncts[j.sent[i]].text)
		}
		j.offer.uses[j.sent[i]] = u
	}
	return nil
}

// arguments checks the positions asked for: 1, 2, 3 … without gap or repetition.
func (j *judge) arguments() error {
	var byPosition [][]exec.Operand
	total := 0
	for i, answer := range j.response.Filters {
		position := answer.GetArgument()
		if position == 0 {
			continue
		}
		text := j.ask.conjuncts[j.sent[i]].text
		if uint64(position) > uint64(len(j.request.Filters)) {
			return j.breach("8.12", "condition %s wants argument %d of %d conditions", text, position, len(j.request.Filters))
		}
		for len(byPosition) < int(position) {
			byPosition = append(byPosition, nil)
		}
		if byPosition[position-1] != nil {
			return j.breach("8.12", "argument %d is wanted twice, the second time for %s", position, text)
		}
		operands, ok := operandsOf(j.request.Filters[i].Filter, []exec.Operand{})
		if !ok {
			return j.breach("8.12", "condition %s compares two columns and has no value to give as argument %d", text, position)
		}
		byPosition[position-1] = operands
		total++
	}
	if total != len(byPosition) {
		return j.breach("8.12", "%d arguments are wanted, the highest is number %d", total, len(byPosition))
	}
	j.offer.arguments = byPosition
	return nil
}

// operandsOf lists the values of a filter, those of a tree in the order they stand.
func operandsOf(f *pb.Filter, list []exec.Operand) ([]exec.Operand, bool) {
	for _, operand := range f.Operands {
		switch kind := operand.Kind.(type) {
		case *pb.Operand_Value:
			list = append(list, exec.Operand{Value: kind.Value})
		case *pb.Operand_Param:
			list = append(list, exec.Operand{Param: int(kind.Param)})
		default:
			return nil, false
		}
	}
	for _, child := range f.Children {
		var ok bool
		if list, ok = operandsOf(child, list); !ok {
			return nil, false
		}
	}
	return list, true
}

// wholes reads the parts that are taken whole or not at all. A part that was not asked for and is
// taken all the same would change the rows.
func (j *judge) wholes() error {
	r := j.response
	for _, claim := range []struct {
		name   string
		answer *pb.Answer
		asked  bool
	}{{"distinct", r.Distinct, j.request.Distinct}, {"sample", r.Sample, j.request.Sample != nil}, {"join", r.Join, j.request.Join != nil},
		{"aggregation", r.Aggregation, j.request.Aggregation != nil}, {"having", r.Having, len(j.request.Aggregation.GetHaving()) > 0}} {
		if claim.answer.GetTaken() && !claim.asked {
			return j.breach("8.9", "%s was taken without being asked for", claim.name)
		}
	}
	j.offer.groups, j.offer.groupsReason = r.Aggregation.GetTaken(), r.Aggregation.GetReason()
	j.offer.having, j.offer.havingReason = r.Having.GetTaken(), r.Having.GetReason()
	j.offer.distinct, j.offer.distinctReason = r.Distinct.GetTaken(), r.Distinct.GetReason()
	j.offer.join, j.offer.joinReason = r.Join.GetTaken(), r.Join.GetReason()
	if at := j.ask.sampled(); at >= 0 {
		j.offer.uses[at] = sampleUse(r.Sample)
	}
	if j.offer.having && !j.offer.groups {
		return j.breach("8.9", "having was taken without the groups")
	}
	if r.Order.GetTaken() && len(j.request.Order) == 0 {
		j.note("it took an order nobody asked for")
	}
	if r.Limit.GetTaken() && j.request.Limit == nil {
		return j.breach("8.9", "a limit was taken without being asked for")
	}
	j.offer.order, j.offer.orderReason = len(j.request.Order) > 0 && r.Order.GetTaken(), r.Order.GetReason()
	j.offer.limit, j.offer.limitReason = r.Limit.GetTaken(), r.Limit.GetReason()
	return nil
}

// estimate lets only sound numbers through; they never change rows, so unsound ones are no error.
func (j *judge) estimate(name string, v *float64) float64 {
	if v == nil {
		return -1
	}
	if math.IsNaN(*v) || *v < 0 || *v > estimateMax {
		j.note("its estimate of %s, %v, is not used", name, *v)
		return -1
	}
	return *v
}

func (j *judge) note(format string, args ...any) {
	j.offer.notes = append(j.offer.notes, fmt.Sprintf(format, args...))
}

// error is the failure of a table that could be read in no way that was tried.
func (r *refusedPlan) error(s *tableScope) error {
	if r.argument != "" {
		return r.argumentError(s)
	}
	if len(r.columns) == 0 {
		return sqlerr.New(1296, "HY000", "table %s cannot be read this way: connector %s: %s", s.name(), s.source.Connector(), orElse(r.message, "it gave no reason"))
	}
	noun := "column"
	if len(r.columns) > 1 {
		noun = "each of the columns"
	}
	e := sqlerr.New(1296, "HY000", "table %s needs a condition on %s %s (such as %s = …, or IN, or a range)", s.name(), noun,
		strings.Join(r.columns, ", "), r.columns[0])
	if r.message != "" {
		return e.WithHint("connector %s says: %s", s.source.Connector(), r.message)
	}
	return e
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
