package serde

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// timePattern is one of the patterns of timestamp.formats, in Java's letters: the numeric fields of a
// date and a time, month names, AM and PM, zones, and text between quotes. "millis" is the time since 1970
// in milliseconds.
type timePattern struct {
	millis bool
	parts  []timePart
}

// timePart is a field of width letters, or text.
type timePart struct {
	letter byte // 0: text
	width  int
	text   string
	fixed  bool // a field follows at once, so this one takes exactly its width
}

// timePatterns reads the comma-separated list of timestamp.formats. A comma within quotes does not separate.
func timePatterns(list string) ([]timePattern, error) {
	var out []timePattern
	for _, text := range splitPatterns(list) {
		p, err := newTimePattern(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func splitPatterns(list string) (out []string) {
	quoted, start := false, 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '\'':
			quoted = !quoted
		case ',':
			if !quoted {
				out = append(out, list[start:i])
				start = i + 1
			}
		}
	}
	if start < len(list) {
		out = append(out, list[start:])
	}
	return out
}

func newTimePattern(text string) (timePattern, error) {
	if strings.EqualFold(strings.TrimSpace(text), "millis") {
		return timePattern{millis: true}, nil
	}
	var p timePattern
	for i := 0; i < len(text); {
		c := text[i]
		if c == '\'' {
			lit, n := quotedText(text[i:])
			p.parts = append(p.parts, timePart{text: lit})
			i += n
			continue
		}
		n := 1
		if (c|0x20) < 'a' || (c|0x20) > 'z' {
			p.parts = append(p.parts, timePart{text: text[i : i+1]})
			i++
			continue
		}
		for i+n < len(text) && text[i+n] == c {
			n++
		}
		if strings.IndexByte("yuMdHhkKmsSaZzXxE", c) < 0 {
			return p, diag.Errorf(diag.Config, "property %q: %q is no letter of a time pattern in %q", formatsKey, string(c), text).
				WithHint("text stands between single quotes")
		}
		p.parts = append(p.parts, timePart{letter: c, width: n})
		i += n
	}
	for i := range len(p.parts) - 1 {
		p.parts[i].fixed = p.parts[i+1].letter != 0 && numeric(p.parts[i+1])
	}
	return p, nil
}

func numeric(p timePart) bool {
	return strings.IndexByte("yudHhkKmsS", p.letter) >= 0 || (p.letter == 'M' && p.width < 3)
}

// quotedText reads 'text' with ” for a quote, and returns the text and its length in the pattern.
func quotedText(s string) (string, int) {
	if strings.HasPrefix(s, "''") {
		return "'", 2
	}
	var b strings.Builder
	i := 1
	for i < len(s) {
		if s[i] == '\'' {
			if i+1 < len(s) && s[i+1] == '\'' {
				i++
			} else {
				i++
				break
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String(), i
}

// moment gathers the fields of one text.
type moment struct {
	year, month, day, hour, minute, second int
	nano                                   int32
	pm, half                               bool // half: the hour is of 12
	offset                                 int  // seconds east of Greenwich
}

func (p timePattern) parse(b []byte) (decimal128.Num, bool) {
	if p.millis {
		return parseMillis(b)
	}
	m := moment{year: 1970, month: 1, day: 1}
	for _, part := range p.parts {
		var ok bool
		if part.letter == 0 {
			if b, ok = cutPrefix(b, part.text); !ok {
				return decimal128.Num{}, false
			}
			continue
		}
		if b, ok = m.field(part, b); !ok {
			return decimal128.Num{}, false
		}
	}
	return m.value(len(b) == 0)
}

func parseMillis(b []byte) (decimal128.Num, bool) {
	whole, frac := b, []byte(nil)
	if i := indexByte(b, '.'); i >= 0 {
		whole, frac = b[:i], b[i+1:]
	}
	v, ok := lazyInt64(whole)
	if !ok || len(frac) > 6 {
		return decimal128.Num{}, false
	}
	sec, ms := v/1000, v%1000
	if ms < 0 {
		sec, ms = sec-1, ms+1000
	}
	nano := int64(0)
	for i := range 6 {
		nano *= 10
		if i < len(frac) {
			if frac[i] < '0' || frac[i] > '9' {
				return decimal128.Num{}, false
			}
			nano += int64(frac[i] - '0')
		}
	}
	return datatype.TimestampOf(sec, int32(ms*1_000_000+nano)), true
}

func lazyInt64(b []byte) (int64, bool) {
	if len(b) == 0 || indexByte(b, '.') >= 0 {
		return 0, false
	}
	return datatype.ParseInt(b, true)
}

func (m *moment) value(ended bool) (decimal128.Num, bool) {
	if m.half {
		m.hour %= 12
		if m.pm {
			m.hour += 12
		}
	}
	if !ended || m.year < 1 || m.year > 9999 || m.month < 1 || m.month > 12 || m.day < 1 ||
		m.day > datatype.DaysIn(m.year, m.month) || m.hour > 23 || m.minute > 59 || m.second > 59 {
		return decimal128.Num{}, false
	}
	sec := int64(datatype.DaysOf(m.year, m.month, m.day))*86400 + int64(m.hour*3600+m.minute*60+m.second-m.offset)
	// Hive reads patterns by a library that knows milliseconds; further digits are dropped.
	const millisecond = 1_000_000
	return datatype.TimestampOf(sec, m.nano/millisecond*millisecond), true
}

func cutPrefix(b []byte, text string) ([]byte, bool) {
	if len(b) < len(text) || string(b[:len(text)]) != text {
		return b, false
	}
	return b[len(text):], true
}

// field reads one field and returns what follows it.
func (m *moment) field(p timePart, b []byte) ([]byte, bool) {
	switch p.letter {
	case 'M':
		if p.width >= 3 {
			return m.monthName(b)
		}
	case 'E':
		return skipLetters(b)
	case 'a':
		if len(b) < 2 || (b[1]|0x20) != 'm' {
			return b, false
		}
		m.pm = b[0]|0x20 == 'p'
		return b[2:], m.pm || b[0]|0x20 == 'a'
	case 'Z', 'X', 'x', 'z':
		return m.zone(b)
	}
	most := 9
	if p.fixed || p.letter == 'S' {
		most = p.width
	}
	if p.letter == 'S' && !p.fixed {
		most = 9
	}
	v, n := 0, 0
	for n < len(b) && n < most && b[n] >= '0' && b[n] <= '9' {
		v = v*10 + int(b[n]-'0')
		n++
	}
	if n == 0 {
		return b, false
	}
	m.set(p, v, n)
	return b[n:], true
}

func (m *moment) set(p timePart, v, digits int) {
	switch p.letter {
	case 'y', 'u':
		if m.year = v; p.width == 2 && digits == 2 {
			if m.year += 2000; v >= 70 {
				m.year -= 100
			}
		}
	case 'M':
		m.month = v
	case 'd':
		m.day = v
	case 'H':
		m.hour = v
	case 'k':
		m.hour = v % 24
	case 'h', 'K':
		m.hour, m.half = v, true
	case 'm':
		m.minute = v
	case 's':
		m.second = v
	case 'S':
		for ; digits < 9; digits++ {
			v *= 10
		}
		m.nano = int32(v)
	}
}

func skipLetters(b []byte) ([]byte, bool) {
	n := 0
	for n < len(b) && (b[n]|0x20) >= 'a' && (b[n]|0x20) <= 'z' {
		n++
	}
	return b[n:], n > 0
}

func (m *moment) monthName(b []byte) ([]byte, bool) {
	rest, ok := skipLetters(b)
	name := strings.ToLower(string(b[:len(b)-len(rest)]))
	if !ok || len(name) < 3 {
		return b, false
	}
	for i, full := range []string{"january", "february", "march", "april", "may", "june", "july", "august", "september",
		"october", "november", "december"} {
		if name == full || name == full[:3] {
			m.month = i + 1
			return rest, true
		}
	}
	return b, false
}

// zone reads Z, a name of Greenwich's time, or ±hh[[:]mm].
func (m *moment) zone(b []byte) ([]byte, bool) {
	for _, name := range []string{"UTC", "GMT", "Z"} {
		if rest, ok := cutPrefix(b, name); ok {
			return rest, true
		}
	}
	if len(b) < 3 || (b[0] != '+' && b[0] != '-') {
		return b, false
	}
	digits := func(i int) (int, bool) {
		if i+2 > len(b) || b[i]-'0' > 9 || b[i+1]-'0' > 9 {
			return 0, false
		}
		return int(b[i]-'0')*10 + int(b[i+1]-'0'), true
	}
	h, ok := digits(1)
	n, min := 3, 0
	if ok {
		at := 3
		if at < len(b) && b[at] == ':' {
			at++
		}
		if v, has := digits(at); has {
			min, n = v, at+2
		}
	}
	if m.offset = h*3600 + min*60; b[0] == '-' {
		m.offset = -m.offset
	}
	return b[n:], ok && h <= 18 && min <= 59
}
