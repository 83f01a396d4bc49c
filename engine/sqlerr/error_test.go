package sqlerr

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

func TestErrorsHaveMySQLsNumberAndState(t *testing.T) {
	_, syntax := sqlparser.Parse("SELEC 1")
	_, empty := sqlparser.Parse("-- nothing")
	fromGuest := &host.Error{Kind: host.KindConnector, Connector: "csv", Call: "describe x", Code: abi.InvalidData,
		Status: &pb.Status{MysqlErrno: 1300, Sqlstate: "HY000"}, Message: "bad byte"}
	cases := []struct {
		name  string
		err   error
		errno uint16
		state string
	}{
		{"syntax", syntax, 1064, "42000"},
		{"syntax of the parser", sql.ErrSyntaxError.New("x"), 1064, "42000"},
		{"nothing to run", empty, 1065, "42000"},
		{"unknown database", sql.ErrDatabaseNotFound.New("x"), 1049, "42000"},
		{"no database", sql.ErrNoDatabaseSelected.New(), 1046, "3D000"},
		{"unknown table", sql.ErrTableNotFound.New("x"), 1146, "42S02"},
		{"unknown column", sql.ErrColumnNotFound.New("x"), 1054, "42S22"},
		{"unknown column of a table", sql.ErrTableColumnNotFound.New("t", "x"), 1054, "42S22"},
		{"ambiguous column", sql.ErrAmbiguousColumnName.New("x", "a, b"), 1052, "23000"},
		{"unknown function", sql.ErrFunctionNotFound.New("x"), 1305, "42000"},
		{"unknown table function", sql.ErrTableFunctionNotFound.New("x"), 1305, "42000"},
		{"argument count", sql.ErrInvalidArgumentNumber.New("f", 1, 2), 1582, "42000"},
		{"unknown procedure", sql.ErrStoredProcedureDoesNotExist.New("x"), 1305, "42000"},
		{"table exists", sql.ErrTableAlreadyExists.New("x"), 1050, "42S01"},
		{"table twice", sql.ErrDuplicateAliasOrTable.New("x"), 1066, "42000"},
		{"unknown variable", sql.ErrUnknownSystemVariable.New("x"), 1193, "HY000"},
		{"subquery of more rows", sql.ErrExpectedSingleRow.New(), 1242, "21000"},
		{"subquery of more columns", sql.ErrInvalidOperandColumns.New(1, 2), 1241, "21000"},
		{"union of other width", sql.ErrColumnNumberDoesNotMatch.New(), 1222, "21000"},
		{"unsupported", sql.ErrUnsupportedFeature.New("x"), 1235, "42000"},
		{"read-only server", sql.ErrReadOnly.New(), 1290, "HY000"},
		{"secure file", sql.ErrSecureFilePriv.New(), 1290, "HY000"},
		{"read-only database", analyzererrors.ErrReadOnlyDatabase.New("x"), 1036, "HY000"},
		{"drop table", sql.ErrDropTableNotSupported.New("x"), 1036, "HY000"},
		{"create database", sql.ErrImmutableDatabaseProvider.New(), 1036, "HY000"},
		{"insert", errors.New("table doesn't support INSERT INTO"), 1036, "HY000"},
		{"duplicate key", sql.ErrPrimaryKeyViolation.New(), 1062, "HY000"},
		{"json", sql.ErrInvalidJson.New("x"), 3140, "22032"},
		{"wrapped", fmt.Errorf("while planning: %w", sql.ErrTableNotFound.New("x")), 1146, "42S02"},
		{"killed", context.Canceled, 1317, "70100"},
		{"deadline", context.DeadlineExceeded, 3024, "HY000"},
		{"guest's own number", fromGuest, 1300, "HY000"},
		{"guest, by its code", &host.Error{Kind: host.KindConnector, Code: abi.OutOfRange}, 1264, "22003"},
		{"denied", &host.Error{Kind: host.KindDenied, Code: abi.Denied}, 1227, "42000"},
		{"wrapped guest", fmt.Errorf("scan: %w", fromGuest), 1300, "HY000"},
		{"own", New(1210, "HY000", "x"), 1210, "HY000"},
		{"anything", errors.New("x"), 1105, "HY000"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := From(c.err)
			if e.Errno != c.errno || e.State != c.state {
				t.Errorf("%v is %d (%s), want %d (%s)", c.err, e.Errno, e.State, c.errno, c.state)
			}
			if !errors.Is(e, c.err) {
				t.Errorf("%v is no longer found underneath", c.err)
			}
			if e.Message == "" {
				t.Error("no message")
			}
		})
	}
	if From(nil) != nil {
		t.Error("no error became one")
	}
}

func TestWhatEndedTheStatementIsWhatIsTold(t *testing.T) {
	late, cancel := context.WithTimeoutCause(t.Context(), time.Nanosecond, ErrDeadline)
	defer cancel()
	<-late.Done()
	killed, kill := context.WithCancelCause(t.Context())
	kill(ErrKilled)
	for _, c := range []struct {
		ctx   context.Context
		errno uint16
	}{{late, 3024}, {killed, 1317}, {t.Context(), 1146}} {
		underneath := sql.ErrTableNotFound.New("x")
		e := InContext(c.ctx, underneath)
		if e.Errno != c.errno || !errors.Is(e, underneath) {
			t.Errorf("%d over %v, want %d", e.Errno, e.Err, c.errno)
		}
	}
	if InContext(killed, nil) != nil {
		t.Error("no error became one")
	}
}
