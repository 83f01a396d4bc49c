package host

import "strings"

// demangle writes the legacy names of Rust (_ZN4core3fmt5write17h0123456789abcdefE) as paths; other
// names stay as they are.
func demangle(name string) string {
	rest, ok := strings.CutPrefix(name, "_ZN")
	if !ok {
		return name
	}
	var parts []string
	for rest != "" && rest[0] != 'E' {
		length, digits := 0, 0
		for digits < len(rest) && digits < 6 && rest[digits] >= '0' && rest[digits] <= '9' {
			length = 10*length + int(rest[digits]-'0')
			digits++
		}
		rest = rest[digits:]
		if digits == 0 || length == 0 || length > len(rest) {
			return name
		}
		parts = append(parts, unescapeRust(rest[:length]))
		rest = rest[length:]
	}
	if rest == "" || len(parts) == 0 {
		return name
	}
	if last := parts[len(parts)-1]; len(parts) > 1 && len(last) == 17 && last[0] == 'h' && strings.Trim(last[1:], "0123456789abcdef") == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, "::")
}

var rustEscapes = strings.NewReplacer("$SP$", "@", "$BP$", "*", "$RF$", "&", "$LT$", "<", "$GT$", ">", "$LP$", "(", "$RP$", ")",
	"$C$", ",", "$u20$", " ", "$u7b$", "{", "$u7d$", "}", "$u27$", "'", "$u5b$", "[", "$u5d$", "]", "$u2b$", "+", "..", "::")

func unescapeRust(s string) string {
	if strings.HasPrefix(s, "_$") {
		s = s[1:]
	}
	return rustEscapes.Replace(s)
}
