package datatype

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

func TestParseName(t *testing.T) {
	for _, name := range []string{
		"void", "boolean", "tinyint", "bigint", "decimal(10,2)", "varchar(3)", "char(5)", "timestamp", "interval_day_time",
		"map<string,array<struct<a:int,b:timestamp>>>", "struct<`a,b:c`:int,` x``y`:string,plain:int>", "array<varchar(2)>", "timestamp with local time zone",
		"uniontype<int,array<uniontype<string,map<int,string>>>>",
	} {
		got, err := Parse(name)
		if err != nil {
			t.Errorf("Parse(%q): %v", name, err)
			continue
		}
		if Name(got) != name {
			t.Errorf("Name(Parse(%q)) = %q", name, Name(got))
		}
	}
	for _, bad := range []string{"", "intt", "decimal(39)", "map<array<int>,int>", "array<int", "int)", "varchar(0)", "struct<a>", "uniontype<>", "uniontype<int"} {
		if got, err := Parse(bad); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", bad, Name(got))
		}
	}
}

func TestRelabelNested(t *testing.T) {
	typ, err := Parse("map<varchar(2),array<timestamp>>")
	if err != nil {
		t.Fatal(err)
	}
	a := Nulls(memory.DefaultAllocator, typ, 3)
	defer a.Release()
	if !arrow.TypeEqual(a.DataType(), typ) || a.Len() != 3 {
		t.Fatalf("got %v of %d", a.DataType(), a.Len())
	}
	if _, ok := a.(*array.Map).Items().(*array.List); !ok {
		t.Fatalf("items are %T", a.(*array.Map).Items())
	}
}

func TestTimestampSplit(t *testing.T) {
	for _, sec := range []int64{0, 1, -1, 253402300799, -62135596800, 9_000_000_000, -9_000_000_000} {
		for _, nano := range []int32{0, 1, 999_999_999} {
			s, n := SplitTimestamp(TimestampOf(sec, nano))
			if s != sec || n != nano {
				t.Errorf("%d.%09d came back as %d.%09d", sec, nano, s, n)
			}
		}
	}
}
