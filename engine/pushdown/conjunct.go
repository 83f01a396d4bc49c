package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// conjunct is one ANDed condition on a scan.
type conjunct struct {
	// expr is the condition in SQL, compiled for the node it came from.
	expr sql.Expression
	text string
	// filter is what is put to the connector; nil when it cannot be said, for the reason given.
	filter *pb.Filter
	reason string
	// params are the operands of filter that get their value from the outer row: operand i of the
	// filter with kind Param p is params[p].
	params []exec.Param
	// never: the condition is true for no row.
	never bool
	// advisory conditions come from a join above, which checks them anyway.
	advisory bool
}

// sendable tells whether there is something to put to the connector.
func (c *conjunct) sendable() bool { return c.filter != nil }

// use is the judged answer to one conjunct.
type use struct {
	use      pb.Use
	argument uint32
	reason   string
}

// exactly tells whether the condition need not be looked at again.
func (c *conjunct) exactly(u use, trusted bool) bool {
	return c.filter != nil && u.use == pb.Use_USE_EXACT && trusted && len(c.params) == 0
}
