package gms

import (
	"strconv"
	"strings"
)

// descendingMark begins the comment of an index with columns that descend, on its way through go-mysql-server: its
// definitions of indexes have no place for DESC. No text of SQL begins so.
const descendingMark = "\x00DESC"

// MarkDescending is the comment of an index whose columns at these positions descend.
func MarkDescending(comment string, positions []int) string {
	mark := descendingMark
	for _, p := range positions {
		mark += " " + strconv.Itoa(p)
	}
	return mark + "\x00" + comment
}

// CutDescending takes the mark of MarkDescending off a comment; descending is nil when there is none.
func CutDescending(comment string) (plain string, descending map[int]bool) {
	rest, marked := strings.CutPrefix(comment, descendingMark)
	if !marked {
		return comment, nil
	}
	list, plain, _ := strings.Cut(rest, "\x00")
	descending = map[int]bool{}
	for _, field := range strings.Fields(list) {
		if p, err := strconv.Atoi(field); err == nil {
			descending[p] = true
		}
	}
	return plain, descending
}

// Descending tells for each column of the key whether it descends; nil: none does.
func (x *Index) Descending() []bool {
	var all []bool
	for i, p := range x.parts {
		if p.descending {
			if all == nil {
				all = make([]bool, len(x.parts))
			}
			all[i] = true
		}
	}
	return all
}
