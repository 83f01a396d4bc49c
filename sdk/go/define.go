package wasql

import "github.com/wasql/wasql/abi/pb"

// Creator is a source in which tables are made.
type Creator interface {
	// Create makes a table with its storage.
	Create(request *pb.CreateRequest) (Table, error)
	// Destroy removes a table with its storage.
	Destroy(ref *TableRef) error
}

// Connecter reopens tables made earlier. A source without it finds them by Table.
type Connecter interface {
	Connect(request *pb.ConnectRequest) (Table, error)
	// Disconnect lets a table go; its storage stays.
	Disconnect(ref *TableRef) error
}

// Renamer is a table that can be renamed.
type Renamer interface {
	Rename(database, name string) error
}

// Alterer is a table whose columns and keys can change.
type Alterer interface {
	// Alter makes all changes or none. Rewrite says that the engine must copy the rows into a new table instead.
	Alter(request *pb.AlterRequest) (rewrite bool, err error)
}

// IndexKeeper is a table that makes and drops native indexes.
type IndexKeeper interface {
	CreateIndex(index *pb.Index, ifNotExists bool) error
	DropIndex(name string) error
	RenameIndex(from, to string) error
}

// AutoIncrementer is a table that generates keys.
type AutoIncrementer interface {
	// AutoIncrement sets the next value when set is not nil, then reserves so many and gives the first free one.
	AutoIncrement(set *uint64, reserve uint64) (next uint64, err error)
}

// DatabaseKeeper is a source of several databases.
type DatabaseKeeper interface {
	Databases() ([]*pb.Database, error)
	CreateDatabase(database *pb.Database, ifNotExists bool) error
	AlterDatabase(database *pb.Database) error
	DropDatabase(name string, ifExists bool) error
}

// ObjectKeeper stores views, triggers, procedures, events and functions for the engine, as SQL text.
type ObjectKeeper interface {
	Objects(kind pb.ObjectKind, database string) ([]*pb.Object, error)
	PutObject(object *pb.Object, replace bool) error
	DropObject(kind pb.ObjectKind, database, name string) error
}

func (in *instance) create(r *pb.CreateRequest) (message, error) {
	c, err := power[Creator](in.source, "create tables")
	if err != nil {
		return nil, err
	}
	table, err := c.Create(r)
	if err != nil {
		return nil, named(err, r.GetTable().GetName())
	}
	m, err := describe(table)
	return &pb.CreateResponse{Table: m}, err
}

func (in *instance) connect(r *pb.ConnectRequest) (message, error) {
	name := r.GetTable().GetName()
	table, err := in.connected(r)
	if err != nil {
		return nil, named(err, name)
	}
	m, err := describe(table)
	return &pb.ConnectResponse{Table: m}, named(err, name)
}

func (in *instance) connected(r *pb.ConnectRequest) (Table, error) {
	if c, ok := in.source.(Connecter); ok {
		return c.Connect(r)
	}
	return in.table(&pb.TableRef{
		Database: r.GetDatabase(), Name: r.GetTable().GetName(), Options: r.GetTable().GetOptions(), Data: r.GetTable().GetData(),
		Columns: r.GetTable().GetColumns(), Version: r.GetTable().GetVersion(), Arguments: r.GetArguments(),
	})
}

func (in *instance) disconnect(r *pb.DisconnectRequest) (message, error) {
	c, ok := in.source.(Connecter)
	if !ok {
		return &pb.DisconnectResponse{}, nil
	}
	ref, err := in.ref(r.GetTable())
	if err != nil {
		return nil, err
	}
	return &pb.DisconnectResponse{}, named(c.Disconnect(ref), ref.Name)
}

func (in *instance) destroy(r *pb.DestroyRequest) (message, error) {
	c, err := power[Creator](in.source, "drop tables")
	if err != nil {
		return nil, err
	}
	ref, err := in.ref(r.GetTable())
	if err != nil {
		return nil, err
	}
	err = c.Destroy(ref)
	if err != nil && r.GetIfExists() && toError(err).Code == NotFound {
		err = nil
	}
	return &pb.DestroyResponse{}, named(err, ref.Name)
}

// tablePower finds a table and one of its powers.
func tablePower[P any](in *instance, m *pb.TableRef, what string) (P, error) {
	table, err := in.table(m)
	if err != nil {
		var none P
		return none, err
	}
	return power[P](table, what)
}

