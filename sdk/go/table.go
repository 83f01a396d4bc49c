package wasql

import "github.com/wasql/wasql/abi/col"

import "github.com/wasql/wasql/abi/pb"

// Table is the one interface a connector must have. What else a table can do, it says by having the
// methods of other interfaces: Planner, Counter, Partitioner, Inserter and so on. They are found once,
// by type assertion, and told to the engine.
//
// A table of a stateless connector may be made anew for every call: nothing it keeps may change an answer.
type Table interface {
	// Name is the table's name in SQL.
	Name() string
	// Columns declares the columns, in order. The same call of the same table gives the same columns.
	Columns() []Column
	// Scan starts reading. It may use nothing but the table, the plan and what the host grants; rows
	// need hold only the columns of plan.Columns.
	Scan(plan *Plan) (Cursor, error)
}

// Planner negotiates scans. Without it the engine filters, orders and limits by itself.
type Planner interface {
	// Plan claims what the scan will do, and states rows and cost. It may be called often, for different
	// join orders; it must be pure and read no rows beyond what a good estimate needs.
	Plan(plan *Plan) error
}

// Counter knows how many rows there are.
type Counter interface {
	// RowCount gives the number of rows. Only an exact one may answer a COUNT(*).
	RowCount() (rows uint64, exact bool, err error)
}

// Definer says more about a table than its columns: keys, indexes, comment. See Definition.
type Definer interface {
	Define(*Definition)
}

// Partitioner splits a plan into pieces that may be read independently, in other instances too.
type Partitioner interface {
	// Partitions gives about so many pieces; more or fewer are fine. Scan gets Partition.Token back in
	// Plan.Partition. When order was taken, the pieces come in that order. Params are not known yet.
	Partitions(plan *Plan, wanted int) ([]Partition, error)
}

// Resumer goes on with a scan that another instance began. Its cursors are Suspenders.
type Resumer interface {
	Resume(plan *Plan, token []byte) (Cursor, error)
}

// Statistics are numbers about a table; see the message of that name for its fields.
type Statistics = pb.StatisticsResponse

// Statistician knows more than a count: distinct values, smallest and largest ones, histograms.
type Statistician interface {
	// Statistics are estimates unless they say otherwise; columns are the positions asked about.
	Statistics(columns []int) (*Statistics, error)
}

// Explainer is a table with lines for EXPLAIN behind those of Plan.Explain: with verbose all there is to say.
type Explainer interface {
	Explain(p *Plan, verbose bool) ([][2]string, error)
}

// Finding is one line of the answer to CHECK TABLE: kind status, error, warning or info, and text.
type Finding = pb.Finding

// Checker looks whether a table is sound.
type Checker interface {
	// Check gives what it found; nothing means the table is sound. Mode is QUICK, FAST, MEDIUM, EXTENDED, CHANGED or empty.
	Check(mode string) ([]*Finding, error)
}

// Finder answers lookups: many keys in one call instead of one scan each.
type Finder interface {
	// Find prepares lookups by the columns keys, under the plan.
	Find(plan *Plan, keys []int) (Lookup, error)
}

// Lookup finds the rows of one key after another. It may be an io.Closer.
type Lookup interface {
	// Rows reads the rows whose key columns equal key. NULL equals nothing.
	Rows(key []Value) (Cursor, error)
}

// BatchLookup is a Lookup that gives whole batches: the fastest way, for keys that may be looked up in any order.
type BatchLookup interface {
	Lookup
	// Found gives the rows of the keys from position first on, at most rowsMax of them and about bytesMax bytes, and the position of the
	// first key that is not done, or the number of keys. Its first column has, as uint32, the row in keys of each row's key, ascending;
	// then come the columns of Plan.Columns, in that order, of the types the table declares. nil: there are no rows. The memory
	// stays the lookup's, who may change it when Found is called again, not before. NULL equals nothing.
	Found(keys *col.Batch, first, rowsMax, bytesMax int) (rows *col.Batch, next int, err error)
}

// Partition is one piece of a plan.
type Partition struct {
	// Token is opaque, pure and serialisable: opened anywhere, any number of times, it gives the same rows.
	Token []byte
	// Rows and Bytes are estimates.
	Rows, Bytes float64
	Label       string
	// Locations say where the data is near.
	Locations []string
}
