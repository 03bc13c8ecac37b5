package javatime

import (
	"time"

	"github.com/winnowdb/winnow/exec/datatype"
)

// parsed is what has been read of a text.
type parsed struct {
	vals      [fieldCount]int64
	has       uint32 // bit f: vals[f] was read
	offset    int    // seconds east of UTC, if hasOffset
	hasOffset bool
	zone      *time.Location // or nil
	easy      bool           // the pattern is one with %
}

func (p *parsed) is(f field) bool { return p.has&(1<<f) != 0 }

// set sets a field, unless it has another value already.
func (p *parsed) set(f field, v int64) bool {
	if p.is(f) {
		return p.vals[f] == v
	}
	p.vals[f], p.has = v, p.has|1<<f
	return true
}

// parseItems reads items from text and returns what follows.
func (f *Format) parseItems(items []item, text []byte, p *parsed) (rest []byte, ok bool) {
	for i := 0; i < len(items); i++ {
		it := &items[i]
		if it.kind == optional {
			before := *p
			if rest, ok := f.parseItems(items[i+1:i+1+it.end], text, p); ok {
				text = rest
			} else {
				*p = before
			}
			i += it.end
			continue
		}
		if text, ok = it.parse(text, p); !ok {
			return nil, false
		}
	}
	return text, true
}

// parse reads the item from the beginning of text and returns what follows.
func (it *item) parse(text []byte, p *parsed) (rest []byte, ok bool) {
	switch it.kind {
	case literal:
		return text[min(len(it.text), len(text)):], hasPrefixFold(text, it.text)
	case number, reduced:
		v, n, ok := it.parseNumber(text, p.easy)
		if !ok {
			return nil, false
		}
		if it.kind == reduced && n == 2 && v >= 0 {
			v += 2000
		}
		return text[n:], p.set(it.field, v)
	case fraction:
		return it.parseFraction(text, p)
	case name:
		v, n, ok := matchName(it.field, it.width, text)
		if p.easy {
			if v2, n2, ok2 := matchName(it.field, full-it.width, text); ok2 && n2 > n {
				v, n, ok = v2, n2, true
			}
		}
		if !ok {
			return nil, false
		}
		return text[n:], p.set(it.field, v)
	case offset:
		seconds, n, ok := parseOffset(text, it.text, it.zero)
		if p.easy {
			if seconds, n, ok = scanOffset(text); !ok && hasPrefixFold(text, "Z") {
				n, ok = 1, true
			}
		}
		if !ok || seconds > 18*3600 || seconds < -18*3600 || p.hasOffset && p.offset != seconds {
			return nil, false
		}
		p.offset, p.hasOffset = seconds, true
		return text[n:], true
	case gmtOffset:
		seconds, n, ok := parseGMT(text)
		if !ok || p.hasOffset && p.offset != seconds {
			return nil, false
		}
		p.offset, p.hasOffset = seconds, true
		return text[n:], true
	}
	if it.kind == zoneName {
		if zone, _, n, ok := matchZoneName(text); ok {
			p.zone = zone
			return text[n:], true
		}
	}
	zone, n, ok := matchZoneID(text)
	if !ok {
		return nil, false
	}
	p.zone = zone
	return text[n:], true
}

// parseNumber reads the item's number and returns it and its length; with easy one digit is enough.
func (it *item) parseNumber(text []byte, easy bool) (v int64, n int, ok bool) {
	start, negative, positive, least := 0, false, false, it.least
	if easy {
		least = 1
	}
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative, positive = text[0] == '-', text[0] == '+'
		if it.signs == noSign || positive && it.signs == normal {
			return 0, 0, false
		}
		start = 1
	}
	digits := 0
	for digits < it.most+it.reserved && start+digits < len(text) && isDigit(text[start+digits]) {
		digits++
	}
	if it.reserved > 0 {
		digits = max(least, digits-it.reserved)
	}
	if digits < least || start+digits > len(text) || digits > 18 {
		return 0, 0, false
	}
	for _, b := range text[start : start+digits] {
		if !isDigit(b) {
			return 0, 0, false
		}
		v = v*10 + int64(b-'0')
	}
	switch {
	case negative && v == 0:
		return 0, 0, false
	case negative:
		v = -v
	case it.signs == exceedsPad && positive == (digits <= it.least):
		return 0, 0, false // + is wanted exactly if there are more digits than the least
	}
	return v, start + digits, true
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func (it *item) parseFraction(text []byte, p *parsed) (rest []byte, ok bool) {
	v, n := int64(0), 0
	least, most := it.least, it.most
	if p.easy {
		least, most = 1, 9
	}
	for n < most && n < len(text) && isDigit(text[n]) {
		v = v*10 + int64(text[n]-'0')
		n++
	}
	if n < least {
		return nil, false
	}
	return text[n:], p.set(nanoOfSecond, v*pow10(9-n))
}

// parseOffset reads an offset of the given form; see appendOffset.
func parseOffset(text []byte, form, zero string) (seconds, n int, ok bool) {
	if len(text) == 0 || text[0] != '+' && text[0] != '-' {
		if hasPrefixFold(text, zero) {
			return 0, len(zero), true
		}
		return 0, 0, false
	}
	colon := len(form) > 3 && form[3] == ':'
	n = 1
	part := func(separated, needed bool) (v int, ok bool) {
		at := n
		if separated && colon {
			if at >= len(text) || text[at] != ':' {
				return 0, !needed
			}
			at++
		}
		if at+2 > len(text) || !isDigit(text[at]) || !isDigit(text[at+1]) {
			return 0, !needed
		}
		v = int(text[at]-'0')*10 + int(text[at+1]-'0')
		if v > 59 {
			return 0, !needed
		}
		n = at + 2
		return v, true
	}
	h, ok1 := part(false, true)
	m, ok2 := part(true, form != "+HHmm")
	s, ok3 := 0, true
	if len(form) >= len("+HHMMss") {
		s, ok3 = part(true, false)
	}
	if !ok1 || !ok2 || !ok3 {
		return 0, 0, false
	}
	seconds = h*3600 + m*60 + s
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, n, true
}

