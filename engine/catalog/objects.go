package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// objectsKey names the objects of one kind of one database.
type objectsKey struct {
	database string
	kind     pb.ObjectKind
}

// objects gives the objects of a kind, in the order in which the connector lists them.
func (d *kept) objects(ctx *sql.Context, kind pb.ObjectKind) ([]*pb.Object, error) {
	h := d.home
	if h.untouched() {
		return nil, nil
	}
	s, err := h.opened(ctx)
	if err != nil || !h.can(s, pb.Feature_FEATURE_OBJECTS) {
		return nil, err
	}
	key := objectsKey{d.name, kind}
	h.mu.Lock()
	all, known := h.kinds[key]
	h.mu.Unlock()
	if known {
		return all, nil
	}
	answer := &pb.ListObjectsResponse{}
	if err := s.Send(ctx, pb.Op_OP_LIST_OBJECTS, &pb.ListObjectsRequest{Kind: kind, Database: d.name}, answer); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kinds[key] = answer.Objects
	return answer.Objects, nil
}

// object finds one by its name, without case; nil: there is none.
func (d *kept) object(ctx *sql.Context, kind pb.ObjectKind, name string) (*pb.Object, error) {
	all, err := d.objects(ctx, kind)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if strings.EqualFold(o.Name, name) {
			return o, nil
		}
	}
	return nil, nil
}

// put stores an object, or stores it again.
func (d *kept) put(ctx *sql.Context, o *pb.Object, replace bool) error {
	s, err := d.home.opened(ctx)
	if err != nil {
		return err
	}
	if !d.home.can(s, pb.Feature_FEATURE_OBJECTS) {
		return sqlerr.New(1036, "HY000", "database %s is read only: connector %s stores no views and the like", d.name, d.home.mount.mount.Name)
	}
	o.Database = d.name
	err = s.Send(ctx, pb.Op_OP_PUT_OBJECT, &pb.PutObjectRequest{Object: o, Replace: replace}, &pb.PutObjectResponse{})
	d.forget(o.Kind)
	return err
}

// dropObject removes one; false: there is none.
func (d *kept) dropObject(ctx *sql.Context, kind pb.ObjectKind, name string) (bool, error) {
	o, err := d.object(ctx, kind, name)
	if err != nil || o == nil {
		return false, err
	}
	s, err := d.home.opened(ctx)
	if err != nil {
		return false, err
	}
	err = s.Send(ctx, pb.Op_OP_DROP_OBJECT, &pb.DropObjectRequest{Kind: kind, Database: d.name, Name: o.Name}, &pb.DropObjectResponse{})
	d.forget(kind)
	if gms.Said(err, abi.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// forget drops what is known of the objects of a kind.
func (d *kept) forget(kind pb.ObjectKind) {
	d.home.mu.Lock()
	defer d.home.mu.Unlock()
	delete(d.home.kinds, objectsKey{d.name, kind})
}
