package op

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/vec"
)

// keyHash hashes the key columns of a batch, the same on all machines.
type keyHash struct {
	buf    vec.KeyBuffer
	hashes []uint64
	texts  []textHash // of buf.Texts
}

// textHash is the texts of one column of packed keys, and room for their numbers.
type textHash struct {
	keyHash
	codes []uint32
}

// of sets the keys and hashes of the n rows of cols, and returns the hashes.
func (k *keyHash) of(cols []arrow.Array, n int) []uint64 {
	vec.AppendKeys(cols, n, &k.buf)
	k.hashes = vec.Sized(k.hashes, n)
	if k.buf.Packed == nil {
		k.ofBytes()
		return k.hashes
	}
	for i, p := range k.buf.Packed {
		k.hashes[i] = packedHash(p)
	}
	for len(k.texts) < len(k.buf.Texts) {
		k.texts = append(k.texts, textHash{})
	}
	for c := range k.buf.Texts {
		t, column := &k.texts[c], &k.buf.Texts[c]
		t.buf = column.KeyBuffer
		t.hashes = vec.Sized(t.hashes, column.Len())
		t.codes = vec.Sized(t.codes, column.Len())
		if column.Len() == 0 {
			continue
		}
		t.ofBytes()
		for i, o := range column.Of {
			if o >= 0 {
				k.hashes[i] = joinedHash(k.hashes[i], t.hashes[o])
			}
		}
	}
	return k.hashes
}

// ofBytes sets the hashes of keys that are not packed.
func (k *keyHash) ofBytes() {
	for i := range k.hashes {
		k.hashes[i] = bytesHash(k.buf.Key(i))
	}
	if k.buf.NullTexts() {
		for i := range k.hashes {
			if k.buf.NullText(i) {
				k.hashes[i] = nullHash
			}
		}
	}
}

// nullHash is the hash of a text key that is NULL.
const nullHash = 0x9e3779b97f4a7c15

// packedHash mixes the two words by multiplications to 128 bits, as wyhash does.
func packedHash(p [2]uint64) uint64 {
	return mixed(mixed(p[0]^oddWord, p[1]^otherWord)^0x8ebc6af09c88c6e3, 0x589965cc75374cc3)
}

// The constants of bytesHash: odd, with half of the bits set.
const (
	oddWord   = 0xa0761d6478bd642f
	otherWord = 0xe7037ed1a0b428db
)

// bytesHash hashes 16 bytes at a time by a multiplication to 128 bits, as wyhash does (Wang Yi, version 4), which inlines and
// takes half of the time of xxh3 on keys as long as a URL. Keys of about one length take the same branches, as blocks from the end
// may lie over those from the beginning: a loop whose turns differ from key to key is guessed wrong for most.
func bytesHash(b []byte) uint64 {
	n, h := uint64(len(b)), uint64(oddWord)
	var first, last uint64
	switch {
	case n > 16:
		ends := b[n-16:]
		switch {
		case n > 128:
			for len(b) > 16 {
				h = blockHash(h, b)
				b = b[16:]
			}
		case n > 64:
			head, tail := b[:64], b[n-64:]
			h = blockHash(blockHash(blockHash(blockHash(h, head), head[16:]), head[32:]), head[48:])
			h = blockHash(blockHash(blockHash(h, tail), tail[16:]), tail[32:])
		case n > 32:
			head, tail := b[:32], b[n-32:]
			h = blockHash(blockHash(blockHash(h, head), head[16:]), tail)
		default:
			h = blockHash(h, b)
		}
		first, last = binary.LittleEndian.Uint64(ends), binary.LittleEndian.Uint64(ends[8:])
	case n >= 8:
		first, last = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		first, last = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		first = uint64(b[0])<<16 | uint64(b[n/2])<<8 | uint64(b[n-1])
	}
	hi, lo := bits.Mul64(first^otherWord, last^h)
	return mixed(hi^oddWord^n, lo^otherWord)
}

// blockHash goes on from h with the first 16 bytes of b.
func blockHash(h uint64, b []byte) uint64 {
	return mixed(binary.LittleEndian.Uint64(b)^otherWord, binary.LittleEndian.Uint64(b[8:])^h)
}

// mixed folds the product of two words.
func mixed(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// joinedHash is the hash of a packed key with hash h to which a text with hash text belongs.
func joinedHash(h, text uint64) uint64 {
	return mixed(h^0x1d8e4e27c47d124f, text|1)
}
