package gms

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/stats"

	"github.com/wasql/wasql/abi/pb"
)

// Statistics keeps what ANALYZE TABLE found out about the keys of tables, for join planning and for
// information_schema.column_statistics. It lives as long as the engine. It is safe for concurrent use.
type Statistics struct {
	mu  sync.RWMutex
	all map[statisticKey]sql.Statistic
}

// statisticKey names columns of an index of a table, in lower case.
type statisticKey struct{ database, table, index, columns string }

var _ sql.StatsProvider = (*Statistics)(nil)

// NewStatistics knows nothing yet.
func NewStatistics() *Statistics { return &Statistics{all: map[statisticKey]sql.Statistic{}} }

// AnalyzeTable implements sql.StatsProvider: it asks the connector, and reads the table for what the
// connector does not tell.
func (s *Statistics) AnalyzeTable(ctx *sql.Context, table sql.Table, database string) error {
	t := Of(table)
	if t == nil {
		return nil
	}
	t.Changed()
	indexes, err := t.GetIndexes(ctx)
	if err != nil {
		return err
	}
	a := &analysis{ctx: ctx, table: t, database: database}
	if err := a.ask(indexes); err != nil {
		return err
	}
	found := map[statisticKey]sql.Statistic{}
	for _, index := range indexes {
		for n := range index.Expressions() {
			statistic, err := a.prefix(index.(*Index), n+1)
			if err != nil {
				return err
			}
			found[keyOf(statistic)] = statistic
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(database, table.Name())
	for key, statistic := range found {
		s.all[key] = statistic
	}
	return nil
}

func (s *Statistics) drop(database, table string) {
	for key := range s.all {
		if strings.EqualFold(key.database, database) && (table == "" || strings.EqualFold(key.table, table)) {
			delete(s.all, key)
		}
	}
}

func keyOf(s sql.Statistic) statisticKey {
	q := s.Qualifier()
	return keyFor(q, s.Columns())
}

func keyFor(q sql.StatQualifier, columns []string) statisticKey {
	return statisticKey{database: strings.ToLower(q.Db()), table: strings.ToLower(q.Table()), index: strings.ToLower(q.Index()),
		columns: strings.ToLower(strings.Join(columns, ","))}
}

// analysis is one ANALYZE of one table.
type analysis struct {
	ctx      *sql.Context
	table    *Table
	database string
	told     *pb.StatisticsResponse
	sample   *sample
}

// ask puts the question to the connector, once for all indexes.
func (a *analysis) ask(indexes []sql.Index) error {
	if !a.table.Has(pb.TableFeature_TABLE_FEATURE_STATISTICS) {
		return nil
	}
	var columns []uint32
	for _, index := range indexes {
		for _, column := range index.(*Index).Columns() {
			columns = append(columns, uint32(column))
		}
	}
	slices.Sort(columns)
	var err error
	a.told, err = a.table.Statistics(a.ctx, slices.Compact(columns))
	return err
}

// prefix makes the statistic of the first n columns of an index.
func (a *analysis) prefix(x *Index, n int) (sql.Statistic, error) {
	d, err := a.distribution(x.parts[:n])
	if err != nil {
		return nil, err
	}
	names, types := make([]string, n), make([]sql.Type, n)
	for i, p := range x.parts[:n] {
		names[i], types[i] = p.name, p.typ
	}
	length, err := a.table.DataLength(a.ctx)
	if err != nil {
		return nil, err
	}
	class := sql.IndexClass(sql.IndexClassDefault)
	switch {
	case x.IsSpatial():
		class = sql.IndexClassSpatial
	case x.IsFullText():
		class = sql.IndexClassFulltext
	}
	dependencies, columns, err := stats.IndexFds(a.ctx, strings.ToLower(a.table.name), a.table.declared.Schema, x)
	if err != nil {
		return nil, err
	}
	qualifier := sql.NewStatQualifier(a.database, "", a.table.name, x.ID())
	statistic := stats.NewStatistic(d.rows, d.distinct, d.nulls, length, time.Now(), qualifier, names, types, d.buckets, class, nil)
	return statistic.WithFuncDeps(dependencies).WithColSet(columns), nil
}

func (a *analysis) distribution(parts []part) (*distribution, error) {
	types := make([]sql.Type, len(parts))
	positions := make([]int, len(parts))
	wanted := make([]uint32, len(parts))
	for i, p := range parts {
		types[i], positions[i], wanted[i] = p.typ, p.position, uint32(p.position)
	}
	if a.told.GetRows() > 0 {
		for _, told := range a.told.Columns {
			if slices.Equal(told.Columns, wanted) && len(told.Histogram) > 0 {
				return toldDistribution(a.ctx, *a.told.Rows, told, types)
			}
		}
	}
	if a.sample == nil {
		s, err := takeSample(a.ctx, a.table)
		if err != nil {
			return nil, err
		}
		a.sample = &s
	}
	return a.sample.distribution(a.ctx, positions, types)
}

// rank puts the primary key first.
func (k statisticKey) rank() int {
	if strings.EqualFold(k.index, PrimaryName) {
		return 0
	}
	return 1
}

// GetTableStats implements sql.StatsProvider, in the order of indexes and columns.
func (s *Statistics) GetTableStats(_ *sql.Context, _, database string, table sql.Table) ([]sql.Statistic, error) {
	database, name := strings.ToLower(database), strings.ToLower(table.Name())
	s.mu.RLock()
	defer s.mu.RUnlock()
	var keys []statisticKey
	for key := range s.all {
		if key.database == database && key.table == name {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b statisticKey) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.index, b.index), cmp.Compare(a.columns, b.columns))
	})
	all := make([]sql.Statistic, len(keys))
	for i, key := range keys {
		all[i] = s.all[key]
	}
	return all, nil
}

