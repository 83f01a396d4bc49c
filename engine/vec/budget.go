package vec

import (
	"context"
	"fmt"
	"sync"

	"github.com/wasql/wasql/engine/vec/spill"
)

// Budget is the memory in which the operators of a statement, or of all of them, may keep rows. Batches on their way are not counted. A nil
// Budget has no end. It is safe for concurrent use.
type Budget struct {
	shared   *Budget
	settings func() Settings
	once     sync.Once
	Settings

	mu         sync.Mutex
	used, peak int64
}

// Settings of a Budget.
type Settings struct {
	// Memory in bytes; 0: there is no end.
	Memory int64
	// Name of the setting that says so, for errors.
	Name string
	// Space is where operators put what goes beyond; nil: they fail.
	Space *spill.Space
}

// NewBudget gives one within another; shared nil: within none. settings is asked when the first operator keeps rows.
func NewBudget(shared *Budget, settings func() Settings) *Budget {
	return &Budget{shared: shared, settings: settings}
}

type budgetKey struct{}

// WithBudget gives a context to run operators under.
func WithBudget(ctx context.Context, b *Budget) context.Context {
	return context.WithValue(ctx, budgetKey{}, b)
}

// BudgetOf gives the Budget of a context; nil: there is none.
func BudgetOf(ctx context.Context) *Budget {
	b, _ := ctx.Value(budgetKey{}).(*Budget)
	return b
}

func (b *Budget) ask() {
	b.once.Do(func() {
		if b.settings != nil {
			b.Settings = b.settings()
		}
	})
}

// Reserve books n bytes for an operator that cannot do with less; it must Release them. Its error is a *MemoryError, and books nothing.
func (b *Budget) Reserve(operator string, n int64) error {
	if full := b.take(n, 0, true); full != nil {
		return &MemoryError{Operator: operator, Setting: full.Name, Limit: full.Memory}
	}
	return nil
}

// Release gives n bytes back.
func (b *Budget) Release(n int64) {
	for ; b != nil; b = b.shared {
		b.mu.Lock()
		b.used -= n
		b.mu.Unlock()
	}
}

// Close ends the Budget of a statement that is over: what is left in its Space is removed, and what is booked still is given back.
func (b *Budget) Close() {
	b.once.Do(func() {}) // whoever comes too late gets nothing
	if b.Space != nil {
		b.Space.Close()
	}
	now, _ := b.Used()
	b.Release(now)
}

// Used is what is booked now, and the most that was, in bytes.
func (b *Budget) Used() (now, peak int64) {
	if b == nil {
		return 0, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used, b.peak
}

// take books n more bytes for somebody who has held of them, or gives the budget that they are too many for. The last quarter is kept
// for those who hold little, unless all of it is wanted: an operator that comes late finds room to work in.
func (b *Budget) take(n, held int64, all bool) *Budget {
	if b == nil {
		return nil
	}
	b.ask()
	b.mu.Lock()
	defer b.mu.Unlock()
	limit := b.Memory
	if !all && held+n > b.Memory/8 {
		limit -= b.Memory / 4
	}
	if b.Memory > 0 && b.used+n > limit {
		return b
	}
	if full := b.shared.take(n, held, all); full != nil {
		return full
	}
	b.used += n
	b.peak = max(b.peak, b.used)
	return nil
}

// force books n bytes, be there room or not.
func (b *Budget) force(n int64) {
	for ; b != nil; b = b.shared {
		b.ask()
		b.mu.Lock()
		b.used += n
		b.peak = max(b.peak, b.used)
		b.mu.Unlock()
	}
}

// MemoryError is an operator that needs more memory than there may be and cannot put it elsewhere. It has MySQL's number: 1038 for a
// sort, else 3170.
type MemoryError struct {
	Operator string
	// Setting is the name of the limit, and Limit its value in bytes.
	Setting string
	Limit   int64
}

// Error implements error.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("%s needs more memory than the %d bytes that %s allows", e.Operator, e.Limit, e.Setting)
}

// Errno is MySQL's number.
func (e *MemoryError) Errno() uint16 {
	if e.Operator == operatorSort {
		return 1038
	}
	return 3170
}

// SQLState is the SQLSTATE.
func (e *MemoryError) SQLState() string {
	if e.Operator == operatorSort {
		return "HY001"
	}
	return "HY000"
}

// Names of operators in errors.
const (
	operatorSort   = "a sort"
	operatorGroup  = "a grouping"
	operatorJoin   = "a join"
	operatorScan   = "a scan in pieces"
	operatorWindow = "a window"
	operatorShared = "a derived table that is read more than once"
)

// account is what one operator holds of a budget, and where it puts what goes beyond.
type account struct {
	operator string
	budget   *Budget
	held     int64
	// over is the budget that was too small, at last.
	over *Budget
}

// open makes the account one of the context's budget; later calls do nothing.
func (a *account) open(ctx context.Context, operator string) {
	if a.operator == "" {
		a.operator, a.budget = operator, BudgetOf(ctx)
	}
}

// fits makes the account hold n bytes; false: that is too much, and it holds what it held.
func (a *account) fits(n int64) bool {
	if a.budget == nil {
		return true
	}
	if n > a.held {
		if a.over = a.budget.take(n-a.held, a.held, false); a.over != nil {
			return false
		}
	}
	if n < a.held {
		a.budget.Release(a.held - n)
	}
	a.held = n
	return true
}

// hold makes the account hold n bytes, be there room or not: what an operator cannot work without.
func (a *account) hold(n int64) {
	if n < a.held {
		a.budget.Release(a.held - n)
	} else {
		a.budget.force(n - a.held)
	}
	a.held = n
}

// space is where to put what does not fit; an error when that may not be.
func (a *account) space() (*spill.Space, error) {
	if a.budget.Space == nil || !a.budget.Space.Allowed() {
		return nil, a.full()
	}
	return a.budget.Space, nil
}

// full is the error of an operator that cannot go on, behind a call of fits that said no.
func (a *account) full() error {
	return &MemoryError{Operator: a.operator, Setting: a.over.Name, Limit: a.over.Memory}
}

// frame is the size at which a batch is written, in bytes: small beside the budget, since there is one for each run that is open.
func (a *account) frame() int {
	if a.budget == nil || a.budget.Memory == 0 {
		return frameMax
	}
	return int(min(frameMax, max(frameMin, a.budget.Memory/256)))
}

const (
	frameMin = 4 << 10
	frameMax = 256 << 10
)

// close gives back what is held.
func (a *account) close() { a.hold(0) }
