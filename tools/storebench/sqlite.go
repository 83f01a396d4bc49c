package main

import (
	"context"
	"database/sql"
	"errors"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqlite is SQLite as compiled to Go, in this process.
type sqlite struct{ db *sql.DB }

// openSQLite opens a file with a write-ahead log. Durable: each commit is synced.
func openSQLite(ctx context.Context, path string, durable bool) (*sqlite, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // pragmas belong to a connection
	s := &sqlite{db}
	level := "OFF"
	if durable {
		level = "FULL"
	}
	for _, pragma := range []string{"PRAGMA journal_mode = WAL", "PRAGMA synchronous = " + level} {
		if _, err := s.query(ctx, pragma); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return s, nil
}

func (s *sqlite) exec(ctx context.Context, text string) error {
	_, err := s.db.ExecContext(ctx, text)
	return err
}

func (s *sqlite) query(ctx context.Context, text string) (int, error) {
	rows, err := s.db.QueryContext(ctx, text)
	if err != nil {
		return 0, err
	}
	return drain(rows)
}

func drain(rows *sql.Rows) (n int, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	values := make([]any, len(names))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

func (s *sqlite) close() error { return s.db.Close() }
