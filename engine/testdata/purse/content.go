package main

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

// content is what the file holds.
type content struct {
	balances map[int64]int64
	// committed are the ids of the last transactions; prepared has what is to be decided.
	committed []string
	prepared  map[string]map[int64]*int64
}

func newContent() content {
	return content{balances: map[int64]int64{}, prepared: map[string]map[int64]*int64{}}
}

func (c content) clone() content {
	return content{maps.Clone(c.balances), slices.Clone(c.committed), maps.Clone(c.prepared)}
}

func (c *content) apply(changes map[int64]*int64, id string) {
	for account, balance := range changes {
		if balance == nil {
			delete(c.balances, account)
		} else {
			c.balances[account] = *balance
		}
	}
	if id == "" {
		return // a write that stands alone
	}
	if c.committed = append(c.committed, id); len(c.committed) > 64 {
		c.committed = slices.Delete(c.committed, 0, 1)
	}
}

// text has a line for each account, each transaction that was committed, and each change that is prepared.
func (c *content) text() string {
	var b strings.Builder
	line := func(words ...string) { b.WriteString(strings.Join(words, " ") + "\n") }
	for id, balance := range c.balances {
		line("account", number(id), number(balance))
	}
	for _, id := range c.committed {
		line("committed", id)
	}
	for id, changes := range c.prepared {
		line("prepared", id)
		for account, balance := range changes {
			if balance == nil {
				line("deletes", id, number(account))
			} else {
				line("sets", id, number(account), number(*balance))
			}
		}
	}
	line("end")
	return b.String()
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (c *content) read(text string) error {
	body, whole := strings.CutSuffix(text, "end\n")
	if !whole {
		return wasql.Errorf(wasql.Corrupt, "the file has no end")
	}
	for line := range strings.Lines(body) {
		words := strings.Fields(line)
		numbers := make([]int64, len(words))
		for i, word := range words {
			numbers[i], _ = strconv.ParseInt(word, 10, 64) // not all of them are
		}
		switch words[0] {
		case "account":
			c.balances[numbers[1]] = numbers[2]
		case "committed":
			c.committed = append(c.committed, words[1])
		case "prepared":
			c.prepared[words[1]] = map[int64]*int64{}
		case "deletes":
			c.prepared[words[1]][numbers[2]] = nil
		case "sets":
			c.prepared[words[1]][numbers[2]] = &numbers[3]
		}
	}
	return nil
}

func (p *purse) file() string { return p.dir + "/purse" }

func (p *purse) load() error {
	if p.dir == "" {
		return nil
	}
	text, err := wasql.ReadFile(p.file())
	if errors.Is(err, wasql.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.read(string(text))
}

// keep writes the next content into the place of this one, and makes it that when it is on disk.
func (p *purse) keep(next content) error {
	if p.dir != "" {
		if err := p.save(next.text()); err != nil {
			return err
		}
	}
	p.content = next
	return nil
}

func (p *purse) save(text string) error {
	f, err := wasql.CreateFile(p.file() + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := wasql.RenameFile(p.file()+".new", p.file()); err != nil {
		return err
	}
	return wasql.SyncFolder(p.dir)
}
