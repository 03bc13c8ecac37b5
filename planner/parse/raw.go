package parse

import (
	"strings"
	"unicode"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// raw reads the statements of Hive's shell, which are text to the end.
func (p *parser) raw() ast.Statement {
	t := p.next()
	pos := ast.Pos(t.span())
	text := semicolons(t.text)
	if text[0] == '!' {
		p.failAt(t.span(), diag.Unsupported, "!command works in the shell only")
		return nil
	}
	n := wordEnd(text, 0)
	word, rest := lower(text[:n]), strings.TrimFunc(text[n:], unicode.IsSpace)
	switch word {
	case "set":
		return p.set(pos, rest)
	case "reset":
		return &ast.Reset{Pos: pos, Key: strings.TrimSpace(strings.TrimPrefix(rest, "-d"))}
	case "source":
		if rest = unquote(rest); rest == "" {
			p.failAt(t.span(), diag.Syntax, "SOURCE wants a file")
		}
		return &ast.Source{Pos: pos, Path: rest}
	case "dfs":
		return &ast.Dfs{Pos: pos, Args: fields(rest)}
	}
	words := fields(rest)
	r := &ast.Resource{Pos: pos, Verb: word}
	if len(words) > 0 {
		r.Kind, r.Paths = resourceKind(lower(words[0])), words[1:]
	}
	if len(r.Paths) == 0 {
		r.Paths = nil
		if word != "list" {
			p.failAt(t.span(), diag.Syntax, "%s %s wants a path", strings.ToUpper(word), strings.ToUpper(r.Kind))
		}
	}
	return r
}

// set reads what follows SET.
func (p *parser) set(pos ast.Pos, rest string) ast.Statement {
	low := strings.Fields(lower(rest))
	switch {
	case len(low) >= 3 && low[0] == "time" && low[1] == "zone":
		zone := strings.TrimSpace(rest[strings.Index(lower(rest), "zone")+len("zone"):])
		if low[2] == "local" {
			zone = "local"
		}
		return &ast.SetTimeZone{Pos: pos, Zone: unquote(zone)}
	case len(low) > 0 && low[0] == "role":
		p.failAt(pos.Span(), diag.Unsupported, "SET ROLE is refused: %s", noRights)
		return nil
	case len(low) > 0 && low[0] == "autocommit":
		p.failAt(pos.Span(), diag.Unsupported, "SET AUTOCOMMIT is refused: %s", noTrans)
		return nil
	case rest == "-v":
		return &ast.Set{Pos: pos, All: true}
	}
	s := &ast.Set{Pos: pos}
	key, value, given := strings.Cut(rest, "=")
	s.Key = strings.TrimSpace(key)
	if given {
		value = strings.TrimSpace(value)
		s.Value = &value
	}
	if space, name, ok := strings.Cut(s.Key, ":"); ok {
		switch space = lower(space); space {
		case "hivevar", "hiveconf", "system", "env", "metaconf":
			s.Space, s.Key = space, strings.TrimSpace(name)
		}
	}
	if s.Key == "" && (given || s.Space != "") {
		p.failAt(pos.Span(), diag.Syntax, "SET wants a key before the =").WithHint("write SET key=value")
	}
	return s
}

// unquote takes one pair of quotes off s.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// fields cuts s at blanks outside quotes, and takes the quotes off.
func fields(s string) []string {
	var out []string
	for i := skipBlanks(s, 0); i < len(s); i = skipBlanks(s, i) {
		var b strings.Builder
		for i < len(s) && skipBlanks(s, i) == i {
			if s[i] == '\'' || s[i] == '"' {
				if end := strings.IndexByte(s[i+1:], s[i]); end >= 0 {
					b.WriteString(s[i+1 : i+1+end])
					i += end + 2
					continue
				}
			}
			b.WriteByte(s[i])
			i++
		}
		out = append(out, b.String())
	}
	return out
}
