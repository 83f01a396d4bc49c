package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/wasql/wasql/engine"
)

// errno is MySQL's number of an error that a client got; 0: it is another one.
func errno(err error) uint16 {
	var told *mysql.MySQLError
	if errors.As(err, &told) {
		return told.Number
	}
	return 0
}

func TestNumbersOfAStatement(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "")
	must(t, db, "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
	result, err := db.Exec("INSERT INTO t (v) VALUES (1), (1), (3)")
	if err != nil {
		t.Fatal(err)
	}
	if affected, _ := result.RowsAffected(); affected != 3 {
		t.Errorf("%d rows were inserted", affected)
	}
	if id, _ := result.LastInsertId(); id != 1 {
		t.Errorf("the last insert id is %d", id)
	}
	for options, want := range map[string]int64{"": 1, "?clientFoundRows=true": 3} {
		must(t, db, "UPDATE t SET v = 1", "UPDATE t SET v = 2 WHERE id = 2")
		other := dial(t, address, options)
		result, err := other.Exec("UPDATE t SET v = ? WHERE id > ?", 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if affected, _ := result.RowsAffected(); affected != want {
			t.Errorf("%q: an UPDATE that changes 1 of 3 rows says %d", options, affected)
		}
	}
}

func TestErrorsHaveNumbers(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "")
	must(t, db, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)")
	for statement, want := range map[string]uint16{
		"SELEKT 1": 1064, "SELECT nothing FROM t": 1054, "SELECT * FROM missing": 1146, "USE nowhere": 1049, "INSERT INTO t VALUES (1)": 1062, "INSERT INTO t VALUES (NULL)": 1048,
		"SELECT 1; SELECT 2": 1064, "SELECT LOAD_FILE('/etc/passwd')": 1290, "SELECT * FROM t INTO OUTFILE '/tmp/x'": 1290, "LOAD DATA INFILE '/etc/passwd' INTO TABLE t": 1290,
		"KILL 4000000000": 1094,
	} {
		if _, err := db.Exec(statement); errno(err) != want {
			t.Errorf("%s: got %v, want error %d", statement, err, want)
		}
	}
	for statement, want := range map[string]uint16{"SELEKT ?": 1064, "SELECT nothing FROM t WHERE id = ?": 1054, "SELECT * FROM missing WHERE id = ?": 1146} {
		if _, err := db.Prepare(statement); errno(err) != want {
			t.Errorf("prepare %s: got %v, want error %d", statement, err, want)
		}
	}
}

// An error behind the first rows is an error for the client, and the connection goes on.
func TestErrorBehindRows(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "")
	db.SetMaxOpenConns(1)
	rows, err := db.Query("SELECT CAST(value AS SIGNED) * 9223372036854775807 FROM series(1, 100000)")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rows.Next() {
		n++
	}
	if errno(rows.Err()) != 1690 {
		t.Errorf("behind %d rows: %v", n, rows.Err())
	}
	if err := rows.Close(); err != nil {
		t.Log(err)
	}
	must(t, db, "SELECT 1")
}

func TestSeveralStatements(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "?multiStatements=true")
	must(t, db, "CREATE TABLE t (v INT); INSERT INTO t VALUES (1), (2); -- the end;\n",
		"CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (3); INSERT INTO t VALUES (4); END; INSERT INTO t VALUES (5)", "CALL p()")
	rows, err := db.Query("SELECT COUNT(*) FROM t; SELECT 'a;b'; SELECT v FROM t WHERE v > 100")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // read to its end
	var got []string
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			var v string
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
	}
	if strings.Join(got, ",") != "5,a;b" {
		t.Errorf("got %q", got)
	}
	if _, err := db.Exec("INSERT INTO t VALUES (6); SELECT nothing; INSERT INTO t VALUES (7)"); errno(err) != 1054 {
		t.Errorf("got %v", err)
	}
	var sum int
	if err := db.QueryRow("SELECT SUM(v) FROM t").Scan(&sum); err != nil || sum != 21 {
		t.Errorf("the sum is %d, %v: what is behind a failure must not run", sum, err)
	}
}

