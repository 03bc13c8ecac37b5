package serde

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// Numbers of separators: one for fields, then one per level of nesting, two for a map. Two properties
// raise the usual number.
const (
	usualSeparators    = 8
	extendedSeparators = 24
	allSeparators      = 8 + 1 + 13 + 4 + 128
)

// separatorBytes returns the bytes that separate from the outermost level in: the first three are
// defaults; then control characters that are rare in text, then bytes from 0x80 on.
func separatorBytes(p props) []byte {
	seps := make([]byte, 0, allSeparators)
	for _, r := range [][2]int{{1, 8}, {11, 11}, {14, 26}, {28, 31}, {0x80, 0xff}} {
		for b := r[0]; b <= r[1]; b++ {
			seps = append(seps, byte(b))
		}
	}
	switch {
	case p.isTrue(extendMoreKey):
		return seps
	case p.isTrue(extendKey):
		return seps[:extendedSeparators]
	}
	return seps[:usualSeparators]
}

// lazy is what LazySimpleSerDe's properties say.
type lazy struct {
	texts
	seps  []byte
	rest  bool // the last field takes further delimiters
	types []arrow.DataType
}

func newLazy(s *spec) (*lazy, error) {
	l := &lazy{types: s.types, rest: s.props.isTrue(restKey), seps: separatorBytes(s.props)}
	for i, keys := range [][]string{{fieldKey, formatKey}, {itemsKey, itemsTypoKey}, {mapKeysKey}} {
		if text, ok := s.props.first(keys...); ok {
			l.seps[i] = delimiter(text)
		}
	}
	if text, ok := s.props.first(escapeKey); ok {
		l.escape, l.escaped = delimiter(text), true
	}
	var err error
	l.texts, err = newTexts(s, l.texts)
	return l, err
}

// newTexts completes t by the properties that all text formats share.
func newTexts(s *spec, t texts) (texts, error) {
	t.null = `\N`
	if s.props.has(nullKey) {
		t.null = s.props[nullKey]
	}
	_, t.nullNumber = datatype.ParseDouble([]byte(t.null))
	t.extended = props(s.Settings).isTrue(extendedKey)
	var err error
	t.formats, err = timePatterns(s.props[formatsKey])
	return t, err
}

// checkDelimited finds delimiters with two roles, and nesting for which there are no separators left.
func checkDelimited(s *spec) error {
	l, err := newLazy(s)
	if err != nil {
		return err
	}
	if err := checkNesting(s); err != nil {
		return err
	}
	f, err := lineFraming(s.props)
	if err != nil {
		return err
	}
	roles := []struct {
		key   string
		value byte
		used  bool
	}{
		{"field delimiter", l.seps[0], true},
		{"collection delimiter", l.seps[1], s.props.has(itemsKey) || s.props.has(itemsTypoKey)},
		{"map key delimiter", l.seps[2], s.props.has(mapKeysKey)},
		{"escape character", l.escape, l.escaped},
	}
	end := byte('\n')
	if one := f.End(); len(one) == 1 {
		end = one[0]
	}
	for i, a := range roles {
		if !a.used {
			continue
		}
		if a.value == end {
			return diag.Errorf(diag.Config, "the %s is %q, which also ends the line", a.key, string([]byte{a.value}))
		}
		for _, b := range roles[:i] {
			if b.used && a.value == b.value {
				return diag.Errorf(diag.Config, "%s and %s are both %q", b.key, a.key, string([]byte{a.value})).
					WithHint("give each a byte of its own")
			}
		}
	}
	return nil
}

func checkNesting(s *spec) error {
	most := len(separatorBytes(s.props))
	for i, c := range s.Columns {
		if n := separators(s.types[i], 1); n > most {
			return diag.Errorf(diag.Unsupported, "column %q of type %s needs %d separators; there are %d", c.Name, datatype.Name(c.Type), n, most).
				WithHint("the property %q makes more, and JsonSerDe needs none", extendMoreKey)
		}
	}
	return nil
}

// separators returns how many separators a value of type t at the given level uses, outer ones included.
func separators(t arrow.DataType, level int) int {
	switch t := t.(type) {
	case *arrow.MapType:
		return max(level+2, separators(t.ItemType(), level+2))
	case *arrow.ListType:
		return max(level+1, separators(t.Elem(), level+1))
	case *arrow.StructType:
		n := level + 1
		for _, f := range t.Fields() {
			n = max(n, separators(f.Type, level+1))
		}
		return n
	}
	return level
}
