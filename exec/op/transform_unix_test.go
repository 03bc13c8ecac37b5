//go:build unix

package op

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

func transformNode(r *rig, schema string, command ...string) *winnowpb.Node {
	return over(schema, &winnowpb.Node{Op: &winnowpb.Node_Transform{Transform: &winnowpb.Transform{
		Command: command, Args: pbs(col(0, "string"), col(1, "int")),
	}}}, r.read(0))
}

func TestTransform(t *testing.T) {
	r := newRig(t, people)
	r.allow = []string{"/bin/cat", "/usr/bin/cut", "/bin/sh"}
	r.want(transformNode(r, "a string, b int", "/bin/cat"), true, people.rows...)
	r.want(transformNode(r, "a string, b int, c string", "/bin/cat"), true,
		"ann|30|NULL", "bob|NULL|NULL", "cid|20|NULL", "dan|40|NULL", "eve|20|NULL", "NULL|50|NULL")
	r.want(transformNode(r, "x string", "/bin/sh", "-c", "head -n 1"), true, "ann")
	r.want(transformNode(r, "x string", "/bin/sh", "-c", "cat >/dev/null; printf no-newline"), true, "no-newline")
}

func TestTransformOfNestedValues(t *testing.T) {
	r := newRig(t, people)
	r.allow = []string{"/bin/cat", "/bin/sh"}
	ages := call("array", col(1, "int"), expr.Int(7))
	boxed := call("map", expr.String("k"), call("array", expr.String("x"), expr.String("y")))
	node := func(schema string, format map[string]string, command ...string) *winnowpb.Node {
		return over(schema, &winnowpb.Node{Op: &winnowpb.Node_Transform{Transform: &winnowpb.Transform{
			Command: command, Args: pbs(ages, boxed), InFormat: format, OutFormat: format,
		}}}, r.read(0))
	}
	first := func(command string) []string { return []string{"/bin/sh", "-c", "head -n 1 | " + command} }
	r.want(node("a array<int>, b map<string,array<string>>", nil, first("cat")...), true, `[30,7]|{"k":["x","y"]}`)
	r.want(node("a string, b string", nil, first(`tr '\002\003\004' '+=,'`)...), true, "30+7|k=x,y")
	r.want(node("a array<int>", map[string]string{"field.delim": ",", "collection.delim": ";"}, first("tr 7 x")...), true, "[30,null]")
	r.want(node("a array<int>", map[string]string{"field.delim": ",", "collection.delim": ";"}, first(`sed 's/.*/1;2;\\N/'`)...), true, "[1,2,null]")
	r.want(node("a array<int>, b array<int>", nil, first(`sed 's/.*/\\N/'`)...), true, "NULL|NULL")
}

func TestTransformFails(t *testing.T) {
	r := newRig(t, people)
	r.allow = []string{"*"}
	_, err := r.rows(transformNode(r, "x string", "/bin/sh", "-c", "echo what went wrong >&2; exit 3"))
	if diag.KindOf(err) != diag.BadValue || !strings.Contains(err.Error(), "what went wrong") {
		t.Errorf("got %v", err)
	}
	if _, err := r.rows(transformNode(r, "x string", "/no/such/command")); diag.KindOf(err) != diag.NotFound {
		t.Errorf("got %v", err)
	}
	r.allow = []string{"/bin/cat"}
	if _, err := r.rows(transformNode(r, "x string", "/bin/sh", "-c", "true")); diag.KindOf(err) != diag.Denied {
		t.Errorf("got %v", err)
	}
}

func TestTransformIsKilledWithItsChildren(t *testing.T) {
	var rows []string
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf("%d|%d", i, i))
	}
	for name, stop := range map[string]func(o Operator, cancel func()) error{
		"cancel": func(o Operator, cancel func()) error {
			time.AfterFunc(50*time.Millisecond, cancel)
			return nil
		},
		"close": func(o Operator, _ func()) error { return o.Close() },
	} {
		r := newRig(t, table{people.cols, rows})
		r.allow = []string{"*"}
		o, err := Build(r.open(), transformNode(r, "x string", "/bin/sh", "-c", "echo begun; sleep 300 | sleep 301"))
		if err != nil {
			t.Fatal(err)
		}
		r.env.BatchRows = 1
		ctx, cancel := context.WithCancel(context.Background())
		rec, err := o.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		rec.Release()
		if err := stop(o, cancel); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Next(ctx); err == nil || name == "cancel" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
		o.Close()
		cancel()
		r.mem.AssertSize(t, 0)
	}
}
