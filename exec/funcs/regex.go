package funcs

import (
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/javaregex"
	"github.com/winnowdb/winnow/proto/diag"
)

// regexes find Java's regular expressions; see package javaregex.
var regexes = []Scalar{
	regexFunc("rlike regexp regexp_like", "s RLIKE re: whether re matches a part of s; the empty pattern matches nothing; 'aab' rlike '(a)\\\\1b' is true", datatype.Bool, rlikeKernel, anyText, anyText),
	regexFunc("regexp_extract", "regexp_extract(s, re[, group = 1]): the group of the first match, '' without a match; regexp_extract('key=value', '(\\\\w+)=(\\\\w+)', 2) is 'value'",
		datatype.String, regexpExtract, anyText, anyText, whole.optional()),
	regexFunc("regexp_extract_all", "regexp_extract_all(s, re[, group]): the group, 0 if not given, of every match; size(regexp_extract_all('a1b22', '\\\\d+')) is 2",
		datatype.Array(datatype.String), regexpExtractAll, anyText, anyText, whole.optional()),
	regexFunc("regexp_replace", "regexp_replace(s, re, text): every match replaced by text, in which $1 and ${name} stand for groups; regexp_replace('100-200', '(\\\\d+)', '<$1>') is '<100>-<200>'",
		datatype.String, regexpReplace, anyText, anyText, anyText),
	regexFunc("regexp_count", "regexp_count(s, re): the number of matches; regexp_count('a1b22', '\\\\d+') is 2", datatype.Int, regexpCount, anyText, anyText),
	regexFunc("split", "split(s, re): the pieces of s between matches of re; split('a1b22c', '[0-9]+')[1] is 'b'", datatype.Array(datatype.String), splitKernel, anyText, anyText),
	{Name: "ilike", Doc: "s ILIKE p: LIKE without regard to case; ilike('ABC', 'a%') is true", Bind: bindILike},
	{Name: "str_to_map", Doc: "str_to_map(s[, d1 = ',', d2 = ':']): the pairs of s, separated by matches of d1, their keys ended by matches of d2; str_to_map('a:1,b:2')['b'] is '2'", Bind: bindStrToMap},
}

// Engine says what runs pattern in a call of the function name: literal, linear or backtracking, which has a limit of
// steps; "" if the function takes no pattern or this is none.
func Engine(name, pattern string) string {
	for _, f := range regexes {
		if f.Name == name || slices.Contains(f.Aliases, name) {
			if re, err := javaregex.Compile(pattern, 0); err == nil {
				return re.Engine()
			}
		}
	}
	return ""
}

// regexFunc declares a function whose second argument is a pattern.
func regexFunc(names, doc string, t arrow.DataType, k func(re *regexCache) Kernel, params ...param) Scalar {
	f := strict(names, doc, t, nil, params...)
	bind := f.Bind
	f.Bind = func(args []Arg) (Bound, error) {
		b, err := bind(args)
		if err != nil {
			return b, err
		}
		re, err := newRegexCache(args, 1)
		b.Kernel = k(re)
		return b, err
	}
	return f
}

// regexCache holds the compiled patterns of one bound call. A constant pattern is compiled when the
// call is bound; others when they come, the most recent ones kept.
type regexCache struct {
	fixed *javaregex.Regexp
	mu    sync.Mutex
	byRE  map[string]*javaregex.Regexp // nil value: the pattern is bad
}

const maxCachedPatterns = 256

// newRegexCache compiles argument i if it is constant; its error is that of javaregex.Compile.
func newRegexCache(args []Arg, i int) (*regexCache, error) {
	c := &regexCache{byRE: map[string]*javaregex.Regexp{}}
	text, ok := constText(args, i)
	if !ok {
		return c, nil
	}
	re, err := javaregex.Compile(text, 0)
	c.fixed = re
	return c, err
}

