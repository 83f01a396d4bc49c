package slt

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// System is the name that skipif and onlyif lines know this engine by.
const System = "wasql"

// Kind tells what a record asks for.
type Kind int

// The kinds of record.
const (
	StatementOK    Kind = iota // runs, its rows are not looked at
	StatementError             // must fail, with an error that matches Record.Error
	Query                      // runs and gives Record.Want
)

// Sort tells what is sorted on both sides before rows are compared.
type Sort string

// The three sort modes of sqllogictest.
const (
	NoSort    Sort = "nosort"
	RowSort   Sort = "rowsort"
	ValueSort Sort = "valuesort"
)

// A Record is one statement or query of a script.
type Record struct {
	Kind  Kind
	Line  int            // of the record's first line, from 1
	SQL   string         // without a final semicolon or newline
	Types string         // of a query: one of T I R D for each column
	Sort  Sort           // of a query
	Error *regexp.Regexp // of a failing statement; nil matches any error
	Want  [][]string     // of a query: expected rows, in the file's own spelling

	wantFirst, wantLast int // lines [first, last) of the file that hold Want
}

// A File is a parsed script.
type File struct {
	Path      string
	Checklist []string // ids named by "# checklist:" lines
	Records   []Record

	lines []string
}

// Parse reads the script at path. Its error names the line.
func Parse(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p := parser{file: &File{Path: path}}
	scanner := bufio.NewScanner(strings.NewReader(string(text)))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		p.file.lines = append(p.file.lines, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for !p.done() {
		if err := p.record(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, p.at, err)
		}
	}
	if len(p.file.Records) == 0 {
		return nil, fmt.Errorf("%s: no record", path)
	}
	return p.file, nil
}

// parser walks over the lines of a file; at is the next one, so also the number of the last.
type parser struct {
	file *File
	at   int
	skip bool // the next record is for other systems
}

func (p *parser) done() bool { return p.at >= len(p.file.lines) }

func (p *parser) next() string {
	line := p.file.lines[p.at]
	p.at++
	return line
}

// record takes one directive line and what belongs to it.
func (p *parser) record() error {
	line := p.next()
	if ids, ok := strings.CutPrefix(line, "# checklist:"); ok {
		p.file.Checklist = append(p.file.Checklist, strings.Fields(ids)...)
	}
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.HasPrefix(line, "#") {
		return nil
	}
	switch fields[0] {
	case "statement":
		return p.statement(line, fields)
	case "query":
		return p.query(fields)
	case "skipif", "onlyif":
		if len(fields) != 2 {
			return fmt.Errorf("%s takes one name", fields[0])
		}
		if (fields[1] == System) == (fields[0] == "skipif") {
			p.skip = true
		}
		return nil
	case "halt":
		p.at = len(p.file.lines)
		return nil
	}
	return fmt.Errorf("unknown directive %q", fields[0])
}

func (p *parser) statement(line string, fields []string) error {
	record := Record{Line: p.at}
	switch {
	case len(fields) == 2 && fields[1] == "ok":
		record.Kind = StatementOK
	case len(fields) >= 2 && fields[1] == "error":
		record.Kind = StatementError
		_, pattern, _ := strings.Cut(line, "error")
		if pattern = strings.TrimSpace(pattern); pattern != "" {
			re, err := regexp.Compile(pattern)
			if err != nil {
				return err
			}
			record.Error = re
		}
	default:
		return fmt.Errorf("want statement ok or statement error, got %q", line)
	}
	if _, err := p.sql(&record); err != nil {
		return err
	}
	p.add(record)
	return nil
}

func (p *parser) query(fields []string) error {
	record := Record{Kind: Query, Line: p.at, Sort: NoSort}
	if len(fields) < 2 || strings.Trim(fields[1], "TIRD") != "" {
		return fmt.Errorf("query needs one of the letters T I R D for each column")
	}
	record.Types = fields[1]
	if len(fields) > 2 {
		switch record.Sort = Sort(fields[2]); record.Sort {
		case NoSort, RowSort, ValueSort:
		default:
			return fmt.Errorf("unknown sort mode %q", fields[2])
		}
	}
	marked, err := p.sql(&record)
	if err != nil {
		return err
	}
	if !marked {
		return fmt.Errorf("query without ---- and rows")
	}
	record.wantFirst = p.at
	var lines []string
	for !p.done() && p.file.lines[p.at] != "" {
		lines = append(lines, p.next())
	}
	record.wantLast = p.at
	if record.Want, err = rows(lines, len(record.Types)); err != nil {
		return err
	}
	p.add(record)
	return nil
}

func (p *parser) add(record Record) {
	if !p.skip {
		p.file.Records = append(p.file.Records, record)
	}
	p.skip = false
}

// sql takes the statement's lines, up to a blank line or ----, which is reported.
func (p *parser) sql(record *Record) (marked bool, err error) {
	var text []string
	for !p.done() {
		line := p.next()
		if marked = line == "----"; marked || line == "" {
			break
		}
		text = append(text, line)
	}
	record.SQL = strings.TrimSuffix(strings.TrimSpace(strings.Join(text, "\n")), ";")
	if record.SQL == "" {
		return marked, fmt.Errorf("no SQL in the record of line %d", record.Line)
	}
	return marked, nil
}

// rows cuts the lines of an expectation into rows: one row a line with tabs between
// values, or one value a line.
func rows(lines []string, columns int) ([][]string, error) {
	var values []string
	byRow := false
	for _, line := range lines {
		if strings.Contains(line, "values hashing to") {
			return nil, fmt.Errorf("results given as a hash are not supported: write the rows")
		}
		byRow = byRow || columns > 1 && strings.Contains(line, "\t")
	}
	for _, line := range lines {
		if !byRow {
			values = append(values, line)
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != columns {
			return nil, fmt.Errorf("row %q has %d values, want %d", line, len(row), columns)
		}
		values = append(values, row...)
	}
	if len(values)%columns != 0 {
		return nil, fmt.Errorf("%d values do not fill rows of %d columns", len(values), columns)
	}
	var out [][]string
	for ; len(values) > 0; values = values[columns:] {
		out = append(out, values[:columns:columns])
	}
	return out, nil
}
