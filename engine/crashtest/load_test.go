//go:build unix

package crashtest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/wasql/wasql/engine"
)

const workers = 4

// row of the table load: of one worker each.
type row struct {
	v    int
	note string
}

// worker makes operations and knows what they do. Two of the same seed, told the same answers, make the same.
type worker struct {
	id     int
	random *rand.Rand
	rows   map[int]row
	next   int
	// stage of the worker's own table, which goes round.
	stage int
}

// operation is what is answered, or not, as a whole.
type operation struct {
	statements []string
	// rows and stage are what it leaves.
	rows  map[int]row
	stage int
}

func newWorker(id int, seed uint64, rows map[int]row, stage int) *worker {
	w := &worker{id: id, random: rand.New(rand.NewPCG(seed, uint64(id))), rows: rows, stage: stage}
	w.next = id * 10_000_000
	for key := range rows {
		w.next = max(w.next, key+1)
	}
	return w
}

const createLoad = "CREATE TABLE IF NOT EXISTS `load` (id INT PRIMARY KEY, worker INT, v INT, note VARCHAR(60), KEY by_worker (worker), KEY by_v (v), UNIQUE KEY by_note (note))"

// stages of the worker's own table.
func (w *worker) stages() []string {
	own := fmt.Sprintf("own_%d", w.id)
	return []string{
		"CREATE TABLE " + own + " (id INT PRIMARY KEY, v INT)",
		"INSERT INTO " + own + " VALUES (1, 1), (2, 2), (3, 3)",
		"ALTER TABLE " + own + " ADD COLUMN more INT DEFAULT 9",
		"CREATE INDEX by_v ON " + own + " (v)",
		"ALTER TABLE " + own + " MODIFY COLUMN v VARCHAR(20)",
		"DROP TABLE " + own,
	}
}

func (w *worker) note(key int) string {
	return fmt.Sprintf("%d-%d-%s", key, w.random.IntN(1_000_000), strings.Repeat("n", w.random.IntN(20)))
}

func (w *worker) keys() []int { return slices.Sorted(maps.Keys(w.rows)) }

// operation makes the next one.
func (w *worker) operation() operation {
	o := operation{rows: maps.Clone(w.rows), stage: w.stage}
	keys := w.keys()
	switch kind := w.random.IntN(12); {
	case kind == 0:
		stages := w.stages()
		o.statements = []string{stages[w.stage]}
		o.stage = (w.stage + 1) % len(stages)
	case kind < 5 && len(keys) < 60 || len(keys) < 5:
		o.insert(w, 1+w.random.IntN(6))
	case kind == 5:
		o.statements = []string{fmt.Sprintf("UPDATE `load` SET v = v + 1 WHERE worker = %d", w.id)}
		for key, r := range o.rows {
			o.rows[key] = row{r.v + 1, r.note}
		}
	case kind == 6:
		o.remove(keys[w.random.IntN(len(keys))])
	case kind == 7:
		o.replace(w, keys[w.random.IntN(len(keys))], "REPLACE INTO `load` VALUES (%d, %d, %d, '%s')")
	case kind == 8:
		o.replace(w, keys[w.random.IntN(len(keys))], "INSERT INTO `load` VALUES (%d, %d, %d, '%s') ON DUPLICATE KEY UPDATE v = VALUES(v), note = VALUES(note)")
	case kind == 9:
		for _, key := range keys[:min(len(keys), 3)] {
			o.remove(key)
		}
		o.transaction("COMMIT")
	default:
		o.insert(w, 2)
		o.remove(keys[0])
		o.replace(w, keys[len(keys)-1], "REPLACE INTO `load` VALUES (%d, %d, %d, '%s')")
		o.statements = append(o.statements, fmt.Sprintf("UPDATE `load` SET v = v * 2 WHERE id = %d", keys[1]))
		o.rows[keys[1]] = row{o.rows[keys[1]].v * 2, o.rows[keys[1]].note}
		if o.transaction("COMMIT"); kind == 10 {
			o.transaction("ROLLBACK")
			o.rows = w.rows
		}
	}
	return o
}

