package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
)

const (
	checkForm    = "the form is CHECK TABLE name, … [FOR UPGRADE | QUICK | FAST | MEDIUM | EXTENDED | CHANGED]"
	checksumForm = "the form is CHECKSUM TABLE name, … [QUICK | EXTENDED]"
	optimizeForm = "the form is OPTIMIZE [NO_WRITE_TO_BINLOG | LOCAL] TABLE name, …"
	repairForm   = "the form is REPAIR [NO_WRITE_TO_BINLOG | LOCAL] TABLE name, … [QUICK] [EXTENDED] [USE_FRM]"
)

// maintenance is CHECK, OPTIMIZE or REPAIR TABLE as read.
type maintenance struct {
	op      string
	names   []catalog.TableName
	options []string
}

// checksum is CHECKSUM TABLE as read.
type checksum struct{ maintenance }

func (l *lexer) maintain(op string, options ...string) (m maintenance, err error) {
	m.op = op
	if op == "optimize" || op == "repair" {
		_ = l.keyword("NO_WRITE_TO_BINLOG") || l.keyword("LOCAL") // there is no binary log
	}
	if !l.keyword("TABLE") && !l.keyword("TABLES") {
		return m, l.wrong()
	}
	for {
		var name catalog.TableName
		if name.Database, name.Name, err = l.tableName(); err != nil {
			return m, err
		}
		m.names = append(m.names, name)
		if !l.mark(',') {
			break
		}
	}
	for found := true; found; {
		found = false
		for _, option := range options {
			if l.keywords(strings.Fields(option)...) {
				m.options, found = append(m.options, option), true
			}
		}
	}
	return m, nil
}

func (l *lexer) check() (maintenance, error) {
	return l.maintain("check", "FOR UPGRADE", "QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED")
}

func (l *lexer) optimize() (maintenance, error) { return l.maintain("optimize") }

func (l *lexer) repair() (maintenance, error) {
	return l.maintain("repair", "QUICK", "EXTENDED", "USE_FRM")
}

func (l *lexer) checksum() (checksum, error) {
	m, err := l.maintain("checksum", "QUICK", "EXTENDED")
	return checksum{m}, err
}

var maintenanceSchema = sql.Schema{
	{Name: "Table", Type: types.MustCreateStringWithDefaults(sqltypes.VarChar, 128), Nullable: true},
	{Name: "Op", Type: types.MustCreateStringWithDefaults(sqltypes.VarChar, 10), Nullable: true},
	{Name: "Msg_type", Type: types.MustCreateStringWithDefaults(sqltypes.VarChar, 10), Nullable: true},
	{Name: "Msg_text", Type: types.Text, Nullable: true},
}

var checksumSchema = sql.Schema{
	{Name: "Table", Type: types.MustCreateStringWithDefaults(sqltypes.VarChar, 128), Nullable: true},
	{Name: "Checksum", Type: types.Int64, Nullable: true},
}

// statement implements own.
func (m maintenance) statement(p parser) sqlparser.Statement {
	run := func(ctx *sql.Context, _ []any) ([]sql.Row, error) {
		var rows []sql.Row
		for _, name := range m.names {
			name.Database = in(ctx, name.Database)
			findings, err := p.catalog.Maintain(ctx, name, m.op, m.options)
			if err != nil {
				return nil, err
			}
			for _, f := range findings {
				rows = append(rows, sql.Row{name.Database + "." + name.Name, m.op, f.Kind, f.Text})
			}
		}
		return rows, nil
	}
	return m.report(&report{name: strings.ToUpper(m.op) + " TABLE", schema: maintenanceSchema, run: run})
}

// statement implements own.
func (c checksum) statement(p parser) sqlparser.Statement {
	quick := len(c.options) > 0 && c.options[len(c.options)-1] == "QUICK"
	run := func(ctx *sql.Context, _ []any) ([]sql.Row, error) {
		var rows []sql.Row
		for _, name := range c.names {
			name.Database = in(ctx, name.Database)
			sum, err := p.catalog.Checksum(ctx, name, quick)
			if err != nil {
				return nil, err
			}
			rows = append(rows, sql.Row{name.Database + "." + name.Name, sum})
		}
		return rows, nil
	}
	return c.report(&report{name: "CHECKSUM TABLE", schema: checksumSchema, run: run})
}

// report wants the privilege to read the first of the tables, as MySQL does for all.
func (m maintenance) report(r *report) sqlparser.Statement {
	return sqlparser.InjectedStatement{Statement: r, Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_SELECT,
		TargetType: sqlparser.AuthTargetType_SingleTableIdentifier, TargetNames: []string{m.names[0].Database, m.names[0].Name}}}
}
