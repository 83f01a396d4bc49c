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
		{Name: "history", Type: wasql.DurationOption, Default: "10m",
			Description: "how long AS OF a time finds what was committed over; 0s: not at all"},
		{Name: "history_versions", Type: wasql.IntOption, Default: "1000", Description: "how many commits AS OF a time goes back at most"},
		{Name: "history_bytes", Type: wasql.BytesOption, Default: "16MiB", Description: "about how much memory the older states may hold"},
		{Name: "checkpoint", Type: wasql.BytesOption, Default: "16MiB",
			Description: "size of the log at which it begins anew; it is at least half the size of all rows"},
	},
	Grants:          []wasql.GrantRequest{{Power: "files.write", Target: "{dir}", Reason: "to keep the tables"}, {Power: "clock", Reason: "to know when something was committed, for AS OF a time"}},
	IsolationLevels: []string{"READ-COMMITTED", "REPEATABLE-READ", "SERIALIZABLE"},
}

func connect(open func(*wasql.Config) (*store, error)) *wasql.Connector {
	return wasql.New(manifest, open, (*table)(nil)).With(wasql.Writes, wasql.Transactions, wasql.Definitions, wasql.Joins, wasql.Quick)
}

func main() {}

func init() { wasql.Register(connector) }

// open makes the store of an instance, with what is in the folder. The main database is always there.
func open(c *wasql.Config) (*store, error) {
	s := newStore()
	s.history = history{span: c.Options.Duration("history"), versions: int(max(c.Options.Int64("history_versions"), 0)), bytes: c.Options.Bytes("history_bytes")}
	s.begin(s.committed)
	if dir := strings.TrimSuffix(c.Options.String("dir"), "/"); dir != "" {
		if err := s.recover(dir, c.Options.String("sync") == "full", c.Options.Bytes("checkpoint")); err != nil {
			return nil, err
		}
	}
	return s, s.CreateDatabase(&pb.Database{Name: mainDatabase}, true)
}
