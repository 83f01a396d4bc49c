package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

const (
	// homeConnector keeps the tables that SQL creates.
	homeConnector = "store"
	// homeFolder is the path by which it knows the folder of --db.
	homeFolder = "/db"
	// homeMemory is its largest memory: all rows are in it.
	homeMemory = 2 << 30
	// homeCallTime bounds one call into it: opening a large folder reads all of its log.
	homeCallTime = 10 * time.Minute
	// homeVariable is the environment's --db.
	homeVariable = "WASQL_DB"
)

// home sets the connector up that keeps tables: in the folder of --db, which is made when it is not
// there, or in memory.
func (s *setup) home(source *engine.ConnectorSource, grants *pathGrants) error {
	source.Limits = host.Limits{MemoryBytes: homeMemory, CallTime: homeCallTime}
	source.Grant.Clock = host.SystemClock{} // AS OF a time
	if s.memory > 0 {
		source.Limits.MemoryBytes = s.memory << 20
	}
	if s.db == "" {
		return nil
	}
	path, query, _ := strings.Cut(s.db, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return usageError{fmt.Errorf("--db %q: options: %w", s.db, err)}
	}
	folder, err := makeFolder(path)
	if err != nil {
		return err
	}
	source.Options = map[string]string{"dir": homeFolder}
	for option, given := range options {
		source.Options[option] = given[len(given)-1]
	}
	s.folder = folder
	source.Grant.Files = []host.FileGrant{{Path: homeFolder, Host: folder, Write: true}}
	grants.say("grant: %s may read and write %s", homeConnector, folder+string(filepath.Separator))
	return nil
}

// makeFolder gives the absolute path of a folder, making it when it is not there.
func makeFolder(path string) (string, error) {
	if path == "" {
		return "", usageError{errors.New("--db wants a folder")}
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(absolute)
	switch {
	case err == nil && !info.IsDir():
		return "", usageError{fmt.Errorf("--db %s is a file: name a folder for the tables, or one that shall be made", path)}
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(absolute, 0o750)
	}
	var system *fs.PathError
	if errors.As(err, &system) {
		return "", cannotOpen("the folder %s of --db cannot be used: %s: %v", path, system.Path, system.Err)
	}
	return absolute, err
}
