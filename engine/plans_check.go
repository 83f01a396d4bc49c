package engine

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// planCheck finds out whether a plan serves all statements of its shape: it is made of nodes and
// expressions that keep nothing from one run to the next, and each literal that may change stands
// exactly once where its value is looked at when the statement runs.
type planCheck struct {
	plan *knownPlan
	// numbers has the literals that may change.
	numbers map[*expression.Literal]int
	found   []bool
	// dual: it reads the row that is always there.
	dual bool
}

// checkPlan completes what is known of a plan; false: it serves one statement only.
func checkPlan(k *knownPlan) bool {
	c := &planCheck{plan: k, numbers: make(map[*expression.Literal]int, len(k.literals)), found: make([]bool, len(k.literals))}
	for i, literal := range k.literals {
		c.numbers[literal] = i
	}
	k.nonZero = make([]bool, len(k.literals))
	if !c.node(k.node) || len(k.tables) == 0 && !c.dual {
		return false
	}
	for _, found := range c.found {
		if !found {
			return false
		}
	}
	return true
}

func (c *planCheck) node(n sql.Node) bool {
	switch n := n.(type) {
	case *plan.Project:
		return !n.IncludesNestedIters && c.fixed(n.Projections...) && c.node(n.Child)
	case *plan.TableAlias:
		return c.node(n.Child)
	case *exec.Scan:
		return c.scan(n)
	case *plan.ResolvedTable:
		c.dual = plan.IsDualTable(n.Table)
		return c.dual
	case *exec.BulkInsert:
		return c.insert(n.Insert())
	case *plan.Update:
		return !n.Ignore && !n.IsJoin && !n.IsProcNested && len(n.Returning) == 0 && len(n.Checks()) == 0 && c.node(n.Child)
	case *plan.UpdateSource:
		return !n.Ignore && c.assignments(n.UpdateExprs.AllExpressions()) && c.node(n.Child)
	case *plan.DeleteFrom:
		return !n.IsProcNested && len(n.Returning) == 0 && !n.HasExplicitTargets() && plainTargets(n.GetDeleteTargets()) && c.node(n.Child)
	}
	return false
}

// plainTargets tells whether rows are deleted from tables that no foreign key follows: those that one follows stand
// within nodes that hold the editors of one run, which are closed with it.
func plainTargets(targets []sql.Node) bool {
	for _, target := range targets {
		for {
			alias, ok := target.(*plan.TableAlias)
			if !ok {
				break
			}
			target = alias.Child
		}
		switch target.(type) {
		case *exec.Scan, *plan.ResolvedTable:
		default:
			return false
		}
	}
	return true
}

func (c *planCheck) scan(n *exec.Scan) bool {
	if !n.Plan.Rebindable() || !c.table(n.Table) {
		return false
	}
	for _, b := range n.Plan.Bindings {
		if !c.take(b.Literal) {
			return false
		}
	}
	c.plan.scans = append(c.plan.scans, n.Plan)
	return true
}

// take notes a literal where it may change, once.
func (c *planCheck) take(e sql.Expression) bool {
	literal, ok := e.(*expression.Literal)
	if !ok {
		return false
	}
	number, ok := c.numbers[literal]
	if !ok || c.found[number] {
		return false
	}
	c.found[number] = true
	return true
}

// table notes a connector's table.
func (c *planCheck) table(t sql.Table) bool {
	table := gms.Of(t)
	if table == nil {
		return false
	}
	c.plan.tables = append(c.plan.tables, table)
	return true
}

func (c *planCheck) insert(n *plan.InsertInto) bool {
	destination, ok := n.Destination.(*plan.InsertDestination)
	if !ok || len(n.Checks()) > 0 {
		return false
	}
	resolved, ok := destination.Child.(*plan.ResolvedTable)
	if !ok || !c.table(resolved.Table) {
		return false
	}
	project, ok := n.Source.(*plan.Project)
	if !ok || !c.fixed(project.Projections...) {
		return false
	}
	values, ok := project.Child.(*plan.Values)
	if !ok {
		return false
	}
	for _, tuple := range values.ExpressionTuples {
		for _, e := range tuple {
			if !c.take(e) && !c.fixed(e) {
				return false
			}
		}
	}
	return c.keys(project, values)
}

// keys notes the literals of an AUTO_INCREMENT column: 0 asks for a key, which was looked at when the
// statement was planned. False: one of them may.
func (c *planCheck) keys(project *plan.Project, values *plan.Values) bool {
	for _, e := range project.Projections {
		makes, ok := e.(*expression.AutoIncrement)
		if !ok {
			continue
		}
		field, ok := makes.Child.(*expression.GetField)
		if !ok {
			continue
		}
		for _, tuple := range values.ExpressionTuples {
			if literal, ok := tuple[field.Index()].(*expression.Literal); ok {
				number, bound := c.numbers[literal]
				if !bound {
					continue
				}
				if mayBeZero(literal.Value()) {
					return false
				}
				c.plan.nonZero[number] = true
			}
		}
	}
	return true
}

func (c *planCheck) assignments(all []sql.Expression) bool {
	for _, e := range all {
		set, ok := e.(*expression.SetField)
		if !ok || !c.fixed(set.LeftChild) || !c.take(set.RightChild) && !c.fixed(set.RightChild) {
			return false
		}
	}
	return true
}

// fixed tells whether expressions are the same in all runs and keep nothing.
func (c *planCheck) fixed(all ...sql.Expression) bool {
	for _, e := range all {
		switch e := e.(type) {
		case nil, *expression.GetField:
		case *expression.Literal:
			if _, bound := c.numbers[e]; bound {
				return false
			}
		case *sql.ColumnDefaultValue:
			if e != nil && !c.fixed(e.Expr) {
				return false
			}
		case *expression.Alias, *expression.Arithmetic, *expression.AutoIncrement, *expression.Wrapper, *function.Now:
			if !c.fixed(e.Children()...) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
