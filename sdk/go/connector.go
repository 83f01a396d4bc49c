package wasql

import (
	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/guest"
)

// Version of the kit; the manifest shows it.
const Version = "0.1.0"

// Lifetime says how instances of the connector may be used.
type Lifetime int32

const (
	// Stateless instances serve any request from its TableRef alone; they are pooled and run in parallel.
	Stateless = Lifetime(pb.Lifetime_LIFETIME_STATELESS)
	// PerSession is one instance a client session.
	PerSession = Lifetime(pb.Lifetime_LIFETIME_SESSION)
	// Shared is one instance for everybody; calls are serialised.
	Shared = Lifetime(pb.Lifetime_LIFETIME_SHARED)
)

// Manifest says who a connector is. It is answered before any option is known.
type Manifest struct {
	Name, Version, Description string
	Lifetime                   Lifetime
	Options                    []Option
	Grants                     []GrantRequest
	License, Homepage          string
	// OpenNames: a table that is not listed is looked up by its name, as in csv.`./people.csv`.
	OpenNames bool
	// Suffixes of the files the connector reads, such as ".csv".
	Suffixes []string
	// Deterministic: same options and grants, same rows.
	Deterministic bool
	// IndexDriver is a unique id, when the connector keeps indexes for others.
	IndexDriver string
	// ShadowSuffixes: names of the connector's own companion tables end so.
	ShadowSuffixes []string
	// IsolationLevels the connector keeps, strongest last, in MySQL's words.
	IsolationLevels []string
}

// GrantRequest is a power the connector asks for. Asking grants nothing.
type GrantRequest struct {
	// Power is one of files.read, files.write, net, http, env, secret, clock, random, kv.
	Power string
	// Target is a pattern, or the name of the option that holds it in braces, such as {path}.
	Target string
	Reason string
}

// Source is an opened connector: where tables come from. What else it can do, it says by having the
// methods of Lister, Beginner and so on.
type Source interface {
	// Table finds a table. A name there is none for is an error with code NotFound; see NoTable.
	Table(ref *TableRef) (Table, error)
}

// Lister lists the tables of a source.
type Lister interface {
	// List names the tables of a database; the SDK applies the pattern of SHOW TABLES LIKE.
	List(database string) ([]string, error)
}

// TableRef names a table in a request. Any instance must be able to serve it.
type TableRef struct {
	Database, Name string
	// Options of this table over those of the connector.
	Options *Options
	// Data is what Definition.Data said in DESCRIBE; empty before it.
	Data []byte
	// Columns given in SQL, when they were.
	Columns []Column
	Version string
	// Arguments of USING module(...), as written.
	Arguments []Argument
	// Transaction the request runs in; 0: none.
	Transaction uint64
	// Statement whose writes the request sees although they are not flushed; 0: none.
	Statement uint64
	// Snapshot is a token of the source's Snapshotter: the table as it was then; empty: as it is.
	Snapshot []byte
}

// Argument is one argument of a module, kept as written.
type Argument struct {
	// Name is empty for a positional argument.
	Name string
	// Verbatim is the text with its quotes, Value without.
	Verbatim, Value string
}

// NoTable is the error for a table that does not exist.
func NoTable(name string) error {
	e := Errorf(NotFound, "table %q does not exist", name)
	e.Table = name
	return e
}

// Tables is a Source of a fixed set of tables.
type Tables []Table

// Table finds the table of that name.
func (t Tables) Table(ref *TableRef) (Table, error) {
	for _, table := range t {
		if table.Name() == ref.Name {
			return table, nil
		}
	}
	return nil, NoTable(ref.Name)
}

// List names them all.
func (t Tables) List(string) ([]string, error) {
	names := make([]string, len(t))
	for i, table := range t {
		names[i] = table.Name()
	}
	return names, nil
}

// Connector is a manifest and the way to open it. It is immutable; Register one for a module, or run it natively with
// package wasqltest.
type Connector struct {
	manifest Manifest
	// features are advertised; implied are those the given types have.
	features, implied uint64
	operations        []operation
	open              func(*Config) (Source, error)
}

// New makes a connector. Open is called once an instance, when the options are known and checked. The
// powers of the source are read off its type S; those of tables off the examples, of which nil pointers
// will do: they are only looked at, never called.
func New[S Source](manifest Manifest, open func(*Config) (S, error), examples ...Table) *Connector {
	var source S
	c := &Connector{manifest: manifest, open: func(config *Config) (Source, error) { return open(config) }}
	c.implied = sourceFeatures(any(source))
	for _, table := range examples {
		c.implied |= connectorFeatures(table)
	}
	c.features = kitFeatures | c.implied&readFeatures
	c.operations = append(c.operations, operations[:]...)
	return c
}

// readFeatures need no With.
const readFeatures = uint64(pb.Feature_FEATURE_LOOKUP | pb.Feature_FEATURE_PARTITIONS | pb.Feature_FEATURE_SNAPSHOTS | pb.Feature_FEATURE_SUSPEND)

// NewTables makes a connector of fixed tables and no options.
func NewTables(manifest Manifest, tables ...Table) *Connector {
	return New(manifest, func(*Config) (Tables, error) { return Tables(tables), nil }, tables...)
}

// Register makes c the connector of this program. Call it in init, once.
func Register(c *Connector) { guest.Serve(c.Instance()) }

// Instance makes a fresh instance, as the host does by loading the module. It is for package wasqltest.
func (c *Connector) Instance() guest.Handler {
	c.verify()
	return newInstance(c)
}

// kitFeatures are the encodings and manners that every connector of this kit has.
const kitFeatures = uint64(pb.Feature_FEATURE_LEASES | pb.Feature_FEATURE_DICTIONARY | pb.Feature_FEATURE_STRING_VIEW |
	pb.Feature_FEATURE_CONSTANT | pb.Feature_FEATURE_SELECTION | pb.Feature_FEATURE_ONE_CALL)

// leasesMax is how many batches of one scan the host may hold.
const leasesMax = 4

func (c *Connector) hello(request *pb.HelloRequest) *pb.HelloResponse {
	m := &c.manifest
	response := &pb.HelloResponse{
		Minor: min(request.GetMinorMax(), abi.Minor), Features: c.features & request.GetFeatures(),
		Name: m.Name, Version: m.Version, Description: m.Description, Lifetime: pb.Lifetime(m.Lifetime), LeasesMax: leasesMax,
		Sdk: "go sdk " + Version, License: m.License, Homepage: m.Homepage, OpenNames: m.OpenNames, Suffixes: m.Suffixes,
		Deterministic: m.Deterministic, IndexDriver: m.IndexDriver, ShadowSuffixes: m.ShadowSuffixes,
		IsolationLevels: m.IsolationLevels,
	}
	for i := range m.Options {
		response.Options = append(response.Options, m.Options[i].message())
	}
	for _, g := range m.Grants {
		response.Grants = append(response.Grants, &pb.GrantRequest{Power: g.Power, Target: g.Target, Reason: g.Reason})
	}
	return response
}
