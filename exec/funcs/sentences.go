package funcs

import (
	"bytes"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/klauspost/compress/gzip"
	"github.com/rivo/uniseg"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// prose takes natural text apart, and unpacks text.
var prose = []Scalar{
	strict("sentences", "sentences(s[, language, country]): the words of each sentence of s; sentences('Hello there! I am.')[1][0] is 'I'", wordLists, sentencesKernel, anyText, anyText.optional(), anyText.optional()),
	{Name: "deserialize", Doc: "deserialize(s, 'gzip'): the text that is packed by gzip in base64; NULL if it is not; deserialize('H4sIAAAAAAAA/8tIzcnJBwCGphA2BQAAAA==', 'gzip') is 'hello'", Bind: bindDeserialize},
}

var wordLists = datatype.Array(datatype.Array(datatype.String))

// sentencesKernel breaks by Unicode's rules, which no language changes. Hive: a hyphen joins words, and what
// does not begin with a letter or digit, such as $3, is no word.
func sentencesKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	in := bytesOf(args[0])
	valid := strictValidity(c.Mem, n, args[0])
	defer valid.release()
	var words textItems
	var sentenceEnds []int32
	ends, rows := make([]int32, n), make([]bool, n)
	for i := range n {
		if rows[i] = !valid.null(i); rows[i] {
			state := -1
			for rest := in.at(i); len(rest) > 0; {
				var sentence []byte
				sentence, rest, state = uniseg.FirstSentence(rest, state)
				before := len(words.ends)
				words.addWords(sentence)
				if len(words.ends) > before {
					sentenceEnds = append(sentenceEnds, int32(len(words.ends)))
				}
			}
		}
		ends[i] = int32(len(sentenceEnds))
	}
	values, err := words.finish(c.Mem)
	if err != nil {
		return nil, err
	}
	sentences := listArray(c.Mem, datatype.Array(datatype.String), sentenceEnds, allValid(len(sentenceEnds)), values)
	return listArray(c.Mem, wordLists, ends, rows, sentences), nil
}

// addWords adds the words of one sentence.
func (t *textItems) addWords(s []byte) {
	var last []byte // the break before
	open, hyphen := false, false
	state := -1
	for len(s) > 0 {
		var word []byte
		word, s, state = uniseg.FirstWord(s, state)
		r, _ := utf8.DecodeRune(word)
		lr, _ := utf8.DecodeRune(last)
		switch {
		case unicode.IsLetter(r) && open && hyphen:
			t.data = append(append(t.data, '-'), word...)
			hyphen = false
		case unicode.IsLetter(r) || unicode.IsDigit(r) && !unicode.Is(unicode.Sc, lr):
			if open {
				t.end(true)
			}
			t.data = append(t.data, word...)
			open, hyphen = true, false
		case r == '-' && open && !hyphen:
			hyphen = true
		default:
			if open {
				t.end(true)
			}
			open, hyphen = false, false
		}
		last = word
	}
	if open {
		t.end(true)
	}
}

func bindDeserialize(args []Arg) (Bound, error) {
	casts, err := takes("deserialize", args, []param{anyText, onlyText})
	if err != nil {
		return Bound{}, err
	}
	if packing, ok := constText(args, 1); !ok || packing != "gzip" {
		return Bound{}, diag.Errorf(diag.Type, "deserialize takes 'gzip' as argument 2")
	}
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		in := bytesOf(args[0])
		var zip *gzip.Reader
		var raw []byte
		out := bytes.Buffer{}
		return tryTextRows(c, datatype.String, args[:1], n, func(dst []byte, i int) ([]byte, bool, error) {
			raw = appendUnbase64(raw[:0], in.at(i))
			var err error
			if zip == nil {
				zip, err = gzip.NewReader(bytes.NewReader(raw))
			} else {
				err = zip.Reset(bytes.NewReader(raw))
			}
			if err != nil {
				return dst, false, nil
			}
			out.Reset()
			if size, err := io.Copy(&out, io.LimitReader(zip, maxCell+1)); err != nil {
				return dst, false, nil
			} else if size > maxCell {
				return dst, false, tooLong("deserialize")
			}
			return append(dst, out.Bytes()...), utf8.Valid(out.Bytes()), nil
		})
	}}, nil
}
