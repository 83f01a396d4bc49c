package engine

import "strings"

// keyWords stand before KEY where it is no column.
var keyWords = []string{"USE", "IGNORE", "FORCE", "DUPLICATE", "PRIMARY", "UNIQUE", "FOREIGN", "FULLTEXT", "SPATIAL", "ADD", "DROP"}

// withColumnKey writes backticks around KEY where a query can mean nothing but a column of that name: MySQL reserves the word, and
// SQLite, where tables of keys and values come from, does not. It is asked for queries only that cannot be read as they are; false:
// there is no such word.
func withColumnKey(query string) (string, bool) {
	var out strings.Builder
	first, last, found, from := "", "", false, 0
	for i := 0; i < len(query); {
		if !inName(query[i]) {
			end, kind := token(query, i, "\x00")
			if kind == word && query[i] != '`' {
				last = query[i:end]
			}
			i = end
			continue
		}
		start := i
		for i < len(query) && inName(query[i]) {
			i++
		}
		name := query[start:i]
		if first == "" {
			first = name
		}
		if strings.EqualFold(name, "key") && !isOne(last, keyWords) {
			out.WriteString(query[from:start] + "`" + name + "`")
			from, found = i, true
		}
		last = name
	}
	if !found || !isOne(first, []string{"SELECT", "WITH", "EXPLAIN", "DESCRIBE", "DESC"}) {
		return query, false
	}
	return out.String() + query[from:], true
}

func isOne(word string, of []string) bool {
	for _, w := range of {
		if strings.EqualFold(word, w) {
			return true
		}
	}
	return false
}
