// Package txn keeps the transactions of sessions with connectors.
//
// A Session is go-mysql-server's session with transactions. Nothing is sent to a connector before a
// statement needs it: BEGIN goes to a connector when a statement first writes to it, or when one
// first reads from it while a transaction is open that the client started (START TRANSACTION, or
// autocommit off). A Coordinator numbers the transactions of an engine. A Runner runs statements
// between the marks that make each of them all or nothing: a failing statement that stands alone is
// rolled back, one within a transaction is taken back to where it began, also what its triggers,
// cascades and procedures wrote.
//
// Requests of a transaction find the same instance, which the transaction holds until it ends.
// Lifetimes shared and session give that; a stateless connector that declares transactions breaks
// its contract (SPEC 8.3) and its writes are refused. A connector without transactions takes
// number 0: each of its writes stands alone, and ROLLBACK warns with 1196 as MySQL does.
//
// COMMIT with one connector that was written to is that connector's COMMIT. With several, all of
// them prepare (SYNC), which they may refuse; the decision is written by package decision; then all COMMIT. One
// of them may lack feature PREPARE: its COMMIT decides, behind the others' SYNC. What is not finished
// is in doubt, and a Coordinator goes on with it: when the connector is opened or used, and in the background.
package txn
