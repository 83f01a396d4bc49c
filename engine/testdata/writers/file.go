package main

import (
	"encoding/binary"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// newMade is an empty table as SQL declares it.
func newMade(declared *pb.Table) *list {
	l := &list{name: declared.GetName(), columns: wasql.ColumnsOf(declared), declared: declared, rowid: -1, number: -1, upper: -1, unique: -1}
	if keys := declared.GetPrimaryKey(); len(keys) == 1 {
		l.unique = int(keys[0])
	}
	return l
}

func (w *writers) file(name string) string { return w.folder + "/" + name + ".table" }

// called writes a call down, in the folder when there is one, and gives all of them.
func (w *writers) called(calls ...string) []string {
	w.calls = append(w.calls, calls...)
	if w.folder == "" {
		return w.calls
	}
	if len(calls) > 0 {
		if f, err := wasql.AppendFile(w.folder + "/calls"); err == nil {
			_, _ = f.Write([]byte(strings.Join(calls, "\n") + "\n"))
			_ = f.Close()
		}
	}
	content, err := wasql.ReadFile(w.folder + "/calls")
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

// save writes a table to its file: the declaration, then the values, each with its length.
func (w *writers) save(l *list) error {
	l.keep = w.save
	if w.folder == "" {
		return nil
	}
	var out []byte
	add := func(m interface{ MarshalVT() ([]byte, error) }) error {
		b, err := m.MarshalVT()
		out = append(binary.AppendUvarint(out, uint64(len(b))), b...)
		return err
	}
	if err := add(l.declared); err != nil {
		return err
	}
	for _, row := range l.rows {
		for _, v := range row {
			if err := add(v.Message()); err != nil {
				return err
			}
		}
	}
	f, err := wasql.CreateFile(w.file(l.name))
	if err != nil {
		return err
	}
	if _, err := f.Write(out); err != nil {
		return err
	}
	return f.Close()
}

// read is the other way round.
func (w *writers) read(name string) (*list, error) {
	content, err := []byte(nil), wasql.NoTable(name)
	if w.folder != "" {
		content, err = wasql.ReadFile(w.file(name))
	}
	if err != nil {
		return nil, err
	}
	next := func(m interface{ UnmarshalVT([]byte) error }) error {
		size, n := binary.Uvarint(content)
		part := content[n:][:size]
		content = content[n+int(size):]
		return m.UnmarshalVT(part)
	}
	declared := &pb.Table{}
	if err := next(declared); err != nil {
		return nil, err
	}
	declared.Name = name
	l := newMade(declared)
	l.keep = w.save
	for len(content) > 0 {
		row := make([]wasql.Value, len(l.columns))
		for i := range row {
			var v pb.Value
			if err := next(&v); err != nil {
				return nil, err
			}
			row[i] = wasql.ValueFrom(&v)
		}
		l.rows = append(l.rows, row)
	}
	return l, nil
}
