// Package print writes the rows of a result to a stream in one of the formats of
// `wasql query --output`: for people (table, vertical, markdown), for other programs (csv, tsv,
// json, ndjson), and as columns (arrow, parquet).
//
// Every format is a Writer. Rows are written as they come; only the table formats hold rows
// back, in blocks, to find the column widths. NULL differs from the empty string in every
// format. The package knows results and streams, nothing of terminals or SQL.
package print

import (
	"fmt"
	"io"
	"strings"

	"github.com/wasql/wasql/engine"
)

// Writer receives one result: Begin, then Row for each row, then End.
type Writer interface {
	// Begin starts a result with these columns.
	Begin(columns []engine.Column) error
	// Row writes one row; it does not keep it.
	Row(row engine.Row) error
	// End finishes the result. Nothing may follow on an arrow or parquet stream.
	End() error
}

type format struct {
	make func(io.Writer) Writer
	// single is set when a stream can hold one result only.
	single bool
}

var formats = map[string]format{
	"table":    {make: func(w io.Writer) Writer { return &tableWriter{out: w, style: boxStyle} }},
	"markdown": {make: func(w io.Writer) Writer { return &tableWriter{out: w, style: markdownStyle} }},
	"vertical": {make: func(w io.Writer) Writer { return &verticalWriter{out: w} }},
	"csv":      {make: func(w io.Writer) Writer { return &delimitedWriter{out: w, dialect: csvDialect} }},
	"tsv":      {make: func(w io.Writer) Writer { return &delimitedWriter{out: w, dialect: tsvDialect} }},
	"json":     {make: func(w io.Writer) Writer { return &jsonWriter{out: w, array: true} }},
	"ndjson":   {make: func(w io.Writer) Writer { return &jsonWriter{out: w} }},
	"arrow":    {make: newArrowWriter, single: true},
	"parquet":  {make: newParquetWriter, single: true},
}

// Formats lists the names New takes.
func Formats() []string {
	return []string{"table", "vertical", "csv", "tsv", "json", "ndjson", "markdown", "arrow", "parquet"}
}

// New makes a writer of the named format on out.
func New(name string, out io.Writer) (Writer, error) {
	f, ok := formats[name]
	if !ok {
		return nil, fmt.Errorf("unknown output format %q: use one of %s", name, strings.Join(Formats(), ", "))
	}
	return f.make(out), nil
}

// Single tells whether a stream of this format can hold one result only.
func Single(name string) bool { return formats[name].single }
