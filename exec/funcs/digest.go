package funcs

import (
	"bytes"
	"crypto/aes"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash/crc32"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// digests is checksums, ciphers and unique names.
var digests = []Scalar{
	{Name: "crc32", Doc: "crc32(x): the CRC-32 of text or binary; crc32('ABC') is 2743272264", Bind: bindBytes("crc32", datatype.BigInt,
		textToFixed(datatype.BigInt, func(v []byte) (int64, bool) { return int64(crc32.ChecksumIEEE(v)), true }))},
	{Name: "md5", Doc: "md5(x): the MD5 of text or binary in hexadecimal; md5('ABC') is '902fbdd2b1df0c4f70b4a5d23525e932'", Bind: bindBytes("md5", datatype.String,
		mapText(datatype.String, func(dst, v []byte) []byte { s := md5.Sum(v); return hex.AppendEncode(dst, s[:]) }))},
	{Name: "sha1", Aliases: []string{"sha"}, Doc: "sha1(x): the SHA-1 of text or binary in hexadecimal; sha1('ABC') is '3c01bdbb26f358bab27f267924aa2c9a03fcfdb8'",
		Bind: bindBytes("sha1", datatype.String, mapText(datatype.String, func(dst, v []byte) []byte { return appendSHA(dst, v, 1) }))},
	{Name: "sha2", Doc: "sha2(x, bits): the SHA-2 of 224, 256 (also 0), 384 or 512 bits in hexadecimal, NULL for other bits; sha2('', 224) is 'd14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f'", Bind: bindSHA2},
	{Name: "aes_encrypt", Doc: "aes_encrypt(x, key): x encrypted by AES (ECB, PKCS5), NULL unless key has 16, 24 or 32 bytes", Bind: bindCipher("aes_encrypt", encrypt)},
	{Name: "aes_decrypt", Doc: "aes_decrypt(x, key): the inverse of aes_encrypt, NULL if it does not fit", Bind: bindCipher("aes_decrypt", decrypt)},
	{Name: "uuid", Doc: "uuid(): a random UUID", Volatile: true, Bind: bindUUID},
}

// bytesType is what an argument of type t whose bytes are wanted is cast to; nil if it has none.
func bytesType(t arrow.DataType) arrow.DataType {
	switch {
	case datatype.IsNested(t):
		return nil
	case t.ID() == arrow.BINARY:
		return t
	}
	return textType(t)
}

// bindBytes binds a function of the bytes of one text or binary argument.
func bindBytes(name string, t arrow.DataType, k Kernel) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		in := bytesType(args[0].Type)
		if in == nil {
			return Bound{}, badArg(name, 0, "a string or binary", args[0].Type)
		}
		return Bound{Casts: []arrow.DataType{in}, Type: t, Kernel: k}, nil
	}
}

// appendSHA appends the digest of v: SHA-1 for 1 bit, as in Hive, else SHA-2; nothing for other numbers.
func appendSHA(dst, v []byte, bits int) []byte {
	switch bits {
	case 1:
		s := sha1.Sum(v)
		return hex.AppendEncode(dst, s[:])
	case 224:
		s := sha256.Sum224(v)
		return hex.AppendEncode(dst, s[:])
	case 0, 256:
		s := sha256.Sum256(v)
		return hex.AppendEncode(dst, s[:])
	case 384:
		s := sha512.Sum384(v)
		return hex.AppendEncode(dst, s[:])
	case 512:
		s := sha512.Sum512(v)
		return hex.AppendEncode(dst, s[:])
	}
	return dst
}

func bindSHA2(args []Arg) (Bound, error) {
	if err := wantArgs("sha2", args, 2, 2); err != nil {
		return Bound{}, err
	}
	in := bytesType(args[0].Type)
	if in == nil {
		return Bound{}, badArg("sha2", 0, "a string or binary", args[0].Type)
	}
	if !datatype.IsInteger(args[1].Type) && !isVoid(args[1].Type) {
		return Bound{}, badArg("sha2", 1, "an integer", args[1].Type)
	}
	return Bound{Casts: []arrow.DataType{in, datatype.Int}, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newText(c, datatype.String, n, args...)
		x, bits := bytesOf(args[0]), fixedOf[int32](args[1])
		for i := range n {
			if o.null(i) {
				o.end()
				continue
			}
			start := len(o.data)
			if o.data = appendSHA(o.data, x.at(i), int(bits.at(i))); len(o.data) == start {
				o.addNull()
				continue
			}
			o.end()
		}
		return o.finish()
	}}, nil
}

func bindCipher(name string, f func(dst, v, key []byte) ([]byte, bool)) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 2, 2); err != nil {
			return Bound{}, err
		}
		casts := make([]arrow.DataType, 2)
		for i, a := range args {
			if casts[i] = bytesType(a.Type); casts[i] == nil {
				return Bound{}, badArg(name, i, "a string or binary", a.Type)
			}
		}
		return Bound{Casts: casts, Type: datatype.Binary, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			o := newText(c, datatype.Binary, n, args...)
			x, key := bytesOf(args[0]), bytesOf(args[1])
			for i := range n {
				if o.null(i) {
					o.end()
					continue
				}
				data, ok := f(o.data, x.at(i), key.at(i))
				if o.data = data; !ok {
					o.addNull()
					continue
				}
				o.end()
			}
			return o.finish()
		}}, nil
	}
}

// encrypt appends v, padded to whole blocks, block by block: Hive's AES has no chaining.
func encrypt(dst, v, key []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return dst, false
	}
	start := len(dst)
	pad := aes.BlockSize - len(v)%aes.BlockSize
	dst = append(append(dst, v...), bytes.Repeat([]byte{byte(pad)}, pad)...)
	for b := dst[start:]; len(b) > 0; b = b[aes.BlockSize:] {
		block.Encrypt(b, b)
	}
	return dst, true
}

func decrypt(dst, v, key []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil || len(v) == 0 || len(v)%aes.BlockSize != 0 {
		return dst, false
	}
	start := len(dst)
	dst = append(dst, v...)
	for b := dst[start:]; len(b) > 0; b = b[aes.BlockSize:] {
		block.Decrypt(b, b)
	}
	pad := int(dst[len(dst)-1])
	if pad < 1 || pad > aes.BlockSize || bytes.Count(dst[len(dst)-pad:], []byte{byte(pad)}) != pad {
		return dst[:start], false
	}
	return dst[:len(dst)-pad], true
}

func bindUUID(args []Arg) (Bound, error) {
	if err := wantArgs("uuid", args, 0, 0); err != nil {
		return Bound{}, err
	}
	return Bound{Type: datatype.String, Kernel: func(c *Ctx, _ []Vec, n int) (arrow.Array, error) {
		o := newText(c, datatype.String, n)
		var id [16]byte
		for range n {
			rand.Read(id[:]) // crypto/rand's Read never fails
			id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
			for k, b := range id {
				if k == 4 || k == 6 || k == 8 || k == 10 {
					o.data = append(o.data, '-')
				}
				o.data = hex.AppendEncode(o.data, []byte{b})
			}
			o.end()
		}
		return o.finish()
	}}, nil
}
