package exec

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// callers has, for each statement that runs and called functions, a *caller.
var callers sync.Map

// caller has what one statement opened for its functions: an instance of each connector.
type caller struct {
	mu        sync.Mutex
	instances map[*host.Connector]*functionInstance
}

// functionInstance is an instance that computes functions for one statement, one call at a time.
type functionInstance struct {
	mu       sync.Mutex
	instance *host.Instance
	open     map[openKey]*openFunction
	lost     bool
}

type openKey struct {
	of        *function.Overload
	arguments int
}

// openFunction is a scalar function that batches are sent to.
type openFunction struct {
	of      *function.Overload
	host    *host.Function
	columns []*sql.Column
	batch   *gms.Arguments
	reader  columnReader
	// rows has the rows of the batch, by their places in the caller's.
	rows []int
	// accepted counts the rows of the batches that were answered.
	accepted uint64
}

// CallFunction is the function.Caller of engines: it sends batches to an instance that the statement
// keeps until its end.
func CallFunction(ctx *sql.Context, of *function.Overload, rows int, arguments, results []any) error {
	i, err := instanceFor(ctx, of)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	f, err := i.function(ctx, of, len(arguments)/rows)
	if err == nil {
		err = f.call(ctx, rows, arguments, results)
	}
	if i.instance.Poisoned() || gms.StatementOf(ctx) == nil {
		i.close()
	}
	return err
}

// instanceFor gives the statement's instance of the function's connector. One that was lost is not
// used again.
func instanceFor(ctx *sql.Context, of *function.Overload) (*functionInstance, error) {
	connector := of.Keeper.Connector
	acquire := func() (*functionInstance, error) {
		instance, err := connector.Acquire(ctx, gms.SessionOf(ctx))
		return &functionInstance{instance: instance, open: map[openKey]*openFunction{}}, err
	}
	statement := gms.StatementOf(ctx)
	if statement == nil {
		return acquire() // nobody would tell that it is over
	}
	fresh := &caller{instances: map[*host.Connector]*functionInstance{}}
	found, known := callers.LoadOrStore(statement, fresh)
	c := found.(*caller)
	if !known {
		statement.AtEnd(func() {
			callers.Delete(statement)
			c.close()
		})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.instances[connector]; i != nil && !i.instance.Poisoned() {
		return i, nil
	}
	i, err := acquire()
	if err == nil {
		c.instances[connector] = i
	}
	return i, err
}

func (c *caller) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range c.instances {
		i.mu.Lock()
		i.close()
		i.mu.Unlock()
	}
	c.instances = map[*host.Connector]*functionInstance{}
}

// close ends the functions and gives the instance back. Twice is harmless.
func (i *functionInstance) close() {
	if i.lost {
		return
	}
	i.lost = true
	for _, f := range i.open {
		_ = f.host.Close() // its results were read
	}
	i.instance.Release()
}

func (i *functionInstance) function(ctx *sql.Context, of *function.Overload, arguments int) (*openFunction, error) {
	key := openKey{of, arguments}
	if f := i.open[key]; f != nil {
		return f, nil
	}
	f := &openFunction{of: of, columns: of.Columns(arguments)}
	var err error
	if f.batch, err = gms.NewArguments(f.columns, false); err != nil {
		return nil, fmt.Errorf("%s: %w", of.Where(), err)
	}
	if f.host, f.reader, err = openOn(ctx, i.instance, of, f.batch.Columns()); err != nil {
		return nil, err
	}
	i.open[key] = f
	return f, nil
}

// openOn opens a function and prepares to read its results.
func openOn(ctx *sql.Context, instance *host.Instance, of *function.Overload, arguments []*pb.ScanColumn) (*host.Function, columnReader, error) {
	f, err := instance.OpenFunction(ctx, &pb.OpenFunctionRequest{Name: of.Name(), Arguments: arguments, Aggregate: of.IsAggregate()})
	if err != nil {
		return nil, columnReader{}, err
	}
	read, err := newColumnReader(of.Where(), ColumnRead{Name: "result", Type: of.Result.Type, NotNull: !of.Result.Nullable}, f.Result())
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		declared, _ := gms.Physical(of.Result.Type)
		return nil, columnReader{}, sqlerr.New(1296, "HY000", "%s: its result is declared %s, which travels as %s, and sent as %s",
			of.Where(), of.Result.Type, declared.Type, col.Type(f.Result().Type))
	}
	return f, read, nil
}

