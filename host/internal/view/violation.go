package view

import (
	"fmt"
	"strings"

	"github.com/wasql/wasql/abi"
)

// Violation is a breach of SPEC section 5 or 6.
type Violation struct {
	// Clause is its number, such as "6.4".
	Clause string
	// Column counts from 0; -1 when it is not about a column.
	Column int
	// Row counts from 0 within the batch; -1 when it is not about a row.
	Row int
	// Offset is the place in memory.
	Offset uint64
	What   string
	// Code classifies it for SQL.
	Code abi.Code
}

// Error gives what, where and the clause.
func (v *Violation) Error() string {
	var b strings.Builder
	b.WriteString(v.What)
	if v.Column >= 0 {
		fmt.Fprintf(&b, ", column %d", v.Column+1)
	}
	if v.Row >= 0 {
		fmt.Fprintf(&b, ", row %d of the batch", v.Row+1)
	}
	fmt.Fprintf(&b, ", offset %#x (clause %s)", v.Offset, v.Clause)
	return b.String()
}

// Lawless tells whether the guest broke the layout, not only the range of a value.
func (v *Violation) Lawless() bool { return strings.HasPrefix(v.Clause, "6.") }

// breach makes a Violation about the batch as a whole.
func breach(clause string, offset uint64, format string, args ...any) *Violation {
	return &Violation{Clause: clause, Column: -1, Row: -1, Offset: offset, What: fmt.Sprintf(format, args...), Code: abi.InvalidData}
}
