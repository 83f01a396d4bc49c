package txn

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	_ "github.com/dolthub/go-mysql-server/sql/variables" // fills sql.SystemVariables
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/hosttest"
	"github.com/wasql/wasql/host/wasmgen"
)

const everything = uint64(pb.Feature_FEATURE_WRITES | pb.Feature_FEATURE_TRANSACTIONS | pb.Feature_FEATURE_PREPARE | pb.Feature_FEATURE_SAVEPOINTS)

// ledger is a connector that writes down, as warnings, which calls of a transaction it gets.
type ledger struct {
	name     string
	features uint64
	lifetime pb.Lifetime
	// fails are the operations that it refuses, traps the one at which it dies.
	fails []pb.Op
	traps pb.Op
	gives pb.Isolation
}

// i32Store8 is an opcode that wasmgen has no name for.
const i32Store8 = 0x3a

func (l ledger) build(t *testing.T) []byte {
	t.Helper()
	g := hosttest.Good()
	g.Answers[pb.Op_OP_HELLO] = &pb.HelloResponse{Name: l.name, Version: "1", Features: l.features, Lifetime: l.lifetime}
	for op, answer := range map[pb.Op]hosttest.Message{
		pb.Op_OP_BEGIN: &pb.BeginResponse{Isolation: l.gives}, pb.Op_OP_SYNC: &pb.SyncResponse{}, pb.Op_OP_COMMIT: &pb.CommitResponse{},
		pb.Op_OP_ROLLBACK: &pb.RollbackResponse{}, pb.Op_OP_SAVEPOINT: &pb.SavepointResponse{}, pb.Op_OP_RELEASE: &pb.ReleaseResponse{},
		pb.Op_OP_ROLLBACK_TO: &pb.RollbackToResponse{},
	} {
		g.Answers[op] = answer
	}
	for _, op := range l.fails {
		g.Failures[op] = -int64(abi.Conflict)
	}
	g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "log", Params: []byte{wasmgen.I32, wasmgen.I32, wasmgen.I32}, Results: []byte{wasmgen.I64}}}
	g.Hooks[abi.ExportCall] = func(c *wasmgen.Code) {
		// The number of the operation goes before the request, and both are logged, unless it is empty.
		c.Get(0).I32(int64(pb.Op_OP_BEGIN)).Op(wasmgen.I32GeU).Get(2).I32(1).Op(wasmgen.I32GeU).Op(wasmgen.I32And).If(wasmgen.Void)
		c.Get(1).I32(1).Op(wasmgen.I32Sub).Get(0).Mem(i32Store8, 0, 0)
		c.I32(int64(pb.LogLevel_LOG_LEVEL_WARNING)).Get(1).I32(1).Op(wasmgen.I32Sub).Get(2).I32(1).Op(wasmgen.I32Add).Call(0).Op(wasmgen.Drop)
		c.Close()
		if l.traps != 0 {
			c.Get(0).I32(int64(l.traps)).Op(wasmgen.I32Eq).If(wasmgen.Void).Op(wasmgen.Unreachable).Close()
		}
	}
	wasm, err := g.Build()
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// bench is a session with connectors, and what they were asked.
type bench struct {
	t       *testing.T
	runtime *host.Runtime
	session *Session
	runner  Runner
	ctx     *sql.Context
	said    []string
	// numbers counts the transactions that connectors heard of.
	numbers map[uint64]int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, numbers: map[uint64]int{}}
	var err error
	if b.runtime, err = host.New(t.Context(), host.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.session.End(context.Background()); err != nil {
			t.Error(err)
		}
		if err := b.runtime.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b.runner = NewRunner(sqle.New(analyzer.NewBuilder(noDatabases{}).Build(), nil))
	b.session = NewCoordinator(Config{}).NewSession(sql.NewBaseSessionWithClientServer("here", sql.Client{User: "ann"}, 7))
	b.ctx = sql.NewContext(host.WithNotices(context.Background(), b.hear), sql.WithSession(b.session))
	return b
}

func (b *bench) connect(l ledger) *host.Connector {
	b.t.Helper()
	if l.lifetime == 0 && l.features == 0 {
		l.features, l.lifetime = everything, pb.Lifetime_LIFETIME_SHARED
	}
	m, err := b.runtime.Compile(b.t.Context(), l.name, l.build(b.t))
	if err != nil {
		b.t.Fatal(err)
	}
	c, err := m.Open(b.t.Context(), host.Options{Server: l.name})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = c.Close(context.Background()) }) // the runtime's end tells what is wrong
	return c
}

