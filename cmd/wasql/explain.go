package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

type explain struct {
	setup
	analyze bool
}

func explainCommand() *cobra.Command {
	e := &explain{}
	cmd := &cobra.Command{
		Use:   "explain SQL",
		Short: "Show the plan of a statement: what is pushed into connectors, what it costs, which rights they had",
		Args:  oneArgument("one SQL statement"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			o, err := e.open(ctx, cmd.InOrStdin(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer o.close()
			prefix := "EXPLAIN FORMAT=TREE "
			if e.analyze {
				prefix = "EXPLAIN ANALYZE " // always a tree; the grammar takes no FORMAT here
			}
			result, err := o.session.Query(ctx, prefix+strings.TrimRight(args[0], "; \n"))
			if err != nil {
				return err
			}
			defer func() { _ = result.Close(ctx) }() // a plan holds nothing open
			for {
				row, err := result.Next(ctx)
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				for _, value := range row {
					if _, err := fmt.Fprintln(cmd.OutOrStdout(), value); err != nil {
						return brokenPipe(err)
					}
				}
			}
		},
	}
	e.flags(cmd)
	cmd.Flags().BoolVar(&e.analyze, "analyze", false, "run the statement and show what happened, not only what was planned")
	return cmd
}