func TestPreparedValues(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "?parseTime=true&loc=UTC")
	must(t, db, "CREATE TABLE t (id INT PRIMARY KEY, i BIGINT, u BIGINT UNSIGNED, d DOUBLE, s VARCHAR(100), b BLOB, t DATETIME(6))")
	insert, err := db.Prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = insert.Close() }() // with its connection
	when := time.Date(2024, 2, 29, 12, 34, 56, 789012000, time.UTC)
	binary := []byte{0, 255, 10, 39, 92}
	long := strings.Repeat("0123456789", 300_000)
	must(t, db, "CREATE TABLE l (v LONGTEXT)")
	if _, err := db.Exec("INSERT INTO l VALUES (?)", long); err != nil {
		t.Fatal(err)
	}
	var back string
	if err := db.QueryRow("SELECT v FROM l WHERE LENGTH(v) = ?", len(long)).Scan(&back); err != nil || back != long {
		t.Errorf("%d bytes came back, %v", len(back), err)
	}
	for id, row := range [][]any{{int64(math.MinInt64), uint64(math.MaxUint64), 0.1, "it's \\ ü", binary, when}, {nil, nil, nil, nil, nil, nil}, {int64(math.MaxInt64), uint64(0), -1e300, "", []byte{}, when}} {
		if _, err := insert.Exec(append([]any{id}, row...)...); err != nil {
			t.Fatal(err)
		}
	}
	var i sql.NullInt64
	var u uint64
	var d float64
	var s string
	var b []byte
	var at time.Time
	if err := db.QueryRow("SELECT i, u, d, s, b, t FROM t WHERE id = ?", 0).Scan(&i, &u, &d, &s, &b, &at); err != nil {
		t.Fatal(err)
	}
	if i.Int64 != math.MinInt64 || u != math.MaxUint64 || d != 0.1 || s != "it's \\ ü" || string(b) != string(binary) || !at.Equal(when) {
		t.Errorf("got %v %v %v %q %q %v", i, u, d, s, b, at)
	}
	if err := db.QueryRow("SELECT i FROM t WHERE id = ?", 1).Scan(&i); err != nil || i.Valid {
		t.Errorf("got %v, %v", i, err)
	}
}

// A million rows stream: neither side of the connection, nor the engine, holds them.
func TestAMillionRowsStream(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows")
	}
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "")
	for _, prepared := range []bool{false, true} {
		arguments := []any{}
		query := "SELECT value, value * 2, CONCAT('row ', value) FROM series(1, 1000000)"
		if prepared {
			query, arguments = query+" WHERE value > ?", []any{0}
		}
		runtime.GC()
		var before, most, now runtime.MemStats
		runtime.ReadMemStats(&before)
		rows, err := db.Query(query, arguments...)
		if err != nil {
			t.Fatal(err)
		}
		n, sum := 0, 0
		for rows.Next() {
			var v, double int
			var text sql.RawBytes
			if err := rows.Scan(&v, &double, &text); err != nil {
				t.Fatal(err)
			}
			n, sum = n+1, sum+v
			if n%100_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most.HeapAlloc = max(most.HeapAlloc, now.HeapAlloc)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if n != 1_000_000 || sum != 500_000_500_000 {
			t.Errorf("%d rows came, whose sum is %d", n, sum)
		}
		const bound = 32 << 20
		if most.HeapAlloc > before.HeapAlloc+bound {
			t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, most.HeapAlloc)
		}
	}
}

