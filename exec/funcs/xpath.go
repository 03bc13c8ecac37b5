package funcs

import (
	"math"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// xpaths evaluates XPath 1.0 over XML that is kept as text. Malformed XML gives NULL; entities other than
// the five of XML are malformed, and nothing is ever fetched.
var xpaths = []Scalar{
	{Name: "xpath", Doc: "xpath(xml, path): the texts and attributes that path leads to; xpath('<a><b>x</b></a>', 'a/b/text()')[0] is 'x'", Bind: bindXPath("xpath", datatype.Array(datatype.String), xpathList)},
	{Name: "xpath_string", Doc: "xpath_string(xml, path): the text of the first match, '' without a match; xpath_string('<a><b>x</b></a>', 'a/b') is 'x'", Bind: bindXPath("xpath_string", datatype.String, xpathString)},
	{Name: "xpath_boolean", Doc: "xpath_boolean(xml, path): whether something matches, or path is true; xpath_boolean('<a><b>1</b></a>', 'a/b = 1') is true", Bind: bindXPath("xpath_boolean", datatype.Bool, xpathBool)},
	{Name: "xpath_short", Doc: "xpath_short(xml, path): a smallint, 0 if it is no number; xpath_short('<a>7</a>', 'a') is 7", Bind: bindXPath("xpath_short", datatype.SmallInt,
		xpathFixed(datatype.SmallInt, func(v float64) int16 { return int16(saturate(v, 32)) }))},
	{Name: "xpath_int", Doc: "xpath_int(xml, path): an int, 0 if it is no number; xpath_int('<a><b>1</b><b>2</b></a>', 'sum(a/b)') is 3", Bind: bindXPath("xpath_int", datatype.Int,
		xpathFixed(datatype.Int, func(v float64) int32 { return int32(saturate(v, 32)) }))},
	{Name: "xpath_long", Doc: "xpath_long(xml, path): a bigint, 0 if it is no number; xpath_long('<a>7</a>', 'a') is 7", Bind: bindXPath("xpath_long", datatype.BigInt,
		xpathFixed(datatype.BigInt, func(v float64) int64 { return saturate(v, 64) }))},
	{Name: "xpath_float", Doc: "xpath_float(xml, path): a float, NaN if it is no number; xpath_float('<a>1.5</a>', 'a') is 1.5", Bind: bindXPath("xpath_float", datatype.Float,
		xpathFixed(datatype.Float, func(v float64) float32 { return float32(v) }))},
	{Name: "xpath_double", Aliases: []string{"xpath_number"}, Doc: "xpath_double(xml, path): a double, NaN if it is no number; xpath_double('<a>1.5</a>', 'a') is 1.5", Bind: bindXPath("xpath_double", datatype.Double,
		xpathFixed(datatype.Double, func(v float64) float64 { return v }))},
}

// maxXPathNodes is how many nodes xpath returns at most.
const maxXPathNodes = 1_000_000

// xmlRows evaluates one call: the path is compiled once, the last text parsed is kept.
type xmlRows struct {
	xml  stringView
	expr *xpath.Expr
	last string
	root *xmlquery.Node
	ok   bool
}

// eval returns the path's value for row i: a float64, string, bool or *xpath.NodeIterator; nil for malformed XML.
func (x *xmlRows) eval(i int) any {
	text := x.xml.at(i)
	if x.root == nil && !x.ok || text != x.last {
		root, err := xmlquery.ParseWithOptions(strings.NewReader(text), xmlquery.ParserOptions{Decoder: &xmlquery.DecoderOptions{Strict: true}})
		x.last, x.root, x.ok = text, root, err == nil
	}
	if !x.ok {
		return nil
	}
	return x.expr.Evaluate(xmlquery.CreateXPathNavigator(x.root))
}

func bindXPath(name string, t arrow.DataType, k func(expr *xpath.Expr) Kernel) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		casts, err := takes(name, args, []param{anyText, anyText})
		if err != nil {
			return Bound{}, err
		}
		text, ok := constText(args, 1)
		if !ok {
			if args[1].Const != nil {
				return Bound{Type: t, Kernel: nullKernel(t)}, nil
			}
			return Bound{}, diag.Errorf(diag.Type, "%s takes a constant path as argument 2", name)
		}
		expr, err := xpath.Compile(text)
		if err != nil {
			return Bound{}, diag.Errorf(diag.Type, "%s: no XPath %q: %w", name, text, err)
		}
		return Bound{Casts: casts, Type: t, Kernel: k(expr)}, nil
	}
}

func xpathList(expr *xpath.Expr) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		x := xmlRows{xml: stringsOf(args[0]), expr: expr}
		return textListRows(c, args, n, func(items *textItems, i int) (bool, error) {
			if x.xml.at(i) == "" {
				return true, nil
			}
			nodes, ok := x.eval(i).(*xpath.NodeIterator)
			if !ok {
				return false, nil
			}
			for count := 0; nodes.MoveNext(); count++ {
				if count == maxXPathNodes {
					return false, diag.Errorf(diag.Limit, "xpath found more than %d nodes in one text", maxXPathNodes)
				}
				switch nodes.Current().NodeType() { // Hive takes the value of the node itself: an element has none
				case xpath.TextNode, xpath.AttributeNode, xpath.CommentNode:
					items.add(nodes.Current().Value())
				}
			}
			return true, nil
		})
	}
}

// firstText returns an XPath value as XPath's string() gives it.
func firstText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case float64:
		switch {
		case v == math.Trunc(v) && math.Abs(v) < 1e15:
			return itoa(int(v))
		case math.IsNaN(v):
			return "NaN"
		}
		return string(datatype.AppendDouble(nil, v))
	case *xpath.NodeIterator:
		if v.MoveNext() {
			return v.Current().Value()
		}
	}
	return ""
}

func xpathString(expr *xpath.Expr) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		x := xmlRows{xml: stringsOf(args[0]), expr: expr}
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			v := x.eval(i)
			return append(dst, firstText(v)...), v != nil
		})
	}
}

func xpathBool(expr *xpath.Expr) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		x := xmlRows{xml: stringsOf(args[0]), expr: expr}
		o := newBools(c, n, args...)
		for i := range n {
			if o.null(i) {
				continue
			}
			set := false
			switch v := x.eval(i).(type) {
			case bool:
				set = v
			case float64:
				set = v != 0 && !math.IsNaN(v)
			case string:
				set = v != ""
			case *xpath.NodeIterator:
				set = v.MoveNext()
			default:
				o.setNull(i)
			}
			if set {
				o.set(i)
			}
		}
		return o.finish(), nil
	}
}

func xpathFixed[T arrow.FixedWidthType](t arrow.DataType, f func(float64) T) func(expr *xpath.Expr) Kernel {
	return func(expr *xpath.Expr) Kernel {
		return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			x := xmlRows{xml: stringsOf(args[0]), expr: expr}
			o := newFixed[T](c, t, n, args...)
			for i := range o.vals {
				if o.null(i) {
					continue
				}
				v := x.eval(i)
				if v == nil {
					o.setNull(i)
					continue
				}
				o.vals[i] = f(xpathNumber(v))
			}
			return o.finish(), nil
		}
	}
}

// xpathNumber returns an XPath value as XPath's number() gives it.
func xpathNumber(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	}
	n, ok := datatype.ParseDouble([]byte(strings.TrimSpace(firstText(v))))
	if !ok {
		return math.NaN()
	}
	return n
}
