package exec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/pb"
)

// FilterInfo is one condition of a query and what became of it.
type FilterInfo struct {
	// Text is the SQL of the condition.
	Text string `json:"text"`
	// Use is "exact", "inexact", or "ignored" when the connector said so, and "kept" when it was
	// not put to the connector.
	Use string `json:"use"`
	// Checked: the engine evaluates it too, right above the scan.
	Checked bool `json:"checked"`
	// Join: it comes from a join above, which evaluates it in any case.
	Join bool `json:"join,omitempty"`
	// Reason says why it was not taken over.
	Reason string `json:"reason,omitempty"`
}

// ScanInfo tells what was negotiated for one scan, and what it did when it ran.
type ScanInfo struct {
	// Database, Table and Connector name the place.
	Database  string `json:"database"`
	Table     string `json:"table"`
	Connector string `json:"connector"`
	// Columns that are read, of ColumnCount the table has.
	Columns     []string     `json:"columns"`
	ColumnCount int          `json:"column_count"`
	Filters     []FilterInfo `json:"filters,omitempty"`
	// Order and Limit are empty when the query has none to offer; else what became of them.
	Order string `json:"order,omitempty"`
	Limit string `json:"limit,omitempty"`
	// Groups and Distinct tell the same of aggregates with their keys, and of DISTINCT.
	Groups string `json:"groups,omitempty"`
	// Having tells it of conditions on groups that the connector makes, and Join of a join with another table.
	Having   string `json:"having,omitempty"`
	Join     string `json:"join,omitempty"`
	Distinct string `json:"distinct,omitempty"`
	// Empty: a condition can never be true; nothing is read.
	Empty bool `json:"empty,omitempty"`
	// Rows, RowBytes and Cost are the connector's estimates; negative means unknown.
	Rows     float64 `json:"rows"`
	RowBytes float64 `json:"row_bytes"`
	Cost     float64 `json:"cost"`
	Unique   bool    `json:"unique,omitempty"`
	// Index is the number and name the connector gave its way in.
	Index string `json:"index,omitempty"`
	// Details are the connector's own words.
	Details []*pb.Pair `json:"details,omitempty"`
	// Grants the connector had.
	Grants []string `json:"grants,omitempty"`
	// Notes are remarks of the engine, such as a claim it did not believe.
	Notes []string `json:"notes,omitempty"`
	// Run is what happened, when the plan was run.
	Run *RunInfo `json:"run,omitempty"`
}

// RunInfo is what a scan did.
type RunInfo struct {
	Counters
	// Removed counts the rows that the engine's own check removed.
	Removed int64 `json:"removed"`
	// OnColumns names the last node above that ran on columns; empty: the scan's rows were made of it at once.
	OnColumns string `json:"on_columns,omitempty"`
	// Narrowed says which keys of a join above the scan was told.
	Narrowed string `json:"narrowed,omitempty"`
	// Sifted is how many of the rows the engine left out, since no key of such a join can be theirs.
	Sifted uint64 `json:"sifted,omitempty"`
}

// Explain lists the scans of a plan, in the order they stand in it, sub-queries included.
func Explain(ctx *sql.Context, node sql.Node) []ScanInfo {
	var all []ScanInfo
	Scans(ctx, node, func(s *Scan) { all = append(all, s.InfoIn(ctx)) })
	return all
}

// Release closes what the scans of a plan still hold open, and gives the first error.
func Release(ctx *sql.Context, node sql.Node) error {
	var first error
	Scans(ctx, node, func(s *Scan) {
		if err := s.Plan.Release(); err != nil && first == nil {
			first = err
		}
	})
	return first
}

