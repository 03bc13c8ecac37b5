package sheet

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/proto/diag"
)

// Kind says what is in a Cell.
type Kind uint8

// The kinds of cells.
const (
	Empty    Kind = iota
	Text          // Text
	Number        // Number; Text may hold its digits as they were written
	Bool          // Number is 0 or 1
	Date          // Number is a serial day, shown as a date
	DateTime      // Number is a serial day with its fraction, shown as date and time
)

// Cell is the value of one cell. A serial day counts from 1899-12-30, as spreadsheets do.
type Cell struct {
	Kind   Kind
	Number float64
	Text   string
}

const (
	maxExact = 1 << 53 // integers beyond it are not all numbers of a spreadsheet
	// firstSerial is 1900-03-01: before it spreadsheets disagree, for one knows a 29 February 1900.
	firstSerial = 61
	lastSerial  = 2958465 // 9999-12-31
	epochDays   = 25569   // 1970-01-01 as a serial day
)

func holds(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.TimestampType:
		return t.Unit == arrow.Microsecond
	default:
		switch t.ID() {
		case arrow.NULL, arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.FLOAT32, arrow.FLOAT64,
			arrow.STRING, arrow.BINARY, arrow.DECIMAL128, arrow.DATE32:
			return true
		}
		return false
	}
}

// Encoder returns a function that gives the cell of row i of col. A string, also one that looks like
// a formula, is Text; it is cut to limit UTF-16 units, the last of which then is an ellipsis. An integer
// beyond 2^53, a decimal of more than 15 digits and a date before March 1900 are Text.
func Encoder(col arrow.Array, limit int) (func(i int) Cell, error) {
	f, err := encoder(col, limit)
	if err != nil {
		return nil, err
	}
	return func(i int) Cell {
		if col.IsNull(i) {
			return Cell{}
		}
		return f(i)
	}, nil
}

func encoder(col arrow.Array, limit int) (func(i int) Cell, error) {
	switch col := col.(type) {
	case *array.Null:
		return func(int) Cell { return Cell{} }, nil
	case *array.Boolean:
		return func(i int) Cell {
			if col.Value(i) {
				return Cell{Kind: Bool, Number: 1}
			}
			return Cell{Kind: Bool}
		}, nil
	case *array.Int8:
		return func(i int) Cell { return integer(int64(col.Value(i))) }, nil
	case *array.Int16:
		return func(i int) Cell { return integer(int64(col.Value(i))) }, nil
	case *array.Int32:
		return func(i int) Cell { return integer(int64(col.Value(i))) }, nil
	case *array.Int64:
		return func(i int) Cell { return integer(col.Value(i)) }, nil
	case *array.Float32:
		// By its own shortest digits: 0.1 is not to become 0.10000000149011612.
		return func(i int) Cell { return float(float64(col.Value(i)), 32) }, nil
	case *array.Float64:
		return func(i int) Cell { return float(col.Value(i), 64) }, nil
	case *array.Decimal128:
		scale := col.DataType().(*arrow.Decimal128Type).Scale
		return func(i int) Cell { return decimal(col.Value(i).ToString(scale)) }, nil
	case *array.String:
		return func(i int) Cell { return Cell{Kind: Text, Text: Clean(col.Value(i), limit)} }, nil
	case *array.Binary:
		return func(i int) Cell {
			return Cell{Kind: Text, Text: Clean(base64.StdEncoding.EncodeToString(col.Value(i)), limit)}
		}, nil
	case *array.Date32:
		return func(i int) Cell { return date(int64(col.Value(i))) }, nil
	case *array.Timestamp:
		return func(i int) Cell { return dateTime(int64(col.Value(i))) }, nil
	}
	return nil, diag.Errorf(diag.Type, "a spreadsheet cannot hold type %s", col.DataType())
}

func integer(v int64) Cell {
	text := strconv.FormatInt(v, 10)
	if v > maxExact || v < -maxExact {
		return Cell{Kind: Text, Text: text}
	}
	return Cell{Kind: Number, Number: float64(v), Text: text}
}

func float(v float64, bits int) Cell {
	switch {
	case math.IsNaN(v):
		return Cell{Kind: Text, Text: "NaN"}
	case math.IsInf(v, 1):
		return Cell{Kind: Text, Text: "Infinity"}
	case math.IsInf(v, -1):
		return Cell{Kind: Text, Text: "-Infinity"}
	}
	text := strconv.FormatFloat(v, 'g', -1, bits)
	v, _ = strconv.ParseFloat(text, 64)
	return Cell{Kind: Number, Number: v, Text: text}
}

// decimal is a number if its digits survive as one.
func decimal(text string) Cell {
	digits := strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(text, "-"), ".", ""), "0")
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || len(digits) > 15 {
		return Cell{Kind: Text, Text: text}
	}
	return Cell{Kind: Number, Number: v, Text: text}
}

// date makes a cell of days since 1970.
func date(days int64) Cell {
	if serial := days + epochDays; serial >= firstSerial && serial <= lastSerial {
		return Cell{Kind: Date, Number: float64(serial)}
	}
	return Cell{Kind: Text, Text: time.Unix(days*86400, 0).UTC().Format(time.DateOnly)}
}

const microsPerDay = 86400 * 1e6

// dateTime makes a cell of microseconds since 1970.
func dateTime(micros int64) Cell {
	serial := float64(micros)/microsPerDay + epochDays
	if serial >= firstSerial && serial < lastSerial+1 {
		return Cell{Kind: DateTime, Number: serial}
	}
	return Cell{Kind: Text, Text: formatMicros(micros)}
}

// formatMicros writes a timestamp as Hive does: no fraction if it is zero.
func formatMicros(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.999999")
}

// Clean makes s fit for a cell: control bytes other than tab and line ends, and bytes that are not
// UTF-8, become U+FFFD, and a text of more than limit UTF-16 units is cut.
func Clean(s string, limit int) string {
	plain := len(s) <= limit && utf8.ValidString(s)
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var b strings.Builder
	units := 0
	cut := 0 // length of b with room for the ellipsis
	for _, c := range s {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
			c = utf8.RuneError
		}
		width := 1
		if c > 0xffff {
			width = 2
		}
		if units+width > limit {
			return b.String()[:cut] + "…"
		}
		units += width
		b.WriteRune(c)
		if units <= limit-1 {
			cut = b.Len()
		}
	}
	return b.String()
}
