package wasql

import "github.com/wasql/wasql/abi/pb"

// operations are what every connector of this kit answers, by op: the reading side. A power that the connector does
// not have is refused by the operation itself; what is not here and not added by With is UNIMPLEMENTED.
var operations = [...]operation{
	pb.Op_OP_HELLO:      on((*instance).hello),
	pb.Op_OP_LAST_ERROR: on((*instance).lastError),
	pb.Op_OP_CONFIGURE:  on((*instance).configure),

	pb.Op_OP_LIST:          on((*instance).list),
	pb.Op_OP_DESCRIBE:      on((*instance).describe),
	pb.Op_OP_IMPORT_SCHEMA: on((*instance).importSchema),
	pb.Op_OP_STATISTICS:    on((*instance).statistics),
	pb.Op_OP_INTEGRITY:     on((*instance).integrity),
	pb.Op_OP_SHADOW_NAME:   on((*instance).shadowName),

	pb.Op_OP_PLAN:             on((*instance).plan),
	pb.Op_OP_PARTITIONS:       on((*instance).partitions),
	pb.Op_OP_OPEN_SCAN:        (*instance).openScan,
	pb.Op_OP_RESCAN:           on((*instance).rescan),
	pb.Op_OP_OPEN_LOOKUP:      on((*instance).openLookup),
	pb.Op_OP_EXPLAIN:          on((*instance).explain),
	pb.Op_OP_SNAPSHOT:         on((*instance).snapshot),
	pb.Op_OP_SUSPEND:          on((*instance).suspend),
	pb.Op_OP_SCAN_COUNTERS:    on((*instance).scanCounters),
	pb.Op_OP_RELEASE_SNAPSHOT: on((*instance).releaseSnapshot),
}

// needs are the features that operations of the reading side stand for.
var needs = map[pb.Op]pb.Feature{
	pb.Op_OP_PARTITIONS: pb.Feature_FEATURE_PARTITIONS, pb.Op_OP_OPEN_LOOKUP: pb.Feature_FEATURE_LOOKUP,
	pb.Op_OP_SNAPSHOT: pb.Feature_FEATURE_SNAPSHOTS, pb.Op_OP_RELEASE_SNAPSHOT: pb.Feature_FEATURE_SNAPSHOTS,
	pb.Op_OP_SUSPEND: pb.Feature_FEATURE_SUSPEND,
}

// operation gives what answers op, or nil when the connector does not have it: only what is advertised is served.
func (c *Connector) operation(op int32) operation {
	if op < 0 || int(op) >= len(c.operations) {
		return nil
	}
	if feature, ok := needs[pb.Op(op)]; ok && c.features&uint64(feature) == 0 {
		return nil
	}
	return c.operations[op]
}

// serve adds an operation.
func (c *Connector) serve(op pb.Op, f operation) {
	if int(op) >= len(c.operations) {
		c.operations = append(c.operations, make([]operation, int(op)+1-len(c.operations))...)
	}
	c.operations[op] = f
}

// Power is a group of operations that not every connector needs: only those added by With are linked into the
// module. Writes, Transactions, Definitions, Drivers, Functions and Joins are the powers; Quick makes some quicker.
type Power func(*Connector)

// With adds powers and gives c. A power that the types given to New have, and that is not added, is
// a mistake that Register and the tests report.
func (c *Connector) With(powers ...Power) *Connector {
	for _, add := range powers {
		add(c)
	}
	return c
}

// Joins are joins of tables of the connector, which Planner is asked for and Scan makes.
func Joins(c *Connector) { c.features |= uint64(pb.Feature_FEATURE_JOINS) }

// Writes are INSERT, UPDATE, DELETE, REPLACE and TRUNCATE: tables that are Inserter, Updater, Deleter, Replacer,
// Truncater or AutoIncrementer.
func Writes(c *Connector) {
	c.features |= uint64(pb.Feature_FEATURE_WRITES)
	c.serve(pb.Op_OP_OPEN_SINK, (*instance).openSink)
	c.serve(pb.Op_OP_FLUSH_SINK, on((*instance).flushSink))
	c.serve(pb.Op_OP_TRUNCATE, on((*instance).truncate))
	c.serve(pb.Op_OP_AUTO_INCREMENT, on((*instance).autoIncrement))
}

// Transactions are BEGIN to ROLLBACK TO: a source that is a Transactor, perhaps a Preparer, a Savepointer, a Teller and a StatementStarter.
func Transactions(c *Connector) {
	c.features |= uint64(pb.Feature_FEATURE_TRANSACTIONS)
	c.features |= c.implied & uint64(pb.Feature_FEATURE_PREPARE|pb.Feature_FEATURE_SAVEPOINTS)
	c.serve(pb.Op_OP_BEGIN, on((*instance).begin))
	c.serve(pb.Op_OP_SYNC, on((*instance).sync))
	c.serve(pb.Op_OP_COMMIT, on((*instance).commit))
	c.serve(pb.Op_OP_ROLLBACK, on((*instance).rollback))
	c.serve(pb.Op_OP_SAVEPOINT, on((*instance).savepoint))
	c.serve(pb.Op_OP_RELEASE, on((*instance).releaseSavepoint))
	c.serve(pb.Op_OP_ROLLBACK_TO, on((*instance).rollbackTo))
	c.serve(pb.Op_OP_RECOVER, on((*instance).recover))
	c.serve(pb.Op_OP_STATEMENT, on((*instance).startStatement))
}