// Scans visits the scans of a plan, sub-queries included.
func Scans(ctx *sql.Context, node sql.Node, visit func(*Scan)) {
	if node == nil {
		return
	}
	if d, ok := node.(*plan.DescribeQuery); ok {
		Scans(ctx, d.Query(), visit)
		return
	}
	switch n := node.(type) {
	case *Scan:
		visit(n)
	case *Lookup:
		visit(n.scan)
	}
	for _, child := range node.Children() {
		Scans(ctx, child, visit)
	}
	expressioner, ok := node.(sql.Expressioner)
	if !ok {
		return
	}
	for _, e := range expressioner.Expressions() {
		transform.InspectExpr(ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
			if sub, ok := e.(*plan.Subquery); ok {
				Scans(ctx, sub.Query, visit)
			}
			return false
		})
	}
}

// verbose is a statement that asks for all that can be said.
var verbose = regexp.MustCompile(`(?is)^\s*(?:explain|describe|desc)\s+(?:analyze\s+)?verbose\s`)

// explain asks the connector for its own words, once.
func (p *ScanPlan) explain(ctx *sql.Context) {
	if p.Empty {
		return
	}
	answer, err := p.Source.Explain(ctx, &pb.ExplainRequest{Table: p.Main.Table, Plan: p.Main.Plan, Verbose: ctx != nil && verbose.MatchString(ctx.Query())})
	switch {
	case err == nil:
		p.Info.Details = slices.Clip(p.Info.Details)
		for _, line := range answer.GetLines() {
			if !slices.ContainsFunc(p.Info.Details, line.EqualVT) {
				p.Info.Details = append(p.Info.Details, line)
			}
		}
	case !errors.Is(err, errors.ErrUnsupported):
		p.Info.Notes = append(p.Info.Notes, "explain: "+clean(err.Error()))
	}
}

// Info gives what is known of the scan now, within the statement it belongs to.
func (s *Scan) Info() ScanInfo { return s.InfoIn(s.Plan.ctx) }

// InfoIn does the same in another context, such as after the statement has ended.
func (s *Scan) InfoIn(ctx *sql.Context) ScanInfo {
	s.Plan.explained.Do(func() { s.Plan.explain(ctx) })
	info := *s.Plan.Info
	if run := s.Plan.Counters(); run.Scans > 0 {
		info.Run = &RunInfo{Counters: run, Removed: s.Plan.Removed(), OnColumns: s.Plan.columnsUpTo(), Narrowed: s.Plan.narrowedText(), Sifted: s.Plan.sifted.Load()}
	}
	return info
}

// Title is the head line of the scan.
func (i *ScanInfo) Title() string {
	return fmt.Sprintf("WasqlScan(%s.%s)", i.Database, i.Table)
}

// Lines are the lines below the title, in the order EXPLAIN prints them.
func (i *ScanInfo) Lines() []string {
	lines := []string{fmt.Sprintf("columns: %s of %d", bracket(i.Columns), i.ColumnCount)}
	if i.Empty {
		lines = append(lines, "nothing is read")
	}
	lines = append(lines, i.filterLines()...)
	if i.Order != "" {
		lines = append(lines, "order: "+i.Order)
	}
	if i.Limit != "" {
		lines = append(lines, "limit: "+i.Limit)
	}
	if i.Groups != "" {
		lines = append(lines, "groups: "+i.Groups)
	}
	if i.Having != "" {
		lines = append(lines, "having: "+i.Having)
	}
	if i.Join != "" {
		lines = append(lines, "join: "+i.Join)
	}
	if i.Distinct != "" {
		lines = append(lines, "distinct: "+i.Distinct)
	}
	if estimate := i.estimate(); estimate != "" {
		lines = append(lines, estimate)
	}
	if i.Index != "" {
		lines = append(lines, "index: "+i.Index)
	}
	for _, pair := range i.Details {
		lines = append(lines, clean(pair.GetKey())+": "+clean(pair.GetValue()))
	}
	for _, note := range i.Notes {
		lines = append(lines, "note: "+note)
	}
	if len(i.Grants) > 0 {
		lines = append(lines, "grants: "+strings.Join(i.Grants, ", "))
	}
	return append(lines, i.runLines()...)
}