// at returns the compiled pattern, or nil and a warning if it is bad.
func (r *regexCache) at(c *Ctx, pattern string) *javaregex.Regexp {
	if r.fixed != nil {
		return r.fixed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	re, ok := r.byRE[pattern]
	if ok {
		return re
	}
	if len(r.byRE) >= maxCachedPatterns {
		clear(r.byRE)
	}
	pattern = strings.Clone(pattern)
	re, err := javaregex.Compile(pattern, 0)
	if err != nil {
		c.Warn(err.Error())
		re = nil
	}
	r.byRE[pattern] = re
	return re
}

// tooHard reports whether err, which a match gave, leaves the row NULL, with a warning.
func tooHard(c *Ctx, err error) bool {
	if err != nil {
		c.Warn(err.Error())
	}
	return err != nil
}

func rlikeKernel(re *regexCache) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, pattern := stringsOf(args[0]), stringsOf(args[1])
		o := newBools(c, n, args...)
		for i := range n {
			if o.null(i) || pattern.at(i) == "" {
				continue
			}
			r := re.at(c, pattern.at(i))
			if r == nil {
				o.setNull(i)
				continue
			}
			ok, err := r.MatchFind(s.at(i))
			if tooHard(c, err) {
				o.setNull(i)
			} else if ok {
				o.set(i)
			}
		}
		return o.finish(), nil
	}
}

func regexpExtract(re *regexCache) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, pattern := stringsOf(args[0]), stringsOf(args[1])
		group := func(int) int64 { return 1 }
		if len(args) > 2 {
			group = fixedOf[int64](args[2]).at
		}
		var m []int
		return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
			r := re.at(c, pattern.at(i))
			if r == nil {
				return dst, false, nil
			}
			found, err := r.FindSubmatchIndex(m[:0], s.at(i))
			if tooHard(c, err) || found == nil {
				return dst, err == nil, nil
			}
			m = found
			g := group(i)
			if err := groupInRange("regexp_extract", r, g); err != nil {
				return nil, false, err
			}
			if m[2*g] < 0 {
				return dst, false, nil
			}
			return append(dst, s.at(i)[m[2*g]:m[2*g+1]]...), true, nil
		})
	}
}

func groupInRange(name string, re *javaregex.Regexp, group int64) error {
	if group >= 0 && group <= int64(re.NumGroups()) {
		return nil
	}
	return diag.Errorf(diag.BadValue, "%s: no group %d in %q, which has %d", name, group, re.String(), re.NumGroups()).
		WithHint("group 0 is the whole match")
}

func regexpExtractAll(re *regexCache) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, pattern := stringsOf(args[0]), stringsOf(args[1])
		group := func(int) int64 { return 0 }
		if len(args) > 2 {
			group = fixedOf[int64](args[2]).at
		}
		return textListRows(c, args, n, func(items *textItems, i int) (bool, error) {
			r := re.at(c, pattern.at(i))
			if r == nil {
				return false, nil
			}
			g := group(i)
			if err := groupInRange("regexp_extract_all", r, g); err != nil {
				return false, err
			}
			err := r.Each(s.at(i), func(m []int) bool {
				if m[2*g] >= 0 {
					items.data = append(items.data, s.at(i)[m[2*g]:m[2*g+1]]...)
				}
				items.end(m[2*g] >= 0)
				return true
			})
			return !tooHard(c, err), nil
		})
	}
}

func regexpReplace(re *regexCache) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, pattern, text := stringsOf(args[0]), stringsOf(args[1]), stringsOf(args[2])
		var last *javaregex.Regexp
		var lastText string
		var rep *javaregex.Replacement
		return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
			r := re.at(c, pattern.at(i))
			if r == nil {
				return dst, false, nil
			}
			if rep == nil || r != last || text.at(i) != lastText {
				// Java reads the replacement at the first match only.
				if ok, err := r.MatchFind(s.at(i)); !ok && err == nil {
					return append(dst, s.at(i)...), true, nil
				}
				var err error
				if rep, err = r.Replacement(text.at(i)); err != nil {
					return nil, false, err
				}
				last, lastText = r, text.at(i)
			}
			start := len(dst)
			dst, err := r.AppendReplaceAll(dst, s.at(i), rep)
			if tooHard(c, err) {
				return dst[:start], false, nil
			}
			return dst, true, nil
		})
	}
}

func regexpCount(re *regexCache) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, pattern := stringsOf(args[0]), stringsOf(args[1])
		o := newFixed[int32](c, datatype.Int, n, args...)
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			r, count := re.at(c, pattern.at(i)), int32(0)
			if r == nil || tooHard(c, r.Each(s.at(i), func([]int) bool { count++; return true })) {
				o.setNull(i)
			}
			o.vals[i] = count
		}
		return o.finish(), nil
	}
}

