// Package javaregex runs regular expressions of java.util.regex (Java 17's rules, whose users Hive's
// patterns come from) on Go's engines. It parses a pattern to sets and operators and writes them out
// for Go's regexp, which takes time linear in the text. What that engine cannot say (look-around,
// back-references, possessive quantifiers, atomic groups, \G, \X, long repetitions) runs on a
// backtracking engine with bounded time and memory for each match.
//
// A few constructs mean the same to Go's engine only on some texts: $ before a final line
// terminator, ^ and $ under the flag m beside \r, \b beside letters that are not ASCII. Such a pattern has both
// programs, and each text goes to the one that is right for it.
//
// Read Regexp first.
package javaregex

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"

	"github.com/winnowdb/winnow/proto/diag"
)

// Flags are the compile flags of java.util.regex.Pattern that callers need.
type Flags uint8

// The flags; (?i), (?s), … in a pattern do the same.
const (
	CaseInsensitive Flags = 1 << iota // ASCII letters only, unless UnicodeCase
	DotAll                            // . also matches line terminators
	Multiline                         // ^ and $ match at lines
	UnicodeCase                       // CaseInsensitive counts for all letters
)

// Bounds of one match on the backtracking engine; beyond them a match fails with ErrTooHard.
const (
	matchTimeout = 500 * time.Millisecond
	matchStack   = 1 << 20 // integers
)

// ErrTooHard is the error of a match that ran out of the bound of the backtracking engine.
var ErrTooHard = diag.Errorf(diag.Limit, "regular expression took too long on one value").
	WithHint("look-around, back-references and possessive quantifiers run on a slow engine; rewrite the pattern without them")

// Regexp is a compiled pattern. It may be used by several goroutines at once.
type Regexp struct {
	pattern  string
	groups   int
	names    map[string]int
	root     *node
	literal  string // the text itself, if the pattern is nothing but literal characters
	fast     *regexp.Regexp
	need     subjects
	nullable bool // can match the empty string
	leftward bool // looks at what is left of the match: ^, \b, …
	looping  bool // a repetition of something nullable: where its last round ends differs between engines

	full     func() *regexp.Regexp  // fast, for the whole text
	slow     func() *regexp2.Regexp // nil: the engine refused the pattern
	slowFull func() *regexp2.Regexp
}

// Compile reads pattern, a regular expression as in Java. Its error is a *diag.Error of kind Syntax
// that names the place in the pattern, Unsupported, or Limit for a pattern that is too large.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	p, root, err := parse(pattern, flagSet{icase: flags&CaseInsensitive != 0, dotall: flags&DotAll != 0,
		multi: flags&Multiline != 0, ucase: flags&UnicodeCase != 0})
	if err != nil {
		return nil, err
	}
	re := &Regexp{pattern: pattern, groups: p.groups, names: p.names, root: root, nullable: nullable(root)}
	re.literal, _ = literal(root)
	re.leftward = root.any(func(n *node) bool {
		return n.op == opAssert && n.assert != textEnd && n.assert != finalEnd && n.assert != lineEnd
	})
	re.looping = root.any(func(n *node) bool { return n.op == opRepeat && n.max != 1 && n.max != 0 && nullable(n.subs[0]) })
	fast := emit(root, p.groups, true)
	if fast.ok {
		if re.fast, err = regexp.Compile(string(fast.out)); err == nil {
			re.need = fast.need
		}
	}
	re.full = sync.OnceValue(func() *regexp.Regexp {
		full, _ := regexp.Compile(`\A(?:` + string(fast.out) + `)\z`)
		return full
	})
	re.slow = sync.OnceValue(func() *regexp2.Regexp { return re.backtracking("%") })
	re.slowFull = sync.OnceValue(func() *regexp2.Regexp { return re.backtracking(`\A(?:%)\z`) })
	if re.fast == nil && re.slow() == nil {
		return nil, diag.Errorf(diag.Unsupported, "regular expression %s is beyond both engines", quoteShort(pattern))
	}
	return re, nil
}