// number tells transactions apart by the order in which connectors heard of them.
func (b *bench) number(transaction uint64) int {
	if b.numbers[transaction] == 0 {
		b.numbers[transaction] = len(b.numbers) + 1
	}
	return b.numbers[transaction]
}

// hear writes down a call: the connector, the operation, the transaction counted from 1, the depth.
func (b *bench) hear(n host.Notice) {
	raw, err := strconv.Unquote(`"` + strings.ReplaceAll(n.Message, `"`, `\"`) + `"`)
	if err != nil {
		b.t.Fatalf("%q: %v", n.Message, err)
	}
	op, request := pb.Op(raw[0]), []byte(raw[1:])
	text := strings.ToLower(strings.TrimPrefix(pb.Op_name[int32(op)], "OP_"))
	switch op {
	case pb.Op_OP_SAVEPOINT, pb.Op_OP_RELEASE, pb.Op_OP_ROLLBACK_TO:
		var r pb.SavepointRequest // the three are alike
		if err := r.UnmarshalVT(request); err != nil {
			b.t.Fatal(err)
		}
		text += fmt.Sprintf(" %d.%d", b.number(r.Transaction), r.Depth)
	case pb.Op_OP_BEGIN:
		var r pb.BeginRequest
		if err := r.UnmarshalVT(request); err != nil {
			b.t.Fatal(err)
		}
		text += fmt.Sprintf(" %d %s", b.number(r.Transaction), levelName(r.Isolation))
		if r.ReadOnly {
			text += " read only"
		}
	case pb.Op_OP_STATEMENT:
		var r pb.StatementRequest
		if err := r.UnmarshalVT(request); err != nil {
			b.t.Fatal(err)
		}
		text += fmt.Sprintf(" %d", b.number(r.Transaction))
		if r.Locks {
			text += " locks"
		}
	case pb.Op_OP_RECOVER:
	default:
		var r pb.CommitRequest // the others are alike
		if err := r.UnmarshalVT(request); err != nil {
			b.t.Fatal(err)
		}
		text += fmt.Sprintf(" %d", b.number(r.Transaction))
	}
	b.said = append(b.said, n.Connector+": "+text)
}

// wants compares what was asked since the last time.
func (b *bench) wants(want ...string) {
	b.t.Helper()
	if got := strings.Join(b.said, "\n"); got != strings.Join(want, "\n") {
		b.t.Errorf("asked were:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	b.said = nil
}

// sql runs a statement of the session.
func (b *bench) sql(text string) error {
	_, iter, _, err := b.runner.Query(b.ctx, text)
	if err != nil {
		return err
	}
	_, err = sql.RowIterToRows(b.ctx, iter)
	return err
}

func (b *bench) must(text string) {
	b.t.Helper()
	if err := b.sql(text); err != nil {
		b.t.Fatalf("%s: %v", text, err)
	}
}

// statement brackets what f does as the runner brackets a statement.
func (b *bench) statement(text string, f func() error) error {
	b.t.Helper()
	parsed, err := sqlparser.Parse(text)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.session.start(b.ctx, KindOf(b.ctx, parsed).kind); err != nil {
		return also(err, b.session.finish(b.ctx, err))
	}
	if b.session.GetTransaction() == nil {
		tx, err := b.session.StartTransaction(b.ctx, sql.ReadWrite)
		if err != nil {
			b.t.Fatal(err)
		}
		b.session.SetTransaction(tx)
	}
	if err = f(); err != nil {
		b.session.fail()
	}
	return also(err, b.session.finish(b.ctx, err))
}

// write is a statement that writes to connectors, and fails with err behind that.
func (b *bench) write(err error, connectors ...*host.Connector) error {
	b.t.Helper()
	return b.statement("DELETE FROM t", func() error {
		for _, c := range connectors {
			if _, err := b.session.TransactionWith(b.ctx, c, true); err != nil {
				return err
			}
		}
		return err
	})
}

func (b *bench) read(connectors ...*host.Connector) (numbers []uint64) {
	b.t.Helper()
	err := b.statement("SELECT 1", func() error {
		for _, c := range connectors {
			number, err := b.session.TransactionWith(b.ctx, c, false)
			if err != nil {
				return err
			}
			numbers = append(numbers, number)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return numbers
}

// noDatabases has none.
type noDatabases struct{}

func (noDatabases) Database(_ *sql.Context, name string) (sql.Database, error) {
	return nil, sql.ErrDatabaseNotFound.New(name)
}
func (noDatabases) HasDatabase(*sql.Context, string) bool    { return false }
func (noDatabases) AllDatabases(*sql.Context) []sql.Database { return nil }
