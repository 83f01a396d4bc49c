package main

import (
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

var connector = connect(open)

var manifest = wasql.Manifest{
	Name: "store", Version: "1.0.0", License: "Apache-2.0", Lifetime: wasql.Shared,
	Description: "Tables that persist: ordered rows with indexes and transactions, in memory and in a write-ahead log",
	Options: []wasql.Option{
		{Name: "dir", Type: wasql.PathOption, Description: "folder of the log; empty: in memory only", Example: "./data"},
		{Name: "sync", Type: wasql.EnumOption, Default: "full", Choices: []string{"full", "off"},
			Description: "full: a commit is on disk before it is answered; off: when the system finds time"},
		{Name: "checkpoint", Type: wasql.BytesOption, Default: "16MiB",
			Description: "size of the log at which it begins anew; it is at least half the size of all rows"},
	},
	Grants:          []wasql.GrantRequest{{Power: "files.write", Target: "{dir}", Reason: "to keep the tables"}},
	IsolationLevels: []string{"REPEATABLE-READ"},
}

func connect(open func(*wasql.Config) (*store, error)) *wasql.Connector {
	return wasql.New(manifest, open, (*table)(nil)).With(wasql.Writes, wasql.Transactions, wasql.Definitions, wasql.Quick)
}

func main() {}

func init() { wasql.Register(connector) }

// open makes the store of an instance, with what is in the folder. The main database is always there.
func open(c *wasql.Config) (*store, error) {
	s := newStore()
	if dir := strings.TrimSuffix(c.Options.String("dir"), "/"); dir != "" {
		if err := s.recover(dir, c.Options.String("sync") == "full", c.Options.Bytes("checkpoint")); err != nil {
			return nil, err
		}
	}
	return s, s.CreateDatabase(&pb.Database{Name: mainDatabase}, true)
}
