package funcs

import (
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
)

func TestWindowFunctions(t *testing.T) {
	// The partition's ORDER BY values are a a b c c c.
	peers := []int32{0, 0, 2, 3, 3, 3}
	for _, c := range []struct {
		name string
		args []string
		want string
		typ  string
	}{
		{"row_number", nil, "1 2 3 4 5 6", "int"},
		{"rank", nil, "1 1 3 4 4 4", "int"},
		{"dense_rank", nil, "1 1 2 3 3 3", "int"},
		{"percent_rank", nil, "0.0 0.0 0.4 0.6 0.6 0.6", "double"},
		{"cume_dist", nil, "0.3333333333333333 0.3333333333333333 0.5 1.0 1.0 1.0", "double"},
		{"ntile", []string{"*int: 4"}, "1 1 2 2 3 4", "int"},
		{"ntile", []string{"*int: 1"}, "1 1 1 1 1 1", "int"},
		{"ntile", []string{"*int: 10"}, "1 2 3 4 5 6", "int"},
		{"lag", []string{"string: p, q, NULL, s, t, u"}, "NULL p q NULL s t", "string"},
		{"lead", []string{"string: p, q, NULL, s, t, u"}, "q NULL s t u NULL", "string"},
		{"lag", []string{"int: 1, 2, 3, 4, 5, 6", "*int: 2", "*int: 0"}, "0 0 1 2 3 4", "int"},
		{"lead", []string{"int: 1, 2, 3, 4, 5, 6", "*int: 2", "int: 10, 20, 30, 40, 50, 60"}, "3 4 5 6 50 60", "int"},
		{"lead", []string{"int: 1, 2, 3, 4, 5, 6", "*int: 0"}, "1 2 3 4 5 6", "int"},
		{"lag", []string{"*int: 7"}, "NULL 7 7 7 7 7", "int"},
		{"lag", []string{"int: 1, 2, 3, 4, 5, 6", "*bigint: 9000000000"}, "NULL NULL NULL NULL NULL NULL", "int"},
		{"lag", []string{"timestamp: 2020-01-01 00:00:00, NULL, NULL, NULL, NULL, NULL"}, "NULL 2020-01-01 00:00:00 NULL NULL NULL NULL", "timestamp"},
	} {
		var args []Arg
		var vecs []Vec
		for _, s := range c.args {
			a, v := parseArg(t, s)
			args, vecs = append(args, a), append(vecs, v)
		}
		b, err := FindWindow(c.name).Bind(args)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		out, err := b.New(newTestCtx()).Eval(vecs, peers, len(peers))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := strings.Join(texts(out), " "); got != c.want || datatype.Name(out.DataType()) != c.typ || datatype.Name(b.Type) != c.typ {
			t.Errorf("%s(%s) = %s %s, want %s %s", c.name, strings.Join(c.args, "; "), got, datatype.Name(out.DataType()), c.want, c.typ)
		}
	}
}

func TestWindowOfOneRow(t *testing.T) {
	for name, want := range map[string]string{"percent_rank": "0.0", "cume_dist": "1.0", "rank": "1"} {
		b, err := FindWindow(name).Bind(nil)
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.New(newTestCtx()).Eval(nil, []int32{0}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := texts(out); !slices.Equal(got, []string{want}) {
			t.Errorf("%s = %v, want %s", name, got, want)
		}
	}
}

func TestWindowErrors(t *testing.T) {
	for _, c := range []struct{ name, arg, want string }{
		{"rank", "int: 1", "TYPE: rank takes 0 arguments, not 1"},
		{"ntile", "*int: 0", "BAD_VALUE: ntile takes a number of parts from 1, not 0"},
		{"ntile", "int: 1", "TYPE: ntile takes a constant as argument 1"},
	} {
		a, _ := parseArg(t, c.arg)
		if _, err := FindWindow(c.name).Bind([]Arg{a}); err == nil || err.Error() != c.want {
			t.Errorf("%s(%s): %v, want %s", c.name, c.arg, err, c.want)
		}
	}
}
