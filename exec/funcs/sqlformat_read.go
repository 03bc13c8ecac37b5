package funcs

import (
	"bytes"
	"strings"

	"github.com/winnowdb/winnow/exec/datatype"
)

// sqlReader reads a text by a pattern.
type sqlReader struct {
	in  []byte
	now int // the year that fills a year of less than four digits
}

// parseSQLFormat reads all of in. What the pattern does not name is 1 for month and day, 0 for the time.
func parseSQLFormat(in []byte, pattern []element, now int) (m fields, ok bool) {
	r := sqlReader{in: bytes.TrimSpace(in), now: now}
	m = fields{year: now, month: 1, day: 1}
	dayOfYear, half, twelve, secondOfDay := 0, -1, false, -1
	for _, e := range pattern {
		switch e.field {
		case "":
			if !r.text(e) {
				return m, false
			}
			continue
		case "MONTH", "MON":
			if m.month, ok = r.name(monthNames[:], e.field == "MON"); !ok {
				return m, false
			}
			continue
		case "DAY", "DY":
			if _, ok = r.name(dayNames[:], e.field == "DY"); !ok {
				return m, false
			}
			continue
		case "AM", "PM", "A.M.", "P.M.":
			if half, ok = r.half(); !ok {
				return m, false
			}
			continue
		case "TZH":
			if len(r.in) > 0 && (r.in[0] == '+' || r.in[0] == '-') {
				r.in = r.in[1:]
			}
		}
		v, digits, ok := r.number(e.width)
		if !ok {
			return m, false
		}
		switch e.field {
		case "YYYY", "YYY", "YY", "Y":
			m.year = v
			if unit := [5]int{0, 10, 100, 1000, 10000}[digits]; digits < 4 {
				m.year = now - now%unit + v
			}
		case "RRRR", "RR":
			m.year = r.roundYear(v, digits)
		case "MM":
			m.month = v
		case "DD":
			m.day = v
		case "DDD":
			dayOfYear = v
		case "HH24":
			m.hour = v
		case "HH12", "HH":
			m.hour, twelve = v, true
		case "MI":
			m.minute = v
		case "SS":
			m.second = v
		case "SSSSS":
			secondOfDay = v
		case "TZH", "TZM": // read and dropped, as in Hive
		case "D", "Q", "WW", "W":
			return m, false // they do not say which day
		default:
			for ; digits < 9; digits++ {
				v *= 10
			}
			m.nano = int32(v)
		}
	}
	if len(r.in) > 0 || !m.complete(dayOfYear, secondOfDay, half, twelve) {
		return m, false
	}
	return m, true
}

// complete puts together what several fields say, and checks the ranges.
func (m *fields) complete(dayOfYear, secondOfDay, half int, twelve bool) bool {
	if m.year < 1 || m.year > 9999 || m.month < 1 || m.month > 12 {
		return false
	}
	if dayOfYear > 0 {
		if dayOfYear > 366 || (dayOfYear == 366 && !datatype.IsLeap(m.year)) {
			return false
		}
		_, m.month, m.day = datatype.Civil(datatype.DaysOf(m.year, 1, 1) + int32(dayOfYear) - 1)
	}
	if m.day < 1 || m.day > datatype.DaysIn(m.year, m.month) {
		return false
	}
	if secondOfDay >= 0 {
		m.hour, m.minute, m.second = secondOfDay/3600, secondOfDay/60%60, secondOfDay%60
	}
	if twelve {
		if m.hour < 1 || m.hour > 12 {
			return false
		}
		if m.hour %= 12; half == 1 {
			m.hour += 12
		}
	}
	return m.hour < 24 && m.minute < 60 && m.second < 60
}

// roundYear fills a year of two digits with the century that is nearest (SQL's RR).
func (r *sqlReader) roundYear(v, digits int) int {
	if digits > 2 {
		return v
	}
	century := r.now - r.now%100
	switch {
	case v < 50 && r.now%100 >= 50:
		century += 100
	case v >= 50 && r.now%100 < 50:
		century -= 100
	}
	return century + v
}

// text takes quoted text, or any run of separators for separators.
func (r *sqlReader) text(e element) bool {
	if !e.sep {
		if len(r.in) < len(e.text) || !strings.EqualFold(string(r.in[:len(e.text)]), e.text) {
			return false
		}
		r.in = r.in[len(e.text):]
		return true
	}
	rest := bytes.TrimLeft(r.in, separators)
	ok := len(rest) < len(r.in)
	r.in = rest
	return ok
}

// number reads 1 to width digits.
func (r *sqlReader) number(width int) (v, digits int, ok bool) {
	for digits < width && digits < len(r.in) && r.in[digits] >= '0' && r.in[digits] <= '9' {
		v = v*10 + int(r.in[digits]-'0')
		digits++
	}
	r.in = r.in[digits:]
	return v, digits, digits > 0
}

// name reads one of names, in any case, and returns its place from 1; short takes three letters.
func (r *sqlReader) name(names []string, short bool) (int, bool) {
	for i, n := range names {
		if short {
			n = n[:3]
		}
		if len(r.in) >= len(n) && strings.EqualFold(string(r.in[:len(n)]), n) {
			r.in = r.in[len(n):]
			return i + 1, true
		}
	}
	return 0, false
}

// half reads AM (0) or PM (1), with or without points.
func (r *sqlReader) half() (int, bool) {
	for _, form := range []string{"A.M.", "P.M.", "AM", "PM"} {
		if len(r.in) >= len(form) && strings.EqualFold(string(r.in[:len(form)]), form) {
			r.in = r.in[len(form):]
			return b2i(form[0] == 'P'), true
		}
	}
	return 0, false
}
