package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

var levels = []string{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}

// errnoOf is MySQL's number of an error; 0: there is none.
func errnoOf(err error) uint16 {
	if e := sqlerr.From(err); err != nil && e != nil {
		return e.Errno
	}
	return 0
}

// TestAnomalies has each anomaly tried at each level. Those that docs/isolation.md says are there must happen, and no other.
//
// checklist: G34
func TestAnomalies(t *testing.T) {
	// An anomaly is the steps of two sessions, the table being (1, 10), (2, 20). It happens when the last query gives seen, and nothing fails.
	anomalies := []struct {
		name, seen string
		allowed    string // the strongest level at which it happens; empty: none
		steps      []string
	}{
		{"dirty read", "99", "", []string{"b: UPDATE t SET n = 99 WHERE id = 1", "a: SELECT n FROM t WHERE id = 1"}},
		{"read of what was rolled back", "99", "", []string{"b: UPDATE t SET n = 99 WHERE id = 1", "a: SELECT n FROM t WHERE id = 1", "b: ROLLBACK", "a: SELECT n FROM t WHERE id = 1"}},
		{"non-repeatable read", "11", "READ COMMITTED",
			[]string{"a: SELECT n FROM t WHERE id = 1", "b: UPDATE t SET n = 11 WHERE id = 1", "b: COMMIT", "a: SELECT n FROM t WHERE id = 1"}},
		{"phantom", "3", "READ COMMITTED",
			[]string{"a: SELECT count(*) FROM t", "b: INSERT INTO t VALUES (3, 30)", "b: COMMIT", "a: SELECT count(*) FROM t"}},
		{"read skew", "25", "READ COMMITTED",
			[]string{"a: SELECT n FROM t WHERE id = 1", "b: UPDATE t SET n = n - 5", "b: UPDATE t SET n = n + 10 WHERE id = 2", "b: COMMIT", "a: SELECT n FROM t WHERE id = 2"}},
		{"lost update", "11", "READ COMMITTED",
			[]string{"a: SELECT n FROM t WHERE id = 1", "b: SELECT n FROM t WHERE id = 1", "b: UPDATE t SET n = 15 WHERE id = 1", "b: COMMIT", "a: UPDATE t SET n = 11 WHERE id = 1", "a: COMMIT", "a: SELECT n FROM t WHERE id = 1"}},
		{"write skew", "0", "REPEATABLE READ",
			[]string{"a: SELECT sum(n) FROM t", "b: SELECT sum(n) FROM t", "a: UPDATE t SET n = 0 WHERE id = 1", "b: UPDATE t SET n = 0 WHERE id = 2", "a: COMMIT", "b: COMMIT", "a: SELECT sum(n) FROM t"}},
		{"write skew over what is not there", "4", "REPEATABLE READ",
			[]string{"a: SELECT count(*) FROM t WHERE id > 2", "b: SELECT count(*) FROM t WHERE id > 2", "a: INSERT INTO t VALUES (3, 0)", "b: INSERT INTO t VALUES (4, 0)", "a: COMMIT", "b: COMMIT", "a: SELECT count(*) FROM t"}},
		{"write skew in spite of FOR UPDATE", "0", "",
			[]string{"a: SELECT sum(n) FROM t FOR UPDATE", "b: SELECT sum(n) FROM t FOR UPDATE", "a: UPDATE t SET n = 0 WHERE id = 1", "b: UPDATE t SET n = 0 WHERE id = 2", "a: COMMIT", "b: COMMIT", "a: SELECT sum(n) FROM t"}},
		{"lost update in spite of FOR SHARE", "11", "",
			[]string{"a: SELECT n FROM t WHERE id = 1 FOR SHARE", "b: UPDATE t SET n = 15 WHERE id = 1", "b: COMMIT", "a: UPDATE t SET n = 11 WHERE id = 1", "a: COMMIT", "a: SELECT n FROM t WHERE id = 1"}},
	}
	for _, anomaly := range anomalies {
		for _, level := range levels {
			t.Run(anomaly.name+" at "+level, func(t *testing.T) {
				ann, bob := twoSessions(t)
				sessions := map[string]*Session{"a": ann, "b": bob}
				for _, s := range sessions {
					run(t, s, "SET SESSION TRANSACTION ISOLATION LEVEL "+level, "BEGIN")
				}
				got, conflict := "", false
				for _, step := range anomaly.steps {
					who, statement, _ := strings.Cut(step, ": ")
					_, rows, _, err := ask(t.Context(), sessions[who], statement)
					if errnoOf(err) == 1213 {
						conflict = true
						break
					}
					if err != nil {
						t.Fatalf("%s: %v", step, err)
					}
					if len(rows) > 0 {
						got = fmt.Sprint(rows[0][0])
					}
				}
				happens := !conflict && got == anomaly.seen
				may := anomaly.allowed != "" && slices.Index(levels, level) <= slices.Index(levels, anomaly.allowed)
				if happens != may {
					t.Errorf("it happens: %v (%s, conflict %v), it may: %v", happens, got, conflict, may)
				}
			})
		}
	}
}

