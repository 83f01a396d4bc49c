package wasql

import "github.com/wasql/wasql/abi/pb"

// operations are what the kit answers, by op; the rest is UNIMPLEMENTED.
var operations = [...]operation{
	pb.Op_OP_HELLO:      on((*instance).hello),
	pb.Op_OP_LAST_ERROR: on((*instance).lastError),
	pb.Op_OP_CONFIGURE:  on((*instance).configure),

	pb.Op_OP_LIST:     on((*instance).list),
	pb.Op_OP_DESCRIBE: on((*instance).describe),

	pb.Op_OP_PLAN:       on((*instance).plan),
	pb.Op_OP_PARTITIONS: on((*instance).partitions),
	pb.Op_OP_OPEN_SCAN:  on((*instance).openScan),
	pb.Op_OP_RESCAN:     on((*instance).rescan),
	pb.Op_OP_EXPLAIN:    on((*instance).explain),
}
