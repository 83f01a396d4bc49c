package hostcall

import (
	"path"
	"strings"
)

// Glob matches name against a pattern with *, ?, [..] within a segment, and ** for any number of
// segments. A malformed pattern matches nothing.
func Glob(pattern, name string) bool {
	return globSegments(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

// globSegments takes the greedy way: on a mismatch only the last ** is moved, as with * in a
// segment, so that time stays the product of the two lengths.
func globSegments(pattern, name []string) bool {
	p, n := 0, 0
	star, retry := -1, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == "**" {
			star, retry = p, n
			p++
			continue
		}
		if p < len(pattern) {
			if ok, err := path.Match(pattern[p], name[n]); err == nil && ok {
				p, n = p+1, n+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		retry++
		p, n = star+1, retry
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}

// globRoot splits a pattern into the folder before its first wildcard, and tells whether it has one.
func globRoot(pattern string) (folder string, wild bool) {
	segments := strings.Split(pattern, "/")
	for i, s := range segments {
		if strings.ContainsAny(s, `*?[\`) {
			folder = strings.Join(segments[:i], "/")
			if folder == "" {
				folder = "."
				if strings.HasPrefix(pattern, "/") {
					folder = "/"
				}
			}
			return folder, true
		}
	}
	return pattern, false
}
