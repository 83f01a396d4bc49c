package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsfunction "github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// functions knows the functions of the mounted connectors.
type functions struct {
	mu sync.Mutex
	// of has what is known of each database, whose connector may be opened anew.
	of map[*database]knownFunctions
}

type knownFunctions struct {
	connector *host.Connector
	keeper    *function.Keeper
	err       error
	// until bounds how long an error holds.
	until time.Time
}

// keeper gives the functions of a database's connector; nil: it has none.
func (c *Catalog) functionsOf(ctx *sql.Context, d *database) (*function.Keeper, error) {
	if d.mount.NoFunctions || c.config.Call == nil || !inStatement(ctx) && ctx.Query() == "" {
		return nil, nil // an engine that is being made asks too, and starts nothing
	}
	d.mu.Lock()
	var connector *host.Connector
	if d.whole != nil {
		connector = d.whole.Connector
	}
	d.mu.Unlock()
	c.functions.mu.Lock()
	k, ok := c.functions.of[d]
	c.functions.mu.Unlock()
	if ok && (k.err == nil && k.connector == connector || k.err != nil && time.Now().Before(k.until)) {
		return k.keeper, k.err
	}
	k = knownFunctions{until: time.Now().Add(freshTime)}
	k.connector, k.keeper, k.err = c.loadFunctions(ctx, d)
	if ctx.Err() != nil {
		return k.keeper, k.err // that says nothing about the connector
	}
	c.functions.mu.Lock()
	defer c.functions.mu.Unlock()
	if c.functions.of == nil {
		c.functions.of = map[*database]knownFunctions{}
	}
	c.functions.of[d] = k
	return k.keeper, k.err
}

// loadFunctions opens the connector only when it has functions.
func (c *Catalog) loadFunctions(ctx *sql.Context, d *database) (*host.Connector, *function.Keeper, error) {
	module, err := d.compiled(ctx)
	if err != nil {
		return nil, nil, err
	}
	manifest, err := module.Manifest(ctx)
	if err != nil {
		return nil, nil, err
	}
	if manifest.Features&uint64(pb.Feature_FEATURE_FUNCTIONS) == 0 {
		return nil, nil, nil
	}
	s, err := d.mounted(ctx)
	if err != nil {
		return nil, nil, err
	}
	keeper, err := function.Load(ctx, gms.SessionOf(ctx), s.Connector, d.mount.Name, c.config.Call)
	return s.Connector, keeper, err
}

// namedFunction is what the mounted connectors have under a name.
type namedFunction struct {
	keepers []*function.Keeper
	// failed are the databases whose functions could not be learned, and why.
	failed []error
}

// namedFunctions finds a function in one database, or, without one, in all.
func (c *Catalog) namedFunctions(ctx *sql.Context, database, name string) namedFunction {
	var found namedFunction
	for _, d := range c.all() {
		if database != "" && !strings.EqualFold(d.mount.Name, database) {
			continue
		}
		keeper, err := c.functionsOf(ctx, d)
		if err != nil {
			found.failed = append(found.failed, fmt.Errorf("database %s: %w", d.mount.Name, err))
			continue
		}
		if keeper == nil {
			continue
		}
		if kind, ok := keeper.Kind(name); ok && kind != pb.FunctionKind_FUNCTION_KIND_TABLE {
			found.keepers = append(found.keepers, keeper)
		}
	}
	return found
}

var _ sql.FunctionProvider = Provider{}

var builtIns = sync.OnceValue(gmsfunction.NewRegistry)

// Function implements sql.FunctionProvider. A function of SQL's own keeps its meaning unless it does
// not take the arguments, or stands over a column of the connector that overloads it.
func (p Provider) Function(ctx *sql.Context, schema, name string) (sql.Function, bool) {
	if of, plain, qualified := strings.Cut(name, functionSeparator); qualified && schema == "" {
		schema, name = of, plain
	}
	found := p.catalog.namedFunctions(ctx, schema, name)
	builtIn, own := builtIns().Function(ctx, "", name)
	replaced, isReplaced := function.BuiltIn(name)
	if isReplaced {
		builtIn, own = replaced, true
	}
	if own && schema == "" || len(found.keepers) == 0 && len(found.failed) == 0 {
		if len(found.keepers) == 0 {
			return replaced, isReplaced && schema == ""
		}
		return overloading(builtIn, name, found.keepers), true
	}
	return sql.FunctionN{Name: name, Fn: func(ctx *sql.Context, arguments ...sql.Expression) (sql.Expression, error) {
		keeper, err := found.one(ctx, name)
		if err != nil {
			return nil, err
		}
		call, err := keeper.NewInstance(ctx, name, schema != "", arguments)
		if err == nil && call == nil {
			err = keeper.WrongArguments(name, len(arguments))
		}
		return call, err
	}}, true
}

// one chooses between connectors that have a function of the same name: the current database's, or
// the only one.
func (f namedFunction) one(ctx *sql.Context, name string) (*function.Keeper, error) {
	for _, k := range f.keepers {
		if len(f.keepers) == 1 || strings.EqualFold(k.Database, ctx.GetCurrentDatabase()) {
			return k, nil
		}
	}
	if len(f.keepers) == 0 {
		return nil, sqlerr.New(1305, "42000", "function %s does not exist, as far as is known: %v", name, f.failed[0])
	}
	var forms []string
	for _, k := range f.keepers {
		forms = append(forms, k.Database+"."+name)
	}
	slices.Sort(forms)
	return nil, sqlerr.New(1630, "42000", "function %s is of several connectors: %s", name, strings.Join(forms, ", ")).
		WithHint("name the one that is meant: %s(…)", forms[0])
}

