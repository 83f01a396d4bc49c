package wasql

import (
	"io"
	"iter"
)

// Maps makes a cursor of named rows, as other wrappers for foreign data know them. An error ends the scan.
//
//	return wasql.Maps(func(yield func(map[string]any, error) bool) {
//		yield(map[string]any{"id": 1, "name": "one"}, nil)
//	}), nil
func Maps(rows iter.Seq2[map[string]any, error]) Cursor {
	return &sequenceCursor[map[string]any]{rows: rows, add: (*Rows).AddMap}
}

// Values makes a cursor of rows that are a value for each column of the table, in order.
func Values(rows iter.Seq2[[]any, error]) Cursor {
	return &sequenceCursor[[]any]{rows: rows, add: func(out *Rows, row []any) error { return out.Add(row...) }}
}

// Each makes a cursor of any sequence: add puts one element into the rows, and calls EndRow for each row it makes
// of it. It is called only while there is room, so it must make no more than one row.
func Each[T any](rows iter.Seq2[T, error], add func(out *Rows, row T) error) Cursor {
	return &sequenceCursor[T]{rows: rows, add: add}
}

// Sure makes a sequence that cannot fail fit Maps, Values and Each.
func Sure[T any](rows iter.Seq[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// sequenceCursor pulls rows out of a sequence.
type sequenceCursor[T any] struct {
	rows iter.Seq2[T, error]
	add  func(*Rows, T) error
	next func() (T, error, bool)
	stop func()
}

// Next takes rows while there is room.
func (c *sequenceCursor[T]) Next(out *Rows) error {
	if c.next == nil {
		c.next, c.stop = iter.Pull2(c.rows)
	}
	for out.Room() {
		row, err, ok := c.next()
		if !ok {
			return io.EOF
		}
		if err == nil {
			err = c.add(out, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close lets the sequence end, so that what it holds open is closed.
func (c *sequenceCursor[T]) Close() error {
	if c.stop != nil {
		c.stop()
	}
	return nil
}
