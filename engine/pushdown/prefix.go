package pushdown

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/abi/pb"
)

// implied are the ranges that LIKE 'abc%' keeps a column to, for columns that an index orders: whoever
// knows nothing of patterns finds the rows by them. The patterns are put to the connector besides, and
// checked where they must be.
func (s *tableScope) implied(ctx *sql.Context, all []*conjunct) []*conjunct {
	var ranges []*conjunct
	for _, c := range all {
		like, ok := c.expr.(*expression.Like)
		if !ok || c.filter == nil || c.filter.Op != pb.FilterOp_FILTER_OP_LIKE || !s.ordered(*c.filter.Column) {
			continue
		}
		prefix := literalPrefix(c.filter.Operands[0].GetValue().GetUtf8(), c.filter.Escape)
		if prefix == "" {
			continue
		}
		collation, err := sql.ParseCollation("", c.filter.Collation, false)
		if err != nil {
			continue
		}
		text := func(op pb.FilterOp, value string) *pb.Filter {
			return &pb.Filter{Op: op, Column: c.filter.Column, Collation: c.filter.Collation,
				Operands: []*pb.Operand{constant(&pb.Value{Kind: &pb.Value_Utf8{Utf8: value}})}}
		}
		filter := text(pb.FilterOp_FILTER_OP_GE, prefix)
		if above, ok := above(collation, prefix); ok {
			filter = &pb.Filter{Op: pb.FilterOp_FILTER_OP_AND, Children: []*pb.Filter{filter, text(pb.FilterOp_FILTER_OP_LT, above)}}
		}
		filter.Text = like.LeftChild.String() + " begins with '" + prefix + "'"
		ranges = append(ranges, &conjunct{expr: c.expr, text: filter.Text, filter: filter, advisory: true, implied: true})
	}
	return ranges
}

// ordered tells whether a column is part of a declared key.
func (s *tableScope) ordered(position uint32) bool {
	declared := s.table.Declared()
	for _, c := range declared.GetPrimaryKey() {
		if c == position {
			return true
		}
	}
	for _, x := range declared.GetIndexes() {
		for _, c := range x.Columns {
			if c.Column == position && c.ExpressionSql == "" {
				return true
			}
		}
	}
	return false
}

// literalPrefix is what a pattern of LIKE says before its first wildcard.
func literalPrefix(pattern, escape string) string {
	escapes := '\\'
	if escape != "" {
		escapes = []rune(escape)[0]
	}
	var prefix strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			escaped = false
		case r == escapes:
			escaped = true
			continue
		case r == '%' || r == '_':
			return prefix.String()
		}
		prefix.WriteRune(r)
	}
	return prefix.String()
}

// above gives a text that comes after every text that begins with prefix, under a collation that
// compares character by character: its last character has a higher weight, if one is found.
func above(collation sql.CollationID, prefix string) (string, bool) {
	runes := []rune(prefix)
	last := runes[len(runes)-1]
	weight := collation.Sorter()
	least, best := weight(last), rune(-1)
	try := func(r rune) {
		if w := weight(r); w > least && (best < 0 || w < weight(best)) {
			best = r
		}
	}
	for r := last + 1; r < last+128 && r < 0xd800; r++ {
		try(r)
	}
	for r := rune(' '); r <= '~'; r++ {
		try(r)
	}
	if best < 0 {
		return "", false
	}
	runes[len(runes)-1] = best
	return string(runes), true
}