// Definitions are CREATE, ALTER, DROP and their like: a source that is a Creator, Connecter, DatabaseKeeper or
// ObjectKeeper, tables that are Renamer, Alterer or IndexKeeper.
func Definitions(c *Connector) {
	c.features |= uint64(pb.Feature_FEATURE_DEFINITION)
	c.features |= c.implied & uint64(pb.Feature_FEATURE_DATABASES|pb.Feature_FEATURE_OBJECTS)
	c.serve(pb.Op_OP_CREATE, on((*instance).create))
	c.serve(pb.Op_OP_CONNECT, on((*instance).connect))
	c.serve(pb.Op_OP_DISCONNECT, on((*instance).disconnect))
	c.serve(pb.Op_OP_DESTROY, on((*instance).destroy))
	c.serve(pb.Op_OP_RENAME, on((*instance).rename))
	c.serve(pb.Op_OP_ALTER, on((*instance).alter))
	c.serve(pb.Op_OP_CREATE_INDEX, on((*instance).createIndex))
	c.serve(pb.Op_OP_DROP_INDEX, on((*instance).dropIndex))
	c.serve(pb.Op_OP_RENAME_INDEX, on((*instance).renameIndex))
	c.serve(pb.Op_OP_CREATE_DATABASE, on((*instance).createDatabase))
	c.serve(pb.Op_OP_DROP_DATABASE, on((*instance).dropDatabase))
	c.serve(pb.Op_OP_ALTER_DATABASE, on((*instance).alterDatabase))
	c.serve(pb.Op_OP_LIST_DATABASES, on((*instance).listDatabases))
	c.serve(pb.Op_OP_PUT_OBJECT, on((*instance).putObject))
	c.serve(pb.Op_OP_DROP_OBJECT, on((*instance).dropObject))
	c.serve(pb.Op_OP_LIST_OBJECTS, on((*instance).listObjects))
}

// Drivers are CREATE INDEX ... USING: a source that is an IndexDriver.
func Drivers(c *Connector) {
	c.features |= uint64(pb.Feature_FEATURE_INDEX_DRIVER)
	c.serve(pb.Op_OP_DRIVER_CREATE, on((*instance).driverCreate))
	c.serve(pb.Op_OP_DRIVER_LOAD_ALL, on((*instance).driverLoadAll))
	c.serve(pb.Op_OP_DRIVER_OPEN_SINK, on((*instance).driverOpenSink))
	c.serve(pb.Op_OP_DRIVER_SAVE, on((*instance).driverSave))
	c.serve(pb.Op_OP_DRIVER_DELETE, on((*instance).driverDelete))
	c.serve(pb.Op_OP_DRIVER_PROBE, on((*instance).driverProbe))
	c.serve(pb.Op_OP_DRIVER_VALUES, on((*instance).driverValues))
	c.serve(pb.Op_OP_DRIVER_CHECK, on((*instance).driverCheck))
}

// Functions are SQL functions: a source that is a FunctionKeeper.
func Functions(c *Connector) {
	c.features |= uint64(pb.Feature_FEATURE_FUNCTIONS)
	c.serve(pb.Op_OP_FUNCTIONS, on((*instance).functions))
	c.serve(pb.Op_OP_FIND_FUNCTION, on((*instance).findFunction))
	c.serve(pb.Op_OP_OPEN_FUNCTION, on((*instance).openFunction))
	c.serve(pb.Op_OP_FINISH_FUNCTION, on((*instance).finishFunction))
}

// optional are the features that need With, with the power that adds them.
var optional = [...]struct {
	feature pb.Feature
	power   string
}{
	{pb.Feature_FEATURE_WRITES, "Writes"}, {pb.Feature_FEATURE_TRANSACTIONS, "Transactions"}, {pb.Feature_FEATURE_DEFINITION, "Definitions"},
	{pb.Feature_FEATURE_DATABASES, "Definitions"}, {pb.Feature_FEATURE_OBJECTS, "Definitions"},
	{pb.Feature_FEATURE_INDEX_DRIVER, "Drivers"}, {pb.Feature_FEATURE_FUNCTIONS, "Functions"},
}

// verify panics when the types have a power that was not added.
func (c *Connector) verify() {
	for _, o := range optional {
		if bit := uint64(o.feature); c.implied&bit != 0 && c.features&bit == 0 {
			panic("wasql: connector " + c.manifest.Name + " has the methods of a power it does not declare: add With(wasql." + o.power + ")")
		}
	}
}