// action is one of a transaction in a history.
type action struct {
	kind string // read, all, put, delete, commit, rollback
	key  int
	// value that is put, which is put once in a history, or was read; 0: there is no row.
	value int
	// seen are all rows, as an action of kind all has read them.
	seen map[int]int
}

func (a action) String() string {
	switch a.kind {
	case "all":
		return fmt.Sprintf("all%v", a.seen)
	case "read", "put":
		return fmt.Sprintf("%s%d=%d", a.kind, a.key, a.value)
	}
	return fmt.Sprintf("%s%d", a.kind, a.key)
}

// past is what a transaction of a history has done.
type past struct {
	s       *Session
	actions []action
	// base is what it reads, as a model has it, and own what it wrote; open tells that it reads and writes already.
	base, own map[int]int
	open      bool
	committed bool
}

const historyKeys = 5

// history runs transactions of several sessions, their actions in an order left to chance.
type history struct {
	t      *testing.T
	level  string
	random *rand.Rand
	// committed is what the model says is committed.
	committed map[int]int
	value     int
	done      []*past
	conflicts int
}

// do makes one step of a transaction, and compares what it sees with the model. false: the transaction is over.
func (h *history) do(p *past) bool {
	a := action{key: h.random.IntN(historyKeys)}
	statement := ""
	switch n := h.random.IntN(10); {
	case n < 3:
		a.kind, statement = "read", fmt.Sprintf("SELECT v FROM h WHERE k = %d", a.key)
	case n < 5:
		a.kind, a.key, statement = "all", 0, "SELECT k, v FROM h"
	case n < 7 && h.level != "none":
		h.value++
		a.kind, a.value, statement = "put", h.value, fmt.Sprintf("REPLACE INTO h VALUES (%d, %d)", a.key, h.value)
	case n < 8:
		a.kind, statement = "delete", fmt.Sprintf("DELETE FROM h WHERE k = %d", a.key)
	case n < 9 && len(p.actions) > 2:
		a.kind, statement = "commit", "COMMIT"
	case len(p.actions) > 3:
		a.kind, statement = "rollback", "ROLLBACK"
	default:
		return true
	}
	// The transaction begins to read with its first statement.
	if !p.open {
		p.open, p.base = true, maps.Clone(h.committed)
	}
	if h.level == "READ COMMITTED" {
		p.base = maps.Clone(h.committed)
	}
	now := maps.Clone(p.base)
	for key, value := range p.own {
		now[key] = value
	}
	_, rows, _, err := ask(h.t.Context(), p.s, statement)
	if errnoOf(err) == 1213 {
		h.conflicts++
		h.refusable(p, a)
		return false
	}
	if err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
	switch a.kind {
	case "read":
		if len(rows) > 0 {
			a.value = int(number64(rows[0][0]))
		}
		if a.value != now[a.key] {
			h.t.Fatalf("%s: key %d is %d, the model says %d; %v", h.level, a.key, a.value, now[a.key], p.actions)
		}
	case "all":
		a.seen = map[int]int{}
		for _, row := range rows {
			a.seen[int(number64(row[0]))] = int(number64(row[1]))
		}
		if maps.DeleteFunc(now, func(_, v int) bool { return v == 0 }); !maps.Equal(a.seen, now) {
			h.t.Fatalf("%s: all are %v, the model says %v; %v", h.level, a.seen, now, p.actions)
		}
	case "put", "delete":
		if a.kind == "put" || now[a.key] != 0 {
			p.own[a.key] = a.value
		}
	case "commit":
		if h.level == "REPEATABLE READ" && h.overlaps(p) {
			h.t.Fatalf("%s: a second writer of a row commits; %v", h.level, p.actions)
		}
		for key, value := range p.own {
			h.committed[key] = value
		}
		p.committed = true
		h.done = append(h.done, p)
		return false
	case "rollback":
		return false
	}
	p.actions = append(p.actions, a)
	return true
}

