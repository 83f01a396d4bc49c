package catalog

import (
	"context"
	"slices"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
)

// Statement is what the catalog keeps for one statement: the connectors that it opened for files
// are not closed under it.
type Statement struct {
	// Tolerant: the statement looks at the tables of many databases. One that cannot be described
	// is then shown without columns, with a warning, and does not fail the statement.
	Tolerant bool

	mu   sync.Mutex
	pins map[*fileSource]*database
	ends map[int]func()
	// ended counts what was ever to be done at the end.
	ended int
	// snapshots has the tokens of the moments that the statement reads AS OF.
	snapshots map[snapshotKey][]byte
	// matches are the columns of each MATCH … AGAINST.
	matches [][]string
}

type statementKey struct{}

// WithStatement marks ctx as that of one statement. End must be called when its last row was read.
func WithStatement(ctx context.Context) (context.Context, *Statement) {
	s := &Statement{pins: map[*fileSource]*database{}, ends: map[int]func(){}}
	return gms.WithEnding(context.WithValue(ctx, statementKey{}, s), s), s
}

// AtEnd implements gms.Ending.
func (s *Statement) AtEnd(f func()) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ends == nil {
		return func() {}
	}
	s.ended++
	number := s.ended
	s.ends[number] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.ends, number)
	}
}

var _ gms.Matching = (*Statement)(nil)

// Matches implements gms.Matching.
func (s *Statement) Matches() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.matches[:len(s.matches):len(s.matches)]
}

// AddMatch notes the columns, in lower case, of a MATCH … AGAINST.
func (s *Statement) AddMatch(columns []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.matches, func(known []string) bool { return slices.Equal(known, columns) }) {
		s.matches = append(s.matches, columns)
	}
}

// StatementOf is the statement of ctx; nil: there is none.
func StatementOf(ctx context.Context) *Statement {
	s, _ := ctx.Value(statementKey{}).(*Statement)
	return s
}

// add notes a source; false when it was noted before or the statement has ended.
func (s *Statement) add(d *database, source *fileSource) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.pins[source]; known || s.pins == nil {
		return false
	}
	s.pins[source] = d
	return true
}

// End does what is left to do and lets the connectors go; twice is harmless.
func (s *Statement) End() {
	s.mu.Lock()
	pins, ends := s.pins, s.ends
	s.pins, s.ends = nil, nil
	s.mu.Unlock()
	for _, f := range ends {
		f()
	}
	for source, d := range pins {
		d.mu.Lock()
		source.pins--
		d.mu.Unlock()
	}
}

// leaveOut warns, once, that something is left out of a tolerant statement.
func leaveOut(ctx *sql.Context, what string, err error) {
	message := what + " is left out: " + err.Error()
	for _, w := range ctx.Warnings() {
		if w.Message == message {
			return
		}
	}
	ctx.Warn(1356, "%s", message)
}

// inStatement tells whether ctx is that of a statement.
func inStatement(ctx context.Context) bool {
	_, ok := ctx.Value(statementKey{}).(*Statement)
	return ok
}

// tolerant tells whether ctx is that of a tolerant statement.
func tolerant(ctx context.Context) bool {
	statement, ok := ctx.Value(statementKey{}).(*Statement)
	return ok && statement.Tolerant
}
