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
	// Of is the place of each row's text among the keys, -1 where there is none: the text is NULL, or packed.
	Of []int32

	at uint
}

// Len is the number of keys.
func (t *TextKeys) Len() int { return len(t.rows) }

// SetCodes puts the numbers of the texts, codes, into the packed keys of their rows. A number is below 1<<31; ^0 makes a key
// that no other is like.
func (t *TextKeys) SetCodes(keys [][2]uint64, codes []uint32) {
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

// packTexts puts the short texts of a column at byte at of the keys, and adds the others to b.Texts.
func (b *KeyBuffer) packTexts(at uint, d arrow.ArrayData, null nulls) {
	if len(b.Texts) < cap(b.Texts) {
		b.Texts = b.Texts[:len(b.Texts)+1]
	} else {
		b.Texts = append(b.Texts, TextKeys{})
	}
	t := &b.Texts[len(b.Texts)-1]
	n := len(b.Packed)
	t.lend(d, n)
	t.null = nulls{} // none of the keys is
	if t.rows = t.rows[:0]; t.rows == nil {
		t.rows = []int32{}
	}
	t.at, t.Of = at, resize(t.Of, n)
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

// inlined is the code of a short text.
func inlined(v []byte) uint32 {
	code := uint32(inlineCode | len(v)<<inlineLength)
	for i, c := range v {
		code |= uint32(c) << (8 * i)
	}
	return code
}

// Codes calls f for each text of a packed key of types that is there by its number, with the place of its column among the
// text columns. It returns the key without the numbers.
func Codes(types []arrow.DataType, key [2]uint64, f func(column int, code uint32)) [2]uint64 {
	at, column := uint(1), 0
	for c, t := range types {
		if isText(t) {
			if code := uint32(unpack(&key, at)); code&inlineCode == 0 && key[0]>>uint(c)&1 == 0 {
				f(column, code)
				setCode(&key, at, 0)
			}
			column++
		}
		at += uint(packedWidth(t))
	}
	return key
}

// unpackTexts returns the texts whose codes are at byte at of keys; those that have a number are text(number). NULLs are told by valid.
func unpackTexts(mem memory.Allocator, t arrow.DataType, keys [][2]uint64, at uint, valid *keyValidity, text func(code uint32) []byte) arrow.Array {
	texts := make([][]byte, len(keys))
	short := make([]byte, 0, inlineText*len(keys))
	for i := range keys {
		if !valid.at(i) {
			continue
		}
		code := uint32(unpack(&keys[i], at))
		if code&inlineCode == 0 {
			texts[i] = text(code)
			continue
		}
		from := len(short)
		for range code >> inlineLength & inlineText {
			short = append(short, byte(code))
			code >>= 8
		}
		texts[i] = short[from:]
	}
	valid.buf.Release()
	return TextColumn(mem, t, texts)
}
