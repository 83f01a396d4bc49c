package print

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/wasql/wasql/engine"
)

// blockRows is how many rows a table holds back to find its widths: a long result is printed
// as several tables with the same heading rather than kept in memory whole.
const blockRows = 1000

type tableStyle int

const (
	boxStyle tableStyle = iota
	markdownStyle
)

type tableWriter struct {
	out     io.Writer
	style   tableStyle
	columns []engine.Column
	table   table.Writer
	held    int
	rows    int
	blocks  int
}

func (w *tableWriter) Begin(columns []engine.Column) error {
	w.columns, w.rows, w.blocks = columns, 0, 0
	w.start()
	return nil
}

func (w *tableWriter) start() {
	w.table, w.held = table.NewWriter(), 0
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	w.table.SetStyle(style)
	header := make(table.Row, len(w.columns))
	configs := make([]table.ColumnConfig, len(w.columns))
	for i, c := range w.columns {
		header[i] = clean(c.Name)
		configs[i] = table.ColumnConfig{Number: i + 1}
		if number(c) {
			configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
		}
	}
	w.table.AppendHeader(header)
	w.table.SetColumnConfigs(configs)
}

func (w *tableWriter) Row(row engine.Row) error {
	cells := make(table.Row, len(row))
	for i, value := range row {
		if value == nil {
			cells[i] = nullText
			continue
		}
		cells[i] = clean(string(appendText(nil, value)))
	}
	w.table.AppendRow(cells)
	w.held++
	w.rows++
	// A Markdown table cannot be continued, so it is held whole.
	if w.held == blockRows && w.style == boxStyle {
		return w.flush()
	}
	return nil
}

func (w *tableWriter) flush() error {
	rendered := ""
	if w.style == markdownStyle {
		rendered = w.table.RenderMarkdown()
	} else {
		rendered = w.table.Render()
	}
	w.blocks++
	w.start()
	_, err := fmt.Fprintln(w.out, rendered)
	return err
}

func (w *tableWriter) End() error {
	if w.held > 0 || w.blocks == 0 && len(w.columns) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.style == markdownStyle || len(w.columns) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w.out, "%s\n", plural(w.rows, "row"))
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// clean makes control characters visible, so that a value cannot drive the terminal.
func clean(s string) string {
	if strings.IndexFunc(s, control) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case control(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// control tells the characters that move a cursor or change the direction of text.
func control(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
