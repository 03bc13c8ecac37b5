package javaregex

import (
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/textscan"
)

// maxCode is how many instructions a Matcher may have.
const maxCode = 2000

// byteSet tells for each byte whether it is in a set. Of the bytes from 0x80 on, the sets of a
// repetition have all or none, so that it does not matter where in a character they are.
type byteSet [256]bool

// bytesOf returns the bytes that s has, if bytes can stand for it.
func bytesOf(s set) (out *byteSet, high, ok bool) {
	out = &byteSet{}
	for i := 0; i < len(s); i += 2 {
		for r := s[i]; r <= min(s[i+1], utf8.RuneSelf-1); r++ {
			out[r] = true
		}
		if s[i+1] >= utf8.RuneSelf {
			if s[i] > utf8.RuneSelf || s[i+1] != anyRune[1] {
				return out, false, false
			}
			high = true
		}
	}
	if high {
		for b := utf8.RuneSelf; b < 256; b++ {
			out[b] = true
		}
	}
	return out, high, true
}

type opcode uint8

const (
	codeText    opcode = iota // text
	codeRun                   // min to max bytes of a set
	codeSplit                 // try at first, then at second
	codeJump                  // to first
	codeSave                  // the position in slot
	codeStart                 // start of the text
	codeEnd                   // end of the text
	codeNearEnd               // end of the text, or before a line terminator there
	codeEdge                  // between word and other characters
	codeNoEdge                // not there
	codeMatch
)

type instruction struct {
	op            opcode
	text          string
	first, second int // targets
	slot          int

	// Of a run:
	set      *byteSet
	class    int // of set, for blocks; -1: none was left
	all      bool
	high     bool // set has the bytes from 0x80 on
	one      bool // at most one character: if that is not ASCII, its bytes do not count alone
	min, max int  // max -1: no limit
	greed    greed
	sure     bool // it ends where the set does: nothing that follows begins with a byte of set
	next     *byteSet
	nextAt   int  // class of next; -1: none
	endsHere bool // the text may end after the run
}

// compiler turns a pattern into code.
type compiler struct {
	code []instruction
	want func(group int) bool
	ok   bool
}

// Matcher returns a matcher of whole texts (full, as FullMatch) or of their beginnings, or nil if the pattern has what a
// Matcher does not know: look-around, back-references, sets with some characters beyond ASCII, repetitions of what can be
// empty. It finds the groups that want names.
func (re *Regexp) Matcher(full bool, want func(group int) bool) *Matcher {
	if re.looping {
		return nil
	}
	c := &compiler{want: want, ok: true}
	c.node(re.root)
	c.add(instruction{op: codeMatch})
	if !c.ok {
		return nil
	}
	m := &Matcher{code: c.code, full: full}
	for i := range m.code {
		if m.code[i].op == codeRun {
			m.follow(i)
		}
	}
	m.classify()
	return m
}

func (c *compiler) add(in instruction) int {
	if len(c.code) >= maxCode {
		c.ok = false
	} else {
		c.code = append(c.code, in)
	}
	return len(c.code) - 1
}

func (c *compiler) node(n *node) {
	if !c.ok {
		return
	}
	switch n.op {
	case opEmpty:
	case opSet:
		c.set(n.set, 1, 1, greedy)
	case opConcat:
		c.sequence(n.subs)
	case opAlternate:
		c.alternate(n.subs)
	case opRepeat:
		c.repeat(n)
	case opCapture:
		if !c.want(n.group) {
			c.node(n.subs[0])
			return
		}
		c.add(instruction{op: codeSave, slot: 2 * n.group})
		c.node(n.subs[0])
		c.add(instruction{op: codeSave, slot: 2*n.group + 1})
	case opAssert:
		c.assert(n)
	default:
		c.ok = false
	}
}

// sequence joins characters that follow each other to one text.
func (c *compiler) sequence(subs []*node) {
	text := ""
	for _, s := range subs {
		if t, ok := literal(s); ok {
			text += t
			continue
		}
		if text != "" {
			c.add(instruction{op: codeText, text: text})
			text = ""
		}
		c.node(s)
	}
	if text != "" {
		c.add(instruction{op: codeText, text: text})
	}
}

