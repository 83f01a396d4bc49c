// Package spell tells how far apart two names are, for messages that ask "did you mean". The host
// uses it for options, the engine for databases, tables and modules. It decides nothing: what is
// near enough is the caller's business.
package spell

// Distance counts the letters to insert, delete or change to get from a to b. Names of more than
// 64 bytes are far from anything.
func Distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
