package javaregex

import (
	"strconv"
	"unicode/utf16"
)

// subjects says for which texts a linear program means what the Java pattern means.
type subjects struct {
	noFinalTerminator bool // the text must not end with a line terminator, nor be empty if lines is set
	plainLines        bool // … must have no line terminator but \n
	ascii             bool // … must be ASCII
	lines             bool // the pattern has ^ under the flag m
}

// emitter writes a parsed pattern in the syntax of an engine: Go's regexp if linear is set, else
// regexp2's. Sets carry all flags, so neither engine's own flags, classes or dot are used.
type emitter struct {
	out    []byte
	linear bool
	groups int
	need   subjects
	ok     bool // false: the linear engine cannot express the pattern
}

func emit(n *node, groups int, linear bool) *emitter {
	e := &emitter{linear: linear, groups: groups, ok: true}
	e.node(n)
	return e
}

func (e *emitter) put(s string) { e.out = append(e.out, s...) }

func (e *emitter) node(n *node) {
	switch n.op {
	case opEmpty:
		e.put("(?:)")
	case opSet:
		e.set(n.set)
	case opConcat:
		for _, s := range n.subs {
			e.grouped(s, s.op == opAlternate)
		}
	case opAlternate:
		for i, s := range n.subs {
			if i > 0 {
				e.put("|")
			}
			e.node(s)
		}
	case opRepeat:
		e.repeat(n)
	case opCapture:
		e.put("(")
		e.node(n.subs[0])
		e.put(")")
	case opAssert:
		e.assertion(n)
	default:
		e.backtracking(n)
	}
}

func (e *emitter) grouped(n *node, wrap bool) {
	if wrap {
		e.put("(?:")
	}
	e.node(n)
	if wrap {
		e.put(")")
	}
}

// backtracking writes what only regexp2 knows.
func (e *emitter) backtracking(n *node) {
	if e.linear {
		e.ok = false
		return
	}
	switch n.op {
	case opLook:
		switch {
		case n.ahead && n.negative:
			e.put("(?!")
		case n.ahead:
			e.put("(?=")
		case n.negative:
			e.put("(?<!")
		default:
			e.put("(?<=")
		}
		e.node(n.subs[0])
		e.put(")")
	case opAtomic:
		e.put("(?>")
		e.node(n.subs[0])
		e.put(")")
	case opBackref:
		switch {
		case n.group > e.groups: // Java: a group that is not there never matches
			e.set(nil)
		case n.foldCase:
			e.put(`(?i:\` + strconv.Itoa(n.group) + ")")
		default:
			e.put(`(?:\` + strconv.Itoa(n.group) + ")")
		}
	case opGrapheme:
		e.put(`\X`)
	}
}

func (e *emitter) repeat(n *node) {
	body := n.subs[0]
	if n.greed == possessive {
		if e.linear {
			e.ok = false
			return
		}
		e.put("(?>")
		defer e.put(")")
	}
	if n.greed == possessive && body.op != opSet { // Java does not go back into a round either
		e.put("(?>")
		e.node(body)
		e.put(")")
	} else {
		e.grouped(body, body.op != opSet && body.op != opCapture)
	}
	switch {
	case n.min == 0 && n.max == 1:
		e.put("?")
	case n.min == 0 && n.max < 0:
		e.put("*")
	case n.min == 1 && n.max < 0:
		e.put("+")
	default:
		e.put("{" + strconv.Itoa(n.min))
		if n.max != n.min {
			e.put(",")
			if n.max >= 0 {
				e.put(strconv.Itoa(n.max))
			}
		}
		e.put("}")
	}
	if n.greed == lazy {
		e.put("?")
	}
}

func (e *emitter) assertion(n *node) {
	if !e.linear {
		e.exactAssertion(n)
		return
	}
	switch n.assert {
	case textStart:
		e.put(`\A`)
	case textEnd:
		e.put(`\z`)
	case finalEnd:
		e.put(`\z`)
		e.need.noFinalTerminator = true
	case lineStart:
		e.put(`(?m:^)`)
		e.need.noFinalTerminator = true
		e.need.lines = true
		e.need.plainLines = e.need.plainLines || !n.unix
	case lineEnd:
		e.put(`(?m:$)`)
		e.need.plainLines = e.need.plainLines || !n.unix
	case wordEdge:
		e.put(`\b`)
		e.need.ascii = true
	case noWordEdge:
		e.put(`\B`)
		e.need.ascii = true
	case searchFrom:
		e.ok = false
	}
}

// exactAssertion writes an assertion as Java's nodes Dollar, Caret, UnixDollar, UnixCaret and Bound define it.
func (e *emitter) exactAssertion(n *node) {
	const ends = `\r\u0085\u2028\u2029`
	switch n.assert {
	case textStart:
		e.put(`\A`)
	case textEnd:
		e.put(`\z`)
	case finalEnd:
		if n.unix {
			e.put(`(?=\n?\z)`)
		} else {
			e.put(`(?:(?=(?:\r\n|[` + ends + `])?\z)|(?<!\r)(?=\n\z))`)
		}
	case lineStart: // Java has no line start at the end of the text
		if n.unix {
			e.put(`(?:(?!\z)(?:\A|(?<=\n)))`)
		} else {
			e.put(`(?:(?!\z)(?:\A|(?<=[\n\u0085\u2028\u2029])|(?<=\r)(?!\n)))`)
		}
	case lineEnd:
		if n.unix {
			e.put(`(?:(?=\n)|\z)`)
		} else {
			e.put(`(?:(?=[` + ends + `])|\z|(?<!\r)(?=\n))`)
		}
	case wordEdge, noWordEdge:
		w := &emitter{}
		w.set(boundWord())
		word := string(w.out)
		if n.assert == wordEdge {
			e.put(`(?:(?<=` + word + `)(?!` + word + `)|(?<!` + word + `)(?=` + word + `))`)
		} else {
			e.put(`(?:(?<=` + word + `)(?=` + word + `)|(?<!` + word + `)(?!` + word + `))`)
		}
	case searchFrom:
		e.put(`\G`)
	}
}

// set writes a class, or the character if it is only one.
func (e *emitter) set(s set) {
	if r, ok := s.single(); ok {
		e.char(r)
		return
	}
	switch {
	case len(s) == 0 && e.linear:
		e.put(`[^\x00-\x{10FFFF}]`)
		return
	case len(s) == 0:
		e.put(`(?!)`)
		return
	case len(s) == 2 && s[0] == 0 && s[1] == anyRune[1]:
		e.put(`(?s:.)`)
		return
	}
	e.put("[")
	for i := 0; i < len(s); i += 2 {
		e.char(s[i])
		if s[i+1] > s[i] {
			e.put("-")
			e.char(s[i+1])
		}
	}
	e.put("]")
}

// char writes one character so that it means itself in and out of brackets.
func (e *emitter) char(r rune) {
	switch {
	case r < 0x80 && isWordByte(r):
		e.out = append(e.out, byte(r))
	case e.linear:
		e.put(`\x{` + strconv.FormatInt(int64(r), 16) + "}")
	case r > 0xFFFF:
		e.out = append(e.out, string(r)...)
	case r >= 0x80 && !utf16.IsSurrogate(r):
		e.out = append(e.out, string(r)...)
	default:
		hex := strconv.FormatInt(int64(r), 16)
		e.put(`\u` + "0000"[len(hex):] + hex)
	}
}
