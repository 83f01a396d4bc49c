package gms

import (
	"math"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/wasql/wasql/abi/pb"
)

var _ sql.AutoIncrementTable = (*Stored)(nil)

// generatorBlockMax is the largest number of values that are reserved at once.
const generatorBlockMax = 1 << 16

// generator gives the values of a table's AUTO_INCREMENT column. All statements of the engine share
// it. It takes blocks of values from the connector that double in size while a statement goes on;
// what a statement leaves of one, the next one takes.
type generator struct {
	// statement is held by the one statement that wants its values without gaps.
	statement sync.Mutex

	mu sync.Mutex
	// next and end are the block: next is the first value that was not given. A block is of one
	// definition of the table, version.
	next, end uint64
	version   string
	block     uint64
	// by is the query that took the last value.
	by uint64
	// floor: a value below was given by a user, and may not have reached the connector yet.
	floor uint64
}

// generator finds the one of the table.
func (t *Table) generator() *generator {
	name := t.ref.Database + "\x00" + t.ref.Name
	g, ok := t.source.generators.Load(name)
	if !ok {
		g, _ = t.source.generators.LoadOrStore(name, &generator{})
	}
	return g.(*generator)
}

// generates tells whether the engine makes the table's keys; otherwise the connector does when it
// stores a row.
func (t *Table) generates() bool {
	return t.Has(pb.TableFeature_TABLE_FEATURE_AUTO_INCREMENT) && t.declared.Schema.HasAutoIncrement()
}

// MakesKeys tells whether the connector makes keys of its own for new rows, so that they are known
// only once a row is stored.
func (t *Table) MakesKeys() bool { return t.madeKey() >= 0 }

// autoIncrement asks the connector for values.
func (t *Table) autoIncrement(ctx *sql.Context, request *pb.AutoIncrementRequest) (uint64, error) {
	number, _, begin, err := TransactionBy(ctx, t.source.Connector, false)
	if err != nil {
		return 0, err
	}
	ref := *t.ref //nolint:govet // messages of protobuf-go-lite hold no lock
	ref.Transaction, ref.Begin = number, begin
	request.Table = &ref
	answer := &pb.AutoIncrementResponse{}
	err = t.source.Send(ctx, pb.Op_OP_AUTO_INCREMENT, request, answer)
	return answer.Next, err
}

// PeekNextAutoIncrementValue implements sql.AutoIncrementGetter.
func (t *Stored) PeekNextAutoIncrementValue(ctx *sql.Context) (uint64, error) {
	if !t.generates() {
		return 0, nil
	}
	g := t.generator()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.renew(t.Table); g.next < g.end {
		return min(g.next, t.greatestKey()), nil
	}
	next, err := t.autoIncrement(ctx, &pb.AutoIncrementRequest{})
	return min(max(next, g.floor), t.greatestKey()), err
}

// GetNextAutoIncrementValue implements sql.AutoIncrementTable: the next value, when given is nil, or
// given itself, which moves the counter.
func (t *Stored) GetNextAutoIncrementValue(ctx *sql.Context, given any) (uint64, error) {
	if given != nil {
		value, _, err := unsigned(ctx, given)
		if err == nil && t.generates() {
			t.generator().skip(t.Table, value)
		}
		return value, err
	}
	if !t.generates() {
		return 0, nil // stands for NULL; see editor.Insert
	}
	return t.generator().take(ctx, t.Table)
}

// take gives the next value.
func (g *generator) take(ctx *sql.Context, t *Table) (uint64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	greatest := t.greatestKey()
	if g.renew(t); g.floor >= greatest {
		return greatest, nil
	}
	if g.next >= g.end {
		if err := g.reserve(ctx, t); err != nil {
			return 0, err
		}
	}
	value := g.next
	g.next++
	return min(value, greatest), nil
}

