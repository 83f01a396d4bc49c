// Package vec runs queries over batches of columns: conditions that pick rows, expressions that compute columns, and operators (filter,
// project, group, top-N, sort, limit) that read a Source and are one. It knows abi/col and nothing of SQL plans or connectors: engine/exec
// compiles a plan into it and makes rows of what comes out.
//
// # Batches and selections
//
// A batch that an operator hands out is valid until its next call of Next. Rows that do not count any more are left out by the batch's
// selection, ascending positions, instead of being copied away; the columns stay as long as they were. A list of rows that is nil means
// all of them.
//
// # NULL
//
// SQL's logic has three values. A Condition is asked for the rows where it is true, or for those where it is false, and gives neither
// when it is NULL; AND, OR and NOT need no third list then.
//
// # Answers
//
// An operator gives what MySQL gives or refuses to be built: sums of whole numbers are exact in 128 bits and of decimals in 256,
// text is compared by the weights of its collation, group keys are compared for equality behind their hash. Nothing here is safe for
// concurrent use, except that several operators may read different sources at the same time.
package vec
