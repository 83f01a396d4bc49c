package wasql

import "github.com/wasql/wasql/abi/pb"

func (in *instance) plan(request *pb.PlanRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	response, err := negotiate(table, request)
	if err != nil {
		return nil, named(err, table.Name())
	}
	return response, nil
}

// negotiate asks the table and encodes what was claimed.
func negotiate(table Table, request *pb.PlanRequest) (*pb.PlanResponse, error) {
	plan, err := planFrom(request, table.Columns())
	if err != nil {
		return nil, err
	}
	planner, ok := table.(Planner)
	if ok {
		err = planner.Plan(plan)
	} else {
		plan.claimArguments()
		err = plan.count(table)
	}
	if err != nil {
		return nil, err
	}
	if n := len(plan.alternatives); n > AlternativesMax {
		return nil, Errorf(Internal, "a plan has %d alternatives; %d are allowed", n, AlternativesMax)
	}
	response, err := plan.offer(table, request)
	if err != nil {
		return nil, err
	}
	for _, other := range plan.alternatives {
		alternative, err := other.offer(table, request)
		if err != nil {
			return nil, err
		}
		response.Alternatives = append(response.Alternatives, alternative)
	}
	return response, nil
}

// offer encodes one answer.
func (p *Plan) offer(table Table, request *pb.PlanRequest) (*pb.PlanResponse, error) {
	p.complete()
	response, err := p.answer(request)
	if err != nil || p.noPlan != nil {
		return response, err
	}
	_, pieces := table.(Partitioner)
	response.Partitionable = pieces && !p.Whole
	response.Plan, err = p.encode(request, response)
	return response, err
}

// count gives the estimate of a table that cannot plan.
func (p *Plan) count(table Table) error {
	counter, ok := table.(Counter)
	if !ok {
		return nil
	}
	rows, _, err := counter.RowCount()
	p.Rows, p.Cost = float64(rows), float64(rows)
	return err
}

func (in *instance) partitions(request *pb.PartitionsRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	partitioner, err := power[Partitioner](table, "be read in partitions")
	if err != nil {
		return nil, err
	}
	plan, err := decodePlan(request.GetPlan(), table.Columns(), nil, false)
	if err != nil {
		return nil, named(err, table.Name())
	}
	pieces, err := partitioner.Partitions(plan, int(request.GetWanted()))
	if err != nil {
		return nil, named(err, table.Name())
	}
	response := &pb.PartitionsResponse{}
	for _, piece := range pieces {
		response.Partitions = append(response.Partitions, &pb.Partition{
			Token: piece.Token, Rows: piece.Rows, Bytes: piece.Bytes, Label: piece.Label, Locations: piece.Locations,
		})
	}
	return response, nil
}

func (in *instance) explain(request *pb.ExplainRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	plan, err := decodePlan(request.GetPlan(), table.Columns(), nil, false)
	if err != nil {
		return nil, named(err, table.Name())
	}
	response := &pb.ExplainResponse{Lines: plan.explain}
	if explainer, ok := table.(Explainer); ok {
		lines, err := explainer.Explain(plan, request.GetVerbose())
		if err != nil {
			return nil, named(err, table.Name())
		}
		for _, line := range lines {
			response.Lines = append(response.Lines, &pb.Pair{Key: line[0], Value: line[1]})
		}
	}
	return response, nil
}
