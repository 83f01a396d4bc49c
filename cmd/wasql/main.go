// Command wasql runs SQL over connectors that live in a WebAssembly sandbox.
//
// Each verb has a file of its own: query, explain, connector, serve, version. They share the opening
// of an engine (open.go), what a command line may grant (grants.go), and the meaning of exit
// codes (exit.go). The package prints and exits; everything else is done by engine and host.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its world as arguments, so that tests can be the world.
func run(args []string, stdin *os.File, stdout, stderr *os.File) (code int) {
	defer func() {
		// A panic here is a bug of ours: say so in one line, keep the stack for the report.
		if r := recover(); r != nil {
			tell(stderr, "wasql: internal error: %v\nplease report this with the command line; details:\n%s", r, debug.Stack())
			code = exitInternal
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		tell(stderr, "wasql: %s\n", describe(err))
	}
	return exitCode(err)
}

// tell writes for a person to read. When the stream is gone, nobody is left to be told.
func tell(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "wasql",
		Short: "SQL over sandboxed connectors",
		Long: `wasql answers SQL (MySQL's dialect) from connectors: programs compiled to WebAssembly
that run in a sandbox with no rights but those granted.

  wasql query 'SELECT * FROM csv.` + "`people.csv`" + `'      a file is a table
  wasql query people.csv 'SELECT count(*) FROM people'
  wasql explain 'SELECT ...'                        what is pushed down, what it costs
  wasql connector inspect x.wasm                    what a module can do, without running it
  wasql serve --db ./data                           a server for MySQL's clients
  wasql plan 'SELECT ...' | wasql partitions        pieces that other processes run with wasql scan

Exit codes: 0 done, 1 SQL error, 2 wrong use, 3 denied, 4 connector failed, 5 limit reached,
75 try again (plan, partitions and scan).`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
	})
	root.AddCommand(queryCommand(), explainCommand(), connectorCommand(), planCommand(), partitionsCommand(), scanCommand(), serveCommand(), versionCommand())
	return root
}