func number64(v any) int64 {
	var n int64
	_, _ = fmt.Sscan(fmt.Sprint(v), &n) // the rows are numbers
	return n
}

// overlaps tells whether others have committed rows that the transaction writes, since it began.
func (h *history) overlaps(p *past) bool {
	for key := range p.own {
		if h.committed[key] != p.base[key] {
			return true
		}
	}
	return false
}

// refusable fails when nobody was in the way of a transaction that was given up.
func (h *history) refusable(p *past, a action) {
	if h.level == "REPEATABLE READ" && (a.kind != "commit" || !h.overlaps(p)) {
		h.t.Fatalf("%s: %v is refused, and nobody was in its way; %v", h.level, a, p.actions)
	}
	if len(p.own) == 0 {
		h.t.Fatalf("%s: %v of a transaction that only reads is refused; %v", h.level, a, p.actions)
	}
}

// serial finds an order in which the committed transactions, one behind the other, read what they have read and leave
// what is there now.
func serial(first map[int]int, left []*past, last map[int]int) bool {
	if len(left) == 0 {
		return maps.Equal(first, last)
	}
	for i, p := range left {
		if after, ok := replay(first, p); ok && serial(after, slices.Delete(slices.Clone(left), i, i+1), last) {
			return true
		}
	}
	return false
}

// replay runs a transaction alone.
func replay(first map[int]int, p *past) (map[int]int, bool) {
	now := maps.Clone(first)
	for _, a := range p.actions {
		switch a.kind {
		case "read":
			if now[a.key] != a.value {
				return nil, false
			}
		case "all":
			if !maps.Equal(now, a.seen) {
				return nil, false
			}
		case "put":
			now[a.key] = a.value
		case "delete":
			delete(now, a.key)
		}
	}
	return now, true
}

// TestHistories runs transactions of four sessions at random. With READ COMMITTED and REPEATABLE READ each read must be what a model
// says, and conflicts be where they have to be; with SERIALIZABLE the transactions must have run one behind the other, in some order.
//
// checklist: G34
func TestHistories(t *testing.T) {
	histories := 60
	if testing.Short() {
		histories = 10
	}
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			e, s := newEngine(t, Config{}, "store")
			run(t, s, "CREATE TABLE h (k INT PRIMARY KEY, v INT, UNIQUE KEY (v))")
			commits, conflicts, skewed := 0, 0, 0
			for seed := range uint64(histories) {
				run(t, s, "DELETE FROM h", "INSERT INTO h VALUES (0, 1), (1, 2), (3, 3)")
				first := map[int]int{0: 1, 1: 2, 3: 3}
				h := &history{t: t, level: level, random: rand.New(rand.NewPCG(seed, 7)), committed: maps.Clone(first), value: 10}
				var open []*past
				for range 4 {
					session := e.NewSession("one of four")
					defer session.Close()
					run(t, session, "SET SESSION TRANSACTION ISOLATION LEVEL "+level)
					open = append(open, &past{s: session})
				}
				for begun := 0; len(open) > 0; {
					i := h.random.IntN(len(open))
					p := open[i]
					if p.own == nil {
						run(t, p.s, "BEGIN")
						p.own, begun = map[int]int{}, begun+1
					}
					if h.do(p) {
						continue
					}
					if open[i] = (&past{s: p.s}); begun >= 7 {
						open = slices.Delete(open, i, i+1)
					}
				}
				last := maps.Clone(h.committed)
				maps.DeleteFunc(last, func(_, v int) bool { return v == 0 })
				commits, conflicts = commits+len(h.done), conflicts+h.conflicts
				if !serial(first, h.done, last) {
					if skewed++; level == "SERIALIZABLE" {
						t.Fatalf("seed %d: no order explains %v", seed, actionsOf(h.done))
					}
				}
			}
			t.Logf("%d histories: %d commits, %d conflicts, %d histories that no serial order explains", histories, commits, conflicts, skewed)
			if conflicts == 0 || commits == 0 || level == "READ COMMITTED" && skewed == 0 && !testing.Short() {
				t.Error("the histories try nothing")
			}
		})
	}
}

