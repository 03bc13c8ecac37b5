package javaregex

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/winnowdb/winnow/proto/diag"
)

// The limits of a pattern; beyond them Compile answers a *diag.Error of kind Limit.
const (
	maxPattern = 64 << 10 // bytes
	maxDepth   = 200      // groups and classes inside each other
	maxSize    = 500_000  // characters, with every repetition written out
)

type op uint8

const (
	opEmpty op = iota
	opSet
	opConcat
	opAlternate
	opRepeat
	opCapture
	opAssert
	opLook
	opAtomic
	opBackref
	opGrapheme
)

type greed uint8

const (
	greedy greed = iota
	lazy
	possessive
)

type assertion uint8

const (
	textStart  assertion = iota // \A, ^
	textEnd                     // \z
	finalEnd                    // \Z, $: at the end, or before a line terminator that ends the text
	lineStart                   // ^ under m
	lineEnd                     // $ under m
	wordEdge                    // \b
	noWordEdge                  // \B
	searchFrom                  // \G
)

// node is a part of a pattern, its flags already worked into the sets.
type node struct {
	op       op
	set      set // opSet
	subs     []*node
	min, max int // opRepeat; max -1 = no limit
	greed    greed
	group    int // opCapture, opBackref
	assert   assertion
	unix     bool // opAssert: only \n ends a line
	ahead    bool // opLook
	negative bool // opLook
	foldCase bool // opBackref
}

type flagSet struct{ icase, multi, dotall, ucase, comments, unix, uclass bool }

type parser struct {
	pattern string
	in      []rune // pattern with \Q…\E written out
	at      []int  // byte offset in pattern of each rune of in
	i       int
	flags   flagSet
	groups  int
	names   map[string]int
	depth   int
}

func (p *parser) fail(i int, format string, args ...any) *diag.Error {
	at := len(p.pattern)
	if i < len(p.at) {
		at = p.at[i]
	}
	err := diag.Errorf(diag.Syntax, format, args...)
	err.Msg = "regular expression " + quoteShort(p.pattern) + ": " + err.Msg + " at character " + itoa(1+utf8.RuneCountInString(p.pattern[:at]))
	return err
}

// unquote copies the pattern to p.in and turns \Q…\E into escaped characters, as java.util.regex does
// before anything else.
func (p *parser) unquote() {
	s := p.pattern
	quoted := false
	put := func(at int, r rune) { p.in, p.at = append(p.in, r), append(p.at, at) }
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case quoted && strings.HasPrefix(s[i:], `\E`):
			quoted = false
			i += 2
			continue
		case quoted:
			if r < utf8.RuneSelf && !isWordByte(r) {
				put(i, '\\')
			} else if isDigit(r) { // must not lengthen a number before it
				for _, c := range `\x3` {
					put(i, c)
				}
			}
		case strings.HasPrefix(s[i:], `\Q`):
			quoted = true
			i += 2
			continue
		case r == '\\' && i+1 < len(s):
			put(i, r)
			i++
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		put(i, r)
		i += n
	}
}

func isDigit(r rune) bool    { return '0' <= r && r <= '9' }
func isLetter(r rune) bool   { return 'a' <= r|0x20 && r|0x20 <= 'z' }
func isWordByte(r rune) bool { return isDigit(r) || isLetter(r) }

func parse(pattern string, flags flagSet) (*parser, *node, error) {
	p := &parser{pattern: pattern, flags: flags, names: map[string]int{}}
	if len(pattern) > maxPattern {
		return nil, nil, diag.Errorf(diag.Limit, "a regular expression of %d bytes; the limit is %d", len(pattern), maxPattern)
	}
	p.unquote()
	n, err := p.alternation()
	if err != nil {
		return nil, nil, err
	}
	if p.i < len(p.in) {
		return nil, nil, p.fail(p.i, "unmatched closing )")
	}
	if size(n) > maxSize {
		return nil, nil, diag.Errorf(diag.Limit, "regular expression %s: its repetitions make it longer than %d characters", quoteShort(pattern), maxSize)
	}
	return p, n, nil
}

// peek returns the next character, or -1 at the end. Under the flag x it skips blanks and comments.
func (p *parser) peek() rune {
	if p.flags.comments {
		for p.i < len(p.in) {
			if c := p.in[p.i]; c == '#' {
				for p.i < len(p.in) && !p.lineEnd(p.in[p.i]) {
					p.i++
				}
			} else if c == ' ' || '\t' <= c && c <= '\r' {
				p.i++
			} else {
				break
			}
		}
	}
	return p.look(0)
}

func (p *parser) lineEnd(c rune) bool {
	if p.flags.unix {
		return c == '\n'
	}
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029
}

// look returns the character k places on, or -1.
func (p *parser) look(k int) rune {
	if p.i+k < len(p.in) {
		return p.in[p.i+k]
	}
	return -1
}

func (p *parser) accept(c rune) bool {
	if p.peek() == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return diag.Errorf(diag.Limit, "regular expression %s: groups nest deeper than %d", quoteShort(p.pattern), maxDepth)
	}
	return nil
}