// greatestKey is the greatest value that the column holds. A counter that would go beyond stays there,
// and the next row that wants a key finds it taken.
func (t *Table) greatestKey() uint64 {
	for _, c := range t.declared.Schema {
		if c.AutoIncrement {
			if greatest, ok := greatestKeys[c.Type.Type()]; ok {
				return greatest
			}
		}
	}
	return math.MaxUint64
}

var greatestKeys = map[query.Type]uint64{
	sqltypes.Int8: math.MaxInt8, sqltypes.Uint8: math.MaxUint8, sqltypes.Int16: math.MaxInt16, sqltypes.Uint16: math.MaxUint16,
	sqltypes.Int24: 1<<23 - 1, sqltypes.Uint24: 1<<24 - 1, sqltypes.Int32: math.MaxInt32, sqltypes.Uint32: math.MaxUint32, sqltypes.Int64: math.MaxInt64,
}

// renew forgets what belongs to another definition of the table.
func (g *generator) renew(t *Table) {
	if g.version != t.ref.Version {
		g.version, g.next, g.end, g.floor = t.ref.Version, 0, 0, 0
	}
}

// reserve takes a block: one value for the first row of a statement, twice as many each time after.
func (g *generator) reserve(ctx *sql.Context, t *Table) error {
	if query := ctx.Pid(); g.block == 0 || query != g.by {
		g.by, g.block = query, 1
	} else if g.block < generatorBlockMax {
		g.block *= 2
	}
	first, err := t.autoIncrement(ctx, &pb.AutoIncrementRequest{Reserve: g.block})
	if err == nil && first < g.floor {
		// What a user gave has not reached the connector yet.
		if _, err = t.autoIncrement(ctx, &pb.AutoIncrementRequest{Set: &g.floor}); err == nil {
			first, err = t.autoIncrement(ctx, &pb.AutoIncrementRequest{Reserve: g.block})
		}
	}
	if err != nil {
		return err
	}
	g.next, g.end = first, first+g.block
	return nil
}

// skip makes the next value greater than one that was given.
func (g *generator) skip(t *Table, given uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.renew(t)
	greatest := t.greatestKey()
	if given > greatest {
		return // there will be no such row
	}
	next := min(given, greatest-1) + 1
	g.floor, g.next = max(g.floor, next), max(g.next, next)
}

// drop forgets the block, since the connector's counter was set.
func (g *generator) drop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next, g.end, g.floor = 0, 0, 0
}

// unsigned reads a key given by a user.
func unsigned(ctx *sql.Context, given any) (uint64, bool, error) {
	converted, in, err := types.Uint64.Convert(ctx, given)
	if err != nil || converted == nil {
		return 0, false, err
	}
	return converted.(uint64), in == sql.InRange, nil
}

// AutoIncrementSetter implements sql.AutoIncrementTable.
func (t *Stored) AutoIncrementSetter(*sql.Context) sql.AutoIncrementSetter { return counterSetter{t} }

// counterSetter sets the counter of a table.
type counterSetter struct{ table *Stored }

// SetAutoIncrementValue implements sql.AutoIncrementSetter. A connector that makes the keys itself
// keeps its own counter.
func (s counterSetter) SetAutoIncrementValue(ctx *sql.Context, next uint64) error {
	if !s.table.generates() {
		return nil
	}
	if staged := s.table.staged; staged != nil {
		staged.table.AutoIncrementNext = &next
		return nil
	}
	_, err := s.table.autoIncrement(ctx, &pb.AutoIncrementRequest{Set: &next})
	if err == nil {
		s.table.generator().drop()
	}
	return err
}

// AcquireAutoIncrementLock implements sql.AutoIncrementSetter: until it is called back no other
// statement that asks for the lock takes values.
func (s counterSetter) AcquireAutoIncrementLock(*sql.Context) (func(), error) {
	g := s.table.generator()
	g.statement.Lock()
	return g.statement.Unlock, nil
}

// Close implements sql.Closer.
func (counterSetter) Close(*sql.Context) error { return nil }
