package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/winnowdb/winnow/connectors"
)

func nothingThere(f *fixture) {
	f.wantNames("empty root", f.list(""))
	f.wantNames("no such folder", f.list("none/"))
	f.wantNames("no such name", f.list("none"))
	f.wantNames("no such depth", f.list("none/at/all"))
	f.write("a", "1")
	f.wantNames("below an object", f.list("a/"))
}

func listOrder(f *fixture) {
	// As bytes, "-" and "." come before "/" and "0" after it.
	want := []string{"_SUCCESS", "a-1/x", "a.gz", "a/x", "a/y/z", "a0", "b/c/d", "z", "é"}
	for _, n := range []string{"z", "a/x", "é", "b/c/d", "a0", "a/y/z", "a.gz", "_SUCCESS", "a-1/x"} {
		f.write(n, n)
	}
	got := f.list("")
	f.wantNames("root", got, want...)
	for i, o := range got {
		if i < len(want) && o.Size != int64(len(want[i])) {
			f.Errorf("%q: size %d, want %d", want[i], o.Size, len(want[i]))
		}
		if o.ModTime.IsZero() {
			f.Errorf("%q has no time", o.Path)
		}
	}
}

func listPrefixes(f *fixture) {
	for _, n := range []string{"a-1", "a.gz", "a/x", "a/y/z", "a0", "ab/c", "b"} {
		f.write(n, n)
	}
	f.wantNames("folder with slash", f.list("a/"), "a/x", "a/y/z")
	f.wantNames("folder without", f.list("a"), "a/x", "a/y/z")
	f.wantNames("nested", f.list("a/y"), "a/y/z")
	f.wantNames("object", f.list("b"), "b")
	f.wantNames("object in a folder", f.list("a/x"), "a/x")
	f.wantNames("half a name", f.list("a/y/zz"))
}

// listLazy stops a listing in the middle, and runs one sequence twice.
func listLazy(f *fixture) {
	for _, n := range []string{"a", "b", "c"} {
		f.write(n, n)
	}
	seq := f.s.List(f.ctx, f.root)
	for o, err := range seq {
		if err != nil || o.Path != f.root+"a" {
			f.Fatalf("got %q, %v", o.Path, err)
		}
		break
	}
	f.wantNames("second run of the sequence", f.collect(seq), "a", "b", "c")
}

// oddNames are names that break a store which escapes or unescapes them. Those of mayRefuse can be
// refused by Create; if they are not, they must work.
func oddNames(f *fixture) {
	must := []string{
		"with space", " x", "100%", "a%2Fb", "a%20b", "%zz", "a+b", "a#b", "a?b", "a&b=c", "k=v/k2=v2", "a;b,c", "q'q", "par(en)[1]{2}",
		"~tilde", "@at", "日本語", "ümlaut", "e\u0301", "😀", "year=2011/part-00000.gz", "$dollar", "a!b*", "-dash",
	}
	mayRefuse := []string{
		"new\nline", "tab\tx", "back\\slash", "co:lon", "quo\"te", "trailing ", "pipe|x", "<tag>", "a//b", "a/./b", "bad\xffutf8",
	}
	written := slices.Clone(must)
	for _, n := range must {
		f.write(n, "data of "+n)
	}
	for _, n := range mayRefuse {
		if err := f.tryWrite(n, "data of "+n); err != nil {
			f.Logf("refuses %q: %v", n, err)
			continue
		}
		if n == "a//b" || n == "a/./b" {
			continue // a store with real folders reads these as a/b
		}
		written = append(written, n)
	}
	for _, n := range written {
		f.wantContent(n, "data of "+n)
	}
	got := f.names(f.list(""))
	for _, n := range written {
		if !slices.Contains(got, n) {
			f.Errorf("the listing lacks %q", n)
		}
	}
	if !slices.IsSorted(got) {
		f.Errorf("not in byte order: %q", got)
	}
}

// manyObjects is more than one page of any store.
const manyObjects = 1100

func many(f *fixture) {
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for g := range errs {
		wg.Go(func() {
			for i := g; i < manyObjects; i += len(errs) {
				if err := f.tryWrite(fmt.Sprintf("many/%04d", i), "x"); err != nil {
					errs[g] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		f.Fatal(err)
	}
	got := f.names(f.list("many/"))
	if len(got) != manyObjects {
		f.Fatalf("%d objects listed, want %d", len(got), manyObjects)
	}
	for i, n := range got {
		if want := fmt.Sprintf("many/%04d", i); n != want {
			f.Fatalf("object %d is %q, want %q", i, n, want)
		}
	}
}

func cancelList(f *fixture) {
	for i := range 20 {
		f.write(fmt.Sprintf("%02d", i), "x")
	}
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	seen := 0
	var last error
	for _, err := range f.s.List(ctx, f.root) {
		if last = err; err != nil {
			break
		}
		if seen++; seen == 3 {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) || seen != 3 {
		f.Errorf("cancelled after 3 objects: saw %d, error %v", seen, last)
	}
	for _, err := range f.s.List(ctx, f.root) {
		if !errors.Is(err, context.Canceled) {
			f.Errorf("list with a cancelled context: %v", err)
		}
		break
	}
}

func listDir(f *fixture) {
	s, ok := f.s.(connectors.DirLister)
	if !ok {
		f.Skip("not a DirLister")
	}
	for _, n := range []string{"a.gz", "a/x", "a/y/z", "a0", "day=1/f", "day=2/deep/er/f", "_SUCCESS", "day=1%2F2/f"} {
		f.write(n, n)
	}
	want := []string{"_SUCCESS", "a.gz", "a/", "a0", "day=1%2F2/", "day=1/", "day=2/"}
	f.wantNames("root", f.collect(s.ListDir(f.ctx, f.root)), want...)
	f.wantNames("root without slash", f.collect(s.ListDir(f.ctx, f.root[:len(f.root)-1])), want...)
	f.wantNames("folder", f.collect(s.ListDir(f.ctx, f.root+"a")), "a/x", "a/y/")
	f.wantNames("folder of folders", f.collect(s.ListDir(f.ctx, f.root+"day=2/")), "day=2/deep/")
	f.wantNames("nothing there", f.collect(s.ListDir(f.ctx, f.root+"none")))
	f.wantNames("an object", f.collect(s.ListDir(f.ctx, f.root+"a0")))
	for _, o := range f.collect(s.ListDir(f.ctx, f.root)) {
		if o.Path == f.root+"a.gz" {
			if got, err := f.read(o, 0, o.Size); err != nil || got != "a.gz" {
				f.Errorf("read of an object from ListDir: %q, %v", got, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	for _, err := range s.ListDir(ctx, f.root) {
		if !errors.Is(err, context.Canceled) {
			f.Errorf("ListDir with a cancelled context: %v", err)
		}
		break
	}
}
