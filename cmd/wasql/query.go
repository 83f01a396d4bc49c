package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/cmd/wasql/internal/print"
	"github.com/wasql/wasql/engine"
	"golang.org/x/term"
)

// filesDatabase is the database that holds the files named before the SQL: the one that is current,
// beside the tables that SQL creates.
const filesDatabase = "main"

type query struct {
	setup
	output string
	script string
	input  string
	timing bool
	quiet  bool
}

func queryCommand() *cobra.Command {
	q := &query{}
	cmd := &cobra.Command{
		Use:   "query [FILE...] SQL",
		Short: "Run SQL statements and print their rows",
		Long: `query runs one or more statements, separated by semicolons, and prints the rows.

A file is a table: csv.` + "`people.csv?null=NA`" + ` in the statement, or the file before the SQL, which then is
a table named after it (people.csv is people; - is standard input, named stdin). Naming a file grants
reading it, and nothing else; so does naming it in LOAD DATA INFILE.

Tables that SQL creates are kept in the folder of --db; without it they are gone when wasql ends.
Without SQL on the command line, statements are read from standard input, as by MySQL's client.`,
		Example: "  wasql query 'SELECT * FROM csv.`people.csv` LIMIT 5'\n" +
			"  wasql query flights.parquet 'SELECT count(*) FROM flights'\n" +
			"  cat people.json | wasql query --input json - 'SELECT name FROM stdin' -o csv\n" +
			"  wasql query --db ./data people.csv 'CREATE TABLE kept AS SELECT * FROM people'\n" +
			"  wasql query --db ./data < dump.sql",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && q.script == "" && isTerminal(cmd.InOrStdin()) {
				return errNoSQL
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return q.run(cmd, args) },
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.StringVarP(&q.output, "output", "o", "", "output `format`: "+strings.Join(print.Formats(), ", ")+" (default: table on a terminal, else tsv)")
	f.StringVarP(&q.script, "file", "f", "", "read the SQL from this `file`; - is standard input")
	f.StringVar(&q.input, "input", "", "`connector` that reads the files before the SQL, with options if need be, as csv?null=NA (default: by the name's ending, csv for standard input)")
	f.BoolVar(&q.timing, "timing", false, "print the time of each statement to standard error")
	f.BoolVarP(&q.quiet, "quiet", "q", false, "do not announce grants nor draw progress")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(print.Formats(), cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
	return cmd
}

var errNoSQL = usageError{errors.New("query needs SQL: as its last argument, with --file, or on standard input")}

func (q *query) run(cmd *cobra.Command, args []string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	files, source, err := q.statements(cmd.InOrStdin(), args)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	format := q.output
	if format == "" {
		format = defaultFormat(cmd.OutOrStdout())
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	writer, err := print.New(format, out)
	if err != nil {
		return usageError{err}
	}
	if print.Single(format) && isTerminal(cmd.OutOrStdout()) {
		return usageError{fmt.Errorf("%s is not for a terminal: send it to a file or another program", format)}
	}
	notes := stderr
	if q.quiet {
		notes = io.Discard
	}
	o, err := q.open(ctx, cmd.InOrStdin(), notes)
	if err != nil {
		return err
	}
	defer o.close()
	if err := q.nameFiles(ctx, o, files); err != nil {
		return err
	}
	printer := &printer{writer: writer, out: out, single: print.Single(format), notes: stderr, format: format}
	if !q.quiet && isTerminal(stderr) {
		printer.progress = stderr
	}
	return brokenPipe(q.runAll(ctx, o, engine.NewScript(source), printer, len(args) == 0))
}

// runAll runs the statements of a script, and stops at the first that fails. From a file or standard
// input, the error says at which line.
func (q *query) runAll(ctx context.Context, o *opened, script *engine.Script, printer *printer, lines bool) error {
	for some := false; ; some = true {
		statement, err := script.Next()
		if errors.Is(err, io.EOF) {
			switch {
			case some:
				return nil
			case lines && q.script == "":
				return errNoSQL
			}
			return usageError{errors.New("no statement in the SQL")}
		}
		if err != nil {
			return err
		}
		start := time.Now()
		err = printer.statement(ctx, o, statement)
		if flushErr := printer.out.Flush(); err == nil {
			err = flushErr
		}
		if err != nil && (lines || q.script != "") {
			err = fmt.Errorf("line %d: %w", script.Line(), err)
		}
		if err != nil {
			return err
		}
		if q.timing {
			tell(printer.notes, "%.3f s\n", time.Since(start).Seconds())
		}
	}
}

// statements tells the files from the SQL.
func (q *query) statements(stdin io.Reader, args []string) (files []string, sql io.ReadCloser, err error) {
	switch {
	case q.script == "-", q.script == "" && len(args) == 0:
		return args, io.NopCloser(stdin), nil
	case q.script == "":
		return args[:len(args)-1], io.NopCloser(strings.NewReader(args[len(args)-1])), nil
	}
	file, err := os.Open(q.script)
	return args, file, err
}

// nameFiles makes a table of each file given before the SQL.
func (q *query) nameFiles(ctx context.Context, o *opened, files []string) error {
	for _, given := range files {
		path, _, own := strings.Cut(given, "?")
		table := strings.TrimSuffix(filepath.Base(path), ".gz")
		table = strings.TrimSuffix(table, filepath.Ext(table))
		connector, options, shared := strings.Cut(q.input, "?")
		if shared && !own {
			given += "?" + options
		}
		if path == "-" {
			table = "stdin"
			if connector == "" {
				connector = "csv"
			}
		}
		if connector == "" {
			var err error
			if connector, err = o.engine.ConnectorFor(ctx, path); err != nil {
				return usageError{err}
			}
		}
		if err := o.engine.NameTable(ctx, filesDatabase, table, connector, given); err != nil {
			return err
		}
	}
	return nil
}

// printer runs statements and prints their results one after the other.
type printer struct {
	writer   print.Writer
	out      *bufio.Writer
	format   string
	single   bool
	printed  bool
	progress io.Writer
	notes    io.Writer
}

func (p *printer) statement(ctx context.Context, o *opened, sql string) error {
	progress := startProgress(p.progress, o.engine.Work)
	defer progress.end()
	result, err := o.session.Query(ctx, sql)
	if err != nil {
		return err
	}
	err = p.rows(ctx, result, progress)
	progress.end()
	if closeErr := result.Close(context.WithoutCancel(ctx)); err == nil {
		err = closeErr
	}
	for _, w := range result.Warnings() {
		tell(p.notes, "%s: %s\n", strings.ToLower(w.Level), w.Message)
	}
	return err
}

func (p *printer) rows(ctx context.Context, result engine.Result, progress *progress) error {
	columns := result.Columns()
	if len(columns) > 0 && p.single && p.printed {
		return usageError{fmt.Errorf("a stream of %s holds one result: give one statement that returns rows", p.format)}
	}
	// The heading waits for the first row, so that a statement that fails at once prints nothing.
	row, err := result.Next(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	p.printed = p.printed || len(columns) > 0
	if err := p.writer.Begin(columns); err != nil {
		return err
	}
	for ; ; row, err = result.Next(ctx) {
		if errors.Is(err, io.EOF) {
			return p.writer.End()
		}
		if err != nil {
			return err
		}
		progress.rows.Add(1)
		if err := p.writer.Row(row); err != nil {
			return err
		}
	}
}

func defaultFormat(out io.Writer) string {
	if isTerminal(out) {
		return "table"
	}
	return "tsv"
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
