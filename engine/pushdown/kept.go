package pushdown

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"

	"github.com/wasql/wasql/abi/pb"
)

// Kept is a statement as it is before the reading of its tables is negotiated: what is worked out from here on may be another
// thing each time, what is before is the same as long as definitions and variables are.
type Kept struct {
	Node sql.Node
	// Then gives the plan that is negotiated instead of Node; nil: it is Node.
	Then  func(ctx *sql.Context, n sql.Node) (sql.Node, error)
	times int
}

type keptKey struct{}

// Keep has the analysis of one statement with ctx note how it is before its tables are negotiated.
func Keep(ctx context.Context, k *Kept) context.Context { return context.WithValue(ctx, keptKey{}, k) }

// note takes down how a statement is, and gives the plan to go on with.
func (k *Kept) note(ctx *sql.Context, n sql.Node) (sql.Node, error) {
	k.Node = n
	if k.times++; k.Then == nil {
		return n, nil
	}
	return k.Then(ctx, n)
}

// Whole tells whether the note is of a statement, and of the whole of it.
func (k *Kept) Whole() bool { return k.Node != nil && k.times == 1 }

// Finish ends the analysis of a statement that was kept: it negotiates, unless offers has the answers, and does what is done behind
// that. n is left as it is.
func Finish(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, flags *sql.QueryFlags, offers *Offers) (sql.Node, error) {
	ctx = ctx.WithContext(context.WithValue(ctx.Context, offersKey{}, offers))
	rules := analyzer.OnceAfterAll
	at := slices.IndexFunc(rules, func(r analyzer.Rule) bool { return r.Id == scanRuleID })
	every := func(analyzer.RuleId) bool { return true }
	for _, rule := range rules[at:] {
		var err error
		if n, _, err = rule.Apply(ctx, a, n, nil, every, flags); err != nil {
			return nil, err
		}
	}
	return n, nil
}

const (
	// offersTime is how long an answer is remembered: it was given for the rows that the table had.
	offersTime = time.Second
	// offersMax bounds the questions of one statement.
	offersMax = 32
)

// Offers has what connectors answered to the questions of one statement that is kept, for a second. It serves one statement after the other.
type Offers struct {
	began time.Time
	known map[string]*offer
}

type offersKey struct{}

func offersOf(ctx *sql.Context) *Offers {
	o, _ := ctx.Value(offersKey{}).(*Offers)
	return o
}

// find gives the answer to a question, which has a key of its own, and no params yet.
func (o *Offers) find(key string) (*offer, bool) {
	if key == "" {
		return nil, false
	}
	if time.Since(o.began) > offersTime {
		o.began, o.known = time.Now(), map[string]*offer{}
	}
	known, ok := o.known[key]
	if !ok {
		return nil, false
	}
	out := *known
	return &out, true
}

func (o *Offers) keep(key string, answer *offer) {
	if key != "" && len(o.known) < offersMax {
		kept := *answer
		kept.params = nil
		o.known[key] = &kept
	}
}

// offers gives the answers that are remembered, and the key of a question; empty: it is put each time. Answers of connectors that keep
// keys hold for a declaration of the table (see Table.Negotiated); those about files may be about the files of then.
func (a *ask) offers(ctx *sql.Context, request *pb.PlanRequest, sent []int) (*Offers, string) {
	known := offersOf(ctx)
	if known == nil || !keyed(a.scope.table) || len(a.conjuncts) > math.MaxUint8 {
		return nil, ""
	}
	key, err := request.MarshalVT()
	if err != nil {
		return nil, ""
	}
	// An answer is by the places of all conditions.
	key = append(key, byte(len(a.conjuncts)))
	for _, i := range sent {
		key = append(key, byte(i))
	}
	return known, string(key)
}

// keyed tells whether a table has keys.
func keyed(t Table) bool {
	declared := t.Declared()
	return len(declared.GetPrimaryKey())+len(declared.GetIndexes()) > 0
}
