package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/abi"
)

// version is set by the linker in releases.
var version = "0.1.0-dev"

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of wasql, of the ABI and of the engine",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			tell(out, "wasql %s, connector ABI %d.%d, %s %s/%s\n", version, abi.Major, abi.Minor, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return nil
			}
			for _, dep := range info.Deps {
				switch dep.Path {
				case "github.com/tetratelabs/wazero", "github.com/dolthub/go-mysql-server", "github.com/dolthub/vitess":
					tell(out, "  %s %s\n", dep.Path, dep.Version)
				}
			}
			return nil
		},
	}
}

// noArguments refuses arguments as a wrong command line.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no argument, got %q", cmd.CommandPath(), args[0])}
	}
	return nil
}
