package serde

import "github.com/winnowdb/winnow/exec/datatype"

// scalar reads one value into a column that is not nested.
func (d *json) scalar(c *vector) bool {
	switch b := d.b[d.i]; {
	case b == '"':
		t, ok := d.str()
		if ok {
			d.fromText(c, t)
		}
		return ok
	case b == '{' || b == '[':
		if c.kind != kindString && c.kind != kindVarchar && c.kind != kindChar {
			return d.wrong(c)
		}
		d.compact = d.compact[:0]
		if !d.copyValue() {
			return false
		}
		c.appendText(d.compact)
		return true
	case b == 't':
		d.fromBool(c, true)
		return d.word("true")
	case b == 'f':
		d.fromBool(c, false)
		return d.word("false")
	}
	n, form := d.number()
	switch form {
	case noNumber:
		return false
	case oddNumber:
		if v, ok := datatype.ParseDouble(n); ok && c.kind == kindFloat64 && !finite(v) {
			c.f64 = append(c.f64, v)
			c.added()
			return true
		}
		c.appendBad()
		return true
	}
	d.fromNumber(c, n, form)
	return true
}

func finite(v float64) bool { return v-v == 0 }

// appendText adds text to a column of text, cut to its width.
func (c *vector) appendText(b []byte) {
	if c.kind == kindString {
		c.appendBytes(b)
		return
	}
	c.appendWidth(b)
}

func (d *json) fromText(c *vector, t []byte) {
	switch c.kind {
	case kindString, kindVarchar, kindChar:
		c.appendText(t)
	case kindInt8, kindInt16, kindInt32, kindInt64:
		d.fromNumber(c, datatype.TrimBlanks(t), floatNumber)
	case kindBool:
		v, ok := datatype.ParseBool(t, false)
		if !ok {
			c.appendBad()
			return
		}
		c.appendBool(v)
	default:
		if len(t) == 0 && c.kind != kindBinary {
			c.appendBad()
			return
		}
		d.texts.append(c, t)
	}
}

func (d *json) fromBool(c *vector, v bool) {
	word := "false"
	if v {
		word = "true"
	}
	switch c.kind {
	case kindBool:
		c.appendBool(v)
	case kindString, kindVarchar, kindChar:
		c.appendText([]byte(word))
	case kindInt8, kindInt16, kindInt32, kindInt64:
		n := int64(0)
		if v {
			n = 1
		}
		c.appendInt(n)
	default:
		c.appendBad()
	}
}

// fromNumber adds a number's text.
func (d *json) fromNumber(c *vector, n []byte, form numberForm) {
	switch c.kind {
	case kindString, kindVarchar, kindChar:
		d.compact = appendNumber(d.compact[:0], n, form)
		c.appendText(d.compact)
	case kindInt8, kindInt16, kindInt32, kindInt64:
		v, ok := datatype.ParseInt(n, true)
		if !ok && form == floatNumber {
			v, ok = wholePart(n)
		}
		if !ok || !c.appendInt(v) {
			c.appendBad()
		}
	case kindBool:
		v, ok := datatype.ParseDouble(n)
		if !ok {
			c.appendBad()
			return
		}
		c.appendBool(v != 0)
	case kindFloat64:
		v, ok := datatype.ParseDouble(n)
		if !ok || !finite(v) {
			c.appendBad()
			return
		}
		c.f64 = append(c.f64, v)
		c.added()
	case kindFloat32, kindDecimal:
		d.texts.append(c, n)
	case kindTimestamp, kindZoned:
		if len(d.texts.formats) == 0 || !d.texts.appendTimestamp(c, n) {
			c.appendBad()
		}
	default:
		c.appendBad()
	}
}

// wholePart reads a number with an exponent and drops its fraction.
func wholePart(n []byte) (int64, bool) {
	v, ok := datatype.ParseDouble(n)
	if !ok || v >= 1<<63 || v < -1<<63 || v != v {
		return 0, false
	}
	return int64(v), true
}

// appendNumber appends a number's text as Jackson prints it: whole numbers as they are, others as doubles.
func appendNumber(dst, n []byte, form numberForm) []byte {
	if form == wholeNumber {
		return append(dst, n...)
	}
	v, _ := datatype.ParseDouble(n)
	if !finite(v) {
		return append(dst, n...)
	}
	return datatype.AppendDouble(dst, v)
}
