package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// fileSourcesMax is the number of connectors kept open for files that no statement reads.
const fileSourcesMax = 64

// fileSources has an open connector for each set of granted files, the longest unused first.
type fileSources struct {
	all []*fileSource
}

// fileSource is the connector of one path. Each has its own: it may read its files and no others.
type fileSource struct {
	*source
	key string
	// pins counts the statements that use it.
	pins int
}

func (f *fileSources) each(do func(*source)) {
	for _, s := range f.all {
		do(s.source)
	}
}

// take gives the source for a key, as the last one used.
func (f *fileSources) take(key string) *fileSource {
	for i, s := range f.all {
		if s.key == key {
			f.all = append(slices.Delete(f.all, i, i+1), s)
			return s
		}
	}
	return nil
}

// surplus takes out sources beyond the number kept, the longest unused first.
func (f *fileSources) surplus() []*fileSource {
	var out []*fileSource
	for i := 0; i < len(f.all) && len(f.all) > fileSourcesMax; {
		if f.all[i].pins > 0 {
			i++
			continue
		}
		out = append(out, f.all[i])
		f.all = slices.Delete(f.all, i, i+1)
	}
	return out
}

// fileTable is the table of a file named in a query.
func (d *database) fileTable(ctx *sql.Context, name string) (*gms.Table, error) {
	path, options, err := splitPath(name)
	if err != nil {
		return nil, err
	}
	grants, err := d.grantPath(ctx, path)
	if err != nil {
		return nil, err
	}
	if _, err := stampFiles(grants); err != nil {
		return nil, err
	}
	s, err := d.fileSource(ctx, path, grants)
	if err != nil {
		return nil, err
	}
	if err := checkOptions(s.Connector.Manifest(), options); err != nil {
		return nil, err
	}
	return s.table(ctx, d.mount.Name, name, &pb.TableRef{Name: path, Options: options})
}

// grantPath asks the policy.
func (d *database) grantPath(ctx context.Context, path string) ([]host.FileGrant, error) {
	denied := &host.Error{Kind: host.KindDenied, Connector: d.mount.Name, Call: "open " + path, Code: abi.Denied,
		Message: "reading this file is not granted", Hint: "grant files.read for it, or for its folder"}
	if d.catalog.config.GrantPath == nil {
		return nil, denied
	}
	grants, err := d.catalog.config.GrantPath(ctx, d.connectorName(), path)
	var numbered *sqlerr.Error
	var fromHost *host.Error
	switch {
	case err == nil && len(grants) > 0:
		return grants, nil
	case err == nil:
		return nil, denied
	case errors.Is(err, fs.ErrNotExist):
		return nil, fileError(path, err)
	case errors.As(err, &numbered), errors.As(err, &fromHost):
		return nil, err
	}
	denied.Message, denied.Err = err.Error(), err
	return nil, denied
}

// fileSource gives the connector for a path under its grants, and pins it for the statement.
func (d *database) fileSource(ctx *sql.Context, path string, grants []host.FileGrant) (*source, error) {
	key := fmt.Sprintf("%q %+v", path, grants)
	if s := d.takeFile(ctx, key); s != nil {
		return s, nil
	}
	module, err := d.compiled(ctx)
	if err != nil {
		return nil, err
	}
	d.opening.Lock()
	defer d.opening.Unlock()
	if s := d.takeFile(ctx, key); s != nil {
		return s, nil
	}
	options := d.mount.Options
	options.Grant.Files = slices.Concat(options.Grant.Files, grants)
	s, err := d.open(ctx, module, options)
	if err != nil {
		return nil, err
	}
	if !s.Connector.Manifest().GetOpenNames() {
		return nil, errors.Join(sqlerr.New(1146, "42S02", "connector %s does not open files by name", d.mount.Name), s.close(ctx))
	}
	opened := &fileSource{source: s, key: key}
	d.mu.Lock()
	d.files.all = append(d.files.all, opened)
	d.pin(ctx, opened)
	surplus := d.files.surplus()
	d.mu.Unlock()
	for _, old := range surplus {
		if err := old.close(ctx); err != nil {
			ctx.GetLogger().WithError(err).Warn("close a connector that was no longer used")
		}
	}
	return s, nil
}

func (d *database) takeFile(ctx *sql.Context, key string) *source {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.files.take(key)
	if s == nil {
		return nil
	}
	d.pin(ctx, s)
	return s.source
}

// pin keeps a source open until the statement of ctx ends; d.mu is held. Without a statement it may
// be closed as soon as too many others are open.
func (d *database) pin(ctx context.Context, s *fileSource) {
	if statement, ok := ctx.Value(statementKey{}).(*Statement); ok && statement.add(d, s) {
		s.pins++
	}
}

// splitPath cuts a table name like "./people.csv?null=NA&header=true" into the path and the table's
// options. Percent escapes in names and values stand for their byte; a plus is a plus.
func splitPath(name string) (string, map[string]string, error) {
	path, query, found := strings.Cut(name, "?")
	if path == "" {
		return "", nil, sqlerr.New(1103, "42000", "incorrect table name %.80q: the path is empty", name)
	}
	if !found || query == "" {
		return path, nil, nil
	}
	options := map[string]string{}
	for _, pair := range strings.Split(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		key, err := url.PathUnescape(key)
		if err == nil {
			value, err = url.PathUnescape(value)
		}
		if err != nil {
			return "", nil, sqlerr.New(1210, "HY000", "incorrect option %.80q of table %s: %v", pair, path, err)
		}
		if _, twice := options[key]; twice || key == "" {
			return "", nil, sqlerr.New(1210, "HY000", "option %q of table %s is there twice, or has no name", key, path)
		}
		options[key] = value
	}
	return path, options, nil
}

// checkOptions refuses table options that the connector does not have.
func checkOptions(manifest *pb.HelloResponse, options map[string]string) error {
	for name := range options {
		var known []string
		found := false
		for _, option := range manifest.GetOptions() {
			if option.Scope == pb.OptionScope_OPTION_SCOPE_SERVER || option.Scope == pb.OptionScope_OPTION_SCOPE_COLUMN {
				continue
			}
			known = append(known, option.Name)
			found = found || option.Name == name
		}
		if !found {
			return sqlerr.New(1210, "HY000", "connector %s has no table option %q%s", manifest.GetName(), name, suggest(name, known)).
				WithHint("its table options are: %s", strings.Join(known, ", "))
		}
	}
	return nil
}
