package javatime

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// New compiles a pattern of DateTimeFormatter. The error tells the letter that is wrong.
func New(pattern string) (*Format, error) {
	c := compiler{last: -1}
	if err := c.pattern(pattern); err != nil {
		return nil, err
	}
	if len(c.open) > 0 {
		c.close()
	}
	return &Format{items: c.items, zoned: needsZone(c.items)}, nil
}

func needsZone(items []item) bool {
	for _, it := range items {
		if it.kind >= offset && it.kind <= zoneID {
			return true
		}
	}
	return false
}

// compiler builds items.
type compiler struct {
	items []item
	open  []int // optional parts that are open
	last  int   // the number that following fixed-width numbers reserve digits of; -1: none
}

func (c *compiler) pattern(p string) error {
	for i := 0; i < len(p); {
		b := p[i]
		switch {
		case isLetter(b):
			n := 1
			for i+n < len(p) && p[i+n] == b {
				n++
			}
			if err := c.letters(b, n); err != nil {
				return err
			}
			i += n
		case b == '\'':
			text, n, err := quoted(p[i:])
			if err != nil {
				return err
			}
			c.add(item{kind: literal, text: text})
			i += n
		case b == '[':
			c.open = append(c.open, len(c.items))
			c.add(item{kind: optional})
			i++
		case b == ']':
			if len(c.open) == 0 {
				return fmt.Errorf("pattern has ] without [")
			}
			c.close()
			i++
		case b == '{' || b == '}' || b == '#':
			return fmt.Errorf("pattern has the reserved character %q", b)
		default:
			_, n := utf8.DecodeRuneInString(p[i:])
			c.add(item{kind: literal, text: p[i : i+n]})
			i += n
		}
	}
	for len(c.open) > 1 {
		c.close()
	}
	return nil
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// quoted returns the text of the literal that p begins with, and its length with the quotes.
func quoted(p string) (text string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(p); i++ {
		if p[i] != '\'' {
			b.WriteByte(p[i])
			continue
		}
		if i+1 < len(p) && p[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		if i == 1 {
			return "'", 2, nil
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("pattern has a quote without end")
}

func (c *compiler) close() {
	at := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	c.items[at].end = len(c.items) - at - 1
	c.last = -1
}

// add appends an item after which numbers begin anew.
func (c *compiler) add(it item) {
	c.items = append(c.items, it)
	c.last = -1
}

// num appends a number. One of fixed width keeps its digits from the number of open width before it:
// in yyyyMMdd the year ends four digits before the end.
func (c *compiler) num(it item) {
	if c.last >= 0 && it.least == it.most && it.signs == noSign {
		c.items[c.last].reserved += it.most
		c.items = append(c.items, it)
		return
	}
	c.items = append(c.items, it)
	c.last = len(c.items) - 1
}

func (c *compiler) plain(f field) { c.num(item{kind: number, field: f, least: 1, most: 19}) }

func (c *compiler) fixed(f field, n int) {
	c.num(item{kind: number, field: f, least: n, most: n, signs: noSign})
}

func (c *compiler) year(f field, n int) {
	switch {
	case n == 2:
		c.num(item{kind: reduced, field: f, least: 2, most: 2, signs: noSign})
	case n < 4:
		c.num(item{kind: number, field: f, least: n, most: 19})
	default:
		c.num(item{kind: number, field: f, least: n, most: 19, signs: exceedsPad})
	}
}

// plainFields are the letters of numbers of one or two digits.
var plainFields = map[byte]field{
	'd': dayOfMonth, 'h': clockHour12, 'H': hour, 'k': clockHour, 'K': hour12, 'm': minute, 's': second,
}

// nameFields are the letters of numbers that become names from three letters on.
var nameFields = map[byte]field{
	'M': month, 'L': month, 'Q': quarter, 'q': quarter, 'E': dayOfWeek, 'e': localDayOfWeek, 'c': localDayOfWeek, 'G': era,
}

// letters adds n times the letter b, as DateTimeFormatterBuilder.appendPattern does.
func (c *compiler) letters(b byte, n int) error {
	tooMany := fmt.Errorf("pattern has too many letters %s", strings.Repeat(string(b), n))
	switch b {
	case 'u':
		c.year(year, n)
	case 'y':
		c.year(yearOfEra, n)
	case 'Y':
		c.year(weekYear, n)
	case 'M', 'L', 'Q', 'q', 'E', 'e', 'c', 'G':
		return c.nameLetters(b, n, tooMany)
	case 'a':
		if n > 1 {
			return tooMany
		}
		c.add(item{kind: name, field: ampm})
	case 'd', 'h', 'H', 'k', 'K', 'm', 's':
		switch n {
		case 1:
			c.plain(plainFields[b])
		case 2:
			c.fixed(plainFields[b], 2)
		default:
			return tooMany
		}
	case 'D':
		switch n {
		case 1:
			c.plain(dayOfYear)
		case 2, 3:
			c.num(item{kind: number, field: dayOfYear, least: n, most: 3, signs: noSign})
		default:
			return tooMany
		}
	case 'w', 'W', 'F':
		f := map[byte]field{'w': week, 'W': weekOfMonth, 'F': alignedDay}[b]
		if n > 2 || n > 1 && b != 'w' {
			return tooMany
		}
		c.num(item{kind: number, field: f, least: n, most: 2, signs: noSign})
	case 'S':
		if n > 9 {
			return tooMany
		}
		c.num(item{kind: fraction, field: nanoOfSecond, least: n, most: n, signs: noSign})
	case 'n', 'N', 'A':
		f := map[byte]field{'n': nanoOfSecond, 'N': nanoOfDay, 'A': milliOfDay}[b]
		if n > 19 {
			return tooMany
		}
		c.num(item{kind: number, field: f, least: n, most: 19, signs: noSign})
	default:
		return c.zoneLetters(b, n, tooMany)
	}
	return nil
}

func (c *compiler) nameLetters(b byte, n int, tooMany error) error {
	f := nameFields[b]
	switch {
	case n > 5:
		return tooMany
	case n == 5:
		c.named(f, narrow)
	case n == 4:
		c.named(f, full)
	case n == 3 || b == 'G' || b == 'E':
		c.named(f, short)
	case n == 2 && b == 'c':
		return fmt.Errorf("pattern has the invalid letters cc")
	case f == localDayOfWeek:
		c.num(item{kind: number, field: f, least: n, most: 2, signs: noSign})
	case n == 2:
		c.fixed(f, 2)
	default:
		c.plain(f)
	}
	return nil
}

// named adds a name; that of a day is found by its number from Monday.
func (c *compiler) named(f field, w width) {
	if f == localDayOfWeek {
		f = dayOfWeek
	}
	c.add(item{kind: name, field: f, width: w})
}

func (c *compiler) zoneLetters(b byte, n int, tooMany error) error {
	switch b {
	case 'Z':
		switch {
		case n < 4:
			c.add(item{kind: offset, text: "+HHMM", zero: "+0000"})
		case n == 4:
			c.add(item{kind: gmtOffset, width: full})
		case n == 5:
			c.add(item{kind: offset, text: "+HH:MM:ss", zero: "Z"})
		default:
			return tooMany
		}
	case 'X', 'x':
		if n > 5 {
			return tooMany
		}
		it := item{kind: offset, zero: "Z", text: []string{"", "+HHmm", "+HHMM", "+HH:MM", "+HHMMss", "+HH:MM:ss"}[n]}
		if b == 'x' {
			it.zero = []string{"", "+00", "+0000", "+00:00", "+0000", "+00:00"}[n]
		}
		c.add(it)
	case 'O':
		if n != 1 && n != 4 {
			return fmt.Errorf("pattern has %d letters O; it takes 1 or 4", n)
		}
		c.add(item{kind: gmtOffset, width: map[int]width{1: short, 4: full}[n]})
	case 'z', 'v':
		if n > 4 {
			return tooMany
		}
		c.add(item{kind: zoneName, width: map[bool]width{true: full}[n == 4]})
	case 'V':
		if n != 2 {
			return fmt.Errorf("pattern has %d letters V; it takes 2", n)
		}
		c.add(item{kind: zoneID})
	default:
		return fmt.Errorf("pattern has the unknown letter %c", b)
	}
	return nil
}
