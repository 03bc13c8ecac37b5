package bind

import (
	"strings"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// transform binds SELECT TRANSFORM(…) USING 'command', MAP and REDUCE over the source rows.
func (s *block) transform() (logical.Node, error) {
	t := s.sel.Transform
	if s.sel.GroupBy != nil || s.sel.Having != nil || s.sel.Qualify != nil || s.sel.Distinct {
		return nil, diag.At(t.Span(), diag.Unsupported, "%s with GROUP BY, HAVING, QUALIFY or DISTINCT is not supported", strings.ToUpper(t.Verb)).
			WithHint("group in a subquery in FROM")
	}
	n := &logical.Transform{At: t.Span()}
	p := s.sourcePlace("the arguments of " + strings.ToUpper(t.Verb))
	for _, e := range t.Args {
		if star, ok := e.(*ast.Star); ok {
			for _, c := range s.scope.visible(star.Table) {
				n.Args = append(n.Args, c.Column(star.Span()))
			}
			continue
		}
		x, err := p.expr(e)
		if err != nil {
			return nil, err
		}
		n.Args = append(n.Args, x)
	}
	n.Input = s.node
	var err error
	if n.Command, err = commandLine(t.Command, t.Span()); err != nil {
		return nil, err
	}
	n.InSerDe, n.InFormat = rowFormat(t.In)
	n.OutSerDe, n.OutFormat = rowFormat(t.Out)
	if !t.HasAs {
		n.KeyValue = true
		n.Out = append(n.Out, s.field("", "key", datatype.String), s.field("", "value", datatype.String))
		return n, nil
	}
	for _, c := range t.Columns {
		typ := datatype.String
		if c.Type != nil {
			if typ, err = Type(c.Type); err != nil {
				return nil, err
			}
		}
		n.Out = append(n.Out, s.field("", c.Name.Name, typ))
	}
	return n, nil
}

// rowFormat returns the SerDe class and its properties under Hive's names.
func rowFormat(f *ast.RowFormat) (serde string, props map[string]string) {
	if f == nil {
		return "", nil
	}
	props = map[string]string{}
	for _, p := range f.Props {
		props[strings.ToLower(p.Key)] = p.Value
	}
	for key, v := range map[string]*string{
		"field.delim": f.Fields, "escape.delim": f.Escaped, "collection.delim": f.Items, "mapkey.delim": f.MapKeys,
		"line.delim": f.Lines, "serialization.null.format": f.Null,
	} {
		if v != nil {
			props[key] = *v
		}
	}
	if f.Fields != nil {
		props["serialization.format"] = *f.Fields
	}
	return f.SerDe, props
}

// commandLine splits the text after USING into words. Quotes and backslashes keep blanks; nothing else is
// special, for no shell sees it.
func commandLine(s string, at diag.Span) ([]string, error) {
	var words []string
	var word strings.Builder
	open, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
			open = true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote, open = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quote != 0 {
		return nil, diag.At(at, diag.Syntax, "the command has a quote that is not closed")
	}
	if open {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, diag.At(at, diag.Syntax, "the command is empty")
	}
	return words, nil
}
