package driver

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// pointsMax bounds the ranges that one probe asks for.
const pointsMax = 1024

// Condition is one that every row which is wanted fulfils.
type Condition struct {
	// Column is its declared position.
	Column    int
	Op        pb.FilterOp
	Collation string
	Operands  []exec.Operand
}

// Path is a way to the rows of a table through an index.
type Path struct {
	index *Index
	table *gms.Table
	// points are the values that the first columns of the key are held to, all combinations of them; then the next
	// column may have bounds.
	points    []Condition
	low, high *Condition
	// params is how many values a run gives.
	params int
	// Rows is about how many there are in one run.
	Rows float64
	// most locations are fetched; more are found by reading the table.
	most int
}

// Name is the index and its driver, for EXPLAIN.
func (p *Path) Name() string { return p.index.Name + " (" + p.index.Driver + ")" }

// Path finds the index of a table that leaves the fewest rows under conditions, and makes sure that it can be used;
// nil: none serves. better tells whether reading about so many rows by their locations is worth it.
func (s *Set) Path(ctx *sql.Context, t *gms.Table, conditions []Condition, better func(rows float64) bool) *Path {
	if len(conditions) == 0 || len(t.Ref().GetSnapshot()) > 0 || len(t.Ref().GetArguments()) > 0 {
		return nil // an index knows the present versions of rows only
	}
	all, err := s.of(ctx, nameOf(t))
	if err != nil {
		s.config.Log.Warn("the indexes of drivers are not used", "error", err)
		return nil
	}
	var paths []*Path
	for _, x := range all {
		if p := x.path(t, conditions); p != nil {
			paths = append(paths, p)
		}
	}
	slices.SortStableFunc(paths, func(a, b *Path) int {
		switch {
		case a.Rows < b.Rows:
			return -1
		case a.Rows > b.Rows:
			return 1
		}
		return 0
	})
	for _, p := range paths {
		if !better(p.Rows) {
			return nil
		}
		if ok, why := p.index.usable(ctx, t); !ok {
			s.config.Log.Debug("an index is not used", "index", p.index.Name, "because", why)
			continue
		}
		if again := p.index.path(t, conditions); again != nil && better(again.Rows) { // it may have been built now
			return again
		}
	}
	return nil
}

// PathBy is the path through one index, by its name; nil: it does not serve, or cannot be used.
func (s *Set) PathBy(ctx *sql.Context, t *gms.Table, name string, conditions []Condition) *Path {
	if len(t.Ref().GetSnapshot()) > 0 || len(t.Ref().GetArguments()) > 0 {
		return nil
	}
	x, err := s.Find(ctx, nameOf(t), name)
	if err != nil || x == nil || x.path(t, conditions) == nil {
		return nil
	}
	if ok, why := x.usable(ctx, t); !ok {
		s.config.Log.Debug("an index is not used", "index", name, "because", why)
		return nil
	}
	return x.path(t, conditions)
}

// path makes the path through one index; nil: it does not serve.
func (x *Index) path(t *gms.Table, conditions []Condition) *Path {
	p := &Path{index: x, table: t}
	x.mu.Lock()
	rows, distinct := float64(x.Rows+x.added), slices.Clone(x.Distinct)
	x.mu.Unlock()
	combinations := 1
	for _, name := range x.Columns {
		at := t.FullSchema().IndexOfColName(strings.ToLower(name))
		if at < 0 {
			return nil
		}
		point := pointOf(t, at, conditions)
		if point == nil || combinations*len(point.Operands) > pointsMax {
			p.low, p.high = boundsOf(t, at, conditions)
			break
		}
		p.points = append(p.points, *point)
		combinations *= len(point.Operands)
	}
	if len(p.points) == 0 && p.low == nil && p.high == nil {
		return nil
	}
	for i := range p.points {
		p.needs(&p.points[i])
	}
	p.needs(p.low)
	p.needs(p.high)
	p.Rows = rows
	if n := len(p.points); n > 0 && n <= len(distinct) {
		p.Rows = rows / distinct[n-1] * float64(combinations)
	}
	switch {
	case p.low != nil && p.high != nil:
		p.Rows /= 10
	case p.low != nil || p.high != nil:
		p.Rows /= 3
	}
	p.Rows = min(p.Rows, rows)
	p.most = max(4096, int(rows/4))
	return p
}