func (in *instance) rename(r *pb.RenameRequest) (message, error) {
	t, err := tablePower[Renamer](in, r.GetTable(), "be renamed")
	if err != nil {
		return nil, err
	}
	return &pb.RenameResponse{}, named(t.Rename(r.GetDatabase(), r.GetName()), r.GetTable().GetName())
}

func (in *instance) alter(r *pb.AlterRequest) (message, error) {
	t, err := tablePower[Alterer](in, r.GetTable(), "be altered")
	if err != nil {
		return nil, err
	}
	rewrite, err := t.Alter(r)
	if err != nil || rewrite {
		return &pb.AlterResponse{Rewrite: rewrite}, named(err, r.GetTable().GetName())
	}
	table, err := in.table(r.GetTable())
	if err != nil {
		return nil, err
	}
	m, err := describe(table)
	return &pb.AlterResponse{Table: m}, err
}

func (in *instance) indexes(m *pb.TableRef) (IndexKeeper, error) {
	return tablePower[IndexKeeper](in, m, "make and drop indexes")
}

func (in *instance) createIndex(r *pb.CreateIndexRequest) (message, error) {
	t, err := in.indexes(r.GetTable())
	if err != nil {
		return nil, err
	}
	return &pb.CreateIndexResponse{}, named(t.CreateIndex(r.GetIndex(), r.GetIfNotExists()), r.GetTable().GetName())
}

func (in *instance) dropIndex(r *pb.DropIndexRequest) (message, error) {
	t, err := in.indexes(r.GetTable())
	if err != nil {
		return nil, err
	}
	return &pb.DropIndexResponse{}, named(t.DropIndex(r.GetName()), r.GetTable().GetName())
}

func (in *instance) renameIndex(r *pb.RenameIndexRequest) (message, error) {
	t, err := in.indexes(r.GetTable())
	if err != nil {
		return nil, err
	}
	return &pb.RenameIndexResponse{}, named(t.RenameIndex(r.GetFrom(), r.GetTo()), r.GetTable().GetName())
}

func (in *instance) autoIncrement(r *pb.AutoIncrementRequest) (message, error) {
	t, err := tablePower[AutoIncrementer](in, r.GetTable(), "generate keys")
	if err != nil {
		return nil, err
	}
	next, err := t.AutoIncrement(r.Set, r.GetReserve())
	return &pb.AutoIncrementResponse{Next: next}, named(err, r.GetTable().GetName())
}

func (in *instance) databases() (DatabaseKeeper, error) {
	return power[DatabaseKeeper](in.source, "keep databases")
}

func (in *instance) listDatabases(*pb.ListDatabasesRequest) (message, error) {
	k, err := in.databases()
	if err != nil {
		return nil, err
	}
	all, err := k.Databases()
	return &pb.ListDatabasesResponse{Databases: all}, err
}

func (in *instance) createDatabase(r *pb.CreateDatabaseRequest) (message, error) {
	k, err := in.databases()
	if err != nil {
		return nil, err
	}
	return &pb.CreateDatabaseResponse{}, k.CreateDatabase(r.GetDatabase(), r.GetIfNotExists())
}

func (in *instance) alterDatabase(r *pb.AlterDatabaseRequest) (message, error) {
	k, err := in.databases()
	if err != nil {
		return nil, err
	}
	return &pb.AlterDatabaseResponse{}, k.AlterDatabase(r.GetDatabase())
}

func (in *instance) dropDatabase(r *pb.DropDatabaseRequest) (message, error) {
	k, err := in.databases()
	if err != nil {
		return nil, err
	}
	return &pb.DropDatabaseResponse{}, k.DropDatabase(r.GetName(), r.GetIfExists())
}

func (in *instance) objects() (ObjectKeeper, error) {
	return power[ObjectKeeper](in.source, "store views and the like")
}

func (in *instance) listObjects(r *pb.ListObjectsRequest) (message, error) {
	k, err := in.objects()
	if err != nil {
		return nil, err
	}
	all, err := k.Objects(r.GetKind(), r.GetDatabase())
	return &pb.ListObjectsResponse{Objects: all}, err
}

func (in *instance) putObject(r *pb.PutObjectRequest) (message, error) {
	k, err := in.objects()
	if err != nil {
		return nil, err
	}
	return &pb.PutObjectResponse{}, k.PutObject(r.GetObject(), r.GetReplace())
}

func (in *instance) dropObject(r *pb.DropObjectRequest) (message, error) {
	k, err := in.objects()
	if err != nil {
		return nil, err
	}
	return &pb.DropObjectResponse{}, k.DropObject(r.GetKind(), r.GetDatabase(), r.GetName())
}
