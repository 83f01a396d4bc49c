package wasql

import "github.com/wasql/wasql/abi/pb"

func (in *instance) list(request *pb.ListRequest) (message, error) {
	response := &pb.ListResponse{}
	lister, ok := in.source.(Lister)
	if !ok {
		return response, nil
	}
	list := lister.List
	if token := request.GetSnapshot(); len(token) > 0 {
		then, err := power[SnapshotLister](in.source, "list the tables of a snapshot")
		if err != nil {
			return nil, err
		}
		list = func(database string) ([]string, error) { return then.ListSnapshot(database, token) }
	}
	names, err := list(request.GetDatabase())
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if request.GetPattern() == "" || like(request.GetPattern(), name) {
			response.Tables = append(response.Tables, &pb.TableRef{Name: name, Database: request.GetDatabase()})
		}
	}
	return response, nil
}

// like matches SQL's LIKE: % any run, _ one character, \ takes the next one as it is.
func like(pattern, s string) bool {
	p, text := []rune(pattern), []rune(s)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == '%':
			star, mark = i, j
			i++
			continue
		case i < len(p) && p[i] == '\\' && i+1 < len(p):
			if p[i+1] == text[j] {
				i, j = i+2, j+1
				continue
			}
		case i < len(p) && (p[i] == '_' || p[i] == text[j]):
			i, j = i+1, j+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}

func (in *instance) describe(request *pb.DescribeRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	m, err := describe(table)
	if err != nil {
		return nil, named(err, table.Name())
	}
	return &pb.DescribeResponse{Table: m}, nil
}
