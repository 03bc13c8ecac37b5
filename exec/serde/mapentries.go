package serde

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
)

// newEntries returns the column of the entries of a map that have the given keys: a struct with a field for each.
func newEntries(t *arrow.MapType, keys []string) *vector {
	fields := make([]arrow.Field, len(keys))
	for i, k := range keys {
		fields[i] = arrow.Field{Name: k, Type: t.ItemType(), Nullable: true}
	}
	c := newVector(arrow.StructOf(fields...))
	c.keys = keys
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
