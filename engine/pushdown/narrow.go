package pushdown

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// narrower gives the way to ask again for a scan, when the keys of a join are known that its rows are going to be compared with. A
// scan with a limit must not leave other rows out than it would; one with values of an outer row is started too often.
func (a *attempt) narrower(q *ask, o *offer) func(*sql.Context, *exec.JoinKeys) (*exec.Access, string, error) {
	switches := a.planner.switches
	if !switches.keys || !switches.filters || o.limit || len(o.params) > 0 || switches.refuses("join keys of "+a.scope.name()) {
		return nil
	}
	return func(ctx *sql.Context, keys *exec.JoinKeys) (*exec.Access, string, error) {
		c := &a.scope.columns[keys.Position]
		extra := c.among(keys)
		if extra == nil {
			return nil, "", nil
		}
		again := *q
		again.conjuncts = append(slices.Clone(q.conjuncts), extra...)
		again.limit, again.offset = nil, 0
		if q.usable != nil {
			again.usable = slices.Concat(q.usable, slices.Repeat([]bool{true}, len(extra)))
		}
		narrower, err := again.send(ctx)
		if err != nil {
			return nil, "", err
		}
		use := narrower.keeps(o, len(q.conjuncts))
		dearer := o.cost >= 0 && narrower.cost > o.cost
		if use == pb.Use_USE_IGNORED || dearer {
			return nil, "", nil
		}
		word := " inexact"
		if use == pb.Use_USE_EXACT {
			word = " exact"
		}
		way := access(a.scope, narrower)
		return &way, c.name + ": " + keys.String() + word, nil
	}
}

// keeps tells what is done with the conditions behind the first n; ignored when not all of before is done too.
func (o *offer) keeps(before *offer, n int) pb.Use {
	if o.refused != nil || before.order && !o.order || before.distinct && !o.distinct {
		return pb.Use_USE_IGNORED
	}
	for i := range n {
		if before.uses[i].use == pb.Use_USE_EXACT && o.uses[i].use != pb.Use_USE_EXACT {
			return pb.Use_USE_IGNORED
		}
	}
	best := pb.Use_USE_IGNORED
	for _, u := range o.uses[n:] {
		best = max(best, u.use)
	}
	return best
}

// among makes the conditions that a column is one of the keys, or between the least and the greatest; nil when they cannot be said.
func (c *column) among(keys *exec.JoinKeys) []*conjunct {
	least, ok := c.key(keys.Least, keys.Unsigned)
	most, also := c.key(keys.Most, keys.Unsigned)
	if !ok || !also {
		return nil
	}
	one := func(op pb.FilterOp, values ...*pb.Value) *conjunct {
		filter := &pb.Filter{Op: op, Column: &c.position, Text: c.name + " is among the keys of a join"}
		for _, v := range values {
			filter.Operands = append(filter.Operands, &pb.Operand{Kind: &pb.Operand_Value{Value: v}})
		}
		return &conjunct{text: filter.Text, filter: filter, advisory: true, implied: true}
	}
	all := []*conjunct{one(pb.FilterOp_FILTER_OP_GE, least), one(pb.FilterOp_FILTER_OP_LE, most)}
	if keys.Values == nil {
		return all
	}
	listed := make([]*pb.Value, 0, len(keys.Values))
	sorted := slices.Clone(keys.Values)
	slices.Sort(sorted)
	for _, x := range sorted {
		v, ok := c.key(x, keys.Unsigned)
		if !ok {
			return all
		}
		listed = append(listed, v)
	}
	return append(all, one(pb.FilterOp_FILTER_OP_IN, listed...))
}

// key is a key of a join as a value of the column; false when it has no form there.
func (c *column) key(x int64, unsigned bool) (*pb.Value, bool) {
	switch c.class {
	case classInt:
		if unsigned && x < 0 || x < c.min || x > c.max {
			return nil, false
		}
		return &pb.Value{Kind: &pb.Value_Int64{Int64: x}}, true
	case classUint:
		if !unsigned && x < 0 || uint64(x) > c.maxUint {
			return nil, false
		}
		return &pb.Value{Kind: &pb.Value_Uint64{Uint64: uint64(x)}}, true
	case classDate:
		return &pb.Value{Kind: &pb.Value_Date{Date: int32(x)}}, int64(int32(x)) == x
	case classDatetime:
		return &pb.Value{Kind: &pb.Value_Datetime{Datetime: x}}, true
	}
	return nil, false
}