func (i *ScanInfo) filterLines() []string {
	var pushed, residual, refused []string
	for _, f := range i.Filters {
		switch {
		case f.Use == "exact" && f.Checked:
			pushed = append(pushed, f.Text+" exact, checked")
		case (f.Use == "exact" || f.Use == "inexact") && f.Join:
			pushed = append(pushed, f.Text+" "+f.Use+", checked by the join")
		case f.Use == "exact" || f.Use == "inexact":
			pushed = append(pushed, f.Text+" "+f.Use)
		case f.Reason != "" && !f.Join:
			refused = append(refused, f.Text+": "+clean(f.Reason))
		}
		if f.Checked {
			residual = append(residual, f.Text)
		}
	}
	var lines []string
	if len(pushed) > 0 {
		lines = append(lines, "pushed: "+strings.Join(pushed, "; "))
	}
	if len(residual) > 0 {
		lines = append(lines, "residual: "+strings.Join(residual, "; "))
	}
	for _, r := range refused {
		lines = append(lines, "refused: "+r)
	}
	return lines
}

func (i *ScanInfo) estimate() string {
	var parts []string
	if i.Rows >= 0 {
		parts = append(parts, "est. rows: "+number(i.Rows))
	}
	if i.Cost >= 0 {
		parts = append(parts, "cost: "+number(i.Cost))
	}
	if i.RowBytes >= 0 {
		parts = append(parts, "bytes a row: "+number(i.RowBytes))
	}
	if i.Unique {
		parts = append(parts, "at most one row")
	}
	return strings.Join(parts, ", ")
}

func (i *ScanInfo) runLines() []string {
	r := i.Run
	if r == nil {
		return nil
	}
	lines := []string{
		fmt.Sprintf("actual: %d rows in %d batches, %d bytes over the wall, %d removed by the residual", r.Rows, r.Batches, r.Bytes, r.Removed),
		fmt.Sprintf("run: %d opened, %d started again, %d calls, %d fuel, %d bytes guest memory, %s",
			r.Scans, r.Rescans, r.Calls, r.Fuel, r.MemoryPeakBytes, r.Wall.Round(time.Microsecond)),
	}
	if r.OnColumns != "" {
		lines = append(lines, "on columns: up to "+r.OnColumns)
	}
	if r.Pieces > 0 {
		lines = append(lines, fmt.Sprintf("pieces: %d, %d at once", r.Pieces, r.Lanes))
	}
	if r.Narrowed != "" {
		lines = append(lines, "narrowed: "+r.Narrowed)
	}
	if r.Sifted > 0 {
		lines = append(lines, fmt.Sprintf("sifted: %d rows match no key of a join", r.Sifted))
	}
	if r.KeyBatches > 0 {
		lines = append(lines, fmt.Sprintf("keys: %d in %d calls", r.Keys, r.KeyBatches))
	}
	return lines
}

// number prints an estimate without a fraction that means nothing.
func number(v float64) string {
	if v < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

func bracket(names []string) string { return "[" + strings.Join(names, " ") + "]" }

// clean keeps what a guest says on one line and short.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}

// String implements fmt.Stringer: the tree EXPLAIN shows.
func (s *Scan) String() string {
	info := s.Info()
	printer := sql.NewTreePrinter()
	// The printer fails only when used out of order.
	_ = printer.WriteNode("%s", info.Title())
	_ = printer.WriteChildren(info.Lines()...)
	return printer.String()
}

// DebugString implements sql.DebugStringer.
func (s *Scan) DebugString(*sql.Context) string { return s.String() }

// Describe implements sql.Describable. EXPLAIN ANALYZE ends a run without closing its iterators, so
// what is still open is closed once it has been described.
func (s *Scan) Describe(_ *sql.Context, options sql.DescribeOptions) string {
	text := s.String()
	if options.Analyze {
		_ = s.Plan.Release() // the rows were read; a failing close changes nothing shown
	}
	return text
}
