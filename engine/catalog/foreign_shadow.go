package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// changing are the features by which SQL changes a table.
const changing = uint64(pb.TableFeature_TABLE_FEATURE_INSERT | pb.TableFeature_TABLE_FEATURE_UPDATE | pb.TableFeature_TABLE_FEATURE_DELETE |
	pb.TableFeature_TABLE_FEATURE_REPLACE | pb.TableFeature_TABLE_FEATURE_TRUNCATE | pb.TableFeature_TABLE_FEATURE_ALTER |
	pb.TableFeature_TABLE_FEATURE_INDEX | pb.TableFeature_TABLE_FEATURE_RENAME)

// shadowOwner is the table whose companion a table is; empty: it is none. A companion ends in a suffix
// of the manifest, the connector says that it is one, and its owner is there.
func (s *source) shadowOwner(ctx *sql.Context, name string) (string, error) {
	suffix := ""
	for _, end := range s.Connector.Manifest().GetShadowSuffixes() {
		if end != "" && len(name) > len(end) && strings.EqualFold(name[len(name)-len(end):], end) {
			suffix = end
		}
	}
	if suffix == "" {
		return "", nil
	}
	if ref, err := s.find(ctx, name); err != nil {
		return "", err
	} else if ref != nil {
		name = ref.Name // as the connector spells it
	}
	answer := &pb.ShadowNameResponse{}
	err := s.Send(ctx, pb.Op_OP_SHADOW_NAME, &pb.ShadowNameRequest{Name: name}, answer)
	switch {
	case gms.Said(err, abi.Unimplemented):
		answer.Shadow, answer.Owner = true, name[:len(name)-len(suffix)]
	case err != nil || !answer.Shadow:
		return "", err
	}
	ref, err := s.find(ctx, answer.Owner)
	if ref == nil || err != nil {
		return "", err
	}
	return ref.Name, nil
}

// refuseShadow refuses a change to a table that is a companion.
func (s *source) refuseShadow(ctx *sql.Context, name string) error {
	owner, err := s.shadowOwner(ctx, name)
	if owner == "" || err != nil {
		return err
	}
	return sqlerr.New(1036, "HY000", "table %s is read only: connector %s keeps it for its table %s", name, s.name, owner).
		WithHint("change %s, and the connector will change it", owner)
}

// CheckChange refuses a change to a table that is a connector's companion of another, and with rows a
// change of the rows of one that its connector never changes. A database or table that is not there, or
// does not answer, is left to the statement itself.
func (c *Catalog) CheckChange(ctx *sql.Context, name TableName, rows bool) error {
	if err := c.checkShadow(ctx, name); err != nil || !rows {
		return err
	}
	db, err := c.Provider().Database(ctx, name.Database)
	if err != nil {
		return nil
	}
	if d, home := db.(*kept); home {
		if over, err := d.overlaid(ctx, name.Name); err != nil || !over {
			return nil // what the home keeps takes rows, and tells at little cost when it does not
		}
	}
	table, there, err := db.GetTableInsensitive(ctx, name.Name)
	if err != nil || !there {
		return nil
	}
	t := gms.Of(table)
	if t == nil || t.Has(pb.TableFeature(changing)) {
		return nil
	}
	return sqlerr.New(1036, "HY000", "table %s.%s is read only: connector %s does not change it", db.Name(), t.Name(), t.Connector().Manifest().GetName())
}

func (c *Catalog) checkShadow(ctx *sql.Context, name TableName) error {
	d, ok := c.lookup(name.Database)
	if !ok {
		return nil
	}
	if files, err := d.isFiles(ctx); err != nil || files {
		return nil
	}
	s, err := d.mounted(ctx)
	if err != nil {
		return nil
	}
	return s.refuseShadow(ctx, name.Name)
}

// adjusted is what a connector declared, as SQL shall see it: a companion table cannot be changed, and
// columns that SQL gave are those of the table.
func (s *source) adjusted(ctx *sql.Context, ref *pb.TableRef, table *pb.Table) (*pb.Table, error) {
	owner, err := s.shadowOwner(ctx, ref.Name)
	if err != nil {
		return nil, err
	}
	if owner != "" {
		table = table.CloneVT()
		table.Features &^= changing
	}
	if s.given == nil {
		return table, nil
	}
	return withGiven(s.name, s.given, table)
}

// apart is the same connector with a memory of its own of what it said.
func (s *source) apart() *source {
	return &source{Source: gms.Source{Connector: s.Connector, Trusted: s.Trusted, Open: s.Open, Indexer: s.Indexer, Changes: s.Changes}, name: s.name, files: s.files, pure: s.pure, given: s.given}
}
