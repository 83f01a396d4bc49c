package wasql

import (
	"math"

	"github.com/wasql/wasql/abi/pb"
)

// NoLimit is Plan.Limit when the query has none.
const NoLimit = math.MaxUint64

// OrderKey is one key of ORDER BY.
type OrderKey struct {
	Column     int
	Descending bool
	NullsLast  bool
	Collation  string
}

// Part is a part of a query that a connector takes whole or not at all.
type Part uint8

// The parts.
const (
	Order Part = iota
	// Limit is the limit with the offset. Asking for it is enough: the SDK gives it up by itself unless every
	// conjunct is exact and every other part that was asked for is taken.
	Limit
	Distinct
	Aggregates
	Sampling
	Joining
	// Having are the conditions on groups; it is taken with Aggregates only.
	Having
	parts
)

// Plan is the negotiation of one scan. Table.Plan sees the whole query and claims what it wants;
// Table.Scan later gets a Plan that holds only what was claimed, with all values known, maybe in
// another instance in another process. What else Scan needs goes into State.
//
// A Plan belongs to the call it was given to, except that the cursor made from it may keep it.
type Plan struct {
	// Columns are the positions the query reads, ascending. Others need not be filled.
	Columns []int
	// Outputs are, in Scan when Aggregates is taken, the columns of the batches: positions among the keys and, behind them,
	// the calls. Rows takes the values at these positions, and columns are of the types that Output tells. When Joining is taken
	// they are positions among Columns and, behind them, the right columns of Join.
	Outputs []int
	// Order is the ORDER BY; in Scan it is empty unless it was taken. With an aggregation or a join its columns count the outputs.
	Order []OrderKey
	// Limit and Offset; in Scan NoLimit and 0 unless they were taken.
	Limit, Offset uint64
	// Aggregation, Sample and Join are messages as they came; nil unless asked for, in Scan unless taken. An aggregation is
	// taken only when every conjunct is exact; the SDK gives it up by itself otherwise. Sampler tells which rows a sample has.
	Aggregation *pb.Aggregation
	// Having are the conditions of Aggregation on its outputs; in Scan it is empty unless it was taken.
	Having []Filter
	Sample *pb.Sample
	Join   *pb.Join
	// AsOf is the value of AS OF; nil without one.
	AsOf *Value
	// Snapshot is a token of the table's Snapshotter; empty: the current state.
	Snapshot []byte
	// Loops is how often the plan will probably run; PartitionsWanted how many partitions the engine could use.
	Loops            float64
	PartitionsWanted int

	// Rows, RowBytes, StartupCost and Cost are estimates for one run, the costs in units of one sequentially
	// read row; negative, as Plan finds them, means unknown.
	Rows, RowBytes, StartupCost, Cost float64
	// Unique promises at most one row.
	Unique bool
	// Whole says that this plan cannot be read in partitions, although the table is a Partitioner.
	Whole bool
	// IndexNumber and IndexName are shown by EXPLAIN.
	IndexNumber int
	IndexName   string
	// State is the author's own; it is at most 1 MiB, holds no secret, and is all that Scan gets besides the claims.
	State []byte

	// Partition is the piece to read; empty: all. It is set in Scan only.
	Partition []byte

	columns   []Column
	conjuncts []*Conjunct
	asked     [parts]bool
	taken     [parts]bool
	reasons   [parts]string
	noPlan    *pb.NoPlan
	explain   []*pb.Pair
	// request is what Alternative asks again, and alternatives are its answers; first is the plan that they are alternatives of.
	request      *pb.PlanRequest
	alternatives []*Plan
	first        *Plan
	// single is room for the one conjunct that a lookup by key has.
	single struct {
		conjunct [1]Conjunct
		at       [1]*Conjunct
		operand  [1]Operand
	}
}

// Conjuncts are the parts of the WHERE clause; in Scan only the claimed ones.
func (p *Plan) Conjuncts() []*Conjunct { return p.conjuncts }

// Asked tells whether the query has that part.
func (p *Plan) Asked(part Part) bool { return p.asked[part] }

// Take takes a part over. A part that was not asked for stays untaken.
func (p *Plan) Take(part Part) { p.taken[part] = p.asked[part] }

// Taken tells whether a part is taken; for the limit, as things stand now.
func (p *Plan) Taken(part Part) bool {
	switch part {
	case Limit:
		return p.taken[part] && p.all()
	case Aggregates, Distinct:
		return p.taken[part] && p.exact()
	case Joining:
		return p.taken[part] && p.joinable()
	case Having:
		return p.taken[part] && p.Taken(Aggregates)
	}
	return p.taken[part]
}

