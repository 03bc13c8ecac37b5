package expr

import (
	"math/rand"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

func TestLiteralsTravel(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for _, name := range lawTypes {
		typ := parseType(t, name)
		values := randomArray(r, typ, 20)
		for i := range values.Len() {
			one := randomArray(r, typ, 1)
			l, err := NewLiteral(one, typ, diag.Span{})
			if err != nil {
				t.Fatal(err)
			}
			b, err := proto.Marshal(ToProto(l))
			if err != nil {
				t.Fatal(err)
			}
			var p winnowpb.Expr
			if err := proto.Unmarshal(b, &p); err != nil {
				t.Fatal(err)
			}
			back, err := FromProto(&p)
			if err != nil {
				t.Fatalf("%s %d: %v", name, i, err)
			}
			if !Equal(l, back) {
				t.Errorf("%s became %s", Print(l), Print(back))
			}
		}
	}
}

func TestFromProtoRefuses(t *testing.T) {
	_, n, s := batch()
	plus, err := NewCall("+", []Expr{n, Int(1)}, diag.Span{})
	if err != nil {
		t.Fatal(err)
	}
	deep := ToProto(n)
	for range maxNesting + 2 {
		deep = &winnowpb.Expr{Type: "boolean", Kind: &winnowpb.Expr_Call{Call: &winnowpb.Call{Name: "isnull", Args: []*winnowpb.Expr{deep}}}}
	}
	edit := func(e Expr, f func(p *winnowpb.Expr)) *winnowpb.Expr {
		p := ToProto(e)
		f(p)
		return p
	}
	tests := []struct {
		name string
		p    *winnowpb.Expr
		kind diag.Kind
	}{
		{"empty", &winnowpb.Expr{}, diag.Protocol},
		{"nil", nil, diag.Protocol},
		{"too deep", deep, diag.Limit},
		{"unknown function", edit(plus, func(p *winnowpb.Expr) { p.GetCall().Name = "nope" }), diag.Protocol},
		{"another result", edit(plus, func(p *winnowpb.Expr) { p.Type = "string" }), diag.Protocol},
		{"argument not cast", edit(plus, func(p *winnowpb.Expr) { p.GetCall().Args[1] = ToProto(Double(1)) }), diag.Protocol},
		{"wrong arguments", edit(plus, func(p *winnowpb.Expr) { p.GetCall().Args[1] = ToProto(Bool(true)) }), diag.Type},
		{"bad literal", edit(String("x"), func(p *winnowpb.Expr) { p.Type = "int" }), diag.Protocol},
		{"bad cast", &winnowpb.Expr{Type: "date", Kind: &winnowpb.Expr_Call{Call: &winnowpb.Call{Name: CastName, Args: []*winnowpb.Expr{ToProto(n)}}}}, diag.Type},
		{"branch of another type", &winnowpb.Expr{Type: "int", Kind: &winnowpb.Expr_Case{Case: &winnowpb.Case{Else: ToProto(s)}}}, diag.Protocol},
	}
	for _, tt := range tests {
		if _, err := FromProto(tt.p); diag.KindOf(err) != tt.kind {
			t.Errorf("%s: got %v, want kind %s", tt.name, err, tt.kind)
		}
	}
}

// FuzzFromProto: any bytes give an expression that can be evaluated over nothing, or an error.
func FuzzFromProto(f *testing.F) {
	rec, n, s := batch()
	for _, e := range []Expr{n, String("x"), Null(datatype.Array(datatype.Int)), Double(2)} {
		call, err := NewCall("=", []Expr{e, e}, diag.Span{})
		if err != nil {
			f.Fatal(err)
		}
		c, err := NewCase([]When{{call, s}}, nil, diag.Span{})
		if err != nil {
			f.Fatal(err)
		}
		b, err := proto.Marshal(ToProto(c))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p winnowpb.Expr
		if proto.Unmarshal(b, &p) != nil {
			return
		}
		e, err := FromProto(&p)
		if err != nil {
			return
		}
		Print(e)
		fits := true
		Walk(e, func(x Expr) bool {
			if c, ok := x.(*Column); ok && (c.Index >= 2 || !datatype.Equal(c.T, rec.Column(c.Index).DataType())) {
				fits = false
			}
			return fits
		})
		if !fits {
			return
		}
		if v, err := Eval(timeless(), e, rec); err == nil {
			v.Release()
		}
		if !Equal(e, e) {
			t.Error("an expression differs from itself")
		}
	})
}