// backtracking compiles the pattern, put in place of % in frame, for the second engine.
func (re *Regexp) backtracking(frame string) *regexp2.Regexp {
	before, after, _ := strings.Cut(frame, "%")
	text := before + string(emit(re.root, re.groups, false).out) + after
	slow, err := regexp2.Compile(text, regexp2.OptionMaxBacktrackingStackSize(matchStack))
	if err != nil {
		return nil
	}
	slow.MatchTimeout = matchTimeout
	return slow
}

// literal returns the text that n matches, if it can match only one.
func literal(n *node) (string, bool) {
	switch n.op {
	case opSet:
		if r, ok := n.set.single(); ok && utf8.ValidRune(r) && r != utf8.RuneError {
			return string(r), true
		}
	case opConcat:
		var b strings.Builder
		for _, s := range n.subs {
			t, ok := literal(s)
			if !ok {
				return "", false
			}
			b.WriteString(t)
		}
		return b.String(), true
	}
	return "", false
}

// String returns the pattern.
func (re *Regexp) String() string { return re.pattern }

// Engine names what runs the pattern: "literal", "linear" or "backtracking". A linear pattern may send single
// texts to the other engine; see the package comment.
func (re *Regexp) Engine() string {
	switch {
	case re.literal != "":
		return "literal"
	case re.fast != nil:
		return "linear"
	}
	return "backtracking"
}

// NumGroups returns the number of capturing groups, without group 0.
func (re *Regexp) NumGroups() int { return re.groups }

// GroupIndex returns the number of the group called name, or -1.
func (re *Regexp) GroupIndex(name string) int {
	if n, ok := re.names[name]; ok {
		return n
	}
	return -1
}

// GroupNames returns the name of each group from 1 on, "" for a group without one.
func (re *Regexp) GroupNames() []string {
	names := make([]string, re.groups)
	for name, g := range re.names {
		names[g-1] = name
	}
	return names
}

