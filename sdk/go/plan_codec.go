package wasql

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/pb"
)

// A plan in bytes is the format number, the claimed part of the request, the answer, and the
// author's state; request and answer each with their length before them. The messages are those of
// plan.proto, so that a plan of an older SDK opens in a newer one.
const planFormat = 1

// planBytesMax is the largest plan the host takes (SPEC 8.11).
const planBytesMax = 1 << 20

func planFrom(request *pb.PlanRequest, columns []Column) (*Plan, error) {
	p := &Plan{
		Limit: NoLimit, Rows: -1, RowBytes: -1, StartupCost: -1, Cost: -1,
		Snapshot: request.GetSnapshot(), Loops: request.GetLoops(), PartitionsWanted: int(request.GetPartitionsWanted()),
		columns: columns, request: request,
	}
	if err := p.read(request, nil, false); err != nil {
		return nil, err
	}
	for i, conjunct := range request.GetFilters() {
		p.conjuncts[i].Usable = conjunct.GetUsable()
	}
	return p, nil
}

// read takes over the query; bound tells whether params are known.
func (p *Plan) read(request *pb.PlanRequest, params []Value, bound bool) error {
	if !bound { // else the request says which
		p.Columns = make([]int, 0, len(request.GetColumns()))
	}
	for _, c := range request.GetColumns() {
		if uint64(c) >= uint64(len(p.columns)) && request.GetJoin() == nil {
			return Errorf(InvalidArgument, "column %d is asked for, the table has %d", c, len(p.columns))
		}
		if !bound {
			p.Columns = append(p.Columns, int(c))
		}
	}
	if n := len(request.GetFilters()); n > 0 {
		all := p.single.conjunct[:]
		p.conjuncts = p.single.at[:]
		if n > 1 {
			all, p.conjuncts = make([]Conjunct, n), make([]*Conjunct, n)
		}
		room := p.single.operand[:0]
		for i, conjunct := range request.GetFilters() {
			f, err := filterFrom(conjunct.GetFilter(), room, params, bound)
			if err != nil {
				return err
			}
			all[i] = Conjunct{Filter: f, message: conjunct.GetFilter(), Usable: true}
			p.conjuncts[i], room = &all[i], nil
		}
	}
	for _, key := range request.GetOrder() {
		p.Order = append(p.Order, OrderKey{int(key.GetColumn()), key.GetDescending(), key.GetNullsLast(), key.GetCollation()})
	}
	p.Offset = request.GetOffset()
	if request.Limit != nil {
		p.Limit = *request.Limit
	}
	for _, having := range request.GetAggregation().GetHaving() {
		f, err := filterFrom(having, nil, params, bound)
		if err != nil {
			return err
		}
		p.Having = append(p.Having, f)
	}
	p.Aggregation, p.Sample, p.Join = request.GetAggregation(), request.GetSample(), request.GetJoin()
	if request.GetAsOf() != nil {
		v := ValueFrom(request.GetAsOf())
		p.AsOf = &v
	}
	p.asked = [parts]bool{
		Order: len(p.Order) > 0, Limit: request.Limit != nil || p.Offset > 0, Distinct: request.GetDistinct(),
		Aggregates: p.Aggregation != nil, Sampling: p.Sample != nil, Joining: p.Join != nil,
		Having: len(p.Having) > 0,
	}
	return nil
}

// answer is the message for the host.
func (p *Plan) answer(request *pb.PlanRequest) (*pb.PlanResponse, error) {
	response := &pb.PlanResponse{
		Unique: p.Unique, NoPlan: p.noPlan, Explain: p.explain, IndexNumber: int32(p.IndexNumber), IndexName: p.IndexName,
		Rows: estimate(p.Rows), RowBytes: estimate(p.RowBytes), StartupCost: estimate(p.StartupCost), Cost: estimate(p.Cost),
	}
	if p.noPlan != nil {
		return response, nil
	}
	for _, c := range p.conjuncts {
		response.Filters = append(response.Filters, &pb.FilterAnswer{Use: pb.Use(c.use), Reason: c.reason})
	}
	response.Order, response.Limit, response.Distinct = p.part(Order), p.part(Limit), p.part(Distinct)
	response.Aggregation, response.Sample, response.Join = p.part(Aggregates), p.part(Sampling), p.part(Joining)
	response.Having = p.part(Having)
	return response, nil
}

func (p *Plan) part(part Part) *pb.Answer {
	if !p.asked[part] {
		return nil
	}
	return &pb.Answer{Taken: p.taken[part], Reason: p.reasons[part]}
}

func estimate(v float64) *float64 {
	if !(v >= 0) {
		return nil
	}
	return &v
}

