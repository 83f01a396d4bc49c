package main

import (
	"bytes"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/rogpeppe/go-internal/testscript"
)

// arrowRead prints what an Arrow stream holds, read by Arrow's own code: the fields, then a row a line.
func arrowRead(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: arrow file")
	}
	reader, err := ipc.NewReader(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(err)
	defer reader.Release()
	var fields []string
	for _, f := range reader.Schema().Fields() {
		fields = append(fields, f.Name+" "+f.Type.String())
	}
	lines := []string{"schema: " + strings.Join(fields, ", ")}
	for reader.Next() {
		record := reader.RecordBatch()
		for row := range int(record.NumRows()) {
			values := make([]string, record.NumCols())
			for c := range values {
				values[c] = strings.ReplaceAll(record.Column(c).ValueStr(row), "\n", `\n`)
			}
			lines = append(lines, strings.Join(values, " "))
		}
	}
	ts.Check(reader.Err())
	_, err = ts.Stdout().Write([]byte(strings.Join(lines, "\n") + "\n"))
	ts.Check(err)
}
