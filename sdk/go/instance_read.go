package wasql

import (
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/pb"
)

func (in *instance) suspend(request *pb.SuspendRequest) (message, error) {
	s, err := in.scan(request.GetScan())
	if err != nil {
		return nil, err
	}
	suspender, err := power[Suspender](s.inner(), "suspend this scan")
	if err != nil {
		return nil, named(err, s.table.Name())
	}
	token, err := suspender.Suspend()
	if err != nil {
		return nil, named(err, s.table.Name())
	}
	return &pb.SuspendResponse{Resume: token}, nil
}

func (in *instance) scanCounters(request *pb.ScanCountersRequest) (message, error) {
	s, err := in.scan(request.GetScan())
	if err != nil {
		return nil, err
	}
	response := &pb.ScanCountersResponse{Counters: []*pb.Pair{
		{Key: "rows", Value: strconv.FormatUint(s.rows, 10)}, {Key: "batches", Value: strconv.Itoa(s.batches)},
	}}
	if counting, ok := s.inner().(Counting); ok {
		for _, c := range counting.Counters() {
			response.Counters = append(response.Counters, &pb.Pair{Key: c[0], Value: c[1]})
		}
	}
	return response, nil
}

func (in *instance) statistics(request *pb.StatisticsRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	statistician, ok := table.(Statistician)
	if !ok {
		counter, err := power[Counter](table, "give statistics")
		if err != nil {
			return nil, err
		}
		rows, exact, err := counter.RowCount()
		return &pb.StatisticsResponse{Rows: &rows, RowsExact: exact}, named(err, table.Name())
	}
	response, err := statistician.Statistics(positions(request.GetColumns()))
	if err != nil {
		return nil, named(err, table.Name())
	}
	return response, nil
}

func positions(columns []uint32) []int {
	p := make([]int, len(columns))
	for i, c := range columns {
		p[i] = int(c)
	}
	return p
}

func (in *instance) integrity(request *pb.IntegrityRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	checker, err := power[Checker](table, "check itself")
	if err != nil {
		return nil, err
	}
	findings, err := checker.Check(request.GetMode())
	return &pb.IntegrityResponse{Findings: findings}, named(err, table.Name())
}

// importSchema declares all listed tables that the request wants.
func (in *instance) importSchema(request *pb.ImportSchemaRequest) (message, error) {
	lister, err := power[Lister](in.source, "list its tables")
	if err != nil {
		return nil, err
	}
	names, err := lister.List(request.GetSchema())
	if err != nil {
		return nil, err
	}
	response := &pb.ImportSchemaResponse{}
	for _, name := range names {
		if len(request.GetLimitTo()) > 0 && !holds(request.GetLimitTo(), name) || holds(request.GetExcept(), name) {
			continue
		}
		table, err := in.table(&pb.TableRef{Name: name, Database: request.GetSchema(), Options: request.GetOptions()})
		if err != nil {
			return nil, err
		}
		m, err := describe(table)
		if err != nil {
			return nil, named(err, name)
		}
		response.Tables = append(response.Tables, m)
	}
	return response, nil
}

func holds(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// shadowName answers from the suffixes of the manifest.
func (in *instance) shadowName(request *pb.ShadowNameRequest) (message, error) {
	for _, suffix := range in.connector.manifest.ShadowSuffixes {
		if owner, ok := strings.CutSuffix(request.GetName(), suffix); ok && owner != "" {
			return &pb.ShadowNameResponse{Shadow: true, Owner: owner}, nil
		}
	}
	return &pb.ShadowNameResponse{}, nil
}
