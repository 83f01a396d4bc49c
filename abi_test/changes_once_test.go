package abitest

import (
	"slices"

	"github.com/wasql/wasql/abi/pb"
)

// once opens a sink with all its rows: how has the words of `sink`, begin and commit, then a colon and the rows. The
// transaction is the one behind the table's name.
func (r *changeRun) once(name, kind, table string, how []string) (string, error) {
	colon := slices.Index(how, ":")
	words, rows := how[:colon], how[colon+1:]
	begin, commit := slices.Contains(words, "begin"), slices.Contains(words, "commit")
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "begin" || w == "commit" })
	request, schema := r.sinkRequest(kind, table, words)
	request.Flush = true
	number, global := request.Transaction, caseTransaction(request.Transaction)
	starts := &pb.BeginRequest{Transaction: number, GlobalId: global, Isolation: pb.Isolation_ISOLATION_REPEATABLE_READ}
	switch {
	case begin && r.connector.Features()&uint64(pb.Feature_FEATURE_ONE_CALL) != 0:
		request.Table.Begin = starts
	case begin:
		if err := r.call(pb.Op_OP_BEGIN, starts, &pb.BeginResponse{}); err != nil {
			return "", err
		}
	}
	if commit {
		request.Commit = &pb.CommitRequest{Transaction: number, GlobalId: global}
	}
	opened, first, err := r.connector.OpenSinkWith(r.ctx, 1, request, batch(schema, rows))
	if err != nil {
		return "", err
	}
	r.sinks[name] = &openSink{opened, schema}
	said := "open"
	if first.Flushed != nil {
		said = "flushed " + summary(first.Flushed)
	}
	if first.Answer != nil {
		said += " " + show(first.Answer)
	}
	return said, nil
}
