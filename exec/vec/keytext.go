package vec

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// A text beside other key columns is packed as a code of codeWidth bytes. One of up to inlineText bytes is its own
// code, the same on all machines; a longer one has a number, which whoever keeps the texts gives it.
const (
	codeWidth  = 4
	inlineText = 3
	// inlineCode tells that a code is a text: its length is in the bits from inlineLength on, its bytes below.
	inlineCode   = 1 << 31
	inlineLength = 24
)

// TextKeys are the texts of a key column that have no place in packed keys. As a KeyBuffer it holds one key for each run
// of rows with the same text, where short texts between them count for nothing.
type TextKeys struct {
	KeyBuffer
	// Of is the place of each row's text among the keys, -1 where there is none: the text is NULL, or packed. It means nothing if
	// there are no keys.
	Of []int32

	at uint
}

// Len is the number of keys.
func (t *TextKeys) Len() int { return len(t.rows) }

// SetCodes puts the numbers of the texts, codes, into the packed keys of their rows. A number is below 1<<31; ^0 makes a key
// that no other is like.
func (t *TextKeys) SetCodes(keys [][2]uint64, codes []uint32) {
	if len(codes) == 0 {
		return
	}
	for i, o := range t.Of {
		if o >= 0 {
			setCode(&keys[i], t.at, codes[o])
		}
	}
}

// setCode puts code at byte at of key in place of what is there.
func setCode(key *[2]uint64, at uint, code uint32) {
	const all = 1<<(8*codeWidth) - 1
	if at >= 8 {
		s := (at - 8) * 8
		key[1] = key[1]&^(all<<s) | uint64(code)<<s
		return
	}
	s := at * 8
	key[0] = key[0]&^(all<<s) | uint64(code)<<s
	s = 64 - s // 64 and more shift everything out
	key[1] = key[1]&^(all>>s) | uint64(code)>>s
}

// packTexts makes the keys the short texts of a column at byte at and nothing else, and adds the other texts to b.Texts.
func (b *KeyBuffer) packTexts(at uint, d arrow.ArrayData) {
	if len(b.Texts) < cap(b.Texts) {
		b.Texts = b.Texts[:len(b.Texts)+1]
	} else {
		b.Texts = append(b.Texts, TextKeys{})
	}
	t := &b.Texts[len(b.Texts)-1]
	n, null := len(b.Packed), nullsOf(d)
	if t.rows = t.rows[:0]; t.rows == nil {
		t.rows = []int32{}
	}
	t.at, t.Of = at, Sized(t.Of, n)
	if n > 0 && null.none() {
		if off := offsetsOf(d)[:n+1]; equalTexts(off, bytesOf(d, 2)[off[0]:off[n]]) {
			b.packOne(t, d)
			return
		}
	}
	clear(b.Packed)
	t.lendTexts(d, n)
	last, run := []byte(nil), int32(-1)
	for i := range n {
		t.Of[i] = -1
		v := t.Data[t.Ends[i]:t.Ends[i+1]]
		switch {
		case null.at(i):
		case len(v) <= inlineText:
			pack(&b.Packed[i], at, uint64(inlined(v)))
		case run >= 0 && string(v) == string(last):
			t.Of[i] = run
		default:
			run++
			t.rows = append(t.rows, int32(i))
			last, t.Of[i] = v, run
		}
	}
}

// lendTexts makes the first n values of a column the texts; none that is a key is NULL.
func (t *TextKeys) lendTexts(d arrow.ArrayData, n int) {
	t.lend(d, n)
	t.null = nulls{}
}

// packOne is packTexts of a text that all rows have.
func (b *KeyBuffer) packOne(t *TextKeys, d arrow.ArrayData) {
	t.lendTexts(d, 1)
	var key [2]uint64
	if v := t.Data[t.Ends[0]:t.Ends[1]]; len(v) <= inlineText {
		pack(&key, t.at, uint64(inlined(v)))
	} else {
		t.rows = append(t.rows, 0)
		clear(t.Of)
	}
	for i := range b.Packed {
		b.Packed[i] = key
	}
}

// inlined is the code of a short text.
func inlined(v []byte) uint32 {
	code := uint32(inlineCode | len(v)<<inlineLength)
	for i, c := range v {
		code |= uint32(c) << (8 * i)
	}
	return code
}

// TextCodes are the places of codes in packed keys, one for each text column.
type TextCodes []struct{ at, null uint }

// TextCodesOf returns the places of codes in keys of types.
func TextCodesOf(types []arrow.DataType) TextCodes {
	var out TextCodes
	at := uint(1)
	for c, t := range types {
		if isText(t) {
			out = append(out, struct{ at, null uint }{at, uint(c)})
		}
		at += uint(packedWidth(t))
	}
	return out
}

// Take calls f for each text of key that is there by its number, with the place of its column among the text columns. It
// returns the key without the numbers.
func (c TextCodes) Take(key [2]uint64, f func(column int, code uint32)) [2]uint64 {
	for column, p := range c {
		if code := uint32(unpack(&key, p.at)); code&inlineCode == 0 && key[0]>>p.null&1 == 0 {
			f(column, code)
			setCode(&key, p.at, 0)
		}
	}
	return key
}

// unpackTexts returns the texts whose codes are at byte at of keys; those that have a number are text(number). NULLs are told by valid.
func unpackTexts(mem memory.Allocator, t arrow.DataType, keys [][2]uint64, at uint, valid *keyValidity, text func(code uint32) []byte) arrow.Array {
	offsets, data, ends := newTexts(mem, t, len(keys), func(i int) int {
		if !valid.at(i) {
			return 0
		}
		code := uint32(unpack(&keys[i], at))
		if code&inlineCode == 0 {
			return len(text(code))
		}
		return int(code >> inlineLength & inlineText)
	})
	dst := data.Bytes()
	for i := range keys {
		from, to := ends[i], ends[i+1]
		if from == to {
			continue
		}
		code := uint32(unpack(&keys[i], at))
		if code&inlineCode == 0 {
			copy(dst[from:to], text(code))
			continue
		}
		for k, short := 0, dst[from:to]; k < len(short); k++ {
			short[k] = byte(code >> (8 * k))
		}
	}
	return valid.array(t, offsets, data)
}