// overloading is a function of SQL's own that connectors overload.
func overloading(builtIn sql.Function, name string, keepers []*function.Keeper) sql.Function {
	return sql.FunctionN{Name: name, Fn: func(ctx *sql.Context, arguments ...sql.Expression) (sql.Expression, error) {
		for _, k := range keepers {
			if !over(ctx, k.Database, arguments) {
				continue
			}
			if call, err := k.NewInstance(ctx, name, false, arguments); err != nil || call != nil {
				return call, err
			}
		}
		plain, err := builtIn.NewInstance(ctx, arguments)
		if err == nil || !sql.ErrInvalidArgumentNumber.Is(err) {
			return plain, err
		}
		var calls []sql.Expression
		taking := namedFunction{}
		for _, k := range keepers {
			call, findErr := k.NewInstance(ctx, name, false, arguments)
			if findErr != nil {
				return nil, findErr
			}
			if call != nil {
				calls, taking.keepers = append(calls, call), append(taking.keepers, k)
			}
		}
		if len(calls) == 0 {
			return nil, err
		}
		k, err := taking.one(ctx, name)
		if err != nil {
			return nil, err
		}
		return calls[slices.Index(taking.keepers, k)], nil
	}}
}

// over tells whether an argument is a column of a database.
func over(ctx *sql.Context, database string, arguments []sql.Expression) bool {
	return slices.ContainsFunc(arguments, func(e sql.Expression) bool {
		field, ok := e.(*expression.GetField)
		return ok && strings.EqualFold(field.Database(), database)
	})
}

// Functions lists the functions of all mounted connectors. Connectors that cannot tell are left out,
// with a warning.
func (c *Catalog) Functions(ctx *sql.Context) []*function.Keeper {
	var all []*function.Keeper
	for _, d := range c.all() {
		keeper, err := c.functionsOf(ctx, d)
		if err != nil {
			leaveOut(ctx, "functions of database "+d.mount.Name, err)
		} else if keeper != nil {
			all = append(all, keeper)
		}
	}
	return all
}

type catalogKey struct{}

// WithAggregates is ctx for statements that may call aggregates of the catalog's connectors.
func (c *Catalog) WithAggregates(ctx context.Context) context.Context {
	return context.WithValue(ctx, catalogKey{}, c)
}

var installAggregates sync.Once

// InstallAggregates tells go-mysql-server's planner that connectors have aggregates, too. What it asks
// is a variable of its package, so it holds for every engine of the process; the catalog is found in
// the context.
func InstallAggregates() {
	installAggregates.Do(func() {
		aggregate, window := planbuilder.IsAggregateFunc, planbuilder.IsWindowFunc
		planbuilder.IsAggregateFunc = func(ctx *sql.Context, name string) (bool, error) {
			if is, err := aggregate(ctx, name); is || err != nil {
				return is, err
			}
			return isAggregate(ctx, name)
		}
		planbuilder.IsWindowFunc = func(ctx *sql.Context, name string) (bool, error) {
			if function.IsWindowed(name) {
				return true, nil
			}
			if is, err := window(ctx, name); is || err != nil {
				return is, err
			}
			// A name that is an aggregate's comes here only with OVER behind it.
			return isAggregate(ctx, name)
		}
	})
}

// Divided tells whether connectors have a function of the name as an aggregate and as a scalar one, so that the
// name alone does not say how a call is planned.
func (c *Catalog) Divided(ctx *sql.Context, name string) bool {
	aggregates, scalars := false, false
	for _, k := range c.namedFunctions(ctx, "", name).keepers {
		kind, _ := k.Kind(name)
		aggregates, scalars = aggregates || kind == pb.FunctionKind_FUNCTION_KIND_AGGREGATE, scalars || kind == pb.FunctionKind_FUNCTION_KIND_SCALAR
	}
	return aggregates && scalars
}

// IsAggregate tells whether a connector has an aggregate of the name, in a database or, when that is empty, where
// names without one are looked for.
func (c *Catalog) IsAggregate(ctx *sql.Context, database, name string) (bool, error) {
	if database != "" {
		name = QualifiedFunction(database, name)
	}
	return c.isAggregate(ctx, name)
}

func isAggregate(ctx *sql.Context, name string) (bool, error) {
	if c, ok := ctx.Value(catalogKey{}).(*Catalog); ok {
		return c.isAggregate(ctx, name)
	}
	return false, nil
}

func (c *Catalog) isAggregate(ctx *sql.Context, name string) (bool, error) {
	_, own := builtIns().Function(ctx, "", name)
	if _, replaced := function.BuiltIn(name); own || replaced {
		return false, nil
	}
	database := ""
	if of, plain, qualified := strings.Cut(name, functionSeparator); qualified {
		database, name = of, plain
	}
	var is, isNot []string
	for _, k := range c.namedFunctions(ctx, database, name).keepers {
		kind, _ := k.Kind(name)
		if strings.EqualFold(k.Database, ctx.GetCurrentDatabase()) {
			return kind == pb.FunctionKind_FUNCTION_KIND_AGGREGATE, nil
		}
		if kind == pb.FunctionKind_FUNCTION_KIND_AGGREGATE {
			is = append(is, k.Database)
		} else {
			isNot = append(isNot, k.Database)
		}
	}
	if len(is) > 0 && len(isNot) > 0 {
		return false, sqlerr.New(1630, "42000", "function %s is an aggregate of connector %s and a scalar function of connector %s", name, is[0], isNot[0]).
			WithHint("name the one that is meant: %s.%s(…)", is[0], name)
	}
	return len(is) > 0, nil
}
