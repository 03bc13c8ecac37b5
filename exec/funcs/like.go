package funcs

import (
	"bytes"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// likes is LIKE and its forms with several patterns.
var likes = []Scalar{
	{Name: "like", Doc: "s LIKE p [ESCAPE c]: whether all of s fits p, in which % is any text and _ one character; 'abc' like 'a%' is true", Bind: bindLike},
	{Name: "likeany", Aliases: []string{"like any"}, Doc: "s LIKE ANY (p, …): whether s fits one of the patterns, NULL if one is NULL", Bind: bindLikeMany("likeany", true)},
	{Name: "likeall", Aliases: []string{"like all"}, Doc: "s LIKE ALL (p, …): whether s fits all of the patterns, NULL if one is NULL", Bind: bindLikeMany("likeall", false)},
}

// likePattern is a compiled pattern: segments of text between the %s.
type likePattern struct {
	segments []likeSegment
	literal  bool // no _ in it
}

// likeSegment is text in which holes, sorted, are the indexes of bytes that stand for any one character.
type likeSegment struct {
	text  []byte
	holes []int
	runes int
}

// compileLike reads a pattern. The escape character makes a following % or _ stand for itself; before
// anything else it is text, as in Hive.
func compileLike(p []byte, escape rune) *likePattern {
	out := &likePattern{literal: true}
	var seg likeSegment
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		switch {
		case r == escape && len(p) > size && (p[size] == '%' || p[size] == '_' || (escape != '\\' && bytes.HasPrefix(p[size:], p[:size]))):
			p = p[size:]
			_, size = utf8.DecodeRune(p)
			seg.text = append(seg.text, p[:size]...)
			seg.runes++
		case r == '%':
			out.segments = append(out.segments, seg)
			seg = likeSegment{}
		case r == '_':
			seg.holes = append(seg.holes, len(seg.text))
			seg.text = append(seg.text, '_')
			seg.runes++
			out.literal = false
		default:
			seg.text = append(seg.text, p[:size]...)
			seg.runes++
		}
		p = p[size:]
	}
	out.segments = append(out.segments, seg)
	return out
}

// matches reports whether all of s fits.
func (p *likePattern) matches(s []byte) bool {
	last := len(p.segments) - 1
	if last == 0 {
		n, ok := p.segments[0].at(s)
		return ok && n == len(s)
	}
	n, ok := p.segments[0].at(s)
	if !ok {
		return false
	}
	s = s[n:]
	for i := 1; i < last; i++ {
		if s, ok = p.segments[i].after(s); !ok {
			return false
		}
	}
	return p.segments[last].ends(s)
}

// at returns how many bytes of s the segment takes at its beginning.
func (g *likeSegment) at(s []byte) (int, bool) {
	if len(g.holes) == 0 {
		return len(g.text), bytes.HasPrefix(s, g.text)
	}
	pos, from := 0, 0
	for _, h := range g.holes {
		lit := g.text[from:h]
		if !bytes.HasPrefix(s[pos:], lit) {
			return 0, false
		}
		pos += len(lit)
		if pos == len(s) {
			return 0, false
		}
		_, size := utf8.DecodeRune(s[pos:])
		pos += size
		from = h + 1
	}
	return pos + len(g.text) - from, bytes.HasPrefix(s[pos:], g.text[from:])
}

// after returns what follows the first place in s where the segment fits.
func (g *likeSegment) after(s []byte) ([]byte, bool) {
	if len(g.holes) == 0 {
		i := bytes.Index(s, g.text)
		if i < 0 {
			return nil, false
		}
		return s[i+len(g.text):], true
	}
	for {
		if n, ok := g.at(s); ok {
			return s[n:], true
		}
		if len(s) == 0 {
			return nil, false
		}
		_, size := utf8.DecodeRune(s)
		s = s[size:]
	}
}

// ends reports whether s ends with the segment.
func (g *likeSegment) ends(s []byte) bool {
	if len(g.holes) == 0 {
		return bytes.HasSuffix(s, g.text)
	}
	pos := len(s)
	for range g.runes {
		if pos == 0 {
			return false
		}
		_, size := utf8.DecodeLastRune(s[:pos])
		pos -= size
	}
	n, ok := g.at(s[pos:])
	return ok && pos+n == len(s)
}

// likeCache compiles patterns; the last one is kept, so that a constant is compiled once per batch at most.
type likeCache struct {
	text   []byte
	escape rune
	p      *likePattern
}

func (c *likeCache) get(text []byte, escape rune) *likePattern {
	if c.p == nil || c.escape != escape || !bytes.Equal(c.text, text) {
		c.p, c.escape = compileLike(text, escape), escape
		c.text = append(c.text[:0], text...)
	}
	return c.p
}

func bindLike(args []Arg) (Bound, error) {
	if err := wantArgs("like", args, 2, 3); err != nil {
		return Bound{}, err
	}
	casts, err := textArgs("like", args)
	if err != nil {
		return Bound{}, err
	}
	if len(args) == 3 {
		if esc, ok := args[2].Const.(*array.String); ok && !esc.IsNull(0) && utf8.RuneCountInString(esc.Value(0)) != 1 {
			return Bound{}, diag.Errorf(diag.Type, "ESCAPE takes one character, not '%s'", esc.Value(0))
		}
	}
	return Bound{Casts: casts, Type: datatype.Bool, Kernel: likeKernel}, nil
}

// textArgs asks for text of all arguments; arrays, maps, structs and binary are refused.
func textArgs(name string, args []Arg) ([]arrow.DataType, error) {
	casts := make([]arrow.DataType, len(args))
	for i, a := range args {
		if datatype.IsNested(a.Type) || a.Type.ID() == arrow.BINARY {
			return nil, badArg(name, i, "a string", a.Type)
		}
		casts[i] = textType(a.Type)
	}
	return casts, nil
}

func likeKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	o := newBools(c, n, args...)
	in, pat := bytesOf(args[0]), bytesOf(args[1])
	escape := '\\'
	var esc byteView
	if len(args) == 3 {
		esc = bytesOf(args[2])
	}
	var cache likeCache
	for i := range n {
		if o.null(i) {
			continue
		}
		if len(args) == 3 {
			escape, _ = utf8.DecodeRune(esc.at(i))
		}
		if cache.get(pat.at(i), escape).matches(in.at(i)) {
			o.set(i)
		}
	}
	return o.finish(), nil
}

// bindLikeMany binds LIKE ANY (any) and LIKE ALL.
func bindLikeMany(name string, any bool) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 2, -1); err != nil {
			return Bound{}, err
		}
		casts, err := textArgs(name, args)
		if err != nil {
			return Bound{}, err
		}
		kernel := func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			o := newBools(c, n, args...)
			in := bytesOf(args[0])
			caches, pats := make([]likeCache, len(args)), make([]byteView, len(args))
			for k, a := range args {
				pats[k] = bytesOf(a)
			}
			for i := range n {
				if o.null(i) {
					continue
				}
				hit := !any
				for k := 1; k < len(args) && hit != any; k++ {
					hit = caches[k].get(pats[k].at(i), '\\').matches(in.at(i))
				}
				if hit {
					o.set(i)
				}
			}
			return o.finish(), nil
		}
		return Bound{Casts: casts, Type: datatype.Bool, Kernel: kernel}, nil
	}
}
