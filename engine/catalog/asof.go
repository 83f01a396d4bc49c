package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

var (
	_ sql.VersionedDatabase = (*kept)(nil)
	_ sql.VersionedDatabase = (*database)(nil)
	_ sql.VersionedDatabase = (*aliases)(nil)
)

// snapshotKey is a moment of a connector.
type snapshotKey struct {
	connector *host.Connector
	moment    string
}

// noAsOf is the error of a connector that keeps no older states.
func (s *source) noAsOf() error {
	return sqlerr.New(1178, "42000", "connector %s does not support AS OF: it keeps no older states of its tables", s.Connector.Name())
}

// snapshot gives the token of a moment. All tables of a connector that a statement reads as of one moment are of one
// state, which is held until the statement ends.
func (s *source) snapshot(ctx *sql.Context, m gms.Moment) ([]byte, error) {
	if s.Connector.Manifest().GetFeatures()&uint64(pb.Feature_FEATURE_SNAPSHOTS) == 0 {
		return nil, s.noAsOf()
	}
	key := snapshotKey{s.Connector, m.String()}
	statement, _ := ctx.Value(statementKey{}).(*Statement)
	if token := statement.snapshotOf(key); token != nil {
		return token, nil
	}
	answer := &pb.SnapshotResponse{}
	if err := s.Send(ctx, pb.Op_OP_SNAPSHOT, m.Request(), answer); err != nil {
		return nil, err
	}
	if statement.keepSnapshot(key, answer.Token) {
		gms.AtEnd(ctx, func() {
			// The connector may be gone, and its states with it: nothing is left to let go of.
			_ = s.Send(sql.NewContext(context.Background(), sql.WithSession(ctx.Session)), pb.Op_OP_RELEASE_SNAPSHOT, &pb.ReleaseSnapshotRequest{Token: answer.Token}, &pb.ReleaseSnapshotResponse{})
		})
	}
	return answer.Token, nil
}

func (s *Statement) snapshotOf(key snapshotKey) []byte {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshots[key]
}

// keepSnapshot notes a token; false when there is no statement to keep it for.
func (s *Statement) keepSnapshot(key snapshotKey, token []byte) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snapshots == nil {
		s.snapshots = map[snapshotKey][]byte{}
	}
	s.snapshots[key] = token
	return true
}

