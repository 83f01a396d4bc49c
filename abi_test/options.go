package abitest

import (
	"context"
	"testing"
	"time"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// Options says how to open the connector under test and what to look at.
type Options struct {
	// Options and Grant are those of host.Options.
	Options map[string]string
	Grant   host.Grant
	// Tables to test. Empty: all that LIST names.
	Tables []*pb.TableRef
	// RowsMax is how many rows of a table are read at most (default 3,000). A longer table is
	// tested on its first rows, and then claims are checked on those only.
	RowsMax int
	// Seed chooses the values of generated filters.
	Seed uint64
	// Endless is set for tables whose unfiltered scan never ends in practice.
	Endless bool
}

func (o Options) rowsMax() int {
	if o.RowsMax > 0 {
		return o.RowsMax
	}
	return 3000
}

// suite is one run over one module.
type suite struct {
	opts      Options
	module    *host.Module
	connector *host.Connector
}

// Run checks the module. It fails t for every broken promise and goes on.
func Run(t *testing.T, wasm []byte, opts Options) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	runtime, err := host.New(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := runtime.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	module, err := runtime.Compile(ctx, "under-test", wasm)
	if err != nil {
		t.Fatalf("the module does not load: %v", err)
	}
	s := &suite{opts: opts, module: module}
	t.Run("manifest", func(t *testing.T) { s.manifest(ctx, t) })
	if s.connector, err = module.Open(ctx, host.Options{Server: "test", Options: opts.Options, Grant: opts.Grant}); err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() {
		if err := s.connector.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	t.Run("refusals", func(t *testing.T) { s.refusals(ctx, t) })
	for _, ref := range s.tables(ctx, t) {
		t.Run(ref.GetName(), func(t *testing.T) { s.table(ctx, t, ref) })
	}
}
