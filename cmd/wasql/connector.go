package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/cmd/wasql/internal/bundled"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/host"
)

func connectorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "connector",
		Short: "Look at connectors",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(inspectCommand(), listCommand(), installCommand(), uninstallCommand())
	return cmd
}

func inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE.wasm|NAME",
		Short: "Show what a module is and could do; of it runs HELLO, and what lists its functions, without any grant",
		Args:  oneArgument("a module's file, or the name of a built-in connector"),
		RunE: func(cmd *cobra.Command, args []string) error {
			wasm, err := readModule(args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			runtime, err := host.New(ctx, host.Config{})
			if err != nil {
				return err
			}
			defer func() { _ = runtime.Close(ctx) }() // the process ends after this
			module, err := runtime.Compile(ctx, args[0], wasm)
			if err != nil {
				return err
			}
			manifest, err := module.Manifest(ctx)
			if err != nil {
				return err
			}
			return printModule(cmd.OutOrStdout(), module.Info(), manifest, functionLines(ctx, module, manifest))
		},
	}
}

// readModule reads a file or, when there is none of that name, a connector of the binary.
func readModule(name string) ([]byte, error) {
	wasm, err := os.ReadFile(name)
	if err == nil {
		return wasm, nil
	}
	if built, ok := bundled.Module(name); ok {
		return built, nil
	}
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("%s: no such file, and no built-in connector (there are: %s)", name, strings.Join(bundled.Names(), ", "))
	}
	return nil, err
}

// functionLines lists the functions of a module that has some. It is configured for that, without options: one that
// needs an option is not listed, and it is told why.
func functionLines(ctx context.Context, module *host.Module, manifest *pb.HelloResponse) string {
	if manifest.GetFeatures()&uint64(pb.Feature_FEATURE_FUNCTIONS) == 0 {
		return ""
	}
	all, err := functionsOf(ctx, module)
	if err != nil {
		return fmt.Sprintf("functions\tnot known without its options: %v\n", err)
	}
	slices.SortStableFunc(all, func(a, b *pb.Function) int { return strings.Compare(a.GetName(), b.GetName()) })
	w := new(strings.Builder)
	for _, f := range all {
		kind := strings.ToLower(strings.TrimPrefix(f.GetKind().String(), "FUNCTION_KIND_"))
		determined := "deterministic"
		if !f.GetDeterministic() {
			determined = "not deterministic"
		}
		fmt.Fprintf(w, "function\t%s(%s) %s, %s, %s\t%s\n", f.GetName(), function.Arguments(f), function.TypeName(f.GetResult()), kind, determined, f.GetDescription())
	}
	return w.String()
}

func functionsOf(ctx context.Context, module *host.Module) (_ []*pb.Function, err error) {
	connector, err := module.Open(ctx, host.Options{Server: module.Name()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connector.Close(ctx)) }()
	instance, err := connector.Acquire(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	answer, err := instance.Functions(ctx)
	return answer.GetFunctions(), err
}

func printModule(out io.Writer, info host.ModuleInfo, manifest *pb.HelloResponse, functions string) error {
	w := new(strings.Builder)
	fmt.Fprintf(w, "name\t%s %s\n", manifest.GetName(), manifest.GetVersion())
	fmt.Fprintf(w, "about\t%s\n", manifest.GetDescription())
	fmt.Fprintf(w, "made with\t%s\n", manifest.GetSdk())
	fmt.Fprintf(w, "digest\tsha256:%s\n", info.Digest)
	fmt.Fprintf(w, "size\t%s\n", size(uint64(info.SizeBytes)))
	fmt.Fprintf(w, "abi\t1.%d\n", manifest.GetMinor())
	fmt.Fprintf(w, "lifetime\t%s\n", strings.ToLower(strings.TrimPrefix(manifest.GetLifetime().String(), "LIFETIME_")))
	fmt.Fprintf(w, "memory\t%s to %s\n", size(info.MemoryMinBytes), upTo(info.MemoryMaxBytes))
	fmt.Fprintf(w, "powers\t%s\n", listOr(info.Powers, "none: a pure function of its options"))
	for _, grant := range manifest.GetGrants() {
		fmt.Fprintf(w, "asks for\t%s %s\t%s\n", grant.GetPower(), grant.GetTarget(), grant.GetReason())
	}
	for _, option := range manifest.GetOptions() {
		fmt.Fprintf(w, "option\t%s\n", describeOption(option))
	}
	if suffixes := manifest.GetSuffixes(); len(suffixes) > 0 {
		fmt.Fprintf(w, "reads\t%s\n", strings.Join(suffixes, " "))
	}
	w.WriteString(functions)
	for _, imported := range info.Imports {
		fmt.Fprintf(w, "import\t%s\n", imported)
	}
	return writeColumns(out, w.String())
}

// writeColumns writes lines whose cells are parted by tabs, in columns.
func writeColumns(out io.Writer, lines string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, lines); err != nil {
		return err
	}
	return w.Flush()
}

func describeOption(o *pb.Option) string {
	text := o.GetName() + " (" + o.GetType()
	if o.GetRequired() {
		text += ", required"
	}
	if o.GetDefault() != "" {
		text += fmt.Sprintf(", default %q", o.GetDefault())
	}
	if len(o.GetChoices()) > 0 {
		text += ", one of " + strings.Join(o.GetChoices(), " ")
	}
	return text + ")\t" + o.GetDescription()
}

func listOr(words []string, none string) string {
	if len(words) == 0 {
		return none
	}
	return strings.Join(words, ", ")
}

func listCommand() *cobra.Command {
	s := &setup{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the built-in connectors, and those installed in the folder of --db",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			runtime, err := host.New(ctx, host.Config{CacheDir: defaultCacheDir()})
			if err != nil {
				return err
			}
			defer func() { _ = runtime.Close(ctx) }() // the process ends after this
			w := new(strings.Builder)
			fmt.Fprintln(w, "NAME\tVERSION\tREADS\tSIZE\tABOUT")
			show := func(name string, wasm []byte) error {
				module, err := runtime.Compile(ctx, name, wasm)
				if err != nil {
					return err
				}
				m, err := module.Manifest(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", name, m.GetVersion(), strings.Join(m.GetSuffixes(), " "), size(uint64(len(wasm))), m.GetDescription())
				return err
			}
			for _, name := range bundled.Names() {
				wasm, _ := bundled.Module(name)
				if err := show(name, wasm); err != nil {
					return err
				}
			}
			if err := s.eachPlugin(show); err != nil {
				return err
			}
			return writeColumns(cmd.OutOrStdout(), w.String())
		},
	}
	s.dbFlag(cmd)
	return cmd
}

// eachPlugin visits the installed connectors.
func (s *setup) eachPlugin(visit func(name string, wasm []byte) error) error {
	if s.db == "" {
		return nil
	}
	folder, err := pluginsOf(s.db)
	if err != nil {
		return err
	}
	all, err := folder.List()
	if err != nil {
		return err
	}
	for _, p := range all {
		wasm, err := p.Wasm()
		if err == nil {
			err = visit(p.Name, wasm)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s needs %s", cmd.CommandPath(), what)}
		}
		return nil
	}
}

// upTo writes a declared maximum of bytes.
func upTo(bytes uint64) string {
	if bytes == 0 {
		return "the limit"
	}
	return size(bytes)
}