// parseGMT reads GMT, GMT+8, GMT+8:30 or GMT+08:30.
func parseGMT(text []byte) (seconds, n int, ok bool) {
	if !hasPrefixFold(text, "GMT") {
		return 0, 0, false
	}
	n = 3
	if n >= len(text) || text[n] != '+' && text[n] != '-' {
		return 0, n, true
	}
	seconds, k, ok := scanOffset(text[n:])
	return seconds, n + k, ok
}

// instant returns the seconds since 1970 in UTC of a local time.
func (p *parsed) instant(local int64, zone *time.Location) int64 {
	switch {
	case p.hasOffset:
		return local - int64(p.offset)
	case p.zone != nil:
		return ToUTC(local, p.zone)
	}
	return ToUTC(local, zone)
}

// resolve makes a local time of the fields as DateTimeFormatter does in its style SMART: a day beyond
// the end of its month becomes the last, 24:00 is the next midnight, and every field must agree.
func (p *parsed) resolve() (local int64, nano int32, ok bool) {
	for f := range fieldCount {
		if p.is(f) && (p.vals[f] < limits[f][0] || p.vals[f] > limits[f][1]) {
			return 0, 0, false
		}
	}
	days, ok := p.date()
	if !ok {
		return 0, 0, false
	}
	c := newClock(int64(days)*86400, 0)
	for f := quarter; f <= alignedDay; f++ {
		if p.is(f) && f != dayOfMonth && c.value(f) != p.vals[f] {
			return 0, 0, false
		}
	}
	sec, nano, ok := p.time()
	if !ok {
		return 0, 0, false
	}
	local = int64(days)*86400 + sec
	return local, nano, local >= datatype.MinSecond && local <= datatype.MaxSecond
}

// date returns the day that the fields name.
func (p *parsed) date() (days int32, ok bool) {
	if p.is(yearOfEra) {
		y := p.vals[yearOfEra]
		if p.is(era) && p.vals[era] == 0 {
			y = 1 - y
		}
		if !p.set(year, y) {
			return 0, false
		}
	}
	if p.is(year) && (p.vals[year] < -9999 || p.vals[year] > 99999) || p.is(weekYear) && (p.vals[weekYear] < 1 || p.vals[weekYear] > 9999) {
		return 0, false
	}
	y := int(p.vals[year])
	switch {
	case p.is(year) && p.is(month) && p.is(dayOfMonth):
		m := int(p.vals[month])
		return datatype.DaysOf(y, m, min(int(p.vals[dayOfMonth]), datatype.DaysIn(y, m))), true
	case p.is(year) && p.is(dayOfYear):
		if p.vals[dayOfYear] == 366 && !datatype.IsLeap(y) {
			return 0, false
		}
		return datatype.DaysOf(y, 1, int(p.vals[dayOfYear])), true
	case p.is(weekYear) && p.is(week) && (p.is(dayOfWeek) || p.is(localDayOfWeek)):
		d := p.vals[localDayOfWeek]
		if !p.is(localDayOfWeek) {
			d = p.vals[dayOfWeek]%7 + 1
		}
		jan1 := datatype.DaysOf(int(p.vals[weekYear]), 1, 1)
		return jan1 - int32(sundayDay(jan1)) + 7*int32(p.vals[week]-1) + int32(d), true
	}
	return 0, false
}

// time returns the time of day in seconds, 86400 for 24:00, and nanoseconds; midnight unless an hour is
// known with every smaller field down to the smallest that was read.
func (p *parsed) time() (sec int64, nano int32, ok bool) {
	if p.is(clockHour) && !p.set(hour, p.vals[clockHour]%24) || p.is(clockHour12) && !p.set(hour12, p.vals[clockHour12]%12) {
		return 0, 0, false
	}
	if p.is(ampm) && p.is(hour12) && !p.set(hour, p.vals[ampm]*12+p.vals[hour12]) {
		return 0, 0, false
	}
	switch {
	case p.is(nanoOfDay):
		return p.vals[nanoOfDay] / 1e9, int32(p.vals[nanoOfDay] % 1e9), true
	case p.is(milliOfDay):
		return p.vals[milliOfDay] / 1000, int32(p.vals[milliOfDay]%1000) * 1e6, true
	case !p.is(hour), !p.is(minute) && (p.is(second) || p.is(nanoOfSecond)), !p.is(second) && p.is(nanoOfSecond):
		return 0, 0, true
	}
	sec = p.vals[hour]*3600 + p.vals[minute]*60 + p.vals[second]
	nano = int32(p.vals[nanoOfSecond])
	if p.vals[hour] == 24 && (sec > 86400 || nano > 0) {
		return 0, 0, false
	}
	for _, f := range []field{ampm, hour12} {
		c := clock{second: int(sec % 86400)}
		if p.is(f) && c.timeValue(f) != p.vals[f] {
			return 0, 0, false
		}
	}
	return sec, nano, true
}
