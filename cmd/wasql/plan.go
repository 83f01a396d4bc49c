package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/engine"
)

// The versions of the documents; docs/partitions.md describes them.
const (
	planFormat       = "wasql.plan.v1"
	partitionsFormat = "wasql.partitions.v1"
)

// planDocument is what `wasql plan` prints: all that another process needs to run the statement, piece by piece.
type planDocument struct {
	Format    string `json:"format"`
	Statement string `json:"statement"`
	// Files, Input, Mounts, Database and NoPushdown are those of the command line.
	Files         []string      `json:"files,omitempty"`
	Input         string        `json:"input,omitempty"`
	Mounts        []string      `json:"mounts,omitempty"`
	Database      string        `json:"database,omitempty"`
	NoPushdown    bool          `json:"no_pushdown,omitempty"`
	Connector     planConnector `json:"connector"`
	Table         string        `json:"table"`
	Columns       []planColumn  `json:"columns"`
	Plan          []byte        `json:"plan"`
	Snapshot      []byte        `json:"snapshot,omitempty"`
	Rows          *float64      `json:"rows,omitempty"`
	RowBytes      *float64      `json:"row_bytes,omitempty"`
	Partitionable bool          `json:"partitionable"`
}

type planConnector struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
	ABI     int    `json:"abi"`
}

type planColumn struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Nullable bool   `json:"nullable"`
}

func planCommand() *cobra.Command {
	q := &query{}
	cmd := &cobra.Command{
		Use:   "plan [FILE...] SQL",
		Short: "Plan a SELECT of one table so that other processes can run pieces of it",
		Long: `plan prints a document (JSON) of a statement that reads one table and makes each row of one of its rows.
It names the module by its digest, and holds no secret. Nothing is read but what planning takes.

  wasql plan 'SELECT a, b FROM csv.` + "`big.csv`" + ` WHERE a > 3' > plan.json
  wasql partitions --plan plan.json --wanted 8 > partitions.json
  wasql scan --plan partitions.json --partition 3 > piece3.arrows

Whoever runs a document reads what its statement and mounts name: take documents only from whom you would take SQL.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("plan needs SQL, as its last argument")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return asTask(q.plan(cmd, args[:len(args)-1], args[len(args)-1]))
		},
	}
	q.flags(cmd)
	cmd.Flags().StringVar(&q.input, "input", "", "`connector` that reads the files before the SQL, with options if need be, as csv?null=NA")
	cmd.Flags().BoolVarP(&q.quiet, "quiet", "q", false, "do not announce grants")
	return cmd
}

// asTask marks the error of a verb that schedulers run.
func asTask(err error) error {
	if err == nil {
		return nil
	}
	return taskError{err}
}

// openQuiet opens the engine as the flags say, with the files named.
func (q *query) openQuiet(ctx context.Context, cmd *cobra.Command, files []string) (*opened, error) {
	notes := cmd.ErrOrStderr()
	if q.quiet {
		notes = io.Discard
	}
	for _, file := range files {
		if path, _, _ := strings.Cut(file, "?"); path == "-" {
			return nil, usageError{errors.New("standard input cannot be read again by another process: name a file")}
		}
	}
	o, err := q.open(ctx, cmd.InOrStdin(), notes)
	if err != nil {
		return nil, err
	}
	if err := q.nameFiles(ctx, o, files); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

func (q *query) plan(cmd *cobra.Command, files []string, statement string) error {
	ctx := cmd.Context()
	o, err := q.openQuiet(ctx, cmd, files)
	if err != nil {
		return err
	}
	defer o.close()
	known, err := o.session.PlanScan(ctx, statement)
	if err != nil {
		return err
	}
	doc := planDocument{Format: planFormat, Statement: statement, Files: files, Input: q.input, Mounts: q.mounts, Database: q.database, NoPushdown: q.noPushdown,
		Connector: planConnector{Name: known.Connector, Version: known.Version, Digest: "sha256:" + known.Digest, ABI: known.Major},
		Table:     known.Database + "." + known.Table, Plan: known.Plan, Snapshot: known.Snapshot, Rows: estimate(known.Rows), RowBytes: estimate(known.RowBytes),
		Partitionable: known.Partitionable}
	for _, c := range known.Columns {
		doc.Columns = append(doc.Columns, planColumn{Name: c.Name, Type: c.SQLType, Nullable: c.Nullable})
	}
	return printDocument(cmd.OutOrStdout(), doc)
}

// estimate leaves out what is not known.
func estimate(v float64) *float64 {
	if v < 0 {
		return nil
	}
	return &v
}

func printDocument(out io.Writer, doc any) error {
	text, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return err
	}
	_, err = out.Write(append(text, '\n'))
	return brokenPipe(err)
}

// documentBytesMax bounds what is read.
const documentBytesMax = 64 << 20

// readDocument reads a document of one of the formats from a file or standard input.
func readDocument(cmd *cobra.Command, path string) (*partitionsDocument, error) {
	in := cmd.InOrStdin()
	if path != "" && path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, documentBytesMax+1))
	if err != nil {
		return nil, err
	}
	if len(text) > documentBytesMax {
		return nil, usageError{fmt.Errorf("the document is larger than %d bytes", documentBytesMax)}
	}
	var kind struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, usageError{fmt.Errorf("the document is not JSON: %w", err)}
	}
	doc := &partitionsDocument{}
	switch kind.Format {
	case planFormat:
		err = json.Unmarshal(text, &doc.Plan)
	case partitionsFormat:
		err = json.Unmarshal(text, doc)
	default:
		return nil, usageError{fmt.Errorf("the document's format is %q; this version reads %s and %s", kind.Format, planFormat, partitionsFormat)}
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("the document: %w", err)}
	}
	if doc.Plan.Format != planFormat || doc.Plan.Statement == "" {
		return nil, usageError{errors.New("the document has no plan")}
	}
	return doc, nil
}

// openDocument opens an engine for a document's statement: what it names is granted, and what the flags say besides.
func (q *query) openDocument(cmd *cobra.Command, doc *planDocument) (*opened, *engine.ScanPlan, error) {
	q.input, q.database, q.noPushdown = doc.Input, doc.Database, doc.NoPushdown
	q.mounts = append(q.mounts, doc.Mounts...)
	o, err := q.openQuiet(cmd.Context(), cmd, doc.Files)
	if err != nil {
		return nil, nil, err
	}
	return o, &engine.ScanPlan{Plan: doc.Plan, Digest: strings.TrimPrefix(doc.Connector.Digest, "sha256:")}, nil
}
