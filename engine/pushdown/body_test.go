package pushdown_test

import (
	"fmt"
	"testing"
)

// TestBodiesReadByKey: a statement of a trigger or a procedure finds rows by a key, whether that is a value of
// the row that fired it, a variable or a constant, and sees what was written before it.
//
// checklist: G16
func TestBodiesReadByKey(t *testing.T) {
	e, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE big (id INT PRIMARY KEY, k INT, v INT, KEY k (k))")
	run(t, s, "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, was INT, n INT)")
	run(t, s, "CREATE TABLE fired (id INT PRIMARY KEY, k INT)")
	run(t, s, "INSERT INTO big SELECT value, value % 2500, value FROM series(1, 5000)")
	for _, trigger := range []string{
		"CREATE TRIGGER a BEFORE INSERT ON fired FOR EACH ROW SET NEW.k = (SELECT v FROM big WHERE id = NEW.id) + NEW.k",
		"CREATE TRIGGER b AFTER INSERT ON fired FOR EACH ROW INSERT INTO log (was, n) SELECT NEW.id, count(*) FROM big WHERE k = NEW.id",
		`CREATE TRIGGER c AFTER INSERT ON fired FOR EACH ROW BEGIN
			DECLARE x INT DEFAULT 0;
			SELECT v INTO x FROM big WHERE id = NEW.id + 1;
			IF x > 0 AND EXISTS (SELECT 1 FROM big WHERE id = NEW.id) THEN
				UPDATE big SET v = v + 1 WHERE id = x;
			END IF;
			DELETE FROM big WHERE id = x + 2000;
		END`,
	} {
		run(t, s, trigger)
	}
	run(t, s, "INSERT INTO fired VALUES (900, 0)") // what is read once for a declaration
	before, _, _ := e.Work()
	run(t, s, "INSERT INTO fired VALUES (10, 1), (11, 2), (12, 3)")
	after, _, _ := e.Work()
	if rows := after - before; rows > 100 {
		t.Errorf("%d rows crossed the wall for three rows and their triggers", rows)
	}
	for query, want := range map[string]string{
		"SELECT * FROM fired WHERE id < 100 ORDER BY id":          "[[10 11] [11 14] [12 16]]",
		"SELECT was, n FROM log WHERE was < 100 ORDER BY was":     "[[10 2] [11 2] [12 2]]",
		"SELECT id, v FROM big WHERE id IN (11, 12, 13, 14)":      "[[11 12] [12 13] [13 14] [14 14]]",
		"SELECT count(*) FROM big WHERE id BETWEEN 2000 AND 2020": "[[18]]",
	} {
		if got := fmt.Sprint(ordered(t, s, query)); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}

	run(t, s, "CREATE PROCEDURE p (a INT) BEGIN DECLARE x INT; SELECT v INTO x FROM big WHERE id = a; SELECT v FROM big WHERE id = x + 1; END")
	run(t, s, "CALL p(20)")
	before, _, _ = e.Work()
	if got := fmt.Sprint(ordered(t, s, "CALL p(30)")); got != "[[31]]" {
		t.Errorf("the procedure gives %s", got)
	}
	if after, _, _ = e.Work(); after-before > 10 {
		t.Errorf("%d rows crossed the wall for the procedure", after-before)
	}
}

// TestBodiesSeeWhatWasWritten: each run of a trigger reads what the runs before it have written.
func TestBodiesSeeWhatWasWritten(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE counters (name VARCHAR(10) PRIMARY KEY, n INT)")
	run(t, s, "CREATE TABLE item (id INT PRIMARY KEY, kind VARCHAR(10), seq INT)")
	run(t, s, "INSERT INTO counters VALUES ('a', 0), ('b', 100)")
	run(t, s, `CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW BEGIN
		UPDATE counters SET n = n + 1 WHERE name = NEW.kind;
		SET NEW.seq = (SELECT c.n FROM counters c WHERE c.name = NEW.kind AND EXISTS (SELECT 1 FROM counters d WHERE d.name = c.name AND d.n = c.n));
	END`)
	run(t, s, "INSERT INTO item SELECT value, IF(value % 3 = 0, 'B', 'a'), 0 FROM series(1, 6)")
	if got := fmt.Sprint(ordered(t, s, "SELECT id, seq FROM item ORDER BY id")); got != "[[1 1] [2 2] [3 101] [4 3] [5 4] [6 102]]" {
		t.Error(got)
	}
}
