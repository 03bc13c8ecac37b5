package sheet

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

// Append appends the value of c to b, a builder of one of the types of Type. What does not fit the
// type is NULL, as a field of a text file would be.
func Append(b array.Builder, c Cell) {
	if c.Kind == Empty || !appendValue(b, c) {
		b.AppendNull()
	}
}

func appendValue(b array.Builder, c Cell) bool {
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(c.String())
		return true
	case *array.BooleanBuilder:
		v, ok := c.bool()
		return ok && appendTo(b.Append, v)
	case *array.Int8Builder:
		v, ok := c.int(8)
		return ok && appendTo(b.Append, int8(v))
	case *array.Int16Builder:
		v, ok := c.int(16)
		return ok && appendTo(b.Append, int16(v))
	case *array.Int32Builder:
		v, ok := c.int(32)
		return ok && appendTo(b.Append, int32(v))
	case *array.Int64Builder:
		v, ok := c.int(64)
		return ok && appendTo(b.Append, v)
	case *array.Float32Builder:
		v, ok := c.float()
		return ok && appendTo(b.Append, float32(v))
	case *array.Float64Builder:
		v, ok := c.float()
		return ok && appendTo(b.Append, v)
	case *array.Decimal128Builder:
		v, ok := c.decimal(b.Type().(*arrow.Decimal128Type))
		return ok && appendTo(b.Append, v)
	case *array.Date32Builder:
		v, ok := c.micros()
		return ok && appendTo(b.Append, arrow.Date32(floorDiv(v, microsPerDay)))
	case *array.TimestampBuilder:
		v, ok := c.micros()
		return ok && appendTo(b.Append, arrow.Timestamp(v))
	case *array.BinaryBuilder:
		text := c.String()
		v, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			v = []byte(text) // typed in by hand
		}
		b.Append(v)
		return true
	}
	return false
}

func appendTo[T any](add func(T), v T) bool {
	add(v)
	return true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// String returns the text of a cell as Hive would print its value.
func (c Cell) String() string {
	switch c.Kind {
	case Text:
		return c.Text
	case Bool:
		return strconv.FormatBool(c.Number != 0)
	case Date:
		return time.UnixMicro(serialMicros(c.Number)).UTC().Format(time.DateOnly)
	case DateTime:
		return formatMicros(serialMicros(c.Number))
	case Number:
		if math.Abs(c.Number) < 1e15 {
			return strconv.FormatFloat(c.Number, 'f', -1, 64)
		}
		return strconv.FormatFloat(c.Number, 'g', -1, 64)
	}
	return ""
}

func (c Cell) bool() (v, ok bool) {
	if c.Kind != Text {
		return c.Number != 0, true
	}
	switch strings.ToLower(strings.TrimSpace(c.Text)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// int takes whole numbers only: 1.5 is no value of an integer column.
func (c Cell) int(bits int) (int64, bool) {
	if c.Kind == Text {
		v, err := strconv.ParseInt(strings.TrimSpace(c.Text), 10, bits)
		return v, err == nil
	}
	limit := math.Ldexp(1, bits-1)
	if c.Number != math.Trunc(c.Number) || c.Number < -limit || c.Number >= limit {
		return 0, false
	}
	return int64(c.Number), true
}

func (c Cell) float() (float64, bool) {
	if c.Kind == Text {
		v, err := strconv.ParseFloat(strings.TrimSpace(c.Text), 64)
		return v, err == nil
	}
	return c.Number, true
}

func (c Cell) decimal(t *arrow.Decimal128Type) (decimal128.Num, bool) {
	text := strings.TrimSpace(c.Text)
	if c.Kind != Text || text == "" {
		if c.Kind == Text || math.Abs(c.Number) >= 1e39 {
			return decimal128.Num{}, false
		}
		text = strconv.FormatFloat(c.Number, 'f', -1, 64)
	}
	// An exponent would let a short text ask for a huge number.
	if len(text) > 400 || strings.Trim(text, "+-.0123456789") != "" {
		return decimal128.Num{}, false
	}
	v, ok := new(big.Rat).SetString(text)
	if !ok {
		return decimal128.Num{}, false
	}
	v.Mul(v, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)))
	n := halfUp(v)
	if len(new(big.Int).Abs(n).String()) > int(t.Precision) && n.Sign() != 0 {
		return decimal128.Num{}, false
	}
	return decimal128.FromBigInt(n), true
}

// halfUp rounds to the nearest whole number, halves away from zero, as Hive does.
func halfUp(v *big.Rat) *big.Int {
	num := new(big.Int).Abs(v.Num())
	num.Add(num.Lsh(num, 1), v.Denom())
	num.Quo(num, new(big.Int).Lsh(v.Denom(), 1))
	if v.Sign() < 0 {
		num.Neg(num)
	}
	return num
}

// micros returns the time of a cell in microseconds since 1970: of a number taken as a serial day, or of
// a text such as 2011-12-06 or 2011-12-06 01:02:03.5.
func (c Cell) micros() (int64, bool) {
	switch c.Kind {
	case Number, Date, DateTime:
		if c.Number < 0 || c.Number >= lastSerial+1 {
			return 0, false
		}
		return serialMicros(c.Number), true
	case Text:
		text := strings.TrimSpace(c.Text)
		for _, layout := range []string{time.DateOnly, time.DateTime, "2006-01-02T15:04:05", time.RFC3339} {
			if t, err := time.Parse(layout, text); err == nil {
				return t.UnixMicro(), true
			}
		}
	}
	return 0, false
}

// serialMicros turns a serial day into microseconds since 1970. The days before March 1900 are one
// off in the files' own count, which takes 1900 for a leap year.
func serialMicros(serial float64) int64 {
	if serial >= 1 && serial < 60 {
		serial++
	}
	days := math.Floor(serial)
	// Apart, because the fraction has more digits than a sum with the days would leave it.
	return (int64(days)-epochDays)*microsPerDay + int64(math.Round((serial-days)*microsPerDay))
}
