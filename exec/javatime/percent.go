package javatime

import (
	"fmt"
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/datatype"
)

// NewPercent compiles a pattern of strftime and strptime, such as %Y-%m-%d %H:%M:%S, with the letters that
// DuckDB and Python know. Texts are read leniently: numbers may lack leading zeros, names may be short or long, and what is
// missing is that of 1900-01-01 00:00.
func NewPercent(pattern string) (*Format, error) {
	return newPercent(pattern, strftimeLetters, strftimeShort, 1900)
}

// NewMySQL compiles a pattern of MySQL's date_format, such as %Y-%m-%d %H:%i:%s, as date_parse of Presto takes it.
// It reads as NewPercent's formats do, but without a year it is 1970.
func NewMySQL(pattern string) (*Format, error) {
	return newPercent(pattern, mysqlLetters, mysqlShort, 1970)
}

// strftimeShort and mysqlShort are letters that stand for several.
var (
	strftimeShort = map[byte]string{
		'T': "%H:%M:%S", 'R': "%H:%M", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'c': "%a %b %e %H:%M:%S %Y", 'x': "%Y-%m-%d", 'X': "%H:%M:%S", 'r': "%I:%M:%S %p",
	}
	mysqlShort = map[byte]string{'T': "%H:%i:%s", 'r': "%I:%i:%s %p"}
)

func digits(f field, least, most int) item {
	return item{kind: number, field: f, least: least, most: most, signs: noSign}
}

// sharedLetters mean the same to strftime and MySQL.
var sharedLetters = map[byte]item{
	'Y': digits(year, 4, 4), 'y': {kind: reduced, field: year, least: 2, most: 2, signs: noSign},
	'm': digits(month, 2, 2), 'd': digits(dayOfMonth, 2, 2), 'e': digits(dayOfMonth, 1, 2), 'j': digits(dayOfYear, 3, 3),
	'H': digits(hour, 2, 2), 'k': digits(hour, 1, 2), 'I': digits(clockHour12, 2, 2), 'l': digits(clockHour12, 1, 2), 'S': digits(second, 2, 2),
	'p': {kind: name, field: ampm}, 'b': {kind: name, field: month}, 'a': {kind: name, field: dayOfWeek},
	'f': {kind: fraction, field: nanoOfSecond, least: 6, most: 6},
}

var strftimeLetters = map[byte]item{
	'M': digits(minute, 2, 2), 'B': {kind: name, field: month, width: full}, 'h': {kind: name, field: month},
	'A': {kind: name, field: dayOfWeek, width: full}, 'u': digits(dayOfWeek, 1, 1),
	'g': {kind: fraction, field: nanoOfSecond, least: 3, most: 3}, 'n': {kind: fraction, field: nanoOfSecond, least: 9, most: 9},
	'z': {kind: offset, text: "+HHMM", zero: "+0000"}, 'Z': {kind: zoneName},
}

var mysqlLetters = map[byte]item{
	'i': digits(minute, 2, 2), 's': digits(second, 2, 2), 'h': digits(clockHour12, 2, 2), 'c': digits(month, 1, 2),
	'M': {kind: name, field: month, width: full}, 'W': {kind: name, field: dayOfWeek, width: full},
}

func newPercent(pattern string, letters map[byte]item, shorthand map[byte]string, easy int) (*Format, error) {
	f := &Format{}
	for i := 0; i < len(pattern); {
		if pattern[i] != '%' {
			_, n := utf8.DecodeRuneInString(pattern[i:])
			f.items = append(f.items, item{kind: literal, text: pattern[i : i+n]})
			i += n
			continue
		}
		i++
		brief := i < len(pattern) && pattern[i] == '-' // %-d: without leading zeros
		if brief {
			i++
		}
		if i >= len(pattern) {
			return nil, fmt.Errorf("pattern ends with %%")
		}
		b := pattern[i]
		i++
		if long, ok := shorthand[b]; ok {
			part, err := newPercent(long, letters, nil, easy)
			if err != nil {
				return nil, err
			}
			f.items = append(f.items, part.items...)
			continue
		}
		it, ok := letters[b]
		if !ok {
			it, ok = sharedLetters[b]
		}
		switch {
		case b == '%':
			it = item{kind: literal, text: "%"}
		case !ok:
			return nil, fmt.Errorf("pattern has the unknown letter %%%c", b)
		case brief:
			it.least = 1
		}
		f.items = append(f.items, it)
	}
	f.zoned = needsZone(f.items)
	f.easy = easy
	return f, nil
}

// complete sets what a text read by a pattern with % left out, and reports whether its day exists.
func (p *parsed) complete(defaultYear int) bool {
	if !p.is(year) {
		p.set(year, int64(defaultYear))
	}
	if !p.is(dayOfYear) {
		for _, f := range []field{month, dayOfMonth} {
			if !p.is(f) {
				p.set(f, 1)
			}
		}
	}
	if p.is(clockHour12) && !p.is(ampm) {
		p.set(ampm, 0)
	}
	m := p.vals[month]
	return m < 1 || m > 12 || int(p.vals[dayOfMonth]) <= datatype.DaysIn(int(p.vals[year]), int(m))
}