// encode writes the plan as opaque bytes: what was claimed of request, the answer, the state.
func (p *Plan) encode(request *pb.PlanRequest, response *pb.PlanResponse) ([]byte, error) {
	claimed := &pb.PlanRequest{Columns: request.GetColumns(), Snapshot: request.GetSnapshot(), AsOf: request.GetAsOf()}
	for i, c := range p.conjuncts {
		if c.use != Ignored {
			claimed.Filters = append(claimed.Filters, &pb.Conjunct{Filter: request.Filters[i].GetFilter(), Usable: c.use == Exact})
		}
	}
	if p.taken[Order] {
		claimed.Order = request.GetOrder()
	}
	if p.taken[Limit] {
		claimed.Limit, claimed.Offset = request.Limit, request.GetOffset()
	}
	claimed.Distinct = p.taken[Distinct]
	if p.taken[Aggregates] {
		claimed.Aggregation = request.GetAggregation()
		if !p.taken[Having] && len(p.Having) > 0 {
			claimed.Aggregation = &pb.Aggregation{Keys: claimed.Aggregation.GetKeys(), Calls: claimed.Aggregation.GetCalls()}
		}
	}
	if p.taken[Sampling] {
		claimed.Sample = request.GetSample()
	}
	if p.taken[Joining] {
		claimed.Join = request.GetJoin()
	}
	first, err := requestCodec.marshal(claimed)
	if err != nil {
		return nil, err
	}
	answer := &pb.PlanResponse{Rows: response.Rows, RowBytes: response.RowBytes, Explain: response.Explain, Partitionable: response.Partitionable}
	second, err := responseCodec.marshal(answer)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 1+10+len(first)+10+len(second)+len(p.State))
	out = append(out, planFormat)
	out = append(binary.AppendUvarint(out, uint64(len(first))), first...)
	out = append(binary.AppendUvarint(out, uint64(len(second))), second...)
	out = append(out, p.State...)
	if len(out) > planBytesMax {
		return nil, Errorf(Resource, "the plan has %d bytes, the host takes %d", len(out), planBytesMax)
	}
	return out, nil
}

// decodePlan makes the plan of a scan from its bytes. Without bytes the scan is a full one. params
// are the values, known or (bound false) still to come.
func decodePlan(raw []byte, columns []Column, params []Value, bound bool) (*Plan, error) {
	b, err := parsePlan(raw)
	if err != nil {
		return nil, err
	}
	return b.open(columns, params, bound)
}

// planBytes is a plan in bytes that was read. It does not change, and may be opened many times.
type planBytes struct {
	request  pb.PlanRequest
	response pb.PlanResponse
	state    []byte
}

// parsePlan reads a plan; nil when there are no bytes: a full scan.
func parsePlan(raw []byte) (*planBytes, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	b := &planBytes{}
	first, rest, ok := cutBytes(raw[1:])
	second, state, also := cutBytes(rest)
	if raw[0] != planFormat || !ok || !also || requestCodec.unmarshal(&b.request, first) != nil || responseCodec.unmarshal(&b.response, second) != nil {
		return nil, Errorf(InvalidArgument, "the plan was not made by this connector")
	}
	b.state = state
	return b, nil
}

// aggregation is what was claimed of groups; nil: rows are read.
func (b *planBytes) aggregation() *pb.Aggregation {
	if b == nil {
		return nil
	}
	return b.request.GetAggregation()
}

// join is what was claimed of a join; nil: one table is read.
func (b *planBytes) join() *pb.Join {
	if b == nil {
		return nil
	}
	return b.request.GetJoin()
}

// joinedColumns are the columns of joined rows: those asked for of the left table, then of the right one.
func joinedColumns(asked []uint32, left []Column, j *pb.Join, right []Column) []Column {
	var all []Column
	for _, side := range []struct {
		asked   []uint32
		columns []Column
		outer   bool
	}{{asked, left, false}, {j.GetRightColumns(), right, j.GetKind() == pb.JoinKind_JOIN_KIND_LEFT}} {
		for _, c := range side.asked {
			if int(c) >= len(side.columns) {
				return nil // every position is refused then
			}
			column := side.columns[c]
			column.NotNull = column.NotNull && !side.outer
			column.Argument = 0
			all = append(all, column)
		}
	}
	return all
}

// open makes a plan for a scan; params as in decodePlan.
func (b *planBytes) open(columns []Column, params []Value, bound bool) (*Plan, error) {
	p := &Plan{}
	return p, b.openInto(p, columns, params, bound)
}

// openInto is open with room for the plan.
func (b *planBytes) openInto(p *Plan, columns []Column, params []Value, bound bool) error {
	*p = Plan{Limit: NoLimit, Rows: -1, RowBytes: -1, StartupCost: -1, Cost: -1, columns: columns}
	if b == nil {
		return nil
	}
	request, response := &b.request, &b.response
	if err := p.read(request, params, bound); err != nil {
		return err
	}
	for i, conjunct := range request.GetFilters() {
		p.conjuncts[i].use = Inexact
		if conjunct.GetUsable() {
			p.conjuncts[i].use = Exact
		}
	}
	p.taken = p.asked
	p.Snapshot, p.explain, p.State = request.GetSnapshot(), response.GetExplain(), b.state
	if response.Rows != nil {
		p.Rows = *response.Rows
	}
	if response.RowBytes != nil {
		p.RowBytes = *response.RowBytes
	}
	return nil
}

func cutBytes(raw []byte) (head, rest []byte, ok bool) {
	n, used := binary.Uvarint(raw)
	if used <= 0 || n > uint64(len(raw)-used) {
		return nil, nil, false
	}
	return raw[used : used+int(n)], raw[used+int(n):], true
}