// SetStats implements sql.StatsProvider.
func (s *Statistics) SetStats(_ *sql.Context, statistic sql.Statistic) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[keyOf(statistic)] = statistic
	return nil
}

// GetStats implements sql.StatsProvider.
func (s *Statistics) GetStats(_ *sql.Context, q sql.StatQualifier, columns []string) (sql.Statistic, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	statistic, ok := s.all[keyFor(q, columns)]
	return statistic, ok
}

// DropStats implements sql.StatsProvider: the statistics of these columns, in whatever index.
func (s *Statistics) DropStats(_ *sql.Context, q sql.StatQualifier, columns []string) error {
	gone := keyFor(q, columns)
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.all {
		if key.database == gone.database && key.table == gone.table && key.columns == gone.columns && (gone.index == "" || gone.index == key.index) {
			delete(s.all, key)
		}
	}
	return nil
}

// DropDbStats implements sql.StatsProvider.
func (s *Statistics) DropDbStats(_ *sql.Context, _, database string, _ bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(database, "")
	return nil
}

// RowCount implements sql.StatsProvider. It is the table's own, as it is now; 0 for other tables,
// which tell themselves.
func (s *Statistics) RowCount(ctx *sql.Context, _, _ string, table sql.Table) (uint64, error) {
	t := ofNode(table)
	if t == nil {
		return 0, nil
	}
	rows, _, err := t.RowCount(ctx)
	return rows, err
}

// DataLength implements sql.StatsProvider.
func (s *Statistics) DataLength(ctx *sql.Context, _, _ string, table sql.Table) (uint64, error) {
	t := ofNode(table)
	if t == nil {
		return 0, nil
	}
	return t.DataLength(ctx)
}

// ofNode is Of for what may also be a node of a plan.
func ofNode(table sql.Table) *Table {
	if node, ok := table.(sql.TableNode); ok {
		table = node.UnderlyingTable()
	}
	return Of(table)
}
