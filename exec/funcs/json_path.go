package funcs

import (
	"strconv"
	"strings"
)

// jsonPath is a path as get_json_object reads it: Hive's own subset, with its oddities.
type jsonPath struct {
	steps []jsonStep
	bad   bool // matches nothing
	root  byte // '{' or '[': what the whole text must be; 0: either
}

// jsonStep is a key, if named is set, and then indexes.
type jsonStep struct {
	key   string
	named bool
	index []int // -1 is [*]
}

// parseJSONPath reads a path. Hive splits it at dots; a piece begins with a key of letters, digits,
// _ - : and blanks, every [n] and [*] in the rest is an index, and everything else is not looked at.
// With quotes set, the path may also begin with ["key"].
func parseJSONPath(text string, quotes bool) *jsonPath {
	if !strings.HasPrefix(text, "$") {
		return &jsonPath{bad: true}
	}
	rest := text[1:]
	p := &jsonPath{root: '{'}
	switch {
	case rest == "":
		p.root = 0
		return p
	case quotes && (strings.HasPrefix(rest, "['") || strings.HasPrefix(rest, `["`)):
		return quotedJSONPath(p, rest)
	case rest[0] == '[', strings.HasPrefix(rest, ".["):
		p.root = '['
		rest = strings.TrimPrefix(rest, ".")
	case rest[0] == '.':
		rest = rest[1:]
	default:
		return &jsonPath{bad: true}
	}
	for i, piece := range strings.Split(rest, ".") {
		step := jsonStep{named: i > 0 || p.root != '['}
		if step.named {
			end := 0
			for end < len(piece) && isPathByte(piece[end]) {
				end++
			}
			if end == 0 {
				return &jsonPath{bad: true}
			}
			step.key, piece = piece[:end], piece[end:]
		}
		step.index = pathIndexes(piece)
		p.steps = append(p.steps, step)
	}
	return p
}

func isPathByte(c byte) bool {
	switch {
	case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("_-: \t\n\v\f\r", c) >= 0
}

// pathIndexes returns the [n] and [*] of a piece of a path.
func pathIndexes(piece string) []int {
	var out []int
	for {
		open := strings.IndexByte(piece, '[')
		if open < 0 {
			return out
		}
		piece = piece[open+1:]
		if strings.HasPrefix(piece, "*]") {
			out = append(out, -1)
			continue
		}
		end := 0
		for end < len(piece) && '0' <= piece[end] && piece[end] <= '9' {
			end++
		}
		if end == 0 || end == len(piece) || piece[end] != ']' {
			continue
		}
		n, err := strconv.Atoi(piece[:end])
		if err != nil {
			n = 1<<63 - 1
		}
		out = append(out, n)
	}
}

// quotedJSONPath reads a path that begins with ['key'], which Presto and DuckDB have and Hive has not.
func quotedJSONPath(p *jsonPath, rest string) *jsonPath {
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "['"), strings.HasPrefix(rest, `["`):
			key, after, ok := strings.Cut(rest[2:], rest[1:2]+"]")
			if !ok {
				return &jsonPath{bad: true}
			}
			p.steps = append(p.steps, jsonStep{key: key, named: true})
			rest = after
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']') + 1
			index := pathIndexes(rest[:end])
			if len(index) != 1 {
				return &jsonPath{bad: true}
			}
			last := &p.steps[len(p.steps)-1]
			last.index = append(last.index, index[0])
			rest = rest[end:]
		case rest[0] == '.':
			end := 1
			for end < len(rest) && isPathByte(rest[end]) {
				end++
			}
			if end == 1 {
				return &jsonPath{bad: true}
			}
			p.steps = append(p.steps, jsonStep{key: rest[1:end], named: true})
			rest = rest[end:]
		default:
			return &jsonPath{bad: true}
		}
	}
	return p
}

// jsonFinder finds paths in texts. It keeps its scratch space from row to row.
type jsonFinder struct {
	doc  []byte
	vals []span // what the path leads to so far
	list bool   // vals are the elements of one list, not a single value
	tmp  []span
}