func actionsOf(all []*past) [][]action {
	var out [][]action
	for _, p := range all {
		out = append(out, p.actions)
	}
	return out
}

// TestIsolationOverTwoConnectors has the write skew of which each half is in another connector.
//
// checklist: G34
func TestIsolationOverTwoConnectors(t *testing.T) {
	for _, level := range levels[1:] {
		t.Run(level, func(t *testing.T) {
			e, ann := newEngine(t, Config{Connectors: []ConnectorSource{{Name: "b", Trusted: true, Wasm: guest(t, "store")}}}, "store")
			bob := e.NewSession("bob")
			defer bob.Close()
			run(t, ann, "CREATE TABLE t (id INT PRIMARY KEY, n INT)", "INSERT INTO t VALUES (1, 10)")
			makeTable(t, e, "b")
			run(t, ann, "INSERT INTO b.t VALUES (1, 10)")
			for _, s := range []*Session{ann, bob} {
				run(t, s, "SET SESSION TRANSACTION ISOLATION LEVEL "+level, "BEGIN")
			}
			run(t, ann, "SELECT n FROM b.t", "UPDATE t SET n = 0")
			run(t, bob, "SELECT n FROM t", "UPDATE b.t SET n = 0")
			run(t, ann, "COMMIT")
			_, _, _, err := ask(t.Context(), bob, "COMMIT")
			if serializable := level == "SERIALIZABLE"; serializable != (errnoOf(err) == 1213) {
				t.Errorf("the second COMMIT says %v", err)
			}
		})
	}
}

// makeTable makes a table t in a store that is not the home.
func makeTable(t *testing.T, e *Engine, name string) {
	t.Helper()
	c, err := e.catalog.Connector(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := c.Acquire(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer instance.Release()
	err = instance.Call(t.Context(), pb.Op_OP_CREATE_DATABASE, &pb.CreateDatabaseRequest{Database: &pb.Database{Name: name}}, &pb.CreateDatabaseResponse{})
	table := &pb.Table{Name: "t", PrimaryKey: []uint32{0}, Columns: []*pb.Column{
		{Name: "id", Type: pb.Type_TYPE_INT32, SqlType: "int", NotNull: true}, {Name: "n", Type: pb.Type_TYPE_INT32, SqlType: "int"}}}
	if err = errors.Join(err, instance.Call(t.Context(), pb.Op_OP_CREATE, &pb.CreateRequest{Database: name, Table: table}, &pb.CreateResponse{})); err != nil {
		t.Fatal(err)
	}
}

// TestLevelsThatAreNotKept asks for the next stronger one, or refuses.
func TestLevelsThatAreNotKept(t *testing.T) {
	p := newTellers(t, "")
	run(t, p.s, "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
	if _, err := p.write("COMMIT"); err != nil {
		t.Error(err)
	}
	run(t, p.s, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "BEGIN")
	_, _, _, err := ask(context.Background(), p.s, "SELECT * FROM p.accounts")
	if e := sqlerr.From(err); e == nil || e.Errno != 1235 || !strings.Contains(e.Message, "connector p keeps isolation level REPEATABLE READ at most") {
		t.Errorf("SERIALIZABLE of one that keeps REPEATABLE READ: %v", err)
	}
	run(t, p.s, "ROLLBACK", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "BEGIN")
	_, _, _, err = ask(context.Background(), p.s, "SELECT * FROM p.accounts FOR UPDATE")
	if e := sqlerr.From(err); e == nil || e.Errno != 1235 || !strings.Contains(e.Message, "does not lock rows") {
		t.Errorf("FOR UPDATE of one that does not: %v", err)
	}
}
