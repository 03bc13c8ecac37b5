package serde

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/textscan"
)

// newEntries returns the column of the entries of a map that have the given keys: a struct with a field for each.
func newEntries(t *arrow.MapType, keys []string, mem memory.Allocator) *vector {
	fields := make([]arrow.Field, len(keys))
	for i, k := range keys {
		fields[i] = arrow.Field{Name: k, Type: t.ItemType(), Nullable: true}
	}
	c := newVector(arrow.StructOf(fields...), mem)
	c.keys = keys
	for _, k := range keys {
		c.literals = append(c.literals, textscan.NewLiteral([]byte(k)))
	}
	return c
}

// entry returns the entry of a column of entries that has the key, or nil.
func (c *vector) entry(key []byte) *vector {
	for i, k := range c.keys {
		if string(key) == k {
			return c.kids[i]
		}
	}
	return nil
}

// endEntries ends a value of a column of entries: those that the map does not have are NULL.
func (c *vector) endEntries() {
	for _, k := range c.kids {
		if k.n == c.n {
			k.appendNull()
		}
	}
	c.added()
}

// entries adds the wanted entries of a map, by the same rules as mapping.
func (d *delimited) entries(c *vector, b []byte, level int) {
	sep, keySep := d.seps[level], d.seps[level+1]
	for done := len(b) == 0; !done; {
		if !d.escaped && c.unwanted(b, keySep, sep) {
			n := bytes.IndexByte(b, sep)
			if done = n < 0; !done {
				b = b[n+1:]
			}
			continue
		}
		n := d.cut(b, sep)
		entry := b[:n]
		if done = n == len(b); !done {
			b = b[n+1:]
		}
		k := d.cut(entry, keySep)
		if d.isNull(entry[:k]) {
			continue
		}
		switch item := c.entry(d.unescape(entry[:k])); {
		case item == nil || item.n > c.n: // the first of several counts
		case k == len(entry):
			item.appendNull()
		default:
			d.value(item, entry[k+1:], level+2)
		}
	}
	c.endEntries()
}

// entries adds the wanted entries of the fields that from and to name, as delimited's entries does. Each key is looked for in the
// chunk, where it is mostly found in the fields.
func (d *delimitedChunk) entries(c *vector, b []byte) {
	sep, keySep := d.seps[1], d.seps[2]
	for i, item := range c.kids {
		n, hit := len(c.keys[i]), -1
		for r, from := range d.from {
			if from == missing || d.isNull(b[from:d.to[r]]) {
				item.appendNull()
				continue
			}
			begin, end := int(from), int(d.to[r])
			for next := begin; hit < next; {
				if hit = c.literals[i].Index(b, next); hit < 0 {
					hit = len(b)
				}
				after := hit + n
				if after <= end && (hit > begin && b[hit-1] != sep || after < end && b[after] != keySep && b[after] != sep) {
					next = hit + 1 // a part of another key, or of a value
				}
			}
			switch after := hit + n; {
			case after >= end || b[after] == sep: // there is no such entry, or it has no value
				item.appendNull()
			default:
				d.entryValue(item, b[after+1:end], sep)
			}
		}
	}
	c.addedMany(len(d.from))
}

// entryValue adds the value that b begins with and sep or its end ends.
func (d *delimitedChunk) entryValue(item *vector, b []byte, sep byte) {
	if n := bytes.IndexByte(b, sep); n >= 0 {
		b = b[:n]
	}
	if item.kind == kindString && !d.isNull(b) {
		item.appendBytes(b)
		return
	}
	d.value(item, b, 3)
}

// entryKeysPlain reports whether the bytes of each wanted key of c are those of the key, wherever they are between separators.
func (d *delimitedChunk) entryKeysPlain(c *vector) bool {
	for _, k := range c.keys {
		if k == "" || k == d.null || indexByte([]byte(k), d.seps[1]) >= 0 || indexByte([]byte(k), d.seps[2]) >= 0 {
			return false
		}
	}
	return c.keys != nil && !d.escaped
}

// entries adds the wanted entries of a map, by the same rules as mapping.
func (d *json) entries(s *jsonShape, c *vector) bool {
	if d.b[d.i] != '{' {
		return d.wrong(c)
	}
	ok := d.eachEntry(func(key []byte) bool {
		item := c.entry(key)
		if item == nil {
			return d.skip()
		}
		item.truncate(c.n) // the last of several counts
		return d.value(s.kids[1], item)
	})
	c.endEntries()
	return ok
}
