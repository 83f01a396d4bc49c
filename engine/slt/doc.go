// Package slt reads and runs sqllogictest scripts: statements and queries with the
// rows they must give.
//
//	# checklist: G4 G19
//	statement ok
//	USE nyc
//
//	statement error table not found
//	SELECT * FROM nothing
//
//	query TI rowsort
//	SELECT carrier, count(*) FROM flights GROUP BY carrier
//	----
//	AA	32729
//	UA	58665
//
// A record ends at a blank line. A query names one type letter a column: T text,
// I integer, R a number compared up to 1e-9 of its size, D a decimal, date or time, compared as text
// but for zeros that end the parts of a second. The
// order of rows is compared as it is (nosort), after sorting the rows (rowsort) or all values
// (valuesort). Expected rows are one a line with tabs between values, or, as in the
// original tool, one value a line. NULL is NULL, an empty text is (empty).
//
// The lines "skipif wasql" and "onlyif NAME" before a record work as in the original tool.
// Results given as a hash are refused: an expectation should be readable.
//
// Parse gives a File, Run runs it against anything that answers SQL; with
// the test flag -rewrite, Run writes what it got into the file.
package slt
