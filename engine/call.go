package engine

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host/spell"
)

// callDatabase is what wasql's own procedures are called with: CALL wasql.snapshot('before').
const callDatabase = "wasql"

// procedure is one of them.
type procedure struct {
	// form is how it is called; the parameters behind the first least ones may be left out.
	form        string
	least, most int
	schema      sql.Schema
	run         func(p parser, ctx *sql.Context, arguments []string) ([]sql.Row, error)
}

var procedures = map[string]procedure{
	"import_schema": {form: "wasql.import_schema('server', 'schema', 'database' [, 'table, …' [, 'table to leave out, …']])", least: 3, most: 5, schema: importedSchema,
		run: func(p parser, ctx *sql.Context, a []string) ([]sql.Row, error) {
			return importRows(p, ctx, catalog.Import{Server: a[0], Schema: a[1], Into: a[2], LimitTo: listOf(a[3]), Except: listOf(a[4])})
		}},
	"snapshot": {form: "wasql.snapshot('name' [, 'database'])", least: 1, most: 2,
		run: func(p parser, ctx *sql.Context, a []string) ([]sql.Row, error) {
			return nil, p.catalog.KeepSnapshot(ctx, a[1], a[0])
		}},
	"release_snapshot": {form: "wasql.release_snapshot('name' [, 'database'])", least: 1, most: 2,
		run: func(p parser, ctx *sql.Context, a []string) ([]sql.Row, error) {
			return nil, p.catalog.ReleaseSnapshot(ctx, a[1], a[0])
		}},
}

// call takes over CALL wasql.…; any other statement stays.
func (p parser) call(statement sqlparser.Statement) (sqlparser.Statement, error) {
	c, ok := statement.(*sqlparser.Call)
	if !ok || !strings.EqualFold(c.ProcName.Qualifier.String(), callDatabase) {
		return statement, nil
	}
	name := c.ProcName.Name.Lowered()
	called, ok := procedures[name]
	if !ok {
		return nil, noProcedure(name)
	}
	if len(c.Params) < called.least || len(c.Params) > called.most {
		return nil, sqlerr.New(1318, "42000", "incorrect number of arguments for PROCEDURE wasql.%s; expected %d, got %d", name, called.least, len(c.Params)).
			WithHint("the form is CALL %s", called.form)
	}
	run := func(ctx *sql.Context, values []any) ([]sql.Row, error) {
		arguments := make([]string, called.most)
		for i, value := range values {
			text, null, err := textOf(ctx, value)
			if err != nil {
				return nil, err
			}
			if null && i < called.least {
				return nil, sqlerr.New(1210, "HY000", "incorrect arguments to wasql.%s: argument %d is NULL", name, i+1).WithHint("the form is CALL %s", called.form)
			}
			arguments[i] = text
		}
		return called.run(p, ctx, arguments)
	}
	return sqlparser.InjectedStatement{
		Statement: &report{name: "CALL wasql." + name, schema: called.schema, commits: true, run: run}, Children: c.Params,
		Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_SUPER, TargetType: sqlparser.AuthTargetType_Global},
	}, nil
}

func textOf(ctx *sql.Context, value any) (text string, null bool, err error) {
	if value == nil {
		return "", true, nil
	}
	if value, err = sql.UnwrapAny(ctx, value); err != nil {
		return "", false, err
	}
	switch v := value.(type) {
	case string:
		return v, false, nil
	case []byte:
		return string(v), false, nil
	}
	return "", false, sqlerr.New(1210, "HY000", "incorrect arguments to a procedure of wasql: '%v' is no text", value)
}

func noProcedure(name string) error {
	var names []string
	best, least := "", 4
	for known := range procedures {
		names = append(names, known)
		if d := spell.Distance(name, known); d < least {
			best, least = ", did you mean "+known+"?", d
		}
	}
	slices.Sort(names)
	return sqlerr.New(1305, "42000", "PROCEDURE wasql.%s does not exist%s", name, best).WithHint("there are: %s", strings.Join(names, ", "))
}
