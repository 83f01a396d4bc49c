package txn

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
