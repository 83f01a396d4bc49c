package main

import (
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

// driverID is what CREATE INDEX … USING says.
const driverID = "ixdriver"

var connector = wasql.New(wasql.Manifest{
	Name: "ixdriver", Version: "1.0.0", License: "Apache-2.0", Lifetime: wasql.Shared, IndexDriver: driverID,
	Description: "Indexes over the tables of other connectors: sorted runs with a checksum for each page",
	Options: []wasql.Option{
		{Name: "dir", Type: wasql.PathOption, Description: "folder of the indexes; empty: in memory only", Example: "./indexes"},
	},
	Grants: []wasql.GrantRequest{{Power: "files.write", Target: "{dir}", Reason: "to keep the indexes"}},
}, open).With(wasql.Drivers)

func main() {}

func init() { wasql.Register(connector) }

// open makes the driver of an instance. Indexes are opened when they are asked for.
func open(c *wasql.Config) (*driver, error) {
	d := &driver{dir: strings.TrimSuffix(c.Options.String("dir"), "/"), open: map[string]*index{}}
	if d.dir == "" {
		return d, nil
	}
	if err := wasql.MakeFolder(d.dir); err != nil {
		return nil, wasql.Errorf(wasql.IO, "the folder %s cannot be made: %w", d.dir, err).ForSetting("dir")
	}
	var err error
	if d.lock, err = wasql.LockFile(d.dir + "/lock"); err != nil {
		e := wasql.Errorf(wasql.Unavailable, "the indexes in %s are in use by another process, or cannot be locked: %w", d.dir, err).ForSetting("dir")
		e.Hint = "one process at a time may open a folder of indexes"
		return nil, e
	}
	return d, nil
}
