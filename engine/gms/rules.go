package gms

import "github.com/dolthub/go-mysql-server/sql/analyzer"

// RuleAt is the position of go-mysql-server's rule of that name. A name that is gone is our bug to notice
// when go-mysql-server changes: it panics.
func RuleAt(rules []analyzer.Rule, name string) int {
	for i := range rules {
		if rules[i].Id.String() == name {
			return i
		}
	}
	panic("gms: go-mysql-server has no rule " + name)
}
