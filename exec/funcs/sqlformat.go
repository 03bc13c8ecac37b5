package funcs

import (
	"strings"
	"unicode"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// This file is the datetime patterns of SQL:2016, as CAST … FORMAT takes them: YYYY-MM-DD HH24:MI:SS.FF3.

// element is one part of a pattern: a field by its name, a run of separators or quoted text.
type element struct {
	field string // in upper case, "" for text
	text  string // separators or quoted text; for a field, as written: its case is that of names
	sep   bool   // text is separators
	width int    // most digits, for a field that is a number
	fill  bool   // pad with zeros or blanks when writing: no FM before it
}

// sqlFields are the fields of a pattern, longest first where one begins another, and their digits.
var sqlFields = []struct {
	name  string
	width int
}{
	{"YYYY", 4}, {"YYY", 3}, {"YY", 2}, {"Y", 1}, {"RRRR", 4}, {"RR", 2}, {"MONTH", 0}, {"MON", 0}, {"MM", 2}, {"MI", 2}, {"DDD", 3}, {"DD", 2}, {"DAY", 0}, {"DY", 0}, {"D", 1},
	{"Q", 1}, {"WW", 2}, {"W", 1}, {"HH24", 2}, {"HH12", 2}, {"HH", 2}, {"SSSSS", 5}, {"SS", 2},
	{"FF1", 1}, {"FF2", 2}, {"FF3", 3}, {"FF4", 4}, {"FF5", 5}, {"FF6", 6}, {"FF7", 7}, {"FF8", 8}, {"FF9", 9}, {"FF", 9},
	{"A.M.", 0}, {"P.M.", 0}, {"AM", 0}, {"PM", 0}, {"TZH", 2}, {"TZM", 2},
}

const separators = "-./,';: "

// compileSQLFormat reads a pattern. Its error is a *diag.Error of kind BadValue.
func compileSQLFormat(pattern string) ([]element, error) {
	var out []element
	fill, exact := true, false
	for p := pattern; p != ""; {
		up := strings.ToUpper(p)
		switch {
		case strings.HasPrefix(up, "FX") && !exact && len(out) == 0:
			exact, p = true, p[2:]
			continue
		case strings.HasPrefix(up, "FM"):
			fill, p = false, p[2:]
			continue
		case p[0] == '"':
			text, rest, ok := quotedText(p[1:])
			if !ok {
				return nil, diag.Errorf(diag.BadValue, "format '%s': a quoted text has no end", pattern)
			}
			out, p = append(out, element{text: text}), rest
			continue
		case up[0] == 'T' && !strings.HasPrefix(up, "TZ"), up[0] == 'Z':
			out, p = append(out, element{text: p[:1]}), p[1:]
			continue
		case strings.IndexByte(separators, p[0]) >= 0:
			n := len(p) - len(strings.TrimLeft(p, separators))
			out, p = append(out, element{text: p[:n], sep: true}), p[n:]
			continue
		}
		found := false
		for _, f := range sqlFields {
			if found = strings.HasPrefix(up, f.name); found {
				out = append(out, element{field: f.name, text: p[:len(f.name)], width: f.width, fill: fill})
				fill, p = true, p[len(f.name):]
				break
			}
		}
		if !found {
			return nil, diag.Errorf(diag.BadValue, "format '%s': no field begins at '%s'", pattern, p).WithHint("fields are YYYY MM DD HH24 HH12 MI SS FF AM MONTH DAY and their like; other text stands in double quotes")
		}
	}
	return out, nil
}

// quotedText reads to the closing quote; a backslash takes the next byte as it is.
func quotedText(p string) (text, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '"':
			return b.String(), p[i+1:], true
		case p[i] == '\\' && i+1 < len(p):
			i++
		}
		b.WriteByte(p[i])
	}
	return "", "", false
}

// fields is a moment taken apart.
type fields struct {
	year, month, day     int
	hour, minute, second int
	nano                 int32
}

