package abitest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// casePieces takes the steps of reading in parts, behind those of changeRun:
//
//	describe TABLE                names its columns, for the steps that read all but those hidden behind them
//	partitions NAME TABLE N [LIMIT]   of its plan, about N; with a limit when the plan takes one
//	piece NAME I                  the rows of one, counted from 1
//	stray NAME                    opens a piece by a token that nobody gave
//	age                           all files were changed a second ago
//	batches N                     another instance, which is asked for N rows at a time
//	open NAME TABLE               a scan with an instance of its own
//	next NAME                     a batch
//	suspend|resume NAME           gives the instance back, goes on in one that may be another
//
// The files of a connector are the parts of its case that begin with its name and a slash.
type casePieces struct {
	folder string
	parts  map[string]*caseParts
	scans  map[string]*caseScan
}

// caseParts is a plan with its pieces, as they came back from bytes.
type caseParts struct {
	request *pb.OpenScanRequest
	pieces  *pb.PartitionsResponse
}

// caseScan is a scan with an instance of its own; suspended it has none.
type caseScan struct {
	request  *pb.OpenScanRequest
	instance *host.Instance
	handle   uint32
	scan     *host.Scan
}

// grantCaseFiles writes the files of a connector's case and gives the right to read them.
func (p *casePieces) grantCaseFiles(module string, archive *txtar.Archive, folder string) ([]host.FileGrant, error) {
	for _, file := range archive.Files {
		name, ok := strings.CutPrefix(file.Name, module+"/")
		if !ok {
			continue
		}
		p.folder = folder
		if err := os.WriteFile(filepath.Join(folder, name), file.Data, 0o600); err != nil {
			return nil, err
		}
	}
	if p.folder == "" {
		return nil, nil
	}
	return []host.FileGrant{{Path: "data", Host: folder}}, nil
}

// inParts takes the steps.
func (r *changeRun) inParts(verb string, args []string) (string, error) {
	switch verb {
	case "describe":
		answer := &pb.DescribeResponse{}
		err := r.call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: r.ref(args[0])}, answer)
		shown := answer.GetTable().GetColumns()
		if hidden := slices.IndexFunc(shown, (*pb.Column).GetHidden); hidden >= 0 {
			shown = shown[:hidden]
		}
		r.tables[args[0]] = &pb.Table{Name: args[0], Columns: shown}
		return fmt.Sprintf("%d columns", len(shown)), err
	case "partitions":
		return r.partitions(args[0], args[1], args[2:])
	case "piece":
		i, err := strconv.Atoi(args[1])
		if err != nil {
			return "", err
		}
		return r.piece(args[0], r.parts[args[0]].pieces.Partitions[i-1].Token)
	case "stray":
		said, err := r.piece(args[0], []byte("a token that nobody gave"))
		var wall *host.Error
		if errors.As(err, &wall) {
			return fmt.Sprintf("%s, %s", wall.Kind, wall.Code), nil // each has words of its own
		}
		return said, err
	case "age":
		then := time.Now().Add(-time.Second)
		return "ok", filepath.WalkDir(r.folder, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Chtimes(path, then, then))
		})
	case "batches":
		rows, err := strconv.Atoi(args[0])
		if err != nil {
			return "", err
		}
		r.options.Limits.BatchRows = rows
		return r.again()
	case "open":
		request, err := r.planned(args[1], nil, nil)
		if err != nil {
			return "", err
		}
		r.scans[args[0]] = &caseScan{request: request}
		return "ok", r.openAlone(r.scans[args[0]])
	case "next":
		b, err := r.scans[args[0]].scan.Next(r.ctx)
		if errors.Is(err, io.EOF) {
			return "end", nil
		}
		if err != nil {
			return "", err
		}
		return show(b), nil
	case "suspend":
		return r.suspend(r.scans[args[0]])
	case "resume":
		return "ok", r.openAlone(r.scans[args[0]])
	}
	return "", fmt.Errorf("no step is called %q", verb)
}

// planned asks for a plan of all columns, and has work done with it by the instance that made it.
func (r *changeRun) planned(table string, limit *uint64, with func(*host.Instance, *pb.OpenScanRequest) error) (*pb.OpenScanRequest, error) {
	request := &pb.OpenScanRequest{Table: r.ref(table)}
	for n := range r.tables[table].GetColumns() {
		request.Columns = append(request.Columns, uint32(n))
	}
	i, err := r.connector.Acquire(r.ctx, 1)
	if err != nil {
		return nil, err
	}
	defer i.Release()
	plan, err := i.Plan(r.ctx, &pb.PlanRequest{Table: request.Table, Columns: request.Columns, Limit: limit})
	if err != nil {
		return nil, err
	}
	if limit != nil && !plan.GetLimit().GetTaken() {
		return nil, errors.New("the limit is not taken")
	}
	if request.Plan = plan.Plan; with != nil {
		err = with(i, request)
	}
	return request, err
}

func (r *changeRun) partitions(name, table string, numbers []string) (string, error) {
	n, err := strconv.ParseUint(numbers[0], 10, 32)
	if err != nil {
		return "", err
	}
	var limit *uint64
	if len(numbers) > 1 {
		most, err := strconv.ParseUint(numbers[1], 10, 64)
		if err != nil {
			return "", err
		}
		limit = &most
	}
	parts := &caseParts{pieces: &pb.PartitionsResponse{}}
	parts.request, err = r.planned(table, limit, func(i *host.Instance, request *pb.OpenScanRequest) error {
		answer, err := i.Partitions(r.ctx, &pb.PartitionsRequest{Table: request.Table, Plan: request.Plan, Wanted: uint32(n)})
		if err != nil {
			return err
		}
		kept, err := answer.MarshalVT()
		if err != nil {
			return err
		}
		return parts.pieces.UnmarshalVT(kept)
	})
	r.parts[name] = parts
	return fmt.Sprintf("%d pieces", len(parts.pieces.Partitions)), err
}

func (r *changeRun) piece(name string, token []byte) (string, error) {
	request := r.parts[name].request.CloneVT()
	request.Partition = token
	scan, err := r.connector.OpenScan(r.ctx, 1, request)
	if err != nil {
		return "", err
	}
	said, err := drainAll(r.ctx, scan)
	return said, errors.Join(err, scan.Close())
}

// openAlone opens a scan in an instance of its own, without the ways of the host to do more with one call.
func (r *changeRun) openAlone(s *caseScan) (err error) {
	if err := s.end(); err != nil {
		return err
	}
	if s.instance, err = r.connector.Acquire(r.ctx, 1); err != nil {
		return err
	}
	answer := &pb.OpenScanResponse{}
	if err := s.instance.Call(r.ctx, pb.Op_OP_OPEN_SCAN, s.request, answer); err != nil {
		return err
	}
	s.handle = answer.Scan
	s.scan, err = s.instance.ScanHandle("scan", answer.Scan, answer.Columns)
	return err
}

func (r *changeRun) suspend(s *caseScan) (string, error) {
	answer := &pb.SuspendResponse{}
	if err := s.instance.Call(r.ctx, pb.Op_OP_SUSPEND, &pb.SuspendRequest{Scan: s.handle}, answer); err != nil {
		return "", err
	}
	s.request.Resume = answer.Resume
	return "ok", s.end()
}

// end gives the instance back.
func (s *caseScan) end() error {
	if s.instance == nil {
		return nil
	}
	var err error
	if s.scan != nil {
		err = s.scan.Close()
	}
	s.instance.Release()
	s.instance, s.scan = nil, nil
	return err
}
