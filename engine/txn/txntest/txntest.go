// Package txntest lets tests of other packages look into a commit.
package txntest

import "github.com/wasql/wasql/engine/txn/internal/failpoint"

// Inject has f called before each step of every commit of the process; nil ends that. Steps are "prepare NAME",
// "prepared NAME", "ask", "asked", "decide", "decided", "commit NAME", "committed NAME" and "finish", where NAME is a
// connector's. f may be called from several goroutines.
func Inject(f func(step string)) { failpoint.Inject(f) }
