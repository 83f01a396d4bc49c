package pushdown

import "github.com/wasql/wasql/abi/pb"

type joining struct{ message *pb.Join }
