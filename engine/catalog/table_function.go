package catalog

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// tableFunction finds a function of kind TABLE among those that a connector lists; nil: there is none. A
// connector that does not answer has none.
func (c *Catalog) tableFunction(ctx *sql.Context, d *database, name string) sql.TableFunction {
	keeper, err := c.functionsOf(ctx, d)
	if err != nil || keeper == nil {
		return nil
	}
	if kind, ok := keeper.Kind(name); !ok || kind != pb.FunctionKind_FUNCTION_KIND_TABLE {
		return nil
	}
	return gms.NewPickedFunction(name, d, func(ctx *sql.Context, arguments int) (*gms.Table, error) {
		return c.calledTable(ctx, d, keeper, name, arguments)
	})
}

// calledTable is the table behind a function that is called with so many arguments.
func (c *Catalog) calledTable(ctx *sql.Context, d *database, keeper *function.Keeper, name string, arguments int) (*gms.Table, error) {
	of, err := keeper.FindTable(ctx, name, arguments)
	if err != nil {
		return nil, err
	}
	s, err := d.mounted(ctx)
	if err != nil {
		return nil, err
	}
	table, err := s.table(ctx, d.mount.Name, of, &pb.TableRef{Name: of})
	switch {
	case errors.Is(err, host.ErrNotFound):
		err = sqlerr.New(1296, "HY000", "connector %s: table function %s is the table %q, which does not exist", keeper.Connector.Name(), name, of)
	case err == nil && !table.Callable():
		err = sqlerr.New(1296, "HY000", "connector %s: table function %s is the table %q, which has no arguments", keeper.Connector.Name(), name, of)
	}
	return table, err
}