// tableAt gives a table as it was; nil: there was none of that name.
func (s *source) tableAt(ctx *sql.Context, database, name string, ref *pb.TableRef, value any) (*gms.Table, error) {
	m, err := gms.MomentOf(ctx, value)
	if err != nil {
		return nil, err
	}
	then := ref.CloneVT()
	if then.Snapshot, err = s.snapshot(ctx, m); err != nil {
		return nil, err
	}
	then.Data, then.Version = nil, ""
	d, err := s.declared(ctx, database, name, then)
	if gms.Said(err, abi.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return gms.NewTable(&s.Source, database, name, d.ref, d.declared, d.rows).At(m), nil
}

// readTable is a table that nothing changes, as go-mysql-server wants it.
func readTable(t *gms.Table, err error) (sql.Table, bool, error) {
	if t == nil || err != nil {
		return nil, false, err
	}
	return t, true, nil
}

// namesAt lists the tables that there were.
func (s *source) namesAt(ctx *sql.Context, database string, value any) ([]string, error) {
	m, err := gms.MomentOf(ctx, value)
	if err != nil {
		return nil, err
	}
	token, err := s.snapshot(ctx, m)
	if err != nil {
		return nil, err
	}
	answer := &pb.ListResponse{}
	if err := s.Send(ctx, pb.Op_OP_LIST, &pb.ListRequest{Database: database, Snapshot: token}, answer); err != nil {
		return nil, err
	}
	var names []string
	for _, ref := range answer.Tables {
		if !strings.HasPrefix(ref.Name, "#") {
			names = append(names, ref.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// GetTableInsensitiveAsOf implements sql.VersionedDatabase.
func (d *kept) GetTableInsensitiveAsOf(ctx *sql.Context, name string, asOf any) (sql.Table, bool, error) {
	if over, err := d.overlaid(ctx, name); err != nil {
		return nil, false, err
	} else if over {
		return d.over.GetTableInsensitiveAsOf(ctx, name, asOf)
	}
	s, err := d.home.opened(ctx)
	if err != nil {
		return nil, false, err
	}
	t, err := s.tableAt(ctx, d.name, name, &pb.TableRef{Database: d.name, Name: name}, asOf)
	if t != nil && t.Declared().Name != name {
		t, err = t.As(d.name, t.Declared().Name)
	}
	return readTable(t, err)
}

// GetTableNamesAsOf implements sql.VersionedDatabase: the tables that the home kept.
func (d *kept) GetTableNamesAsOf(ctx *sql.Context, asOf any) ([]string, error) {
	s, err := d.home.opened(ctx)
	if err != nil {
		return nil, err
	}
	return s.namesAt(ctx, d.name, asOf)
}

// GetTableInsensitiveAsOf implements sql.VersionedDatabase. Files are as they are.
func (d *database) GetTableInsensitiveAsOf(ctx *sql.Context, name string, asOf any) (sql.Table, bool, error) {
	files, err := d.isFiles(ctx)
	if err != nil {
		return nil, false, err
	}
	if files {
		t, err := d.fileTable(ctx, name)
		if t == nil || err != nil {
			return nil, false, err
		}
		return nil, false, (&source{Source: gms.Source{Connector: t.Connector()}}).noAsOf()
	}
	s, err := d.mounted(ctx)
	if err != nil {
		return nil, false, err
	}
	ref, err := s.find(ctx, name)
	if err != nil {
		return nil, false, err
	}
	if ref == nil {
		ref = &pb.TableRef{Name: name}
	}
	return readTable(s.tableAt(ctx, d.mount.Name, tableName(ref, name), ref, asOf))
}

// GetTableNamesAsOf implements sql.VersionedDatabase.
func (d *database) GetTableNamesAsOf(ctx *sql.Context, asOf any) ([]string, error) {
	files, err := d.isFiles(ctx)
	if err != nil || files {
		return nil, err
	}
	s, err := d.mounted(ctx)
	if err != nil {
		return nil, err
	}
	return s.namesAt(ctx, s.name, asOf)
}

// GetTableInsensitiveAsOf implements sql.VersionedDatabase: what an alias or a foreign table stands for, as it was.
func (a *aliases) GetTableInsensitiveAsOf(ctx *sql.Context, name string, asOf any) (sql.Table, bool, error) {
	if err := a.catalog.load(ctx); err != nil {
		return nil, false, err
	}
	a.catalog.mu.RLock()
	target, ok := a.names[strings.ToLower(name)]
	a.catalog.mu.RUnlock()
	if !ok {
		return nil, false, nil
	}
	if f := target.foreign; f != nil {
		s, ref, err := f.opened(ctx)
		if err != nil {
			return nil, false, err
		}
		return readTable(s.tableAt(ctx, f.Database, f.Name, ref, asOf))
	}
	d, ok := a.catalog.lookup(target.database)
	if !ok {
		return nil, false, sql.ErrDatabaseNotFound.New(target.database)
	}
	table, ok, err := d.GetTableInsensitiveAsOf(ctx, target.table, asOf)
	if err != nil || !ok {
		return nil, false, err
	}
	return readTable(gms.Of(table).As(a.name, target.name))
}

// GetTableNamesAsOf implements sql.VersionedDatabase: aliases and foreign tables have no past of their own.
func (a *aliases) GetTableNamesAsOf(ctx *sql.Context, _ any) ([]string, error) {
	return a.GetTableNames(ctx)
}

// snapshots is the connector that keeps the snapshots of a database; empty: the home.
func (c *Catalog) snapshots(ctx *sql.Context, name string) (*source, error) {
	found, err := c.Provider().Database(ctx, cmp.Or(name, Main))
	if err != nil {
		return nil, err
	}
	var s *source
	switch d := found.(type) {
	case *kept:
		s, err = d.home.opened(ctx)
	case *database:
		s, err = d.mounted(ctx)
	default:
		return nil, sqlerr.New(1178, "42000", "database %s does not support snapshots: no connector keeps it", found.Name())
	}
	if err == nil && s.Connector.Manifest().GetFeatures()&uint64(pb.Feature_FEATURE_SNAPSHOTS) == 0 {
		err = s.noAsOf()
	}
	return s, err
}

// KeepSnapshot has the connector of a database keep the present state under a name, for AS OF 'name'. No
// database: that of the home. All tables of the connector are in it, whatever their database.
func (c *Catalog) KeepSnapshot(ctx *sql.Context, database, name string) error {
	if strings.TrimSpace(name) == "" {
		return sqlerr.New(1525, "HY000", "incorrect name of a snapshot: '%s'", name)
	}
	s, err := c.snapshots(ctx, database)
	if err != nil {
		return err
	}
	return s.Send(ctx, pb.Op_OP_SNAPSHOT, &pb.SnapshotRequest{KeepAs: name}, &pb.SnapshotResponse{})
}

// ReleaseSnapshot lets a state go that KeepSnapshot kept.
func (c *Catalog) ReleaseSnapshot(ctx *sql.Context, database, name string) error {
	s, err := c.snapshots(ctx, database)
	if err != nil {
		return err
	}
	return s.Send(ctx, pb.Op_OP_RELEASE_SNAPSHOT, &pb.ReleaseSnapshotRequest{Name: name}, &pb.ReleaseSnapshotResponse{})
}
