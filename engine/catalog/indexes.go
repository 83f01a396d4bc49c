package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Kept is where the catalog keeps its definitions: of servers, foreign tables, and indexes of drivers.
func (c *Catalog) Kept() Objects { return c.objects() }

// Load reads the definitions that outlived an earlier engine.
func (c *Catalog) Load(ctx *sql.Context) error { return c.load(ctx) }

// Table finds a connector's table by SQL's names, whatever the statement of ctx is. One that is not there, or is a view,
// is MySQL's error.
func (c *Catalog) Table(ctx *sql.Context, name TableName) (*gms.Table, error) {
	db, err := c.Provider().Database(ctx, name.Database)
	if err != nil {
		return nil, err
	}
	t, there, err := db.GetTableInsensitive(ctx, name.Name)
	if err != nil {
		return nil, err
	}
	if of := gms.Of(t); there && of != nil {
		return of, nil
	}
	return nil, sqlerr.New(1146, "42S02", "table %s.%s doesn't exist", name.Database, name.Name)
}

// renamed tells who keeps indexes outside of connectors that a table has another name, or, when to is empty, is gone.
func (c *Catalog) renamed(ctx *sql.Context, from, to TableName) error {
	if c.config.Indexer == nil {
		return nil
	}
	return c.config.Indexer.Renamed(ctx, gms.TableName(from), gms.TableName(to))
}

// outside tells by a text whether what a source reads from may have changed: names, sizes, times and numbers of the files
// that it was granted, with all that lies in folders. A source with a clock or randomness may change unseen, and so may a
// folder of very many files.
func (s *source) outside() (version string, known bool, err error) {
	if !s.pure {
		return "", false, nil
	}
	h := sha256.New()
	entries := 0
	for _, grant := range s.files {
		err := filepath.WalkDir(grant.Host, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entries++; entries > folderEntriesMax {
				return errMany
			}
			// What a link leads to is what is read.
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(h, "%q %q %d %d %v %s\n", grant.Path, path, info.Size(), info.ModTime().UnixNano(), info.Mode(), numbered(info)) // a hash takes all
			return nil
		})
		switch {
		case errors.Is(err, errMany):
			return "", false, nil
		case err != nil:
			return "", false, fileError(grant.Path, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), true, nil
}

var errMany = errors.New("too many files to be looked at")
