package journal_test

import (
	"slices"
	"testing"

	"github.com/wasql/wasql/connectors/store/journal"
	"github.com/wasql/wasql/connectors/store/journal/journaltest"
)

// state is what Replay gave.
type state struct{ chunks, records []string }

// open opens a log and replays it.
func open(t testing.TB, fs journal.FS) (*journal.Log, state) {
	t.Helper()
	l, s, err := tryOpen(fs)
	if err != nil {
		t.Fatal(err)
	}
	return l, s
}

func tryOpen(fs journal.FS) (*journal.Log, state, error) {
	var s state
	l, err := journal.Open(fs)
	if err != nil {
		return nil, s, err
	}
	err = l.Replay(func(kind journal.Kind, payload []byte) error {
		if kind == journal.Chunk {
			s.chunks = append(s.chunks, string(payload))
		} else {
			s.records = append(s.records, string(payload))
		}
		return nil
	})
	if err != nil {
		_ = l.Close()
		return nil, s, err
	}
	return l, s, nil
}

func do(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func expect(t testing.TB, got state, chunks, records []string) {
	t.Helper()
	if !slices.Equal(got.chunks, chunks) || !slices.Equal(got.records, records) {
		t.Fatalf("replayed %.200q, want chunks %.200q and records %.200q", got, chunks, records)
	}
}

func checkpoint(l *journal.Log, chunks ...string) error {
	return l.Checkpoint(func(put func([]byte) error) error {
		for _, c := range chunks {
			if err := put([]byte(c)); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestRecordsComeBackInOrder(t *testing.T) {
	fs := journaltest.New(1)
	l, s := open(t, fs)
	expect(t, s, nil, nil)
	do(t, l.Append([]byte("one")), l.Append(nil), l.Append([]byte("three")), l.Sync(), l.Close())
	l, s = open(t, fs)
	expect(t, s, nil, []string{"one", "", "three"})
	do(t, l.Append([]byte("four")), checkpoint(l, "a", "", "c"), l.Append([]byte("five")), l.Close())
	l, s = open(t, fs)
	expect(t, s, []string{"a", "", "c"}, []string{"five"})
	if l.Next() != 6 || l.Recovery().Generation != 1 {
		t.Errorf("record %d of generation %d comes next", l.Next(), l.Recovery().Generation)
	}
	do(t, l.Close())
}
