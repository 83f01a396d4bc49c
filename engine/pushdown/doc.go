// Package pushdown negotiates with connectors what they do of a query: which columns they send,
// which conditions they check, whether they keep the order and the limit. It puts an exec.Scan in
// the place of each table of a connector, and leaves above it only what was not taken over.
//
//   - Install adds the rules to go-mysql-server; they act on connectors' tables and nothing else.
//   - rule, chain and joins find the tables and what stands above them; columns finds what is read.
//   - translate turns SQL conditions into filters of the ABI; constant decides whether a value has
//     an exact form in the column's own type, which is the condition for sending it at all.
//   - negotiate sends PLAN and judges the answer: everything a connector says is checked here.
//   - changes plans what UPDATE, DELETE and INSERT read; a scan leads them to the table they write.
//   - lookup and ranges read tables by an index that go-mysql-server chose, for joins, sub-queries and
//     foreign keys: its ranges become conditions, and what is refused of them is checked and sorted here.
//   - point remembers the plan for the row of a key, prefix makes a range of LIKE 'abc%', tuple takes
//     (a, b) IN (…) apart.
//   - groups puts a GROUP BY to the connector, narrow tells a scan the keys of a join beside it.
//   - cost prices joins, as a call into a guest costs more than a row.
//   - switches are the session variables wasql_pushdown, wasql_pushdown_filters and so on.
//
// Wrong answers are impossible by construction, slow ones are not: a condition is sent only when
// comparing in the column's type is exactly MySQL's comparison, and whatever is not claimed
// exactly, or is claimed by a connector that is not trusted, is checked again above the scan.
//
// The package reads no rows (engine/exec does), and plans no join inside a connector yet: the
// messages have room for it.
package pushdown
