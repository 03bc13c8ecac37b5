package javatime

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/datatype"
)

// simpleFields are the letters of SimpleDateFormat that stand for fields; z, Z and X stand for zones.
var simpleFields = map[byte]field{
	'G': era, 'y': yearOfEra, 'Y': weekYear, 'M': month, 'L': month, 'w': week, 'W': weekOfMonth, 'D': dayOfYear,
	'd': dayOfMonth, 'F': alignedDay, 'E': dayOfWeek, 'u': dayOfWeek, 'a': ampm, 'H': hour, 'k': clockHour,
	'K': hour12, 'h': clockHour12, 'm': minute, 's': second, 'S': nanoOfSecond,
}

// NewSimple compiles a pattern of SimpleDateFormat. It reads leniently: numbers take any number of
// digits, a month 13 is the next January, and what follows the pattern does not matter.
func NewSimple(pattern string) (*Format, error) {
	f := &Format{simple: true}
	for i := 0; i < len(pattern); {
		b := pattern[i]
		switch {
		case isLetter(b):
			n := 1
			for i+n < len(pattern) && pattern[i+n] == b {
				n++
			}
			it, err := simpleItem(b, n)
			if err != nil {
				return nil, err
			}
			f.items = append(f.items, it)
			i += n
		case b == '\'':
			text, n, err := quoted(pattern[i:])
			if err != nil {
				return nil, err
			}
			f.items = append(f.items, item{kind: literal, text: text})
			i += n
		default:
			_, n := utf8.DecodeRuneInString(pattern[i:])
			f.items = append(f.items, item{kind: literal, text: pattern[i : i+n]})
			i += n
		}
	}
	f.zoned = needsZone(f.items)
	return f, nil
}

func simpleItem(b byte, n int) (item, error) {
	it := item{letter: b, least: n, most: n}
	switch b {
	case 'z':
		it.kind = zoneName
		if n > 3 {
			it.width = full
		}
	case 'Z':
		it.kind, it.text, it.zero = offset, "+HHMM", "+0000"
	case 'X':
		if n > 3 {
			return it, fmt.Errorf("pattern has too many letters %s", strings.Repeat("X", n))
		}
		it.kind, it.zero, it.text = offset, "Z", []string{"", "+HH", "+HHMM", "+HH:MM"}[n]
	default:
		field, ok := simpleFields[b]
		if !ok {
			return it, fmt.Errorf("pattern has the unknown letter %c", b)
		}
		it.kind, it.field = number, field
		if b == 'G' || b == 'E' || b == 'a' || (b == 'M' || b == 'L') && n >= 3 {
			it.kind = name
			if n > 3 {
				it.width = full
			}
		}
	}
	return it, nil
}

// appendSimple writes c as SimpleDateFormat does.
func (f *Format) appendSimple(dst []byte, c *clock) []byte {
	for i := range f.items {
		it := &f.items[i]
		switch {
		case it.kind == offset && it.letter == 'X' && it.least == 1 && c.offset != 0:
			sign, s := byte('+'), c.offset
			if s < 0 {
				sign, s = '-', -s
			}
			dst = appendPadded(append(dst, sign), int64(s/3600), 2)
		case it.kind == name && it.field == era:
			dst = append(dst, nameOf(era, short, c.value(era))...)
		case it.kind != number:
			dst = it.append(dst, c)
		case it.field == nanoOfSecond: // milliseconds, as a number
			dst = appendPadded(dst, int64(c.nano)/1e6, it.least)
		case it.field == yearOfEra && it.least == 2, it.field == weekYear && it.least == 2:
			dst = appendPadded(dst, c.value(it.field)%100, 2)
		case it.field == alignedDay: // the number of the weekday within the month
			dst = appendPadded(dst, int64((c.day-1)/7+1), it.least)
		default:
			dst = appendPadded(dst, c.value(it.field), it.least)
		}
	}
	return dst
}

// parseSimple reads the beginning of text as SimpleDateFormat does.
func (f *Format) parseSimple(text []byte, zone *time.Location) (sec int64, nano int32, ok bool) {
	var p parsed
	for i := range f.items {
		it := &f.items[i]
		if it.kind == literal {
			if len(text) < len(it.text) || string(text[:len(it.text)]) != it.text {
				return 0, 0, false
			}
			text = text[len(it.text):]
			continue
		}
		for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
			text = text[1:]
		}
		// A number that another follows without a gap has as many digits as letters.
		abut := i+1 < len(f.items) && f.items[i+1].kind == number
		if text, ok = it.parseSimple(text, abut, &p); !ok {
			return 0, 0, false
		}
	}
	local, nano := p.lenient()
	if local < datatype.MinSecond || local > datatype.MaxSecond {
		return 0, 0, false
	}
	if p.hasOffset {
		return local - int64(p.offset), nano, true
	}
	return toUTCLate(local, zone), nano, true
}

