// Diary is the connector of the engine's tests that keeps something for each session: an instance of its own, with
// what was done there. It is built by the tests; it is no example to follow.
package main

import (
	"io"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{
		Name: "diary", Version: "1.0.0", Description: "what a session did", License: "Apache-2.0", Lifetime: wasql.PerSession,
	}, open, &page{}))
}

// diary is what an instance remembers.
type diary struct {
	wasql.Tables
	session uint64
	reads   int
}

func open(config *wasql.Config) (*diary, error) {
	d := &diary{session: config.Session}
	number := func(name string) wasql.Column { return wasql.Column{Name: name, Type: wasql.Int64, SQLType: "bigint"} }
	text := wasql.Column{Name: "word", Type: wasql.UTF8, SQLType: "varchar(20)"}
	d.Tables = wasql.Tables{
		// reads counts how often this instance was read from.
		&page{name: "reads", columns: []wasql.Column{number("session"), number("n")}, scan: func(out *wasql.Rows) error {
			d.reads++
			return out.Add(int64(d.session), d.reads)
		}},
		&page{name: "cracked", columns: []wasql.Column{number("id")}, findings: []*wasql.Finding{
			{Kind: "warning", Text: "page 3 is stained"}, {Kind: "error", Text: "page 4 is missing"}}},
		&page{name: "stained", columns: []wasql.Column{number("id")}, findings: []*wasql.Finding{{Kind: "warning", Text: "page 3 is stained"}}},
		&page{name: "unreadable", columns: []wasql.Column{number("id")}, fails: true},
		&page{name: "levels", columns: []wasql.Column{number("id"), text}, scan: levels},
		&page{name: "critical", columns: []wasql.Column{number("id")}, scan: func(out *wasql.Rows) error {
			wasql.Log(wasql.LevelCritical, "the diary burns", "call someone", "page", "7")
			return out.Add(1)
		}},
	}
	return d, nil
}

// archived is a schema of its own.
const archived = "archive"

// List implements wasql.Lister.
func (d *diary) List(schema string) ([]string, error) {
	if schema == archived {
		return []string{"letters", "reads"}, nil
	}
	return d.Tables.List(schema)
}

// Table implements wasql.Source.
func (d *diary) Table(ref *wasql.TableRef) (wasql.Table, error) {
	if ref.Database != archived {
		return d.Tables.Table(ref)
	}
	if ref.Name != "letters" && ref.Name != "reads" {
		return nil, wasql.NoTable(ref.Name)
	}
	return &page{name: ref.Name, columns: []wasql.Column{{Name: "told", Type: wasql.UTF8, SQLType: "varchar(20)"}}, scan: func(out *wasql.Rows) error {
		return out.Add(archived + " " + ref.Name)
	}}, nil
}

// levels logs at each level that goes on.
func levels(out *wasql.Rows) error {
	wasql.Log(wasql.LevelDebug, "page turned", "", "page", "5")
	wasql.Log(wasql.LevelInfo, "page read", "")
	wasql.Log(wasql.LevelWarning, "the ink fades", "copy it", "page", "5", "lines", "3")
	return out.Add(1, "ink")
}

// page is a table by its parts.
type page struct {
	name     string
	columns  []wasql.Column
	scan     func(*wasql.Rows) error
	findings []*wasql.Finding
	fails    bool
}

func (p *page) Name() string            { return p.name }
func (p *page) Columns() []wasql.Column { return p.columns }

// Plan implements wasql.Planner: the pages are in the order of their numbers.
func (p *page) Plan(asked *wasql.Plan) error {
	asked.Rows = 1
	if p.name != "levels" {
		return nil
	}
	if asked.Asked(wasql.Order) {
		asked.Take(wasql.Order)
	}
	asked.Take(wasql.Limit)
	asked.Explain("book", "by hand")
	return nil
}

// Explain implements wasql.Explainer.
func (p *page) Explain(_ *wasql.Plan, verbose bool) ([][2]string, error) {
	lines := [][2]string{{"pages", "12"}}
	if verbose {
		lines = append(lines, [2]string{"ink", "black, with a\tblue tint"})
	}
	return lines, nil
}

// Check implements wasql.Checker.
func (p *page) Check(mode string) ([]*pb.Finding, error) {
	if p.fails {
		return nil, wasql.Errorf(wasql.IO, "the lock is rusty")
	}
	if p.findings == nil && mode != "" {
		return []*pb.Finding{{Kind: "info", Text: "looked at " + mode}}, nil
	}
	return p.findings, nil
}

// Scan gives the rows at once.
func (p *page) Scan(plan *wasql.Plan) (wasql.Cursor, error) { return &cursor{p, plan}, nil }

type cursor struct {
	page *page
	plan *wasql.Plan
}

// Next implements wasql.Cursor.
func (c *cursor) Next(out *wasql.Rows) error {
	if c.page.scan != nil && c.plan.Limit != 0 {
		if err := c.page.scan(out); err != nil {
			return err
		}
	}
	return io.EOF
}