func (p *parser) alternation() (*node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	alt := &node{op: opAlternate}
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alt.subs = append(alt.subs, n)
		if !p.accept('|') {
			break
		}
	}
	if len(alt.subs) == 1 {
		return alt.subs[0], nil
	}
	return alt, nil
}

func (p *parser) sequence() (*node, error) {
	seq := &node{op: opConcat}
	for {
		c := p.peek()
		if c < 0 || c == '|' || c == ')' {
			break
		}
		start := p.i
		if c == '*' || c == '+' || c == '?' {
			return nil, p.fail(start, "%c has nothing to repeat", c)
		}
		n := &node{op: opEmpty}
		var err error
		if c != '{' { // a brace without an atom repeats the empty string
			if n, err = p.atom(); err != nil {
				return nil, err
			}
		}
		if n == nil { // a flag group
			continue
		}
		if n, err = p.closure(n); err != nil {
			return nil, err
		}
		seq.subs = append(seq.subs, n)
	}
	switch len(seq.subs) {
	case 0:
		return &node{op: opEmpty}, nil
	case 1:
		return seq.subs[0], nil
	}
	return seq, nil
}

// atom reads one thing that a quantifier may follow; nil for a group that only sets flags.
func (p *parser) atom() (*node, error) {
	switch c := p.peek(); c {
	case '(':
		return p.group()
	case '[':
		s, err := p.class(true)
		return setNode(s), err
	case '\\':
		return p.escapeNode()
	case '^':
		p.i++
		if p.flags.multi {
			return &node{op: opAssert, assert: lineStart, unix: p.flags.unix}, nil
		}
		return &node{op: opAssert, assert: textStart}, nil
	case '$':
		p.i++
		if p.flags.multi {
			return &node{op: opAssert, assert: lineEnd, unix: p.flags.unix}, nil
		}
		return &node{op: opAssert, assert: finalEnd, unix: p.flags.unix}, nil
	case '.':
		p.i++
		switch {
		case p.flags.dotall:
			return setNode(anyRune), nil
		case p.flags.unix:
			return setNode(newline.negate()), nil
		}
		return setNode(terminators.negate()), nil
	default:
		p.i++
		return setNode(p.char(c)), nil
	}
}

// char is the set of c alone, or of its cases.
func (p *parser) char(c rune) set {
	if p.flags.icase {
		return one(c).fold(p.flags.ucase)
	}
	return one(c)
}

func setNode(s set) *node { return &node{op: opSet, set: s} }

// closure reads the quantifier after n, if there is one.
func (p *parser) closure(n *node) (*node, error) {
	r := &node{op: opRepeat, subs: []*node{n}, max: -1}
	start := p.i
	switch p.peek() {
	case '?':
		r.max = 1
	case '*':
	case '+':
		r.min = 1
	case '{':
		if err := p.braces(r); err != nil {
			return nil, err
		}
	default:
		return n, nil
	}
	p.i++
	if r.max >= 0 && r.min > r.max {
		return nil, p.fail(start, "repetition {%d,%d} is the wrong way round", r.min, r.max)
	}
	switch p.peek() {
	case '?':
		p.i++
		r.greed = lazy
	case '+':
		p.i++
		r.greed = possessive
	}
	return r, nil
}

// braces reads {n}, {n,} or {n,m} and leaves the closing brace.
func (p *parser) braces(r *node) error {
	start := p.i
	p.i++
	min, ok := p.number()
	if !ok {
		return p.fail(start, "illegal repetition").WithHint(`write \\{ for the brace itself, {0,n} for at most n times`)
	}
	r.min, r.max = min, min
	if p.look(0) == ',' {
		p.i++
		r.max = -1
		if p.look(0) != '}' {
			if r.max, ok = p.number(); !ok {
				return p.fail(start, "illegal repetition")
			}
		}
	}
	if p.look(0) != '}' {
		return p.fail(start, "unclosed repetition")
	}
	return nil
}

func (p *parser) number() (int, bool) {
	start, n := p.i, 0
	for isDigit(p.look(0)) {
		n = min(n*10+int(p.in[p.i]-'0'), 1<<31-1)
		p.i++
	}
	return n, p.i > start
}

// size is the length of n with every repetition written out, at most maxSize+1.
func size(n *node) int {
	total := 1
	for _, s := range n.subs {
		total += size(s)
	}
	if n.op == opRepeat {
		times := max(n.min, n.max, 1)
		if total > maxSize/times {
			return maxSize + 1
		}
		total *= times
	}
	return min(total, maxSize+1)
}

// nullable reports whether n can match the empty string.
func nullable(n *node) bool {
	switch n.op {
	case opSet, opGrapheme:
		return false
	case opCapture, opAtomic:
		return nullable(n.subs[0])
	case opRepeat:
		return n.min == 0 || nullable(n.subs[0])
	case opConcat:
		return !slices.ContainsFunc(n.subs, func(s *node) bool { return !nullable(s) })
	case opAlternate:
		return slices.ContainsFunc(n.subs, nullable)
	}
	return true
}

// any reports whether f holds for n or a part of it.
func (n *node) any(f func(*node) bool) bool {
	return f(n) || slices.ContainsFunc(n.subs, func(s *node) bool { return s.any(f) })
}
