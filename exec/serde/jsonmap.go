package serde

// keepLast drops, of the entries of the map at hand (from first on), those whose key comes again
// later: JSON's last one wins.
func keepLast(c *vector, first int) {
	keys, values := c.kids[0], c.kids[1]
	n := keys.n - first
	if n < 2 {
		return
	}
	keep, dropped := lastOfKeys(keys, first)
	if !dropped {
		return
	}
	// Rare: the entries that stay are added again after the others and then moved to their place.
	k, v := newVector(keys.typ, keys.mem), newVector(values.typ, values.mem)
	for i := first; i < keys.n; i++ {
		if keep[i-first] {
			k.appendFrom(keys, i)
			v.appendFrom(values, i)
		}
	}
	keys.truncate(first)
	values.truncate(first)
	for i := range k.n {
		keys.appendFrom(k, i)
		values.appendFrom(v, i)
	}
}

// lastOfKeys tells for each key from first on whether no later one is equal.
func lastOfKeys(keys *vector, first int) (keep []bool, dropped bool) {
	n := keys.n - first
	if n < manyKeys {
		for i := first; i < keys.n; i++ {
			for j := i + 1; j < keys.n; j++ {
				if keys.equal(i, j) {
					if keep == nil {
						keep = make([]bool, n)
						for k := range keep {
							keep[k] = true
						}
					}
					keep[i-first], dropped = false, true
				}
			}
		}
		return keep, dropped
	}
	seen := make(map[string]struct{}, n)
	keep = make([]bool, n)
	var key []byte
	for i := keys.n - 1; i >= first; i-- {
		key = keys.appendKey(key[:0], i)
		if _, again := seen[string(key)]; again {
			dropped = true
			continue
		}
		seen[string(key)] = struct{}{}
		keep[i-first] = true
	}
	return keep, dropped
}

// appendFrom adds value i of src, a column of the same type.
func (c *vector) appendFrom(src *vector, i int) {
	if src.isNull(i) {
		c.appendNull()
		return
	}
	switch c.kind {
	case kindBool:
		c.appendBool(src.bits[i>>3]>>(i&7)&1 == 1)
	case kindInt8:
		c.appendInt(int64(src.i8[i]))
	case kindInt16:
		c.appendInt(int64(src.i16[i]))
	case kindInt32:
		c.appendInt(int64(src.i32[i]))
	case kindDate:
		c.appendInt32(src.i32[i])
	case kindInt64:
		c.appendInt(src.i64[i])
	case kindFloat32:
		c.f32 = append(c.f32, src.f32[i])
		c.added()
	case kindFloat64:
		c.f64 = append(c.f64, src.f64[i])
		c.added()
	case kindDecimal, kindTimestamp, kindZoned:
		c.appendNum(src.dec[i])
	case kindString, kindVarchar, kindChar, kindBinary:
		c.appendBytes(src.data[src.offsets[i]:src.offsets[i+1]])
	case kindList, kindMap:
		for j := src.offsets[i]; j < src.offsets[i+1]; j++ {
			for k, kid := range c.kids {
				kid.appendFrom(src.kids[k], int(j))
			}
		}
		c.endNested()
	case kindStruct:
		for k, kid := range c.kids {
			kid.appendFrom(src.kids[k], i)
		}
		c.added()
	}
}
