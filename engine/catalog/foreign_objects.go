package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Objects keeps the definitions of servers and foreign tables, by kind, database and name without
// case. It is safe for concurrent use.
type Objects interface {
	// List gives the objects of a kind of all databases.
	List(ctx *sql.Context, kind pb.ObjectKind) ([]*pb.Object, error)
	// Put stores one; with replace it may be there.
	Put(ctx *sql.Context, object *pb.Object, replace bool) error
	// Drop removes one; one that is not there is no error.
	Drop(ctx *sql.Context, kind pb.ObjectKind, database, name string) error
	// Lasts tells whether they outlive the engine.
	Lasts() bool
}

// objects is where the catalog keeps its definitions.
func (c *Catalog) objects() Objects {
	switch h := c.keeper(); {
	case c.config.Objects != nil:
		return c.config.Objects
	case h != nil && len(h.mount.mount.Options.Grant.Files) > 0:
		return homeObjects{h.main}
	}
	return &c.memory
}

// homeObjects are those of the home's main database.
type homeObjects struct{ main *kept }

func (o homeObjects) List(ctx *sql.Context, kind pb.ObjectKind) ([]*pb.Object, error) {
	return o.main.objects(ctx, kind)
}

func (o homeObjects) Put(ctx *sql.Context, object *pb.Object, replace bool) error {
	return o.main.put(ctx, object, replace)
}

func (o homeObjects) Drop(ctx *sql.Context, kind pb.ObjectKind, _, name string) error {
	_, err := o.main.dropObject(ctx, kind, name)
	return err
}

func (o homeObjects) Lasts() bool { return true }

// NewLasting keeps objects as long as it is kept itself: for an embedder with engines that come and go.
func NewLasting() Objects { return &memory{lasts: true} }

// memory keeps objects until it goes itself; the zero one is empty.
type memory struct {
	lasts   bool
	mu      sync.Mutex
	objects map[string]*pb.Object
}

func objectKey(kind pb.ObjectKind, database, name string) string {
	return strings.ToLower(fmt.Sprintf("%d/%q/%s", kind, database, name))
}

func (m *memory) List(_ *sql.Context, kind pb.ObjectKind) (all []*pb.Object, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, object := range m.objects {
		if object.Kind == kind {
			all = append(all, object.CloneVT())
		}
	}
	return all, nil
}

func (m *memory) Put(_ *sql.Context, object *pb.Object, replace bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := objectKey(object.Kind, object.Database, object.Name)
	if _, taken := m.objects[key]; taken && !replace {
		return sqlerr.New(1050, "42S01", "%s already exists", object.Name)
	}
	if m.objects == nil {
		m.objects = map[string]*pb.Object{}
	}
	m.objects[key] = object.CloneVT()
	return nil
}

func (m *memory) Drop(_ *sql.Context, kind pb.ObjectKind, database, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, objectKey(kind, database, name))
	return nil
}

func (m *memory) Lasts() bool { return m.lasts }

// definitionAttribute holds what the text of a statement alone does not tell.
const definitionAttribute = "definition"

// stored is a Foreign as its object keeps it.
type stored struct {
	Foreign
	// Given is Foreign.Columns as a message, since those are no matter of JSON.
	Given []byte `json:",omitempty"`
}

// object is the table as Objects keeps it.
func (f *foreign) object() (*pb.Object, error) {
	keep := stored{Foreign: f.Foreign}
	if f.Columns != nil {
		given, err := f.Columns.MarshalVT()
		if err != nil {
			return nil, err
		}
		keep.Given, keep.Columns = given, nil
	}
	return newObject(pb.ObjectKind_OBJECT_KIND_TABLE, f.Database, f.objectName(), f.text(), keep)
}

// objectName is the name that the table is kept under among those of all databases.
func (f *foreign) objectName() string {
	if f.Database == Main {
		return f.Name
	}
	return f.Database + "\x00" + f.Name
}

func newObject(kind pb.ObjectKind, database, name, text string, definition any) (*pb.Object, error) {
	encoded, err := json.Marshal(definition)
	now := time.Now().UnixMicro()
	return &pb.Object{Kind: kind, Database: database, Name: name, CreateSql: text, CreatedAt: now, ModifiedAt: now,
		Attributes: map[string]string{definitionAttribute: string(encoded)}}, err
}

// foreignOf reads an object that object made.
func (c *Catalog) foreignOf(object *pb.Object) (*foreign, error) {
	var keep stored
	if err := json.Unmarshal([]byte(object.GetAttributes()[definitionAttribute]), &keep); err != nil {
		return nil, damaged(object, err)
	}
	if keep.Given != nil {
		keep.Columns = &pb.Table{}
		if err := keep.Columns.UnmarshalVT(keep.Given); err != nil {
			return nil, damaged(object, err)
		}
	}
	return &foreign{Foreign: keep.Foreign, catalog: c}, nil
}

func damaged(object *pb.Object, err error) error {
	e := sqlerr.New(1030, "HY000", "the definition of %s cannot be read: %v", object.Name, err)
	e.Err = err
	return e
}

// load reads the definitions that outlived an earlier engine, once; a failure is tried again.
func (c *Catalog) load(ctx *sql.Context) error {
	if ctx == nil || c.loaded.Load() || !c.objects().Lasts() {
		return nil
	}
	c.loading.Lock()
	defer c.loading.Unlock()
	return c.read(ctx)
}

// loadNow is load for who must not wait for another that reads them: false when there is one.
func (c *Catalog) loadNow(ctx *sql.Context) (bool, error) {
	if c.loaded.Load() || !c.objects().Lasts() {
		return true, nil
	}
	if !c.loading.TryLock() {
		return false, nil
	}
	defer c.loading.Unlock()
	return true, c.read(ctx)
}

// read reads the definitions; c.loading is held.
func (c *Catalog) read(ctx *sql.Context) error {
	if c.loaded.Load() {
		return nil
	}
	servers, err := c.objects().List(ctx, pb.ObjectKind_OBJECT_KIND_SERVER)
	if err != nil {
		return err
	}
	tables, err := c.objects().List(ctx, pb.ObjectKind_OBJECT_KIND_TABLE)
	if err != nil {
		return err
	}
	for _, object := range servers {
		if err := c.loadServer(object); err != nil {
			return err
		}
	}
	for _, object := range tables {
		if err := c.loadTable(object); err != nil {
			return err
		}
	}
	c.loaded.Store(true)
	return nil
}

// loadTable adds a table that is not there yet.
func (c *Catalog) loadTable(object *pb.Object) error {
	f, err := c.foreignOf(object)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.namesOf(f.Database)[strings.ToLower(f.Name)]; there {
		return nil
	}
	return c.add(f)
}
