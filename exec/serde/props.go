package serde

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/winnowdb/winnow/proto/diag"
)

// Property keys, in lower case.
const (
	fieldKey      = "field.delim"
	formatKey     = "serialization.format" // of old tables: the field delimiter
	itemsKey      = "collection.delim"
	itemsTypoKey  = "colelction.delim" // Hive before 3 wrote it so
	mapKeysKey    = "mapkey.delim"
	escapeKey     = "escape.delim"
	lineKey       = "line.delim"
	recordKey     = "textinputformat.record.delimiter"
	nullKey       = "serialization.null.format"
	restKey       = "serialization.last.column.takes.rest"
	encodingKey   = "serialization.encoding"
	formatsKey    = "timestamp.formats"
	headerKey     = "skip.header.line.count"
	footerKey     = "skip.footer.line.count"
	maxLineKey    = "max_line_bytes"
	extendKey     = "hive.serialization.extend.nesting.levels"
	extendMoreKey = "hive.serialization.extend.additional.nesting.levels"
	extendedKey   = "hive.lazysimple.extended_boolean_literal"
	separatorKey  = "separatorchar"
	quoteKey      = "quotechar"
	escapeCharKey = "escapechar"
	multilineKey  = "multiline"
	typedKey      = "typed"
	invalidKey    = "use.null.for.invalid.data"
	regexKey      = "input.regex"
	regexCaseKey  = "input.regex.case.insensitive"
	onBadFileKey  = "on_bad_file"
)

const (
	defaultMaxLine = 16 << 20
	maxSkip        = 1_000_000
)

// props are properties with keys in lower case.
type props map[string]string

func newProps(in map[string]string) props {
	p := make(props, len(in))
	for k, v := range in {
		// Where two keys differ by case, the one in lower case counts, on every run.
		if lower := strings.ToLower(k); lower == k || in[lower] == "" {
			p[lower] = v
		}
	}
	return p
}

func (p props) has(key string) bool { _, ok := p[key]; return ok }

func (p props) first(keys ...string) (string, bool) {
	for _, k := range keys {
		if v, ok := p[k]; ok && v != "" {
			return v, true
		}
	}
	return "", false
}

func (p props) isTrue(key string) bool { return strings.EqualFold(strings.TrimSpace(p[key]), "true") }

// count reads a number of 0 to most; a missing or empty property is 0.
func (p props) count(key string, most int) (int, error) {
	text := strings.TrimSpace(p[key])
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, diag.Errorf(diag.Config, "property %q is %q, which is no number from 0 to %d", key, p[key], most)
	}
	return n, nil
}

// delimiter returns the byte that a delimiter property means. Hive takes a number of -128 to 127 as
// the byte's value and otherwise the first character ('^A' is '^'). The escaped spellings \001, \u0001 and \t that
// reach a property when they were quoted twice are read as what they mean.
func delimiter(text string) byte {
	if n, err := strconv.ParseInt(text, 10, 8); err == nil {
		return byte(n)
	}
	if c, ok := escapedByte(text); ok {
		return c
	}
	r, _ := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError {
		return text[0]
	}
	return byte(r) // Java casts the char, so that é is byte 0xE9
}

func escapedByte(text string) (byte, bool) {
	if len(text) < 2 || text[0] != '\\' {
		return 0, false
	}
	switch rest := text[1:]; {
	case rest == "t":
		return '\t', true
	case rest == "n":
		return '\n', true
	case rest == "r":
		return '\r', true
	case len(rest) == 3:
		n, err := strconv.ParseUint(rest, 8, 8)
		return byte(n), err == nil
	case len(rest) == 5 && rest[0] == 'u':
		n, err := strconv.ParseUint(rest[1:], 16, 8)
		return byte(n), err == nil
	}
	return 0, false
}

// warnings returns what is odd in the delimiters.
func (p props) warnings(f *Format) (out []string) {
	if f.Name != "delimited" {
		return nil
	}
	for _, key := range []string{fieldKey, itemsKey, mapKeysKey, escapeKey} {
		text := p[key]
		_, escaped := escapedByte(text)
		if _, err := strconv.ParseInt(text, 10, 8); err == nil || escaped || utf8.RuneCountInString(text) < 2 {
			continue
		}
		w := fmt.Sprintf("of %s %q only the first character counts", key, text)
		if key == fieldKey {
			w += "; MultiDelimitSerDe takes delimiters of several characters"
		}
		out = append(out, w)
	}
	return out
}
