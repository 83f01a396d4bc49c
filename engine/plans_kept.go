package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/pushdown"
)

// keptTime is how long the order of a statement's joins is kept: it was chosen by numbers of rows, which change.
const keptTime = time.Second

// kept is a SELECT as it was analysed up to the negotiation with connectors, which is held each time that it runs: it depends on
// values, and on what the connectors have.
type kept struct {
	node    sql.Node
	filling exec.Filling
	// offers are the answers to what was negotiated a short time ago.
	offers pushdown.Offers
	// until is when it is planned anew; zero: it is not.
	until time.Time
}

// keeping finds out whether a statement that is being planned can be kept.
type keeping struct {
	plan    *knownPlan
	noted   pushdown.Kept
	filling exec.Filling
	// steady: its expressions have the same values whenever it runs.
	steady bool
}

// keeps looks at a statement before it is analysed. One that reads a row by its key has a better way to be kept, which is tried first.
func (k *knownPlan) keeps(ctx *sql.Context, bound sql.Node) *keeping {
	p := &keeping{plan: k, filling: exec.Filling{Columns: map[*expression.Literal]sql.Type{}}}
	p.steady = !k.writes && steady(ctx, bound) && p.filling.Compared(ctx, bound)
	if selected, is := k.statement.(*sqlparser.Select); !k.writes && (!is || !ofOneRow(selected)) {
		p.noted.Then = p.keep
	}
	return p
}

// keep gives the first plan to run of an analysed statement that is kept.
func (p *keeping) keep(ctx *sql.Context, node sql.Node) (sql.Node, error) {
	k := p.plan
	k.tables, k.scans = nil, nil
	c := &keptCheck{ctx: ctx, plan: k, found: make([]bool, len(k.literals))}
	if !p.steady || !p.noted.Whole() || !c.node(node) || len(k.tables) == 0 || slices.Contains(c.found, false) ||
		len(k.tables) > 1 && !ofOneKind(k.literals, p.filling) {
		return nil, errNotKept
	}
	p.filling.Changes = map[sql.Node]bool{}
	p.filling.Note(ctx, node)
	k.kept = &kept{node: node, filling: p.filling}
	if len(k.tables) > 1 {
		k.kept.until = time.Now().Add(keptTime)
	}
	return p.filling.Node(ctx, node)
}

// ofOneKind tells whether the literals are of the kind of the columns that they are compared with. In joins go-mysql-server compares
// others with columns that are equal to these, too, each in its own way.
func ofOneKind(literals []*expression.Literal, filling exec.Filling) bool {
	for _, l := range literals {
		column := filling.Columns[l]
		if column == nil {
			return false
		}
		if numbers, texts := types.IsNumber(column) && types.IsNumber(l.Typ), types.IsText(column) && types.IsText(l.Typ); !numbers && !texts {
			return false
		}
	}
	return true
}

// over tells whether it is to be planned anew.
func (k *kept) over() bool { return k != nil && !k.until.IsZero() && time.Now().After(k.until) }

// plan makes the plan of one run.
func (k *kept) plan(r *result, flags *sql.QueryFlags) (sql.Node, error) {
	filled, err := k.filling.Node(r.ctx, k.node)
	if err != nil {
		return nil, err
	}
	return pushdown.Finish(r.ctx, r.session.engine.sql.Analyzer, filled, flags, &k.offers)
}

// keptCheck looks through an analysed statement.
type keptCheck struct {
	ctx  *sql.Context
	plan *knownPlan
	// found are the literals that are still in the plan.
	found []bool
}

// node lets the nodes through of which exec.Filling makes new ones where they keep something, and the tables of connectors.
func (c *keptCheck) node(n sql.Node) bool {
	switch n := n.(type) {
	case *plan.ResolvedTable:
		return n.AsOf == nil && c.table(n.Table)
	case *plan.IndexedTableAccess:
		return c.table(n.Table) && c.expressions(n, false)
	case *plan.Project:
		if n.IncludesNestedIters {
			return false
		}
	case *plan.JoinNode:
		if n.Op.IsLateral() {
			return false
		}
	case *plan.Filter, *plan.Having, *plan.GroupBy, *plan.Window, *plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset, *plan.Distinct, *plan.OrderedDistinct,
		*plan.TableAlias, *plan.SubqueryAlias, *plan.HashLookup, *plan.CachedResults, *plan.SetOp:
	default:
		return false
	}
	for _, child := range n.Children() {
		if !c.node(child) {
			return false
		}
	}
	return c.expressions(n, true)
}

