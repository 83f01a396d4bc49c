package engine

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/sqlerr"
)

// loadData is who asks Config.GrantPath for the files of LOAD DATA.
const loadData = "LOAD DATA"

// openFile opens the file that a LOAD DATA names, when Config.GrantPath grants it. What is granted
// is one file, and no link leads from it to another.
func (e *Engine) openFile(ctx *sql.Context, path string) (io.ReadCloser, error) {
	if e.config.GrantPath == nil {
		return nil, refusedFile(loadData)
	}
	file, err := e.granted(ctx, loadData, path)
	if err != nil {
		return nil, cannotLoad(path, err)
	}
	return file, nil
}

// granted opens the file that a statement names, when Config.GrantPath grants it to who.
func (e *Engine) granted(ctx *sql.Context, who, path string) (*os.File, error) {
	grants, err := e.config.GrantPath(ctx, who, path)
	if err != nil {
		return nil, err
	}
	if len(grants) != 1 || grants[0].Match != "" {
		return nil, sqlerr.New(29, "HY000", "%s reads one file, and %s may be several", who, path)
	}
	// The path may be a link; what it points to now is what was granted.
	host, err := filepath.EvalSymlinks(grants[0].Host)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(host))
	if err != nil {
		return nil, err
	}
	file, err := root.Open(filepath.Base(host))
	if closed := root.Close(); err == nil && closed != nil {
		err = errors.Join(closed, file.Close())
	}
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(sqlerr.New(29, "HY000", "file '%s' is not a regular file", path), err, file.Close())
	}
	return file, nil
}

// cannotLoad is go-mysql-server's error for a file that LOAD DATA cannot read.
func cannotLoad(path string, err error) error {
	var system *fs.PathError
	if errors.As(err, &system) {
		return sql.ErrLoadDataCannotOpen.New(path + ": " + system.Err.Error())
	}
	var told *sqlerr.Error
	if errors.As(err, &told) {
		return err
	}
	return sql.ErrLoadDataCannotOpen.New(path + ": " + err.Error())
}

// refusedFile is MySQL's error for a statement that would touch the machine's files without a grant.
func refusedFile(what string) *sqlerr.Error {
	return sqlerr.New(1290, "HY000", "wasql is running with the --secure-file-priv option so it cannot execute this statement: %s", what).
		WithHint("files are read through connectors, such as csv.`./people.csv`, under their grants")
}
