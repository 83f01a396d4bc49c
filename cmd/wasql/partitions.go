package main

import (
	"runtime"

	"github.com/spf13/cobra"
)

// partitionsDocument is what `wasql partitions` prints.
type partitionsDocument struct {
	Format     string          `json:"format"`
	Plan       planDocument    `json:"plan"`
	Partitions []planPartition `json:"partitions"`
}

// planPartition is one piece. The token is the connector's own; empty: all rows.
type planPartition struct {
	Token     []byte   `json:"token"`
	Rows      float64  `json:"rows"`
	Bytes     float64  `json:"bytes"`
	Label     string   `json:"label,omitempty"`
	Locations []string `json:"locations,omitempty"`
}

func partitionsCommand() *cobra.Command {
	q := &query{}
	var path string
	var wanted int
	cmd := &cobra.Command{
		Use:   "partitions",
		Short: "Name the pieces of a planned statement",
		Long: `partitions reads what plan printed, and prints it with the pieces that its rows come in, in order. Each can be
read by any process that has the same connectors and files, any number of times: see wasql scan.

Exit code 75 says that what is read has changed since it was planned: plan again.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return asTask(q.partitions(cmd, path, wanted)) },
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&path, "plan", "", "`file` with what plan printed (default: standard input)")
	f.IntVar(&wanted, "wanted", max(4*runtime.GOMAXPROCS(0), 4), "about how many pieces there should be; the connector decides")
	f.BoolVarP(&q.quiet, "quiet", "q", false, "do not announce grants")
	return cmd
}

func (q *query) partitions(cmd *cobra.Command, path string, wanted int) error {
	doc, err := readDocument(cmd, path)
	if err != nil {
		return err
	}
	o, plan, err := q.openDocument(cmd, &doc.Plan)
	if err != nil {
		return err
	}
	defer o.close()
	pieces, err := o.session.Partitions(cmd.Context(), doc.Plan.Statement, plan, wanted)
	if err != nil {
		return err
	}
	out := partitionsDocument{Format: partitionsFormat, Plan: doc.Plan}
	for _, p := range pieces {
		out.Partitions = append(out.Partitions, planPartition{Token: p.Token, Rows: p.Rows, Bytes: p.Bytes, Label: p.Label, Locations: p.Locations})
	}
	return printDocument(cmd.OutOrStdout(), out)
}