// linear reports whether the linear program is right for s.
func (re *Regexp) linear(s string) bool {
	if re.fast == nil {
		return false
	}
	need := &re.need
	if need.noFinalTerminator && (endsLine(s) || need.lines && s == "") {
		return false
	}
	if need.plainLines && (strings.IndexByte(s, '\r') >= 0 || strings.Contains(s, "\u0085") || strings.Contains(s, "\u2028") || strings.Contains(s, "\u2029")) {
		return false
	}
	return !need.ascii || isASCII(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// endsLine reports whether s ends with one of Java's line terminators.
func endsLine(s string) bool {
	if s == "" {
		return false
	}
	switch last := s[len(s)-1]; {
	case last == '\n' || last == '\r':
		return true
	case last < utf8.RuneSelf:
		return false
	}
	return strings.HasSuffix(s, "\u0085") || strings.HasSuffix(s, "\u2028") || strings.HasSuffix(s, "\u2029")
}

// MatchFind reports whether the pattern matches a part of s (Java's Matcher.find).
func (re *Regexp) MatchFind(s string) (bool, error) {
	if re.literal != "" {
		return strings.Contains(s, re.literal), nil
	}
	if re.linear(s) {
		return re.fast.MatchString(s), nil
	}
	slow := re.slow()
	if slow == nil {
		return false, ErrTooHard
	}
	ok, err := slow.MatchString(s)
	return ok, hard(err)
}

// FullMatch appends to dst the byte offsets of group 0, 1, … of a match of all of s (Java's
// Matcher.matches), two for each group, -1 for a group that took no part. The result is nil if s does not match.
func (re *Regexp) FullMatch(dst []int, s string) ([]int, error) {
	if re.linear(s) && !re.looping {
		if full := re.full(); full != nil {
			m := full.FindStringSubmatchIndex(s)
			if m == nil {
				return nil, nil
			}
			return append(dst, m...), nil
		}
	}
	slow := re.slowFull()
	if slow == nil {
		return nil, ErrTooHard
	}
	m, err := slow.FindStringMatch(s)
	if err != nil || m == nil {
		return nil, hard(err)
	}
	return re.offsets(dst, m), nil
}

// FindSubmatchIndex appends to dst the byte offsets of the first match in s and of its groups, as FullMatch does.
func (re *Regexp) FindSubmatchIndex(dst []int, s string) ([]int, error) {
	if re.literal != "" {
		i := strings.Index(s, re.literal)
		if i < 0 {
			return nil, nil
		}
		return append(dst, i, i+len(re.literal)), nil
	}
	if re.linear(s) && !re.looping {
		m := re.fast.FindStringSubmatchIndex(s)
		if m == nil {
			return nil, nil
		}
		return append(dst, m...), nil
	}
	slow := re.slow()
	if slow == nil {
		return nil, ErrTooHard
	}
	m, err := slow.FindStringMatch(s)
	if err != nil || m == nil {
		return nil, hard(err)
	}
	return re.offsets(dst, m), nil
}

// Each calls f with the offsets of every match in s, from left to right, until f returns false. The
// matches are those of repeated Matcher.find: after a match, an empty one may follow at its end. f must not keep m.
func (re *Regexp) Each(s string, f func(m []int) bool) error {
	switch {
	case re.literal != "":
		re.eachLiteral(s, f)
		return nil
	case re.linear(s) && !re.looping && !re.leftward:
		re.eachLinear(s, f)
		return nil
	case re.linear(s) && !re.looping && !re.nullable:
		for _, m := range re.fast.FindAllStringSubmatchIndex(s, -1) {
			if !f(m) {
				break
			}
		}
		return nil
	}
	return re.eachBacktracking(s, f)
}

func (re *Regexp) eachLiteral(s string, f func(m []int) bool) {
	var m [2]int
	for at := 0; ; {
		i := strings.Index(s[at:], re.literal)
		if i < 0 {
			return
		}
		m[0] = at + i
		at = m[0] + len(re.literal)
		m[1] = at
		if !f(m[:]) {
			return
		}
	}
}

// eachLinear searches the rest of s again and again; the pattern must not look to the left.
func (re *Regexp) eachLinear(s string, f func(m []int) bool) {
	for at := 0; at <= len(s); {
		m := re.fast.FindStringSubmatchIndex(s[at:])
		if m == nil {
			return
		}
		for i := range m {
			if m[i] >= 0 {
				m[i] += at
			}
		}
		if !f(m) {
			return
		}
		at = m[1]
		if m[0] == m[1] {
			_, n := utf8.DecodeRuneInString(s[at:])
			at += max(n, 1)
		}
	}
}

func (re *Regexp) eachBacktracking(s string, f func(m []int) bool) error {
	slow := re.slow()
	if slow == nil {
		return ErrTooHard
	}
	var buf []int
	start := time.Now()
	m, err := slow.FindStringMatch(s)
	for ; err == nil && m != nil; m, err = slow.FindNextMatch(m) {
		buf = re.offsets(buf[:0], m)
		if !f(buf) {
			return nil
		}
		if time.Since(start) > matchTimeout { // the bound is for the whole text
			return ErrTooHard
		}
	}
	return hard(err)
}

// offsets appends the byte ranges of m's groups; of a group in a loop, the last.
func (re *Regexp) offsets(dst []int, m *regexp2.Match) []int {
	for i, g := range m.Groups() {
		if i > re.groups {
			break
		}
		if len(g.Captures) == 0 {
			dst = append(dst, -1, -1)
			continue
		}
		start, n := g.ByteRange()
		dst = append(dst, start, start+n)
	}
	return dst
}

// hard turns an error of the backtracking engine, which has run out of its bound, into ErrTooHard.
func hard(err error) error {
	if err == nil {
		return nil
	}
	return ErrTooHard
}

// Split appends to dst the pieces of s between matches, as Java's Pattern.split(s, -1) does: trailing
// empty pieces stay, an empty match at the beginning cuts nothing off.
func (re *Regexp) Split(dst []string, s string) ([]string, error) {
	if re.literal != "" {
		for {
			piece, rest, found := strings.Cut(s, re.literal)
			dst = append(dst, piece)
			if !found {
				return dst, nil
			}
			s = rest
		}
	}
	from := 0
	err := re.Each(s, func(m []int) bool {
		if m[1] > 0 {
			dst = append(dst, s[from:m[0]])
			from = m[1]
		}
		return true
	})
	return append(dst, s[from:]), err
}

func itoa(n int) string { return strconv.Itoa(n) }

// quoteShort quotes a pattern for an error, cut to a readable length.
func quoteShort(s string) string {
	const most = 80
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return `"` + s + `"`
}
