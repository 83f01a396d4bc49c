package pushdown

import (
	"slices"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/sqlerr"
)

// sample makes the condition of a TABLESAMPLE a sample that the connector is asked for. Which rows are in it is the connector's to say
// then, so that a table of which samples are taken has them taken wherever it is read (SPEC 8.36): nothing here depends on the query.
func (p *planner) sample(s *tableScope, c *conjunct, of *function.Sampled) {
	switch {
	case !p.switches.sample:
		c.reason = VariableSample + " is 0"
	case p.switches.refuses("sample of " + s.name()):
		c.reason = refusedAtRandom
	case !s.table.TrustPushdown():
		c.reason = "the samples of a connector that is not trusted are the engine's"
	default:
		c.reason = ""
		c.sample = &pb.Sample{Fraction: of.Fraction, Seed: of.Seed, Repeatable: of.Repeatable, Blocks: !of.Rows}
	}
}

// sampled is the place among the conjuncts of the sample that is asked for; -1: none is. A table has one at most.
func (a *ask) sampled() int {
	return slices.IndexFunc(a.conjuncts, func(c *conjunct) bool { return c.sample != nil })
}

// sampleUse is the answer to a sample, as that to a condition: it is taken whole or not at all.
func sampleUse(answer *pb.Answer) use {
	if answer.GetTaken() {
		return use{use: pb.Use_USE_EXACT}
	}
	return use{reason: orElse(answer.GetReason(), "the connector does not sample")}
}

// sampleTaken tells whether the rows of an offer are a sample.
func (a *ask) sampleTaken(o *offer) bool {
	at := a.sampled()
	return at >= 0 && o.refused == nil && o.uses[at].use == pb.Use_USE_EXACT
}

// leftBySample is the part of an offer's rows that the engine's own sample leaves.
func (a *ask) leftBySample(o *offer) float64 {
	part := 1.0
	for _, c := range a.conjuncts {
		if of, is := c.expr.(*function.Sampled); is && !a.sampleTaken(o) {
			part *= of.Fraction
		}
	}
	return part
}

// sampleBreach is the failure of a scan whose sample is taken in one plan and not in the next.
func (a *ask) sampleBreach() error {
	return sqlerr.New(1296, "HY000", "connector %s: plan %s: a sample is taken in one plan of the table and not in another (SPEC 8.36)",
		a.scope.source.Connector(), a.scope.name()).WithHint("the connector breaks its contract; SET wasql_pushdown_sample = 0 asks it for no samples")
}
