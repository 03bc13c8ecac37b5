package funcs

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/javatime"
)

// evalScalar returns the text of a scalar function of arguments as for parseArg, without casts.
func evalScalar(t *testing.T, c *Ctx, name string, args ...string) string {
	t.Helper()
	var list []Arg
	var vecs []Vec
	for _, s := range args {
		a, v := parseArg(t, s)
		list, vecs = append(list, a), append(vecs, v)
	}
	b, err := FindScalar(name).Bind(list)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, to := range b.Casts {
		if to == nil || arrow.TypeEqual(to, list[i].Type) {
			continue
		}
		k, err := CastKernel(list[i].Type, to)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if vecs[i].Array, err = k(c, vecs[i:i+1], vecs[i].Len()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	n := 1
	for _, v := range vecs {
		n = max(n, v.Len())
	}
	out, err := b.Kernel(c, vecs, n)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	text := ""
	for i, s := range texts(out) {
		if i > 0 {
			text += ", "
		}
		text += s
	}
	return text
}

func TestSessionClock(t *testing.T) {
	c := newTestCtx()
	zone, err := javatime.LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	c.Session.Zone = zone
	for name, want := range map[string]string{
		"current_date": "2020-01-05", "current_timestamp": "2020-01-05 08:04:05.678", "now": "2020-01-05 08:04:05.678", "unix_timestamp": "1578229445",
	} {
		if got := evalScalar(t, c, name); got != want {
			t.Errorf("%s() = %s, want %s", name, got, want)
		}
	}
}

func TestSimpleDateFormat(t *testing.T) {
	c := newTestCtx()
	c.Session.Settings["hive.datetime.formatter"] = "SIMPLE"
	for _, r := range []struct {
		name string
		args []string
		want string
	}{
		{"date_format", []string{"string: 2020-01-05", "*string: u"}, "7"},
		{"unix_timestamp", []string{"string: 2020-01-05 tail", "*string: yyyy-MM-dd"}, "1578182400"},
		{"unix_timestamp", []string{"string: 2020-1-5, 2020-13-01", "*string: yyyy-MM-dd"}, "1578182400, 1609459200"},
		{"from_unixtime", []string{"bigint: 0", "*string: yyyy/M/d EEE"}, "1970/1/1 Thu"},
	} {
		if got := evalScalar(t, c, r.name, r.args...); got != r.want {
			t.Errorf("%s%v = %s, want %s", r.name, r.args, got, r.want)
		}
	}
}

// TestPatternColumn: patterns and zones may differ from row to row.
func TestPatternColumn(t *testing.T) {
	c := newTestCtx()
	warned := ""
	c.Warn = func(s string) { warned = s }
	for _, r := range []struct {
		name string
		args []string
		want string
	}{
		{"date_format", []string{"string: 2020-01-05, 2020-01-05, 2020-01-05, NULL", "string: yyyy, MM, NULL, dd"}, "2020, 01, NULL, NULL"},
		{"unix_timestamp", []string{"string: 2020-01-05, 05/01/2020, x", "string: yyyy-MM-dd, dd/MM/yyyy, j"}, "1578182400, 1578182400, NULL"},
		{"from_utc_timestamp", []string{"*timestamp: 2020-07-01 12:00:00", "string: PST, UTC, NULL, PST"}, "2020-07-01 05:00:00, 2020-07-01 12:00:00, NULL, 2020-07-01 05:00:00"},
		{"date_trunc", []string{"*string: day", "timestamp: 2020-07-01 12:00:00, NULL"}, "2020-07-01 00:00:00, NULL"},
	} {
		if got := evalScalar(t, c, r.name, r.args...); got != r.want {
			t.Errorf("%s%v = %s, want %s", r.name, r.args, got, r.want)
		}
	}
	if want := "BAD_VALUE: unix_timestamp: the pattern has the unknown letter j: the pattern is \"j\""; warned != want {
		t.Errorf("warned %q, want %q", warned, want)
	}
}
