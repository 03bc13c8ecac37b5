package bind

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// Type returns the type that t spells. Its error is a *diag.Error at the place of the part that is wrong.
func Type(t *ast.Type) (arrow.DataType, error) {
	switch t.Name {
	case "array":
		elem, err := Type(t.Elems[0])
		if err != nil {
			return nil, err
		}
		return datatype.Array(elem), nil
	case "map":
		key, err := Type(t.Elems[0])
		if err != nil {
			return nil, err
		}
		if datatype.IsNested(key) {
			return nil, diag.At(t.Elems[0].Span(), diag.Type, "a map's key must be a primitive type, not %s", datatype.Name(key))
		}
		value, err := Type(t.Elems[1])
		if err != nil {
			return nil, err
		}
		return datatype.Map(key, value), nil
	case "struct":
		fields := make([]arrow.Field, len(t.Fields))
		for i, f := range t.Fields {
			ft, err := Type(f.Type)
			if err != nil {
				return nil, err
			}
			fields[i] = arrow.Field{Name: f.Name.Name, Type: ft}
		}
		return datatype.Struct(fields...), nil
	case "uniontype":
		members := make([]arrow.DataType, len(t.Elems))
		for i, e := range t.Elems {
			var err error
			if members[i], err = Type(e); err != nil {
				return nil, err
			}
		}
		return datatype.Union(members...), nil
	}
	var out arrow.DataType
	var err error
	if len(t.Params) > 0 {
		out, err = datatype.Params(t.Name, t.Params)
	} else {
		out, err = datatype.Parse(t.Name)
	}
	if err != nil {
		return nil, placed(err, t.Span())
	}
	return out, nil
}