func splitKernel(re *regexCache) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, pattern := stringsOf(args[0]), stringsOf(args[1])
		var pieces []string
		return textListRows(c, args, n, func(items *textItems, i int) (bool, error) {
			r := re.at(c, pattern.at(i))
			if r == nil {
				return false, nil
			}
			var err error
			pieces, err = r.Split(pieces[:0], s.at(i))
			for _, p := range pieces {
				items.add(p)
			}
			return !tooHard(c, err), nil
		})
	}
}

// bindILike runs the pattern, which must be constant, as a regular expression.
func bindILike(args []Arg) (Bound, error) {
	casts, err := takes("ilike", args, []param{anyText, anyText})
	if err != nil {
		return Bound{}, err
	}
	pattern, ok := constText(args, 1)
	if !ok {
		return Bound{}, diag.Errorf(diag.Unsupported, "ilike takes a constant pattern").WithHint("lower(s) LIKE lower(p) takes any")
	}
	var b strings.Builder
	b.WriteString(`\A`)
	for rest := pattern; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `\%`), strings.HasPrefix(rest, `\_`):
			b.WriteString(rest[1:2])
			rest = rest[2:]
		case rest[0] == '%':
			b.WriteString(".*")
			rest = rest[1:]
		case rest[0] == '_':
			b.WriteString(".")
			rest = rest[1:]
		default:
			n := 1
			for n < len(rest) && rest[n] != '%' && rest[n] != '_' && rest[n] != '\\' {
				n++
			}
			b.WriteString(`\Q` + strings.ReplaceAll(rest[:n], `\E`, `\E\\E\Q`) + `\E`)
			rest = rest[n:]
		}
	}
	b.WriteString(`\z`)
	re, err := javaregex.Compile(b.String(), javaregex.CaseInsensitive|javaregex.UnicodeCase|javaregex.DotAll)
	return Bound{Casts: casts, Type: datatype.Bool, Kernel: rlikeKernel(&regexCache{fixed: re})}, err
}

func bindStrToMap(args []Arg) (Bound, error) {
	casts, err := takes("str_to_map", args, []param{onlyText, onlyText.optional(), onlyText.optional()})
	if err != nil {
		return Bound{}, err
	}
	var delims [2]*regexCache
	for k, text := range []string{",", ":"} {
		if len(args) > k+1 {
			delims[k], err = newRegexCache(args, k+1)
		} else {
			delims[k] = &regexCache{}
			delims[k].fixed, err = javaregex.Compile(text, 0)
		}
		if err != nil {
			return Bound{}, err
		}
	}
	return Bound{Casts: casts, Type: datatype.Map(datatype.String, datatype.String), Kernel: strToMap(delims[0], delims[1])}, nil
}

func strToMap(d1, d2 *regexCache) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s := stringsOf(args[0])
		delim := func(k, i int) string {
			if len(args) > k {
				return stringsOf(args[k]).at(i)
			}
			return ""
		}
		var pieces []string
		place := map[string]int{} // of a key among the pairs of one row
		var vals []string
		return textMapRows(c, args, n, func(keys, values *textItems, i int) (bool, error) {
			outer, inner := d1.at(c, delim(1, i)), d2.at(c, delim(2, i))
			if outer == nil || inner == nil {
				return false, nil
			}
			var err error
			pieces, err = outer.Split(pieces[:0], s.at(i))
			if tooHard(c, err) {
				return false, nil
			}
			for len(pieces) > 1 && pieces[len(pieces)-1] == "" || len(pieces) == 1 && pieces[0] == "" && s.at(i) != "" {
				pieces = pieces[:len(pieces)-1]
			}
			clear(place)
			vals = vals[:0]
			var found []bool
			for _, p := range pieces {
				m, err := inner.FindSubmatchIndex(nil, p)
				if tooHard(c, err) {
					return false, nil
				}
				key, value, has := p, "", m != nil && m[1] > 0
				if has {
					key, value = p[:m[0]], p[m[1]:]
				}
				at, ok := place[key]
				if !ok {
					at = len(vals)
					place[key] = at
					keys.add(key)
					vals, found = append(vals, ""), append(found, false)
				}
				vals[at], found[at] = value, has // the last of the same keys
			}
			for k, v := range vals {
				values.data = append(values.data, v...)
				values.end(found[k])
			}
			return true, nil
		})
	}
}