func (f *openFunction) call(ctx *sql.Context, rows int, arguments, results []any) error {
	f.batch.Reset()
	f.rows = f.rows[:0]
	n := len(f.columns)
	for row := range rows {
		values := arguments[row*n : (row+1)*n]
		null, err := convertArguments(ctx, f.of, f.columns, values)
		switch {
		case err != nil:
			if sendErr := f.send(ctx, arguments, results); sendErr != nil {
				return sendErr // an earlier row failed
			}
			return f.failed(row, values, err)
		case null && f.of.Declared.NullPropagates:
			results[row] = nil
			continue
		}
		if !f.batch.Room() {
			if err := f.send(ctx, arguments, results); err != nil {
				return err
			}
		}
		f.rows = append(f.rows, row)
		if err := f.batch.Add(ctx, 0, values); err != nil {
			first := f.rows[0]
			if len(f.rows) == 1 {
				return f.failed(row, values, err)
			}
			return f.failed(first, arguments[first*n:(first+1)*n], err) // alone, the rows tell which it is
		}
	}
	return f.send(ctx, arguments, results)
}

func (f *openFunction) failed(row int, values []any, err error) error {
	return &function.RowError{Of: f.of, Row: row, Arguments: slices.Clone(values), Err: err}
}

// send has the batch computed.
func (f *openFunction) send(ctx *sql.Context, arguments, results []any) error {
	if len(f.rows) == 0 {
		return nil
	}
	answer, err := f.host.Call(ctx, f.batch.Batch())
	if err != nil {
		return f.refused(err, arguments)
	}
	first := f.accepted + 1
	f.accepted += uint64(len(f.rows))
	var values [runRows]any
	for start := 0; start < len(f.rows); start += runRows {
		part := run{batch: answer, start: start, n: min(runRows, len(f.rows)-start), stride: 1, first: first + uint64(start)}
		if err := f.reader.readRun(ctx, &part, values[:]); err != nil {
			return err
		}
		for i := range part.n {
			results[f.rows[start+i]] = values[i]
		}
	}
	f.batch.Reset()
	f.rows = f.rows[:0]
	return nil
}

// refused finds the row that a connector blames; it counts those of all batches that it took (SPEC
// 8.24). When it names none, the first row of the batch stands for all.
func (f *openFunction) refused(err error, arguments []any) error {
	var said *host.Error
	if !errors.As(err, &said) || said.Kind != host.KindConnector || f.host.Lost() {
		first, last := f.accepted+1, f.accepted+uint64(len(f.rows))
		if first == last {
			return fmt.Errorf("%s: row %d: %w", f.of.Where(), first, err)
		}
		return fmt.Errorf("%s: one of the rows %d to %d: %w", f.of.Where(), first, last, err)
	}
	at := int64(said.Status.GetRow()) - int64(f.accepted) - 1
	row := f.rows[0]
	if at >= 0 && at < int64(len(f.rows)) {
		row = f.rows[at]
	}
	n := len(f.columns)
	return f.failed(row, arguments[row*n:(row+1)*n], err)
}

// convertArguments makes values of the declared types, by the rules of an assignment: a text that is
// no number counts as the number it begins with, with a warning.
func convertArguments(ctx *sql.Context, of *function.Overload, columns []*sql.Column, values []any) (null bool, err error) {
	for i, v := range values {
		if v == nil {
			if !columns[i].Nullable && !of.Declared.NullPropagates {
				return false, sqlerr.New(1048, "23000", "argument %d cannot be NULL", i+1)
			}
			null = true
			continue
		}
		converted, in, err := columns[i].Type.Convert(ctx, v)
		switch {
		case err != nil && sql.ErrTruncatedIncorrect.Is(err) && converted != nil:
			ctx.Warn(1292, "%s: argument %d: %v", of.Where(), i+1, err)
		case err != nil:
			return false, sqlerr.New(1366, "22007", "argument %d: %v", i+1, err)
		case in != sql.InRange:
			return false, sqlerr.New(1690, "22003", "argument %d: %v is out of range for %s", i+1, v, columns[i].Type)
		}
		if values[i] = converted; converted == nil {
			null = true
		}
	}
	return null, nil
}
