package pushdown

import (
	"fmt"
	"math"

	"github.com/wasql/wasql/abi/pb"
)

// alternativesMax is how many further offers a connector may make (SPEC 8.34).
const alternativesMax = 8

// What the engine's own work costs, in units of a row read in sequence.
const (
	// checking is what a condition costs on a row.
	checking = 0.1
	// groupingRow is what a row costs that is put into its group, or compared with those before.
	groupingRow = 0.3
)

// cheapest judges all offers of an answer, and gives the one that costs least with what is left to the engine. Of offers that cost the
// same, and when the connector does not say what they cost, the first is taken.
func (j *judge) cheapest() (*offer, error) {
	best, err := j.judge()
	if err != nil {
		return nil, err
	}
	alternatives := j.response.Alternatives
	if len(alternatives) == 0 {
		return best, nil
	}
	if len(alternatives) > alternativesMax {
		return nil, j.breach("8.34", "%d alternatives; %d are allowed", len(alternatives), alternativesMax)
	}
	taken, costs := 0, []string{costText(j.ask.price(best))}
	for i, response := range alternatives {
		if response == nil || len(response.Alternatives) > 0 {
			return nil, j.breach("8.34", "alternative %d has alternatives, or is none", i+1)
		}
		other := &judge{ask: j.ask, request: j.request, response: response, sent: j.sent}
		o, err := other.judge()
		if err != nil {
			return nil, err
		}
		price := j.ask.price(o)
		costs = append(costs, costText(price))
		if o.refused == nil && (best.refused != nil || price < j.ask.price(best)) {
			best, taken = o, i+1
		}
	}
	if best.refused == nil {
		best.details = append([]*pb.Pair{{Key: "offers", Value: fmt.Sprintf("number %d of %d, at %v", taken+1, len(costs), costs)}}, best.details...)
	}
	return best, nil
}

func costText(price float64) string {
	if math.IsInf(price, 1) {
		return "?"
	}
	return fmt.Sprintf("%.4g", price)
}

// price is what an offer costs with the engine's work on its rows; infinite when the connector does not say.
func (a *ask) price(o *offer) float64 {
	if o.refused != nil || o.cost < 0 || o.rows < 0 {
		return math.Inf(1)
	}
	each := 0.0
	for i, c := range a.conjuncts {
		if c.asked() && o.uses[i].use != pb.Use_USE_EXACT && !c.advisory {
			each += checking
		}
	}
	if a.groups != nil && !o.groups || a.distinct && !o.distinct {
		each += groupingRow
	}
	if a.order != nil && !o.order {
		each += math.Log2(o.rows+2) / 20
	}
	return (o.cost + o.rows*each) * max(1, a.loops)
}
