package wasql

import "math"

// Claim claims every usable conjunct `column op value` whose value compares by the plain rules of the
// column's type, and tells whether there was one. It leaves alone what a connector would get wrong
// by comparing naively: text under a collation that is not binary, and values of another type.
// An unknown column name is a mistake of the author and fails the call.
func (p *Plan) Claim(column string, op Op, use Use) bool {
	return p.claim(p.column(column), use, op)
}

// ClaimRange claims =, <, <=, > and >= on a column, as Claim does; Int64Range and the like read the
// bounds in Scan.
func (p *Plan) ClaimRange(column string, use Use) bool {
	return p.claim(p.column(column), use, EQ, LT, LE, GT, GE)
}

// claimArguments takes the arguments of a table function.
func (p *Plan) claimArguments() {
	for i := range p.columns {
		if p.columns[i].Argument > 0 {
			p.claim(i, Exact, EQ)
		}
	}
}

func (p *Plan) claim(column int, use Use, ops ...Op) bool {
	found := false
	for _, c := range p.conjuncts {
		if !c.Usable || c.Column != column || c.Side != 0 || !contains(ops, c.Op) || !plain(&p.columns[column], &c.Filter) {
			continue
		}
		c.use, found = use, true
	}
	return found
}

func contains(ops []Op, op Op) bool {
	for _, o := range ops {
		if o == op {
			return true
		}
	}
	return false
}

// plain tells whether the values of f compare with the column's values as values of its type do in Go.
func plain(column *Column, f *Filter) bool {
	for _, operand := range f.Operands {
		kind, ok := operand.kind()
		if !ok || kind != KindNull && !comparesPlainly(column.Type, kind, f.Collation) {
			return false
		}
	}
	return true
}

// kind is the kind of the value, now or when it comes.
func (o Operand) kind() (Kind, bool) {
	if o.known {
		return o.value.kind, true
	}
	if _, param := o.Param(); !param {
		return KindNull, false
	}
	switch t := Type(o.message.GetType()); {
	case t.Unsigned():
		return KindUint64, true
	case t.Integer():
		return KindInt64, true
	default:
		kind, ok := kindOf[t]
		return kind, ok
	}
}

var kindOf = map[Type]Kind{
	Bool: KindBool, Float32: KindFloat64, Float64: KindFloat64, Decimal128: KindDecimal, Decimal256: KindDecimal, UTF8: KindText,
	Binary: KindBinary, Date: KindDate, Time: KindTime, Datetime: KindDatetime, JSON: KindJSON, Year: KindInt64,
}

func comparesPlainly(t Type, kind Kind, collation string) bool {
	whole := kind == KindBool || kind == KindInt64 || kind == KindUint64
	switch {
	case t == Bool || t.Integer() || t == Year:
		return whole
	case t == Float64:
		return whole || kind == KindFloat64 || kind == KindDecimal
	case t == Decimal128 || t == Decimal256:
		return whole || kind == KindDecimal
	case t == UTF8:
		return kind == KindText && (collation == "binary" || collation == "utf8mb4_0900_bin")
	case t == Binary:
		return (kind == KindBinary || kind == KindText) && (collation == "" || collation == "binary")
	case t == Date:
		return kind == KindDate
	case t == Time:
		return kind == KindTime
	case t == Datetime:
		return kind == KindDatetime
	}
	return false
}

// Value gives the value of the first claimed conjunct `column op value`, and whether there is one.
func (p *Plan) Value(column string, op Op) (Value, bool) {
	at := p.column(column)
	for _, c := range p.conjuncts {
		if c.Column == at && c.Op == op && c.use != Ignored && len(c.Operands) == 1 {
			return c.Operands[0].Value()
		}
	}
	return Value{}, false
}

// Int64 gives the value of the first claimed conjunct `column op value`, or fallback when there is none,
// it is not known yet, it is NULL or it does not fit. Int64Range is the safer way to read bounds.
func (p *Plan) Int64(column string, op Op, fallback int64) int64 {
	if v, ok := p.Value(column, op); ok {
		if n, fits := v.Int64(); fits {
			return n
		}
	}
	return fallback
}

// Text gives the value of the first claimed conjunct `column op value`, or fallback as Int64 does.
func (p *Plan) Text(column string, op Op, fallback string) string {
	if v, ok := p.Value(column, op); ok {
		if text, fits := v.Text(); fits {
			return text
		}
	}
	return fallback
}

// Int64Range gives the smallest and largest int64 that all claimed =, <, <=, > and >= of the column
// let through; low > high means none. Values not known yet, in Plan, do not narrow it.
func (p *Plan) Int64Range(column string) (low, high int64) {
	at := p.column(column)
	low, high = math.MinInt64, math.MaxInt64
	for _, c := range p.conjuncts {
		if c.Column == at && c.use != Ignored && len(c.Operands) == 1 {
			if v, known := c.Operands[0].Value(); known {
				low, high = narrow(low, high, c.Op, v)
			}
		}
	}
	return low, high
}

// narrow applies one comparison to a closed interval. The empty interval is (1, 0).
func narrow(low, high int64, op Op, v Value) (int64, int64) {
	if !contains([]Op{EQ, LT, LE, GT, GE}, op) {
		return low, high
	}
	n, fits := v.Int64()
	switch {
	case v.IsNull():
		return 1, 0
	case !fits && v.kind != KindUint64:
		// Not claimed by Claim: whoever claimed it must read it himself.
		return low, high
	case !fits:
		// An unsigned value above every int64.
		if op == LT || op == LE {
			return low, high
		}
		return 1, 0
	}
	switch op {
	case EQ:
		low, high = max(low, n), min(high, n)
	case LE:
		high = min(high, n)
	case GE:
		low = max(low, n)
	case LT:
		if n == math.MinInt64 {
			return 1, 0
		}
		high = min(high, n-1)
	case GT:
		if n == math.MaxInt64 {
			return 1, 0
		}
		low = max(low, n+1)
	}
	if low > high {
		return 1, 0
	}
	return low, high
}

// Argument gives argument number n (from 1) of the table function, and false when the call left it
// out or, in Plan, its value comes later. It is claimed by the SDK.
func (p *Plan) Argument(n int) (Value, bool) {
	for i := range p.columns {
		if p.columns[i].Argument == n {
			return p.Value(p.columns[i].Name, EQ)
		}
	}
	return Value{}, false
}
