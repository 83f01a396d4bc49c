package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/cmd/wasql/internal/print"
	"github.com/wasql/wasql/engine"
)

// scanFlags say which pieces of a document are read.
type scanFlags struct {
	path, token, output string
	partition           int
}

func scanCommand() *cobra.Command {
	q := &query{}
	s := &scanFlags{}
	cmd := &cobra.Command{
		Use:   "scan",
		Short: "Run one piece of a planned statement, or all, and write its rows as Arrow",
		Long: `scan reads what partitions printed, or plan, and writes the rows of one piece to standard output: an Arrow IPC stream.
Without --partition and --token it is all pieces, in order. Rows, their order and their schema are the same each time.

Exit codes: 75 what is read has changed since it was planned, or is busy: plan again; 3 a right is missing; others do not go away
by trying again. Rows that were written before a failure count for nothing: a stream without its end is none.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return asTask(q.scan(cmd, s)) },
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&s.path, "plan", "", "`file` with what partitions or plan printed (default: standard input)")
	f.IntVar(&s.partition, "partition", -1, "the `number` of the piece in the document, from 0")
	f.StringVar(&s.token, "token", "", "the piece's `token`, as the document has it")
	f.StringVarP(&s.output, "output", "o", "arrow", "output `format`, as of wasql query")
	f.BoolVarP(&q.quiet, "quiet", "q", false, "do not announce grants")
	cmd.MarkFlagsMutuallyExclusive("partition", "token")
	return cmd
}

// tokens are those of the pieces to read.
func (s *scanFlags) tokens(doc *partitionsDocument) ([][]byte, error) {
	if s.token != "" {
		token, err := base64.StdEncoding.DecodeString(s.token)
		if err != nil {
			return nil, usageError{fmt.Errorf("--token is not base64: %w", err)}
		}
		return [][]byte{token}, nil
	}
	if s.partition >= len(doc.Partitions) && s.partition >= 0 {
		return nil, usageError{fmt.Errorf("--partition %d: the document has %d, counted from 0", s.partition, len(doc.Partitions))}
	}
	if s.partition >= 0 {
		return [][]byte{doc.Partitions[s.partition].Token}, nil
	}
	if doc.Format != partitionsFormat {
		return [][]byte{nil}, nil
	}
	all := make([][]byte, len(doc.Partitions))
	for i, p := range doc.Partitions {
		all[i] = p.Token
	}
	return all, nil
}

func (q *query) scan(cmd *cobra.Command, s *scanFlags) error {
	doc, err := readDocument(cmd, s.path)
	if err != nil {
		return err
	}
	tokens, err := s.tokens(doc)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 256<<10)
	writer, err := print.New(s.output, out)
	if err != nil {
		return usageError{err}
	}
	o, plan, err := q.openDocument(cmd, &doc.Plan)
	if err != nil {
		return err
	}
	defer o.close()
	for i, token := range tokens {
		if err := scanPiece(cmd.Context(), o, doc.Plan.Statement, plan, token, writer, i == 0); err != nil {
			return brokenPipe(err)
		}
	}
	if err := writer.End(); err != nil {
		return brokenPipe(err)
	}
	return brokenPipe(out.Flush())
}

// scanPiece writes the rows of one piece; the first begins the stream.
func scanPiece(ctx context.Context, o *opened, statement string, plan *engine.ScanPlan, token []byte, writer print.Writer, first bool) (err error) {
	result, err := o.session.QueryPartition(ctx, statement, plan, token)
	if err != nil {
		return err
	}
	defer func() {
		if closed := result.Close(context.WithoutCancel(ctx)); err == nil {
			err = closed
		}
	}()
	if first {
		if err := writer.Begin(result.Columns()); err != nil {
			return err
		}
	}
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := writer.Row(row); err != nil {
			return err
		}
	}
}
