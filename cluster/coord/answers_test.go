package coord

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestAnswersBound: answers take no more than their memory, the one unused for longest goes first, and one goes with its rows.
func TestAnswersBound(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: datatype.BigInt}}, nil)
	one := func(plan, files byte, size int64) *answer {
		b := array.NewRecordBuilder(mem, schema)
		defer b.Release()
		b.Field(0).(*array.Int64Builder).Append(int64(plan))
		return &answer{plan: digest{plan}, files: digest{files}, size: size, rows: []arrow.Record{b.NewRecord()}}
	}
	k := newAnswers(100)
	k.put(one(1, 1, 40))
	k.put(one(2, 1, 40))
	if a := k.get(digest{1}, digest{1}); a == nil {
		t.Error("no answer to plan 1")
	} else {
		releaseAll(a.rows)
	}
	k.put(one(3, 1, 40))  // 2 goes
	k.put(one(3, 2, 50))  // in the place of the answer over other files
	k.put(one(4, 1, 101)) // too large for itself
	for plan, want := range map[byte]bool{1: true, 2: false, 3: true, 4: false} {
		if k.has(digest{plan}) != want {
			t.Errorf("plan %d is there: %v", plan, !want)
		}
	}
	k.put(one(1, 1, 40))
	k.put(one(2, 1, 40))
	k.put(one(1, 2, 30))
	k.put(one(3, 1, 40))
	if k.get(digest{1}, digest{1}) != nil || k.has(digest{2}) || !k.has(digest{1}) || !k.has(digest{3}) || k.size != 70 {
		t.Errorf("%d bytes in %d answers", k.size, len(k.byPlan))
	}
	for _, a := range []*answer{k.get(digest{1}, digest{2}), k.get(digest{3}, digest{1})} {
		releaseAll(a.rows)
	}
	for k.size > 0 {
		k.drop(k.order.Back())
	}
	mem.AssertSize(t, 0)
}

// TestAnswersUnderWay: readers who take their time hold a part of the memory between them.
func TestAnswersUnderWay(t *testing.T) {
	k := newAnswers(4 * 1000)
	a, b := &keeping{into: k}, &keeping{into: k}
	batch := func(rows int) arrow.Record {
		c := datatype.Nulls(memory.DefaultAllocator, datatype.BigInt, rows)
		return array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "n", Type: datatype.BigInt, Nullable: true}}, nil), []arrow.Array{c}, int64(rows))
	}
	a.add(batch(60))
	b.add(batch(60))
	if a.off || !b.off || k.gathered != a.size {
		t.Errorf("%d of %d bytes, the second is gathered: %v", k.gathered, a.size, !b.off)
	}
	if rows := a.take(); len(rows) != 1 || k.gathered != 0 {
		t.Errorf("%d bytes are left", k.gathered)
	}
}

// TestFilesDigest: every part of a listing counts, and where it stands.
func TestFilesDigest(t *testing.T) {
	seen := map[digest]string{}
	add := func(what string, scans map[uint32]*splits.Listing) {
		d := filesDigest(scans)
		if other, ok := seen[d]; ok {
			t.Errorf("%s is %s", what, other)
		}
		seen[d] = what
		if filesDigest(scans) != d {
			t.Errorf("%s is not itself", what)
		}
	}
	listing := func(files ...*winnowpb.FileRange) *splits.Listing {
		return &splits.Listing{Splits: []*winnowpb.Split{{Files: files}}}
	}
	file := func(change func(f *winnowpb.FileRange)) *winnowpb.FileRange {
		f := &winnowpb.FileRange{Path: "/t/a", Size: 10, Etag: "x", ModTimeUnixNanos: 5, Length: 10}
		change(f)
		return f
	}
	plain := file(func(*winnowpb.FileRange) {})
	add("nothing", nil)
	add("a file", map[uint32]*splits.Listing{1: listing(plain)})
	add("a file twice", map[uint32]*splits.Listing{1: listing(plain, plain)})
	add("another scan's file", map[uint32]*splits.Listing{2: listing(plain)})
	add("two splits", map[uint32]*splits.Listing{1: {Splits: []*winnowpb.Split{{Files: []*winnowpb.FileRange{plain}}, {}}}})
	for what, change := range map[string]func(f *winnowpb.FileRange){
		"path": func(f *winnowpb.FileRange) { f.Path = "/t/b" }, "size": func(f *winnowpb.FileRange) { f.Size = 11 },
		"version": func(f *winnowpb.FileRange) { f.Etag = "y" }, "time": func(f *winnowpb.FileRange) { f.ModTimeUnixNanos = 6 },
		"offset": func(f *winnowpb.FileRange) { f.Offset = 1 }, "length": func(f *winnowpb.FileRange) { f.Length = 9 },
		"partition": func(f *winnowpb.FileRange) { f.Partition = "day=1" },
		"shift":     func(f *winnowpb.FileRange) { f.Path, f.Etag = "/t/", "ax" },
	} {
		add(what, map[uint32]*splits.Listing{1: listing(file(change))})
	}
	warned := listing(plain)
	warned.Warn("a folder is not there")
	add("a warning", map[uint32]*splits.Listing{1: warned})
}