func splitMoment(sec int64, nano int32) fields {
	days, s := datatype.SplitSecond(sec)
	f := fields{hour: s / 3600, minute: s / 60 % 60, second: s % 60, nano: nano}
	f.year, f.month, f.day = datatype.Civil(days)
	return f
}

// appendSQLFormat writes m.
func appendSQLFormat(dst []byte, pattern []element, m fields) []byte {
	days := datatype.DaysOf(m.year, m.month, m.day)
	dayOfYear := int(days-datatype.DaysOf(m.year, 1, 1)) + 1
	weekday := int((days%7 + 7 + 4) % 7) // 0 is Sunday
	for _, e := range pattern {
		v := 0
		switch e.field {
		case "":
			dst = append(dst, e.text...)
			continue
		case "MONTH":
			dst = appendName(dst, monthNames[m.month-1], e, 9)
			continue
		case "MON":
			dst = appendName(dst, monthNames[m.month-1][:3], e, 3)
			continue
		case "DAY":
			dst = appendName(dst, dayNames[weekday], e, 9)
			continue
		case "DY":
			dst = appendName(dst, dayNames[weekday][:3], e, 3)
			continue
		case "AM", "PM", "A.M.", "P.M.":
			dst = appendHalf(dst, e, m.hour >= 12)
			continue
		case "TZH":
			dst = append(dst, '+')
		case "TZM":
		case "YYYY", "YYY", "YY", "Y", "RRRR", "RR":
			v = m.year % [5]int{0, 10, 100, 1000, 10000}[e.width]
		case "MM":
			v = m.month
		case "DD":
			v = m.day
		case "DDD":
			v = dayOfYear
		case "D":
			v = weekday + 1
		case "Q":
			v = (m.month + 2) / 3
		case "WW":
			v = (dayOfYear-1)/7 + 1
		case "W":
			v = (m.day-1)/7 + 1
		case "HH24":
			v = m.hour
		case "HH12", "HH":
			v = (m.hour+11)%12 + 1
		case "MI":
			v = m.minute
		case "SS":
			v = m.second
		case "SSSSS":
			v = m.hour*3600 + m.minute*60 + m.second
		default:
			dst = appendFraction(dst, m.nano, e)
			continue
		}
		dst = appendDigits(dst, v, e)
	}
	return dst
}

var (
	monthNames = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

// appendName writes a name in the case of the field, padded with blanks to width unless FM stood before it.
func appendName(dst []byte, name string, e element, width int) []byte {
	switch {
	case e.text == strings.ToUpper(e.text):
		name = strings.ToUpper(name)
	case e.text == strings.ToLower(e.text):
		name = strings.ToLower(name)
	}
	dst = append(dst, name...)
	for n := len(name); e.fill && n < width; n++ {
		dst = append(dst, ' ')
	}
	return dst
}

// appendHalf writes AM or PM in the form of the field.
func appendHalf(dst []byte, e element, pm bool) []byte {
	for i, c := range e.text {
		if i == 0 {
			half := 'a'
			if pm {
				half = 'p'
			}
			if unicode.IsUpper(c) {
				half = unicode.ToUpper(half)
			}
			c = half
		}
		dst = append(dst, byte(c))
	}
	return dst
}

func appendDigits(dst []byte, v int, e element) []byte {
	var buf [8]byte
	i := len(buf)
	for n := 0; v > 0 || n == 0 || (e.fill && n < e.width); n++ {
		i--
		buf[i] = byte('0' + v%10)
		v /= 10
	}
	return append(dst, buf[i:]...)
}

// appendFraction writes FF1 … FF9 with so many digits, FF with as many as there are.
func appendFraction(dst []byte, nano int32, e element) []byte {
	start := len(dst)
	for unit := int32(100_000_000); len(dst)-start < e.width; unit /= 10 {
		dst = append(dst, byte('0'+nano/unit%10))
	}
	if e.field == "FF" {
		for len(dst) > start+1 && dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}
