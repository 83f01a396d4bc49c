// Package function has the SQL functions that connectors add.
//
// A Keeper knows the functions of one connector: it lists them once, and asks the connector which of
// them takes the arguments of a call. The answer is an Overload. Call is the expression of a scalar
// one, Aggregate that of an aggregate; what computes them over batches of rows is engine/exec's, and
// given to a Keeper as a Caller.
package function
