package engine

import "github.com/wasql/wasql/abi/pb"

// virtualTable is CREATE VIRTUAL TABLE [IF NOT EXISTS] [db.]name USING module [(arg, …)] as read.
type virtualTable struct {
	ifNotExists bool
	// database is empty when the statement names none.
	database, name, module string
	arguments              []*pb.Argument
}

// virtual reads what follows CREATE VIRTUAL TABLE.
func (l *lexer) virtual() (v virtualTable, err error) {
	if v.ifNotExists, err = l.ifNotExists(); err != nil {
		return v, err
	}
	if v.database, v.name, err = l.tableName(); err != nil {
		return v, err
	}
	if !l.keyword("USING") {
		return v, l.wrong()
	}
	if v.module, err = l.identifier(); err != nil {
		return v, err
	}
	if l.mark('(') {
		v.arguments, err = l.arguments()
	}
	return v, err
}

const virtualForm = "the form is CREATE VIRTUAL TABLE [IF NOT EXISTS] [main.]name USING connector [(value, option = value, …)]"
