package javaregex

import (
	"unicode"
	"unicode/utf16"

	"github.com/winnowdb/winnow/proto/diag"
)

// class reads a bracketed class from its "[", or, with consume false, the rest of one as an operand of
// && up to but without the "]". The shape follows java.util.regex.Pattern, whose rules for ^, && and
// nesting are only defined by it.
func (p *parser) class(consume bool) (set, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	start, negative, any := p.i, false, false
	if consume {
		p.i++
		if p.peek() == '^' && p.in[p.i-1] == '[' {
			p.i++
			negative = true
		}
	}
	var s set
	for {
		switch c := p.peek(); {
		case c < 0:
			return nil, p.fail(start, "unclosed character class")
		case c == '[':
			t, err := p.class(true)
			if err != nil {
				return nil, err
			}
			s, any = s.union(t), true
		case c == '&' && p.look(1) == '&':
			p.i += 2
			t, found, err := p.operand()
			if err != nil {
				return nil, err
			}
			switch {
			case found && any:
				s = s.intersect(t)
			case found:
				s = t
			case !any:
				return nil, p.fail(p.i, "&& without an operand")
			}
			any = true
		case c == ']' && any:
			if consume {
				p.i++
			}
			if negative {
				s = s.negate()
			}
			return s, nil
		default:
			t, err := p.classRange()
			if err != nil {
				return nil, err
			}
			s, any = s.union(t), true
		}
	}
}

// operand reads the right side of &&: everything up to the next && or "]".
func (p *parser) operand() (s set, found bool, err error) {
	for {
		c := p.peek()
		if c < 0 || c == ']' || c == '&' {
			return s, found, nil
		}
		t, err := p.class(c == '[')
		if err != nil {
			return nil, false, err
		}
		s, found = s.union(t), true
	}
}

// classRange reads a character, a range a-z or a predefined class inside brackets.
func (p *parser) classRange() (set, error) {
	start := p.i
	lo, s, err := p.classChar()
	if err != nil || lo < 0 {
		return s, err
	}
	if p.peek() == '-' {
		if next := p.look(1); next != '[' && next != ']' && next >= 0 {
			p.i++
			hi, _, err := p.classChar()
			if err != nil {
				return nil, err
			}
			if hi < lo {
				return nil, p.fail(start, "character range is the wrong way round")
			}
			r := set{lo, hi}
			if p.flags.icase {
				r = r.fold(p.flags.ucase)
			}
			return r, nil
		}
	}
	return p.char(lo), nil
}

// classChar reads one character, or a predefined class: then the rune is -1.
func (p *parser) classChar() (rune, set, error) {
	c := p.peek()
	p.i++
	if c != '\\' {
		return c, nil, nil
	}
	if s, ok, err := p.escapeSet(); ok || err != nil {
		return -1, s, err
	}
	r, err := p.escapeChar()
	return r, nil, err
}

// escapeNode reads an escape outside brackets.
func (p *parser) escapeNode() (*node, error) {
	start := p.i
	p.i++
	assert := func(a assertion) (*node, error) {
		p.i++
		return &node{op: opAssert, assert: a, unix: p.flags.unix}, nil
	}
	switch c := p.look(0); c {
	case 'A':
		return assert(textStart)
	case 'z':
		return assert(textEnd)
	case 'Z':
		return assert(finalEnd)
	case 'G':
		return assert(searchFrom)
	case 'B':
		return assert(noWordEdge)
	case 'b':
		if p.look(1) == '{' && p.look(2) == 'g' {
			return nil, unsupported(p, start, `\b{g}`)
		}
		return assert(wordEdge)
	case 'R':
		p.i++
		crlf := &node{op: opConcat, subs: []*node{setNode(one('\r')), setNode(newline)}}
		return &node{op: opAlternate, subs: []*node{crlf, setNode(vertical)}}, nil
	case 'X':
		p.i++
		return &node{op: opGrapheme}, nil
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.i++
		group := int(c - '0')
		for isDigit(p.look(0)) && group*10+int(p.look(0)-'0') <= p.groups {
			group = group*10 + int(p.look(0)-'0')
			p.i++
		}
		return &node{op: opBackref, group: group, foldCase: p.flags.icase}, nil
	case 'k':
		if p.look(1) != '<' {
			return nil, p.fail(start, `\k is not followed by <name>`)
		}
		p.i += 2
		name, err := p.groupName()
		if err != nil {
			return nil, err
		}
		group, ok := p.names[name]
		if !ok {
			return nil, p.fail(start, "no group <%s> before this place", name)
		}
		return &node{op: opBackref, group: group, foldCase: p.flags.icase}, nil
	}
	if s, ok, err := p.escapeSet(); ok || err != nil {
		return setNode(s), err
	}
	r, err := p.escapeChar()
	return setNode(p.char(r)), err
}

func unsupported(p *parser, at int, what string) *diag.Error {
	err := p.fail(at, "%s is not supported", what)
	err.Kind = diag.Unsupported
	return err
}