// find walks p over doc. It reports false if there is nothing, or doc is not valid JSON.
func (f *jsonFinder) find(doc []byte, p *jsonPath) bool {
	if p.bad {
		return false
	}
	f.doc, f.list = doc, false
	s := jsonScanner{b: doc}
	first := s.next()
	if first != '{' && first != '[' || p.root != 0 && first != p.root {
		return false
	}
	from := s.i
	steps := p.steps
	if len(steps) > 0 && steps[0].named && first == '{' { // the scan that checks the text finds the first key too
		if !f.member(&s, steps[0].key) || !f.indexes(steps[0].index) {
			return false
		}
		steps = steps[1:]
	} else if s.skip() {
		f.vals = append(f.vals[:0], span{from, s.i})
	} else {
		return false
	}
	for _, step := range steps {
		if step.named && !f.key(step.key) || !f.indexes(step.index) {
			return false
		}
	}
	return true
}

// member makes the value of key, the last one, in the object at s the result; a null is no result.
func (f *jsonFinder) member(s *jsonScanner, key string) bool {
	found := span{}
	ok := s.members(func(k []byte, escaped bool, v span) bool {
		if keyIs(k, escaped, key) {
			found = v
		}
		return true
	})
	if !ok || found.to == 0 || f.doc[found.from] == 'n' {
		return false
	}
	f.vals, f.list = append(f.vals[:0], found), false
	return true
}

func (f *jsonFinder) at(v span) *jsonScanner { return &jsonScanner{b: f.doc[:v.to], i: v.from} }

// key goes from an object to its member; from a list to the list of its objects' members, of which
// arrays are joined and nulls dropped.
func (f *jsonFinder) key(key string) bool {
	if !f.list {
		switch v := f.vals[0]; f.doc[v.from] {
		case '{':
			return f.member(f.at(v), key)
		case '[':
			f.vals = f.vals[:0]
			f.at(v).elements(func(e span) bool { f.vals = append(f.vals, e); return true })
		default:
			return false
		}
	}
	f.tmp = f.tmp[:0]
	for _, v := range f.vals {
		if f.doc[v.from] != '{' {
			continue
		}
		found := span{}
		f.at(v).members(func(k []byte, escaped bool, v span) bool {
			if keyIs(k, escaped, key) {
				found = v
			}
			return true
		})
		switch {
		case found.to == 0 || f.doc[found.from] == 'n':
		case f.doc[found.from] == '[':
			f.at(found).elements(func(e span) bool { f.tmp = append(f.tmp, e); return true })
		default:
			f.tmp = append(f.tmp, found)
		}
	}
	f.vals, f.tmp, f.list = f.tmp, f.vals, true
	return len(f.vals) > 0
}

// indexes applies [n] and [*] one after the other; one value that is left is no list.
func (f *jsonFinder) indexes(index []int) bool {
	if len(index) == 0 {
		return true
	}
	lists := f.list // the first index takes vals for one list
	for _, n := range index {
		f.tmp = f.tmp[:0]
		switch {
		case lists && n < 0:
			f.tmp = append(f.tmp, f.vals...)
		case lists:
			if n >= len(f.vals) {
				return false
			}
			f.tmp = append(f.tmp, f.vals[n])
		default:
			for _, v := range f.vals {
				if !f.element(v, n) {
					return false
				}
			}
		}
		f.vals, f.tmp, lists = f.tmp, f.vals, false
	}
	f.list = len(f.vals) > 1
	return len(f.vals) > 0
}

// element adds element n of the array v, or all, to f.tmp; what is no array is passed over. It reports
// false if the array is too short.
func (f *jsonFinder) element(v span, n int) bool {
	if f.doc[v.from] != '[' {
		return true
	}
	at, before := 0, len(f.tmp)
	f.at(v).elements(func(e span) bool {
		if n < 0 || at == n {
			f.tmp = append(f.tmp, e)
		}
		at++
		return n < 0 || at <= n
	})
	return n < 0 || len(f.tmp) > before
}