// A client that goes away frees what its statement holds: soon, and all of it.
func TestClientsThatGoAway(t *testing.T) {
	e := newEngine(t, engine.Config{})
	s, address := serve(t, Config{Engine: e})
	db := dial(t, address, "")
	must(t, db, "SELECT COUNT(*) FROM series(1, 10)", "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t SELECT value FROM series(1, 5000)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	settle(t, func() bool { return s.Connections() == 0 })
	before := runtime.NumGoroutine()
	for _, query := range []string{
		"SELECT value FROM series(1, 100000000)", "SELECT COUNT(*) FROM series(1, 100000000000) WHERE value % 7 = 3", "SELECT a.id FROM t a JOIN t b ON a.id + b.id > 1 ORDER BY a.id * b.id",
		"SELECT SLEEP(1000)",
	} {
		db := dial(t, address, "")
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		rows, err := db.QueryContext(ctx, query)
		for err == nil && rows.Next() {
		}
		cancel()
		if err == nil {
			_ = rows.Close() // its error is that of the context
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		start := time.Now()
		settle(t, func() bool { return s.Connections() == 0 && openHandles(e) == 0 })
		t.Logf("%s: gone after %v", query, time.Since(start))
	}
	settle(t, func() bool { return runtime.NumGoroutine() <= before+1 })
}

// openHandles counts the scans and sinks that connectors have open.
func openHandles(e *engine.Engine) (n int64) {
	for _, c := range e.Catalog().Connectors() {
		for _, i := range c.Instances() {
			n += i.Handles
		}
	}
	return n
}

// settle waits until something is so.
func settle(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("it never came about:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestKill(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	killer := dial(t, address, "")
	for _, kill := range []string{"KILL QUERY %d", "KILL %d"} {
		victim := dial(t, address, "")
		victim.SetMaxOpenConns(1)
		var id int
		if err := victim.QueryRow("SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			var n int
			ended <- victim.QueryRow("SELECT COUNT(*) FROM series(1, 100000000000) WHERE value % 7 = 3").Scan(&n)
		}()
		time.Sleep(200 * time.Millisecond)
		start := time.Now()
		must(t, killer, fmt.Sprintf(kill, id))
		err := <-ended
		if errno(err) != 1317 || time.Since(start) > 2*time.Second {
			t.Errorf("%s: after %v: %v", kill, time.Since(start), err)
		}
		time.Sleep(200 * time.Millisecond) // the driver looks whether the connection is there
		var again int
		if err := victim.QueryRow("SELECT CONNECTION_ID()").Scan(&again); err != nil || (again == id) != (kill == "KILL QUERY %d") {
			t.Errorf("%s: session %d was %d: %v", kill, again, id, err)
		}
	}
}

func TestStatementTime(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "?max_execution_time=200")
	var n int
	err := db.QueryRow("SELECT COUNT(*) FROM series(1, 100000000000) WHERE value % 7 = 3").Scan(&n)
	if errno(err) != 3024 {
		t.Errorf("got %v", err)
	}
}

func TestLoadDataLocal(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "")
	must(t, db, "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(20))")
	mysql.RegisterReaderHandler("rows", func() io.Reader {
		var text strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&text, "%d\ttext %d\n", i, i)
		}
		return strings.NewReader(text.String())
	})
	defer mysql.DeregisterReaderHandler("rows")
	if _, err := db.Exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE t"); errno(err) != 3948 {
		t.Errorf("without local_infile: %v", err)
	}
	must(t, db, "SET GLOBAL local_infile = 1")
	defer must(t, db, "SET GLOBAL local_infile = 0")
	result, err := db.Exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE t")
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := result.RowsAffected(); n != 20_000 {
		t.Errorf("%d rows were loaded", n)
	}
	// The client sends a file to its end, whatever becomes of the statement.
	if _, err := db.Exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE missing"); errno(err) != 1146 {
		t.Errorf("into a table that is not there: %v", err)
	}
	must(t, db, "DELETE FROM t WHERE id > 5")
}

func TestTransactionsOverTheWire(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	db := dial(t, address, "")
	must(t, db, "CREATE TABLE t (id INT PRIMARY KEY)")
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO t VALUES (?)", 1); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM t").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// client runs MariaDB's own.
func client(t *testing.T, address, script string, flags ...string) string {
	t.Helper()
	program, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip("there is no mariadb (tools/dump.sh installs it)")
	}
	host, port, _ := strings.Cut(address, ":")
	command := exec.Command(program, append([]string{"--no-defaults", "--protocol=tcp", "--host=" + host, "--port=" + port, "--user=root", "--default-character-set=utf8mb4", "main"}, flags...)...)
	command.Stdin = strings.NewReader(script)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Logf("%v", err)
	}
	return string(out)
}

func TestMariaDBClient(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{})})
	got := client(t, address, `
CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE, e ENUM('a','b'), dec1 DECIMAL(10,3), ts DATETIME(3), n VARCHAR(10));
INSERT INTO t VALUES (1, 16777216, 1e15, 'b', 1.5, '2024-01-01 10:00:00', 'ü'), (2, 3.14159265, 100000000000000, NULL, -0.001, NULL, NULL);
SELECT * FROM t;
SELECT @@version_comment, @@autocommit;
UPDATE t SET n = 'x';
DELIMITER //
CREATE PROCEDURE p() BEGIN SELECT 1 AS one; SELECT 2 AS two; END//
DELIMITER ;
SELECT 1/0;
SHOW WARNINGS;
`, "--table", "-vv", "--show-warnings")
	for _, want := range []string{"16777200", " 1e15 |", "100000000000000", "1.500", "-0.001", "2024-01-01 10:00:00.000", "wasql", "Rows matched: 2  Changed: 2  Warnings: 0"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in what the client shows:\n%s", want, got)
		}
	}
	if strings.Contains(got, "ERROR") {
		t.Errorf("the client says:\n%s", got)
	}
}
