package javaregex

import (
	"slices"
	"unicode"
)

// set is a set of characters: sorted, disjoint ranges lo, hi, lo, hi, … (both ends included).
type set []rune

var (
	anyRune  = set{0, unicode.MaxRune}
	newline  = set{'\n', '\n'}
	digits   = set{'0', '9'}
	wordSet  = set{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}
	spaceSet = set{'\t', '\r', ' ', ' '}
	// terminators are Java's line terminators, one character each.
	terminators = set{'\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029}
	vertical    = set{'\n', '\r', 0x85, 0x85, 0x2028, 0x2029}
	horizontal  = set{'\t', '\t', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000}
)

func one(r rune) set { return set{r, r} }

// normal sorts the ranges of s and joins those that touch.
func (s set) normal() set {
	type span struct{ lo, hi rune }
	spans := make([]span, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		spans = append(spans, span{s[i], s[i+1]})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo) - int(b.lo) })
	out := make(set, 0, len(s))
	for _, p := range spans {
		if n := len(out); n > 0 && p.lo <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p.hi)
			continue
		}
		out = append(out, p.lo, p.hi)
	}
	return out
}

func (s set) union(t set) set {
	return append(append(make(set, 0, len(s)+len(t)), s...), t...).normal()
}

func (s set) negate() set {
	out := make(set, 0, len(s)+2)
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

func (s set) intersect(t set) set {
	return s.negate().union(t.negate()).negate()
}

// single returns the only character of s.
func (s set) single() (rune, bool) {
	if len(s) == 2 && s[0] == s[1] {
		return s[0], true
	}
	return 0, false
}

// fold adds the other case of every character: of ASCII letters only, or by Unicode's simple folding.
func (s set) fold(unicodeCase bool) set {
	out := slices.Clone(s)
	for i := 0; i < len(s); i += 2 {
		lo, hi := s[i], s[i+1]
		if a, z := max(lo, 'a'), min(hi, 'z'); a <= z {
			out = append(out, a-32, z-32)
		}
		if a, z := max(lo, 'A'), min(hi, 'Z'); a <= z {
			out = append(out, a+32, z+32)
		}
		if !unicodeCase {
			continue
		}
		// No character above maxFold has another case.
		for r := max(lo, 0); r <= min(hi, maxFold); r++ {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				out = append(out, f, f)
			}
		}
	}
	return out.normal()
}

const maxFold = 0x1E943

// table returns the characters of t.
func table(ts ...*unicode.RangeTable) set {
	var out set
	for _, t := range ts {
		for _, r := range t.R16 {
			out = appendRange(out, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			out = appendRange(out, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return out.normal()
}

func appendRange(s set, lo, hi, stride rune) set {
	if stride == 1 {
		return append(s, lo, hi)
	}
	for r := lo; r <= hi; r += stride {
		s = append(s, r, r)
	}
	return s
}
