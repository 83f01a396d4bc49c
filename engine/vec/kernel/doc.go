// Package kernel has the loops over values of one type. Each is one generic function: Go makes a loop of its own for every type of
// number, as a generated one would be. Lists of rows are ascending; nil stands for all rows.
package kernel