func (o *operation) insert(w *worker, n int) {
	var values []string
	for range n {
		r := row{w.random.IntN(1000), w.note(w.next)}
		values = append(values, fmt.Sprintf("(%d, %d, %d, '%s')", w.next, w.id, r.v, r.note))
		o.rows[w.next] = r
		w.next++
	}
	o.statements = append(o.statements, "INSERT INTO `load` VALUES "+strings.Join(values, ", "))
}

func (o *operation) remove(key int) {
	o.statements = append(o.statements, fmt.Sprintf("DELETE FROM `load` WHERE id = %d", key))
	delete(o.rows, key)
}

func (o *operation) replace(w *worker, key int, format string) {
	r := row{w.random.IntN(1000), w.note(key)}
	o.statements = append(o.statements, fmt.Sprintf(format, key, w.id, r.v, r.note))
	o.rows[key] = r
}

// transaction puts the statements between BEGIN and the end.
func (o *operation) transaction(end string) {
	if o.statements[0] == "BEGIN" {
		o.statements[len(o.statements)-1] = end
		return
	}
	o.statements = append(append([]string{"BEGIN"}, o.statements...), end)
}

func (w *worker) done(o operation) { w.rows, w.stage = o.rows, o.stage }

// load runs the workers until the process is ended. What is answered is written as a line: worker, number, whether it was done.
func (d *database) load(ctx context.Context, seed uint64) error {
	s := d.newSession()
	if _, err := query(ctx, s, createLoad); err != nil {
		return err
	}
	s.Close()
	var all []*worker
	for id := range workers {
		w, err := d.worker(ctx, id, seed)
		if err != nil {
			return err
		}
		all = append(all, w)
	}
	fmt.Println("ready")
	var group sync.WaitGroup
	for _, w := range all {
		group.Go(func() {
			session := d.newSession()
			for n := 0; ; n++ {
				o := w.operation()
				err := o.do(ctx, session)
				if err == nil {
					w.done(o)
				}
				fmt.Printf("%d %d %v %v\n", w.id, n, err == nil, err)
			}
		})
	}
	group.Wait()
	return nil
}

func (o operation) do(ctx context.Context, s *engine.Session) error {
	for _, statement := range o.statements {
		if _, err := query(ctx, s, statement); err != nil {
			if len(o.statements) > 1 {
				_, _ = query(ctx, s, "ROLLBACK") // the first error is the one to tell
			}
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// worker reads what the folder holds of a worker.
func (d *database) worker(ctx context.Context, id int, seed uint64) (*worker, error) {
	s := d.newSession()
	defer s.Close()
	found, err := query(ctx, s, fmt.Sprintf("SELECT id, v, note FROM `load` WHERE worker = %d", id))
	if err != nil {
		return nil, err
	}
	rows := map[int]row{}
	for _, text := range found {
		var key int
		var r row
		if _, err := fmt.Sscanf(text, `["%d" "%d" %q`, &key, &r.v, &r.note); err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		rows[key] = r
	}
	stage, err := d.stage(ctx, id)
	return newWorker(id, seed, rows, stage), err
}

// stage finds out how far the worker's own table is.
func (d *database) stage(ctx context.Context, id int) (int, error) {
	s := d.newSession()
	defer s.Close()
	own := fmt.Sprintf("own_%d", id)
	there, err := query(ctx, s, "SHOW TABLES LIKE '"+own+"'")
	if err != nil || len(there) == 0 {
		return 0, err
	}
	rows, err := query(ctx, s, "SELECT * FROM "+own)
	if err != nil {
		return 0, err
	}
	definition, err := query(ctx, s, "SHOW CREATE TABLE "+own)
	if err != nil {
		return 0, err
	}
	more, index, text := strings.Contains(definition[0], "`more`"), strings.Contains(definition[0], "`by_v`"), strings.Contains(definition[0], "`v` varchar(20)")
	for stage, is := range []bool{false, len(rows) == 0 && !more, len(rows) == 3 && !more, more && !index, index && !text, index && text} {
		if is {
			if stage > 1 && len(rows) != 3 {
				break
			}
			return stage, nil
		}
	}
	return 0, fmt.Errorf("%s is in no stage: %v %v", own, rows, definition)
}
