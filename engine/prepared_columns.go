package engine

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Columns are those that the statement would have now, whatever its values; none for one that is no SELECT. They may be others when it
// runs: the tables may be others then. What it asks for and is not there is an error, as when it runs.
func (p *Prepared) Columns(ctx context.Context) (columns []Column, err error) {
	s := p.session
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return nil, sqlerr.New(1317, "70100", "the session is closed")
	}
	defer func() {
		if failure := recover(); failure != nil {
			columns, err = nil, nil // as above
		}
	}()
	sqlCtx := s.newContext(ctx, p.text)
	statement, err := s.parse(sqlCtx, p.text)
	if err != nil {
		return nil, sqlerr.InContext(sqlCtx, err)
	}
	if _, reads := statement.(sqlparser.SelectStatement); !reads {
		return nil, nil
	}
	within, pins := catalog.WithStatement(sqlCtx.Context)
	defer pins.End()
	noteMatches(pins, statement)
	sqlCtx = sqlCtx.WithContext(s.engine.catalog.WithAggregates(within))
	binder := planbuilder.New(sqlCtx, s.engine.sql.Analyzer.Catalog, s.engine.sql.EventScheduler)
	node, _, err := binder.BindOnly(statement, p.text, nil)
	s.base.ClearWarnings() // they are told when it runs
	if err != nil {
		told := sqlerr.InContext(sqlCtx, err)
		if told.Errno == 1105 || told.Errno == 1815 {
			return nil, nil // it may have to do with the values that are not known yet
		}
		return nil, told
	}
	columns, _, err = describe(sqlCtx, node.Schema(sqlCtx))
	return columns, err
}
