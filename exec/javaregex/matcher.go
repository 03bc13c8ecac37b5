package javaregex

import (
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/textscan"
)

// Matcher matches many texts, parts of one run of bytes, against one pattern. It walks over the pattern as Java does,
// trying again what can match in several ways, but goes over repetitions of a set by bits that tell for
// each byte whether it is in the set; in most patterns of logs a repetition ends where its set does, and nothing is tried twice.
// Where bytes do not tell, or after too many tries, it does not answer, and Regexp must. It is used by one goroutine.
type Matcher struct {
	code    []instruction
	classes *textscan.Classes
	blocks  []textscan.Block
	b       []byte
	to      int // end of the text at hand
	full    bool
	retries []retry
}

// retry is what to go back to: another end of a run, the other branch of a split, or the value that a slot had.
type retry struct {
	pc     int
	pos    int // of a split; of a run the first end to try; of a slot its value
	last   int // of a run the last end to try, going on or back
	isSlot bool
}

// Verdict is a Matcher's answer.
type Verdict uint8

// The answers.
const (
	Matched Verdict = iota
	NotMatched
	Unsure // ask Regexp
)

// maxRetries is how often a match may go back, per byte of the text and besides.
const maxRetries = 8

// Reset begins to work on parts of b, which it keeps.
func (m *Matcher) Reset(b []byte) {
	m.b = b
	m.blocks = m.classes.Classify(m.blocks, b)
}

// Match matches the text from byte from to byte to. Of the groups that it finds it sets the two offsets in group, as
// FullMatch does for the whole; of others it leaves group as it is. Not to match the beginning of a text is no answer
// for the rest of it, so it is Unsure if the Matcher is not of whole texts.
func (m *Matcher) Match(group []int, from, to int) Verdict {
	v := m.match(group, from, to)
	if v == NotMatched && !m.full {
		return Unsure
	}
	return v
}

func (m *Matcher) match(group []int, from, to int) Verdict {
	m.retries, m.to = m.retries[:0], to
	for i := range group {
		group[i] = -1
	}
	budget := maxRetries * (to - from + 8)
	b, pc, p := m.b[:to], 0, from
	for {
		in := &m.code[pc]
		switch in.op {
		case codeText:
			if n := len(in.text); to-p >= n && b[p] == in.text[0] && string(b[p:p+n]) == in.text {
				p += n
				pc++
				continue
			}
		case codeRun:
			if in.one && p < to && b[p] >= utf8.RuneSelf {
				return Unsure
			}
			if end := m.end(in, p, to); end-p >= in.min {
				if in.sure {
					p = end
					pc++
					continue
				}
				q, v := m.choose(pc, p+in.min, end)
				if v == Unsure {
					return v
				}
				if v == Matched {
					p = q
					pc++
					continue
				}
			}
		case codeSplit:
			m.retries = append(m.retries, retry{pc: in.second, pos: p, last: -1})
			pc = in.first
			continue
		case codeJump:
			pc = in.first
			continue
		case codeSave:
			if len(m.retries) > 0 {
				m.retries = append(m.retries, retry{pos: group[in.slot], pc: in.slot, isSlot: true})
			}
			group[in.slot] = p
			pc++
			continue
		case codeMatch:
			if p == to || !m.full {
				group[0], group[1] = from, p
				return Matched
			}
		default:
			switch m.assertion(in.op, from, p, to) {
			case Unsure:
				return Unsure
			case Matched:
				pc++
				continue
			}
		}
		for {
			n := len(m.retries) - 1
			if n < 0 {
				return NotMatched
			}
			if budget--; budget < 0 {
				return Unsure
			}
			r := m.retries[n]
			m.retries = m.retries[:n]
			if r.isSlot {
				group[r.pc] = r.pos
				continue
			}
			if pc, p = r.pc, r.pos; r.last < 0 {
				break
			}
			q, v := m.choose(pc, r.pos, r.last)
			if v == Unsure {
				return v
			}
			if v == Matched {
				pc, p = pc+1, q
				break
			}
		}
	}
}

// end returns where a run from p on ends at the latest.
func (m *Matcher) end(in *instruction, p, to int) int {
	if in.max >= 0 {
		to = min(to, p+in.max)
	}
	if in.all {
		return to
	}
	if in.class >= 0 {
		return textscan.Run(m.blocks, in.class, p, to)
	}
	for p < to && in.set[m.b[p]] {
		p++
	}
	return p
}

// choose picks the end of run pc that the pattern prefers, from lo to hi, among those where what follows can begin, and
// notes the others.
func (m *Matcher) choose(pc, lo, hi int) (int, Verdict) {
	in := &m.code[pc]
	q := lo
	if in.greed == lazy {
		q = m.firstEnd(in, lo, hi)
		if q > hi {
			return 0, NotMatched
		}
		if q < hi {
			m.retries = append(m.retries, retry{pc: pc, pos: q + 1, last: hi})
		}
	} else {
		q = hi
		for q >= lo && !m.canEnd(in, q) {
			q--
		}
		if q < lo {
			return 0, NotMatched
		}
		if q > lo {
			m.retries = append(m.retries, retry{pc: pc, pos: lo, last: q - 1})
		}
	}
	if in.high && q < m.to && m.b[q]&0xc0 == 0x80 {
		return 0, Unsure // within a character, perhaps
	}
	return q, Matched
}

// firstEnd returns the first place from lo to hi where what follows a run can begin, or one beyond hi.
func (m *Matcher) firstEnd(in *instruction, lo, hi int) int {
	if in.nextAt >= 0 {
		lo = textscan.Find(m.blocks, in.nextAt, lo, hi)
	}
	for lo <= hi && !m.canEnd(in, lo) {
		lo++
	}
	return lo
}

func (m *Matcher) canEnd(in *instruction, p int) bool {
	if p == m.to {
		return in.endsHere
	}
	return in.next[m.b[p]]
}

// assertion looks at the place p.
func (m *Matcher) assertion(op opcode, from, p, to int) Verdict {
	ok := false
	switch op {
	case codeStart:
		ok = p == from
	case codeEnd:
		ok = p == to
	case codeNearEnd:
		if ok = p == to; !ok && to-p <= len("\u2028") {
			return Unsure
		}
	case codeEdge, codeNoEdge:
		before, after := byte(' '), byte(' ')
		if p > from {
			before = m.b[p-1]
		}
		if p < to {
			after = m.b[p]
		}
		if before >= utf8.RuneSelf || after >= utf8.RuneSelf {
			return Unsure
		}
		ok = (isWord(before) != isWord(after)) == (op == codeEdge)
	}
	if ok {
		return Matched
	}
	return NotMatched
}

func isWord(c byte) bool { return c == '_' || isWordByte(rune(c)) }