func (it *item) parseSimple(text []byte, abut bool, p *parsed) (rest []byte, ok bool) {
	switch it.kind {
	case name:
		for _, w := range []width{full, short} {
			if v, n, ok := matchName(it.field, w, text); ok {
				p.vals[it.field], p.has = v, p.has|1<<it.field
				return text[n:], true
			}
		}
		return nil, false
	case offset, zoneName:
		return it.parseSimpleZone(text, p)
	}
	n, v, negative := 0, int64(0), false
	if len(text) > 0 && text[0] == '-' && !abut {
		negative, n = true, 1
	}
	first := n
	for n < len(text) && isDigit(text[n]) && n-first < 18 && (!abut || n < it.least) {
		v = v*10 + int64(text[n]-'0')
		n++
	}
	if n == first || abut && n < it.least {
		return nil, false
	}
	if it.field == yearOfEra && it.least <= 2 && n == 2 && !negative {
		v += centuryOf(v)
	}
	if negative {
		v = -v
	}
	p.vals[it.field], p.has = v, p.has|1<<it.field
	return text[n:], true
}

// centuryOf returns what makes a year of two digits lie between 80 years ago and 20 years ahead.
func centuryOf(v int64) int64 {
	from := int64(time.Now().Year() - 80)
	century := from / 100 * 100
	if v < from%100 {
		century += 100
	}
	return century
}

func (it *item) parseSimpleZone(text []byte, p *parsed) (rest []byte, ok bool) {
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		form := "+HHMM"
		if it.letter == 'X' {
			form = it.text
		}
		if form == "+HH" {
			form = "+HHmm"
			text = append([]byte(nil), text[:min(3, len(text))]...)
		}
		seconds, n, ok := parseOffset(text, form, "")
		p.offset, p.hasOffset = seconds, true
		if !ok || seconds >= 86400 || seconds <= -86400 {
			return nil, false
		}
		return text[n:], true
	}
	if it.letter == 'X' {
		p.offset, p.hasOffset = 0, true
		return text[min(1, len(text)):], hasPrefixFold(text, "Z")
	}
	if seconds, n, ok := parseGMT(text); ok {
		p.offset, p.hasOffset = seconds, true
		return text[n:], true
	}
	zone, abbreviation, n, ok := matchZoneName(text)
	if !ok {
		return nil, false
	}
	p.offset, p.hasOffset = offsetOfName(abbreviation, zone), true
	return text[n:], true
}

// lenient makes a local time of whatever fields there are; the others are those of 1970-01-01 00:00.
func (p *parsed) lenient() (local int64, nano int32) {
	get := func(f field, otherwise int64) int64 {
		if p.is(f) {
			return p.vals[f]
		}
		return otherwise
	}
	y, m, d := get(yearOfEra, 1970), get(month, 1), get(dayOfMonth, 1)
	if p.is(era) && p.vals[era] == 0 {
		y = 1 - y
	}
	months := y*12 + m - 1
	y, m = months/12, months%12+1
	if m < 1 {
		y, m = y-1, m+12
	}
	if y < -20000 || y > 20000 || d > 1e7 || d < -1e7 {
		return datatype.MaxSecond + 1, 0
	}
	days := int64(datatype.DaysOf(int(y), int(m), 1)) + d - 1
	if p.is(dayOfYear) && !p.is(dayOfMonth) {
		days = int64(datatype.DaysOf(int(y), 1, 1)) + p.vals[dayOfYear] - 1
	}
	if p.is(weekYear) && p.vals[weekYear] > 0 && p.vals[weekYear] < 10000 {
		jan1 := datatype.DaysOf(int(p.vals[weekYear]), 1, 1)
		days = int64(jan1) - int64(sundayDay(jan1)-1) + 7*(get(week, 1)-1) + get(dayOfWeek, 7)%7
	}
	h := get(hour, get(clockHour, 0))
	switch {
	case p.is(clockHour) && h == 24:
		h = 0
	case p.is(hour12), p.is(clockHour12):
		if h = get(hour12, get(clockHour12, 0)); p.is(clockHour12) && h == 12 {
			h = 0
		}
		h += 12 * get(ampm, 0)
	}
	milli := get(nanoOfSecond, 0)
	const far = 1 << 40 // beyond the range, and safe to multiply
	if max(h, p.vals[minute], p.vals[second], milli) > far || min(h, p.vals[minute], p.vals[second], milli) < -far {
		return datatype.MaxSecond + 1, 0
	}
	milli += 1000 * ((days*24+h)*3600 + p.vals[minute]*60 + p.vals[second])
	sec := milli / 1000
	if milli < 0 && milli%1000 != 0 {
		sec--
	}
	return sec, int32(milli-sec*1000) * 1e6
}
