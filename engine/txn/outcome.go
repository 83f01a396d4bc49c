package txn

import (
	"time"

	"github.com/wasql/wasql/host"
)

// Joined is when a connector became a part of the session's transaction, which may see its rows as they were then; false:
// it is none.
func (s *Session) Joined(c *host.Connector) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return time.Time{}, false
	}
	p := s.current.with(c)
	if p == nil {
		return time.Time{}, false
	}
	return p.joined, true
}

// AtOutcome has f called once, when the transaction that the session is in has been committed or rolled back; at once
// when it is in none. f must not ask the session.
func (s *Session) AtOutcome(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		f()
		return
	}
	s.current.over = append(s.current.over, f)
}