// needs counts the params of a condition, which may be nil.
func (p *Path) needs(c *Condition) {
	if c == nil {
		return
	}
	for _, o := range c.Operands {
		if o.Value == nil {
			p.params = max(p.params, o.Param+1)
		}
	}
}

// fits tells whether a condition compares a column as the index does.
func (c *Condition) fits(t *gms.Table, at int) bool {
	if c.Column != at {
		return false
	}
	text, ok := t.FullSchema()[at].Type.(sql.StringType)
	return !ok || c.Collation == "" || strings.EqualFold(c.Collation, text.Collation().Name())
}

// pointOf finds a condition that holds a column to values; nil: there is none.
func pointOf(t *gms.Table, at int, conditions []Condition) *Condition {
	var best *Condition
	for i := range conditions {
		c := &conditions[i]
		if !c.fits(t, at) {
			continue
		}
		switch c.Op {
		case pb.FilterOp_FILTER_OP_EQ, pb.FilterOp_FILTER_OP_NULL_SAFE_EQ, pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_IS_NULL:
			if best == nil || len(c.Operands) < len(best.Operands) {
				best = c
			}
		}
	}
	if best != nil && best.Op == pb.FilterOp_FILTER_OP_IS_NULL {
		return &Condition{Column: at, Op: best.Op, Operands: []exec.Operand{{Value: &pb.Value{Kind: &pb.Value_Null{Null: true}}}}}
	}
	return best
}

// boundsOf finds conditions that bound a column from below and from above.
func boundsOf(t *gms.Table, at int, conditions []Condition) (low, high *Condition) {
	for i := range conditions {
		c := &conditions[i]
		if !c.fits(t, at) || len(c.Operands) != 1 {
			continue
		}
		switch c.Op {
		case pb.FilterOp_FILTER_OP_GT, pb.FilterOp_FILTER_OP_GE:
			low = c
		case pb.FilterOp_FILTER_OP_LT, pb.FilterOp_FILTER_OP_LE:
			high = c
		}
	}
	return low, high
}

// valueOf is the value of an operand in one run.
func valueOf(o exec.Operand, params []*pb.Value) *pb.Value {
	if o.Value != nil {
		return o.Value
	}
	if o.Param < len(params) {
		return params[o.Param]
	}
	return nil
}

func isNull(v *pb.Value) bool {
	_, null := v.GetKind().(*pb.Value_Null)
	return null
}

// ranges makes what is asked in one run; none: no row can be wanted.
func (p *Path) ranges(params []*pb.Value) []*pb.KeyRange {
	ranges := []*pb.KeyRange{{}}
	for _, point := range p.points {
		var next []*pb.KeyRange
		for _, o := range point.Operands {
			v := valueOf(o, params)
			if isNull(v) && point.Op != pb.FilterOp_FILTER_OP_NULL_SAFE_EQ && point.Op != pb.FilterOp_FILTER_OP_IS_NULL {
				continue // nothing is equal to NULL
			}
			b := &pb.Bound{Value: v, Inclusive: true}
			for _, r := range ranges {
				next = append(next, &pb.KeyRange{Lower: append(slices.Clone(r.Lower), b), Upper: append(slices.Clone(r.Upper), b)})
			}
		}
		ranges = next
	}
	bound := func(c *Condition) (*pb.Bound, bool) {
		if c == nil {
			return &pb.Bound{Open: true}, true
		}
		v := valueOf(c.Operands[0], params)
		return &pb.Bound{Value: v, Inclusive: c.Op == pb.FilterOp_FILTER_OP_GE || c.Op == pb.FilterOp_FILTER_OP_LE}, !isNull(v)
	}
	if p.low == nil && p.high == nil {
		return ranges
	}
	low, some := bound(p.low)
	high, any := bound(p.high)
	if !some || !any {
		return nil
	}
	for _, r := range ranges {
		r.Lower, r.Upper = append(r.Lower, low), append(r.Upper, high)
	}
	return ranges
}