// expressions notes the literals in the conditions of a node, and looks into its sub-queries. may: it may have literals that change.
func (c *keptCheck) expressions(n sql.Node, may bool) bool {
	with, ok := n.(sql.Expressioner)
	if !ok {
		return true
	}
	sound := true
	for _, e := range with.Expressions() {
		sql.Inspect(c.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
			switch e := e.(type) {
			case exec.Placeholder:
				if i := slices.Index(c.plan.literals, e.Literal); i >= 0 {
					c.found[i] = true
				}
				sound = sound && may
				return false
			case *plan.Subquery:
				before := len(c.plan.tables)
				sound = sound && may && c.node(e.Query) && len(c.plan.tables) > before
			}
			return sound
		})
	}
	return sound
}

func (c *keptCheck) table(t sql.Table) bool {
	table := gms.Of(t)
	if table == nil || table.AsOf() != nil {
		return false
	}
	c.plan.tables = append(c.plan.tables, table)
	return true
}

// steady tells whether the expressions of a statement that is not analysed yet have the same values whenever it runs. Those that it is
// not sure of have not: some are worked out while a statement is planned.
func steady(ctx *sql.Context, n sql.Node) bool {
	sound := true
	exec.EachExpression(ctx, n, func(e sql.Expression) {
		sound = sound && steadyOne(e)
	})
	return sound
}

func steadyOne(e sql.Expression) bool {
	switch e := e.(type) {
	case *plan.Subquery:
		return !e.Volatile()
	case exec.Placeholder, *expression.BindVar, *expression.GetField, *expression.Literal, *expression.Alias, *expression.AliasReference, *expression.Star, *expression.Wrapper,
		*expression.Equals, *expression.NullSafeEquals, *expression.LessThan, *expression.LessThanOrEqual, *expression.GreaterThan, *expression.GreaterThanOrEqual,
		*expression.And, *expression.Or, *expression.Xor, *expression.Not, *expression.IsNull, *expression.IsTrue, *expression.Between,
		*expression.InTuple, *expression.HashInTuple, expression.Tuple, *expression.Like, *expression.Case, *expression.Convert, *expression.CollatedExpression, *expression.Interval,
		*expression.Arithmetic, *expression.Div, *expression.IntDiv, *expression.Mod, *expression.UnaryMinus,
		*plan.InSubquery, *plan.ExistsSubquery:
		return true
	case sql.Disposable:
		return false // it keeps something
	case sql.FunctionExpression:
		if n, ok := e.(sql.NonDeterministicExpression); ok && n.IsNonDeterministic() {
			return false
		}
		return steadyFunctions[strings.ToLower(e.FunctionName())]
	}
	return false
}

// steadyFunctions are the functions of SQL that give the same for the same arguments, in a session whose variables stay as they are.
var steadyFunctions = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(`count countdistinct sum avg min max stddev_pop stddev_samp var_pop var_samp std stddev variance bit_and bit_or bit_xor
		group_concat json_arrayagg json_objectagg any_value row_number rank dense_rank percent_rank ntile lag lead first_value last_value first last
		abs acos asin atan atan2 ceil ceiling cos cot degrees exp floor ln log log2 log10 mod pi power pow radians round sign sin sqrt tan truncate
		coalesce if ifnull nullif isnull greatest least strcmp field elt
		ascii bin bit_length char character_length char_length concat concat_ws hex insert instr left length locate lower lcase lpad ltrim mid oct octet_length ord repeat replace
		reverse right rpad rtrim soundex space substring substr substring_index trim unhex upper ucase find_in_set
		date_add date_sub adddate subdate datediff date_format day dayname dayofmonth dayofweek dayofyear extract hour last_day microsecond minute month monthname quarter second
		timestampdiff to_days from_days week weekday weekofyear year yearweek
		json_extract json_unquote json_length json_contains json_type json_valid json_keys crc32 md5 sha1 sha2`) {
		all[name] = true
	}
	return all
}()
