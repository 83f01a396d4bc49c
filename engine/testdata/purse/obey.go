package main

import (
	"os"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

// may does an operation, unless the file obey, in the folder, says how to misbehave in it. Its lines are the operation, the way,
// and how often: "commit trap 1". The ways are
//
//	refuse   the operation fails, and does nothing
//	trap     it ends the instance
//	loop     it never ends
//	memory   it takes all memory there is
//	late     it is done, and then ends the instance
//	panic    it is done, and then fails for a reason of its own
func (p *purse) may(operation string, do func() error) error {
	way := p.order(operation)
	switch way {
	case "refuse":
		e := wasql.Errorf(wasql.Conflict, "it refuses to %s", operation)
		e.Errno, e.SQLState = 1213, "40001"
		return e
	case "trap":
		os.Exit(2)
	case "loop":
		for {
			hoard = hoard[:0]
		}
	case "memory":
		for {
			hoard = append(hoard, make([]byte, 1<<20))
		}
	}
	err := do()
	switch way {
	case "late":
		os.Exit(2)
	case "panic":
		panic("as it was told")
	}
	return err
}

var hoard [][]byte

// order reads what to do in an operation, and takes one off its number.
func (p *purse) order(operation string) string {
	if !p.obey || p.dir == "" {
		return ""
	}
	path := p.dir + "/obey"
	text, err := wasql.ReadFile(path)
	if err != nil {
		return "" // there is no such file
	}
	var left []string
	way := ""
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == operation && way == "" {
			way = words[1]
			n, _ := strconv.Atoi(words[2])
			if n--; n <= 0 {
				continue
			}
			line = words[0] + " " + words[1] + " " + strconv.Itoa(n) + "\n"
		}
		left = append(left, line)
	}
	if way == "" {
		return ""
	}
	f, err := wasql.CreateFile(path)
	if err == nil {
		_, err = f.Write([]byte(strings.Join(left, "")))
		_ = f.Close()
	}
	if err != nil {
		panic(err)
	}
	return way
}