// escapeSet reads a predefined class after its backslash; ok is false, and nothing read, if there is none.
func (p *parser) escapeSet() (s set, ok bool, err error) {
	switch p.look(0) {
	case 'd', 'D':
		s = digits
		if p.flags.uclass {
			s = table(unicode.Nd)
		}
	case 'w', 'W':
		s = wordSet
		if p.flags.uclass {
			s = uniWord()
		}
	case 's', 'S':
		s = spaceSet
		if p.flags.uclass {
			s = table(unicode.White_Space)
		}
	case 'h', 'H':
		s = horizontal
	case 'v', 'V':
		s = vertical
	case 'p', 'P':
		s, err = p.propertyClass()
		return s, true, err
	default:
		return nil, false, nil
	}
	if p.look(0) < 'a' {
		s = s.negate()
	}
	p.i++
	return s, true, nil
}

// propertyClass reads p{name}, P{name} or pL.
func (p *parser) propertyClass() (set, error) {
	start := p.i - 1
	negative := p.look(0) == 'P'
	p.i++
	name := ""
	if p.look(0) == '{' {
		from := p.i + 1
		for p.look(0) >= 0 && p.look(0) != '}' {
			p.i++
		}
		if p.look(0) < 0 {
			return nil, p.fail(start, "unclosed name of a character class")
		}
		name = string(p.in[from:p.i])
	} else if p.look(0) >= 0 {
		name = string(p.in[p.i])
	}
	p.i++
	s, ok := property(name, p.flags.uclass)
	if !ok {
		return nil, p.fail(start, "no character class %q", name).WithHint("blocks such as InGreek are not supported; write a script (IsGreek) or a range")
	}
	if p.flags.icase {
		switch name {
		case "Lower", "Upper", "Lu", "Ll", "Lt", "IsLu", "IsLl", "IsLt", "javaLowerCase", "javaUpperCase", "javaTitleCase", "IsLowercase", "IsUppercase", "IsTitlecase":
			s = s.fold(true)
			if name == "Lower" || name == "Upper" {
				s = set{'A', 'Z', 'a', 'z'}
			}
		}
	}
	if negative {
		s = s.negate()
	}
	return s, nil
}

// escapeChar reads an escape that means one character, after its backslash.
func (p *parser) escapeChar() (rune, error) {
	start := p.i - 1
	c := p.look(0)
	p.i++
	switch c {
	case -1:
		return 0, p.fail(start, "a backslash ends the pattern")
	case 't':
		return '\t', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 'f':
		return '\f', nil
	case 'a':
		return 7, nil
	case 'e':
		return 0x1B, nil
	case 'c':
		c := p.look(0)
		if c < 0 {
			return 0, p.fail(start, `\c without a letter`)
		}
		p.i++
		return c ^ 64, nil
	case '0':
		return p.octal(start)
	case 'x':
		if p.look(0) == '{' {
			return p.braced(start)
		}
		return p.hex(start, 2)
	case 'u':
		return p.utf16(start)
	case 'N':
		return 0, unsupported(p, start, `\N{name}`)
	}
	if isWordByte(c) {
		return 0, p.fail(start, `no escape \%c`, c)
	}
	return c, nil
}

func (p *parser) octal(start int) (rune, error) {
	n, limit := rune(0), 2
	if c := p.look(0); '0' <= c && c <= '3' {
		limit = 3
	}
	read := 0
	for ; read < limit && '0' <= p.look(0) && p.look(0) <= '7'; read++ {
		n = n*8 + p.look(0) - '0'
		p.i++
	}
	if read == 0 {
		return 0, p.fail(start, `\0 without octal digits`)
	}
	return n, nil
}

func (p *parser) hex(start, count int) (rune, error) {
	n := rune(0)
	for range count {
		d := hexDigit(p.look(0))
		if d < 0 {
			return 0, p.fail(start, `\%c wants %d hexadecimal digits`, p.in[start+1], count)
		}
		n = n<<4 | d
		p.i++
	}
	return n, nil
}

func (p *parser) braced(start int) (rune, error) {
	p.i++
	n := rune(0)
	from := p.i
	for ; hexDigit(p.look(0)) >= 0; p.i++ {
		if n = n<<4 | hexDigit(p.look(0)); n > unicode.MaxRune {
			return 0, p.fail(start, "no character has so large a number")
		}
	}
	if p.i == from || p.look(0) != '}' {
		return 0, p.fail(start, `\x{ wants hexadecimal digits and }`)
	}
	p.i++
	return n, nil
}

// utf16 reads XXXX of \uXXXX; a surrogate pair written so is one character.
func (p *parser) utf16(start int) (rune, error) {
	n, err := p.hex(start, 4)
	if err != nil || !utf16.IsSurrogate(n) || p.look(0) != '\\' || p.look(1) != 'u' {
		return n, err
	}
	back := p.i
	p.i += 2
	low, err := p.hex(back, 4)
	if r := utf16.DecodeRune(n, low); err == nil && r != unicode.ReplacementChar {
		return r, nil
	}
	p.i = back
	return n, nil
}

func hexDigit(c rune) rune {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return -1
}
