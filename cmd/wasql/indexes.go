package main

import (
	"path/filepath"
	"strings"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

const (
	// indexConnector keeps the indexes of CREATE INDEX … USING ixdriver.
	indexConnector = "ixdriver"
	// indexFolder is the path by which it knows its folder: indexesBelow the folder of --db.
	indexFolder  = "/indexes"
	indexesBelow = "indexes"
)

// indexes sets the index driver up: in a folder below that of --db, or in memory.
func (s *setup) indexes(source *engine.ConnectorSource, grants *pathGrants) error {
	source.IndexDriver = indexConnector
	source.Limits = host.Limits{CallTime: homeCallTime}
	if s.db == "" {
		return nil
	}
	path, _, _ := strings.Cut(s.db, "?")
	folder, err := makeFolder(path)
	if err != nil {
		return err
	}
	if folder, err = makeFolder(filepath.Join(folder, indexesBelow)); err != nil {
		return err
	}
	source.Options = map[string]string{"dir": indexFolder}
	source.Grant.Files = []host.FileGrant{{Path: indexFolder, Host: folder, Write: true}}
	grants.say("grant: %s may read and write %s", indexConnector, folder+string(filepath.Separator))
	return nil
}
