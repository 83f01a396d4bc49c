package pushdown

import (
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// info writes down what was negotiated; o is nil when nothing was.
func (a *attempt) info(q *ask, o *offer) *exec.ScanInfo {
	s := a.scope
	info := &exec.ScanInfo{Database: s.table.Database(), Table: s.table.Name(), Connector: s.source.Connector(),
		ColumnCount: gms.Shown(s.table.Declared(), s.table.FullSchema()), Rows: -1, RowBytes: -1, Cost: -1, Grants: s.source.Grants(), Columns: []string{}}
	for _, position := range q.columns {
		info.Columns = append(info.Columns, s.columns[position].name)
	}
	if o == nil {
		return info
	}
	info.Rows, info.RowBytes, info.Cost, info.Unique = o.rows, o.rowBytes, o.cost, o.unique
	info.Index, info.Details, info.Notes = o.index, o.details, o.notes
	for i, c := range a.conjuncts {
		if !c.implied || o.uses[i].use != pb.Use_USE_IGNORED {
			info.Filters = append(info.Filters, a.filterInfo(c, o.uses[i]))
		}
	}
	if a.ordering != nil {
		info.Order = a.ordering.text + outcome(o.order, orElse(a.orderReason, orElse(o.orderReason, "the connector does not keep it")))
	}
	info.Groups, info.Join = a.planner.grouped[s.node], a.planner.apart[s.node]
	if a.distinct != "" {
		info.Distinct = a.distinct + outcome(o.distinct, a.distinctReason)
	}
	if a.limitReason != "" || q.limit != nil {
		info.Limit = outcome(o.limit, orElse(a.limitReason, orElse(o.limitReason, "the connector does not take it")))[1:]
	}
	return info
}

func outcome(taken bool, reason string) string {
	if taken {
		return " taken"
	}
	return " not taken: " + reason
}

func (a *attempt) filterInfo(c *conjunct, u use) exec.FilterInfo {
	info := exec.FilterInfo{Text: c.text, Checked: !c.advisory && !c.exactly(u, a.scope.table.TrustPushdown()), Join: c.advisory && !c.implied, Reason: c.reason}
	switch {
	case !c.asked():
		info.Use = "kept"
		if c.never {
			info.Reason = "it is never true"
		}
	case u.use == pb.Use_USE_EXACT:
		info.Use = "exact"
	case u.use == pb.Use_USE_INEXACT:
		info.Use = "inexact"
	default:
		info.Use = "ignored"
		info.Reason = orElse(u.reason, "the connector does not take it")
		if a.plain && len(c.params) > 0 {
			info.Reason = "the outer row is not known here"
		}
	}
	return info
}
