package datatype

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/proto/diag"
)

var simple = map[string]arrow.DataType{
	"void": Void, "boolean": Bool, "tinyint": TinyInt, "smallint": SmallInt, "int": Int, "integer": Int, "bigint": BigInt,
	"float": Float, "real": Float, "double": Double, "double precision": Double, "string": String, "binary": Binary, "date": Date,
	"timestamp": Timestamp, "timestamp with local time zone": TimestampLTZ, "timestamplocaltz": TimestampLTZ,
	"interval_year_month": YearMonth, "interval_day_time": DayTime, "decimal": Decimal(10, 0), "numeric": Decimal(10, 0), "dec": Decimal(10, 0),
}

// MaxDepth is how deep types may nest.
const MaxDepth = 64

// Parse reads a Hive type name, such as "map<string,struct<a:int,b:decimal(10,2)>>". It accepts
// everything that Name returns, any case, and blanks between parts. Its error is a *diag.Error of kind Type.
func Parse(s string) (arrow.DataType, error) {
	p := &typeParser{s: s}
	t, err := p.parse(0)
	if err != nil {
		return nil, err
	}
	if p.skip(); p.i < len(s) {
		return nil, diag.Errorf(diag.Type, "%q after the end of type %q", s[p.i:], s[:p.i])
	}
	return t, nil
}

type typeParser struct {
	s string
	i int
}

func (p *typeParser) skip() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// accept takes c if it is next.
func (p *typeParser) accept(c byte) bool {
	p.skip()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *typeParser) expect(c byte) error {
	if p.accept(c) {
		return nil
	}
	return diag.Errorf(diag.Type, "type %q: expected %q at byte %d", p.s, string(c), p.i)
}

// until returns the text before the first of stops, trimmed, and leaves the stop.
func (p *typeParser) until(stops string) string {
	p.skip()
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(stops, p.s[p.i]) < 0 {
		p.i++
	}
	return strings.TrimSpace(p.s[start:p.i])
}

// fieldName returns the name of a struct's field: text up to the colon, or in backticks any text, a backtick in it doubled.
func (p *typeParser) fieldName() string {
	if !p.accept('`') {
		return p.until(":<>,")
	}
	var name strings.Builder
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		if c == '`' {
			if p.i == len(p.s) || p.s[p.i] != '`' {
				break
			}
			p.i++
		}
		name.WriteByte(c)
	}
	return name.String()
}

func (p *typeParser) parse(depth int) (arrow.DataType, error) {
	if depth > MaxDepth {
		return nil, diag.Errorf(diag.Limit, "types nest deeper than %d", MaxDepth)
	}
	name := strings.Join(strings.Fields(strings.ToLower(p.until("<>(),:"))), " ")
	switch name {
	case "array":
		return p.array(depth)
	case "map":
		return p.mapType(depth)
	case "struct":
		return p.structType(depth)
	case unionMark:
		return p.union(depth)
	case "decimal", "numeric", "dec", "varchar", "char", "character varying", "character":
		if p.accept('(') {
			return p.params(name)
		}
	}
	if t, ok := simple[name]; ok {
		return t, nil
	}
	names := []string{"array", "map", "struct", unionMark, "varchar", "char"}
	for n := range simple {
		names = append(names, n)
	}
	err := diag.Errorf(diag.Type, "no type %q", name)
	err.Hint = diag.DidYouMean(name, names)
	return nil, err
}

func (p *typeParser) array(depth int) (arrow.DataType, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	elem, err := p.parse(depth + 1)
	if err != nil {
		return nil, err
	}
	return Array(elem), p.expect('>')
}

func (p *typeParser) mapType(depth int) (arrow.DataType, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	key, err := p.parse(depth + 1)
	if err != nil {
		return nil, err
	}
	if IsNested(key) {
		return nil, diag.Errorf(diag.Type, "a map's key must be a primitive type, not %s", Name(key))
	}
	if err := p.expect(','); err != nil {
		return nil, err
	}
	value, err := p.parse(depth + 1)
	if err != nil {
		return nil, err
	}
	return Map(key, value), p.expect('>')
}

func (p *typeParser) structType(depth int) (arrow.DataType, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	var fields []arrow.Field
	if p.accept('>') { // struct() has no fields
		return Struct(), nil
	}
	for {
		name := strings.ToLower(p.fieldName())
		if err := p.expect(':'); err != nil {
			return nil, err
		}
		t, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		fields = append(fields, arrow.Field{Name: name, Type: t})
		if !p.accept(',') {
			return Struct(fields...), p.expect('>')
		}
	}
}

func (p *typeParser) union(depth int) (arrow.DataType, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	var members []arrow.DataType
	for {
		t, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		if members = append(members, t); !p.accept(',') {
			return Union(members...), p.expect('>')
		}
	}
}

func (p *typeParser) params(name string) (arrow.DataType, error) {
	text := p.until(")")
	if err := p.expect(')'); err != nil {
		return nil, err
	}
	var n []int
	for _, part := range strings.Split(text, ",") {
		v, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return nil, diag.Errorf(diag.Type, "%s(%s): the parameter must be a whole number", name, text)
		}
		n = append(n, v)
	}
	return Params(name, n)
}

// Params returns the type called name with parameters n: decimal(p[,s]), varchar(n) or char(n).
func Params(name string, n []int) (arrow.DataType, error) {
	switch name {
	case "decimal", "numeric", "dec":
		if len(n) == 1 {
			n = []int{n[0], 0}
		}
		if len(n) != 2 || n[0] < 1 || n[0] > MaxPrecision || n[1] < 0 || n[1] > n[0] {
			return nil, diag.Errorf(diag.Type, "decimal takes a precision of 1 to %d and a scale of 0 to the precision", MaxPrecision)
		}
		return Decimal(n[0], n[1]), nil
	case "varchar", "character varying":
		if len(n) != 1 || n[0] < 1 || n[0] > 65535 {
			return nil, diag.Errorf(diag.Type, "varchar takes one length of 1 to 65535")
		}
		return &Varchar{N: n[0]}, nil
	case "char", "character":
		if len(n) != 1 || n[0] < 1 || n[0] > 255 {
			return nil, diag.Errorf(diag.Type, "char takes one length of 1 to 255")
		}
		return &Char{N: n[0]}, nil
	}
	return nil, diag.Errorf(diag.Type, "type %q takes no parameters", name)
}