func (c *compiler) set(s set, min, max int, g greed) {
	if r, ok := s.single(); ok && min == 1 && max == 1 && utf8.ValidRune(r) && r != utf8.RuneError {
		c.add(instruction{op: codeText, text: string(r)})
		return
	}
	in := instruction{op: codeRun, min: min, max: max, greed: g, class: -1, next: &byteSet{}, nextAt: -1}
	var ok bool
	if in.set, in.high, ok = bytesOf(s); !ok {
		c.ok = false
		return
	}
	if in.high && (min > 1 || max > 0) {
		// Characters are counted, not bytes.
		if in.one = true; max != 1 {
			c.ok = false
			return
		}
	}
	in.all = len(s) == 2 && s[0] == 0 && s[1] == anyRune[1]
	c.add(in)
}

func (c *compiler) alternate(subs []*node) {
	var ends []int
	for i, s := range subs {
		if i == len(subs)-1 {
			c.node(s)
			break
		}
		split := c.add(instruction{op: codeSplit})
		c.node(s)
		ends = append(ends, c.add(instruction{op: codeJump}))
		if !c.ok {
			return
		}
		c.code[split].first, c.code[split].second = split+1, len(c.code)
	}
	for _, e := range ends {
		c.code[e].first = len(c.code)
	}
}

func (c *compiler) repeat(n *node) {
	body := n.subs[0]
	if body.op == opSet {
		c.set(body.set, n.min, n.max, n.greed)
		return
	}
	if n.greed == possessive || (nullable(body) && n.max != 1) || max(n.min, n.max) > maxCode {
		c.ok = false
		return
	}
	for range n.min {
		c.node(body)
	}
	var splits []int
	for range max(n.max-n.min, 0) {
		splits = append(splits, c.add(instruction{op: codeSplit}))
		c.node(body)
	}
	if n.max < 0 {
		split := c.add(instruction{op: codeSplit})
		splits = append(splits, split)
		c.node(body)
		c.add(instruction{op: codeJump, first: split})
	}
	if !c.ok {
		return
	}
	for _, s := range splits {
		in := &c.code[s]
		if in.first, in.second = s+1, len(c.code); n.greed == lazy {
			in.first, in.second = in.second, in.first
		}
	}
}

func (c *compiler) assert(n *node) {
	switch n.assert {
	case textStart:
		c.add(instruction{op: codeStart})
	case textEnd:
		c.add(instruction{op: codeEnd})
	case finalEnd:
		c.add(instruction{op: codeNearEnd})
	case wordEdge:
		c.add(instruction{op: codeEdge})
	case noWordEdge:
		c.add(instruction{op: codeNoEdge})
	default:
		c.ok = false
	}
}

// follow finds the bytes that may come after run i, and whether it is sure.
func (m *Matcher) follow(i int) {
	in := &m.code[i]
	seen := make([]bool, len(m.code))
	var visit func(pc int)
	visit = func(pc int) {
		if seen[pc] {
			return
		}
		seen[pc] = true
		switch at := &m.code[pc]; at.op {
		case codeText:
			in.next[at.text[0]] = true
		case codeRun:
			for b, member := range at.set {
				in.next[b] = in.next[b] || member
			}
			if at.min == 0 {
				visit(pc + 1)
			}
		case codeSplit:
			visit(at.first)
			visit(at.second)
		case codeJump:
			visit(at.first)
		case codeMatch:
			in.endsHere = true
			for b := range in.next {
				in.next[b] = in.next[b] || !m.full
			}
		default:
			visit(pc + 1)
		}
	}
	visit(i + 1)
	in.sure = true
	for b := range in.set {
		if in.set[b] && in.next[b] {
			in.sure = in.greed == possessive
		}
	}
}

// classify gives the sets of runs, and of what follows those that are not sure, to classes as long as there are some.
func (m *Matcher) classify() {
	var sets []byteSet
	class := func(s *byteSet) int {
		for b := utf8.RuneSelf; b < 256; b++ {
			if s[b] != s[utf8.RuneSelf] {
				return -1
			}
		}
		for k := range sets {
			if sets[k] == *s {
				return k
			}
		}
		if len(sets) == len(textscan.Block{}) {
			return -1
		}
		sets = append(sets, *s)
		return len(sets) - 1
	}
	for i := range m.code {
		if in := &m.code[i]; in.op == codeRun && !in.all && in.max != 1 {
			in.class = class(in.set)
		}
	}
	for i := range m.code {
		if in := &m.code[i]; in.op == codeRun && !in.sure {
			in.nextAt = class(in.next)
		}
	}
	has := make([]func(byte) bool, len(sets))
	for k := range sets {
		has[k] = func(b byte) bool { return sets[k][b] }
	}
	m.classes = textscan.NewClasses(has...)
}
