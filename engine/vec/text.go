package vec

import (
	"bytes"
	"unicode/utf8"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// textAt gives row i of a column of text or bytes. The view of a NULL row may hold anything.
func textAt(v *col.Vec, i int) []byte {
	if v.Views != nil && v.IsNull(i) {
		return nil
	}
	return v.Bytes(i)
}

// CompareText is true where a column of text or bytes lies to value as order says.
func CompareText(e Expr, order kernel.Order, value []byte, collation *Collation) Condition {
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		order := order
		if !want {
			order = order.Not()
		}
		if collation == nil && (order == kernel.Equal || order == kernel.Equal.Not()) {
			same := order == kernel.Equal
			return pick(v.Len, in, out, func(i int) bool { return bytes.Equal(textAt(v, i), value) == same })
		}
		return pick(v.Len, in, out, func(i int) bool { return order.Holds(collation.Compare(textAt(v, i), value)) })
	}}
}

// OneOfText is true where a column of text or bytes is equal to one of the values.
func OneOfText(e Expr, values [][]byte, collation *Collation) Condition {
	set := make(map[string]struct{}, len(values))
	var begins [256]bool // how the keys of values begin
	for _, value := range values {
		key := collation.AppendKey(nil, value)
		set[string(key)] = struct{}{}
		if len(key) > 0 {
			begins[key[0]] = true
		}
	}
	var key []byte
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		return pick(v.Len, in, out, func(i int) bool {
			text := textAt(v, i)
			if len(text) > 0 && text[0] < utf8.RuneSelf {
				first := text[0]
				if collation != nil {
					first = collation.twin[first]
				}
				if !begins[first] {
					return !want
				}
			}
			key = collation.AppendKey(key[:0], text)
			_, there := set[string(key)]
			return there == want
		})
	}}
}

// MatchText is true where match says so for a column of text or bytes. The bytes are the batch's.
func MatchText(e Expr, match func(text []byte) bool) Condition {
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		return pick(v.Len, in, out, func(i int) bool { return match(textAt(v, i)) == want })
	}}
}