// all tells whether everything before the limit is taken, so that it may be taken too (SPEC 8.9).
func (p *Plan) all() bool {
	if !p.exact() {
		return false
	}
	for part := Part(0); part < parts; part++ {
		if p.asked[part] && !p.taken[part] {
			return false
		}
	}
	return true
}

// exact tells whether every conjunct is, and the sample taken, without which no groups may be made (SPEC 8.9, 8.36).
func (p *Plan) exact() bool {
	if p.asked[Sampling] && !p.taken[Sampling] {
		return false
	}
	for _, c := range p.conjuncts {
		if c.use != Exact {
			return false
		}
	}
	return true
}

// joinable tells whether a join may be taken: the engine checks on joined rows what is left of conditions, which it cannot for those
// on the right side of other than inner joins (SPEC 8.9).
func (p *Plan) joinable() bool {
	for _, c := range p.conjuncts {
		if c.Side == 1 && c.use != Exact && p.Join.GetKind() != pb.JoinKind_JOIN_KIND_INNER {
			return false
		}
	}
	return true
}

// Output is a column of the batches when Aggregates is taken: at is a position among the keys and, behind them, the calls.
func (p *Plan) Output(at int) Column { return outputsOf(p.Aggregation, p.columns)[at] }

// outputsOf are the columns that groups have.
func outputsOf(a *pb.Aggregation, columns []Column) []Column {
	var all []Column
	for _, key := range a.GetKeys() {
		if int(key) >= len(columns) {
			return nil // every position is refused then
		}
		all = append(all, columns[key])
	}
	for _, call := range a.GetCalls() {
		all = append(all, columnFrom(call.GetResult()))
	}
	return all
}

// Refuse leaves a part to the engine and tells EXPLAIN why.
func (p *Plan) Refuse(part Part, reason string) { p.taken[part], p.reasons[part] = false, reason }

// Explain adds a line to EXPLAIN.
func (p *Plan) Explain(key, value string) {
	p.explain = append(p.explain, &pb.Pair{Key: key, Value: value})
}

// NoPlan refuses this way of reading the table; columns are the ones a query must constrain.
func (p *Plan) NoPlan(message string, columns ...string) {
	p.noPlan = &pb.NoPlan{Message: message, RequiredColumns: columns}
}

// AlternativesMax is how many further offers a connector may make (SPEC 8.34).
const AlternativesMax = 8

// Alternative begins another offer to the same query, of which nothing is claimed yet, such as one by an index whose rows come in order
// beside the cheaper one that the engine must sort. The engine opens the offer that costs least with what it has to do itself counted in, so
// each needs Rows and Cost; of offers that cost the same, the first. It is for Table.Plan only; a plan with more than AlternativesMax of them fails.
func (p *Plan) Alternative() *Plan {
	first := p
	if p.first != nil {
		first = p.first
	}
	other, err := planFrom(first.request, first.columns)
	if err != nil {
		panic(err) // the same request was read before
	}
	other.first = first
	first.alternatives = append(first.alternatives, other)
	return other
}

// Needs tells whether the query reads the column at that position.
func (p *Plan) Needs(column int) bool {
	for _, c := range p.Columns {
		if c == column {
			return true
		}
	}
	return false
}

// column finds a position by name; a name the table does not declare is the author's mistake.
func (p *Plan) column(name string) int {
	for i := range p.columns {
		if p.columns[i].Name == name {
			return i
		}
	}
	panic("wasql: the table has no column " + name)
}

// complete settles what the author may leave open: the limit rule and the required columns.
func (p *Plan) complete() {
	for _, part := range []Part{Aggregates, Distinct} {
		if p.taken[part] && !p.exact() {
			p.Refuse(part, "not every condition is taken exactly")
		}
	}
	if p.taken[Joining] && !p.joinable() {
		p.Refuse(Joining, "not every condition on the right side is taken exactly")
	}
	if p.asked[Aggregates] && !p.taken[Aggregates] || p.asked[Joining] && !p.taken[Joining] {
		// Their columns are those of what is not made.
		p.Refuse(Having, "the groups are not made")
		p.Refuse(Order, "what is to be ordered is not made")
	}
	if p.taken[Limit] && !p.all() {
		p.Refuse(Limit, "not everything before the limit was taken")
	}
	if p.noPlan != nil {
		return
	}
	var missing []string
	for i := range p.columns {
		if p.columns[i].Required && !p.constrained(i) {
			missing = append(missing, p.columns[i].Name)
		}
	}
	if missing != nil {
		p.NoPlan("the query must constrain these columns", missing...)
	}
}

func (p *Plan) constrained(column int) bool {
	for _, c := range p.conjuncts {
		if c.Usable && c.Column == column {
			switch c.Op {
			case EQ, LT, LE, GT, GE, NullSafeEQ, IN:
				return true
			}
		}
	}
	return false
}
