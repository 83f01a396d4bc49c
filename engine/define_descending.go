package engine

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/gms"
)

// keepDescending hands DESC in the keys of a definition on to where indexes are made: go-mysql-server reads
// it and forgets it. Primary keys ascend.
func keepDescending(statement sqlparser.Statement) {
	switch s := statement.(type) {
	case *sqlparser.DDL:
		if s.IndexSpec != nil && strings.EqualFold(s.IndexSpec.Action, sqlparser.CreateStr) && !strings.EqualFold(s.IndexSpec.Type, sqlparser.PrimaryStr) {
			s.IndexSpec.Options = withDescending(s.IndexSpec.Fields, s.IndexSpec.Options)
		}
		if s.TableSpec == nil {
			return
		}
		for _, index := range s.TableSpec.Indexes {
			if !index.Info.Primary {
				index.Options = withDescending(index.Fields, index.Options)
			}
		}
	case *sqlparser.AlterTable:
		for _, clause := range s.Statements {
			keepDescending(clause)
		}
	}
}

// withDescending are the options of an index whose comment tells which of its columns descend.
func withDescending(fields []*sqlparser.IndexField, options []*sqlparser.IndexOption) []*sqlparser.IndexOption {
	var descending []int
	for i, f := range fields {
		if strings.EqualFold(f.Order, sqlparser.DescScr) {
			descending = append(descending, i)
			f.Order = sqlparser.AscScr
		}
	}
	if descending == nil {
		return options
	}
	comment := ""
	var kept []*sqlparser.IndexOption
	for _, option := range options {
		if strings.EqualFold(option.Name, sqlparser.KeywordString(sqlparser.COMMENT_KEYWORD)) {
			comment = string(option.Value.Val)
		} else {
			kept = append(kept, option)
		}
	}
	return append(kept, &sqlparser.IndexOption{Name: sqlparser.KeywordString(sqlparser.COMMENT_KEYWORD),
		Value: sqlparser.NewStrVal([]byte(gms.MarkDescending(comment, descending)))})
}
