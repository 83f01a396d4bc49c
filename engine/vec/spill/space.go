package spill

import (
	"strconv"
	"sync"
)

// Space is what one statement keeps in a folder. It is safe for concurrent use.
type Space struct {
	folder  *Folder
	setting string
	limit   int64

	mu      sync.Mutex
	used    int64
	peak    int64
	written int64
	runs    map[*Run]struct{}
}

// Space gives room for at most limit bytes; setting is what an error calls the limit.
func (f *Folder) Space(limit int64, setting string) *Space {
	return &Space{folder: f, limit: limit, setting: setting, runs: map[*Run]struct{}{}}
}

// take books n more bytes.
func (s *Space) take(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+n > s.limit {
		return &FullError{Setting: s.setting, Limit: s.limit}
	}
	s.used += n
	s.written += n
	s.peak = max(s.peak, s.used)
	return nil
}

// Allowed tells whether anything may be kept.
func (s *Space) Allowed() bool { return s.limit > 0 }

// Limit is what may be kept at once, in bytes, and the name of that setting.
func (s *Space) Limit() (bytes int64, setting string) { return s.limit, s.setting }

// Used is what is on disk now, and the most there was, in bytes; written is all that ever was written.
func (s *Space) Used() (now, peak, written int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.peak, s.written
}

// Close removes what is left of the statement's runs.
func (s *Space) Close() {
	s.mu.Lock()
	runs := make([]*Run, 0, len(s.runs))
	for r := range s.runs {
		runs = append(runs, r)
	}
	s.mu.Unlock()
	for _, r := range runs {
		r.Remove()
	}
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
